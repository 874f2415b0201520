"""Odd numbers, homes of nobody, narrow terminals, folders deleted half-way: one line each, never a traceback."""

import contextlib
import shlex
import shutil

import pytest

from pipeline import cli
from pipeline.core.files import path_of
from pipeline.data import sources
from pipeline.practice import board
from pipeline.training.callbacks.metrics import EpochMetrics
from tests import tiny
from tests.forked import run_in_fork

QUICK = (
    "--data.validation 10 --train.batch_size 10 --train.length '2 steps' --train.kernels torch --train.precision fp32 "
    "--model.whitened.widths [8,8,8] --predict.views 1 --log.wandb off"
)


@pytest.fixture(autouse=True)
def tiny_images(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    monkeypatch.setattr(sources, "exact_config", lambda config, taken: config)
    monkeypatch.chdir(tmp_path)


def run(words: str, capsys) -> tuple[int, str]:
    """The exit code, and what stands on stderr."""
    code = cli.main(shlex.split(words))
    return code, capsys.readouterr().err


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1])
def test_every_seed_that_torch_takes_trains(seed, capsys):
    assert run(f"train {QUICK} --seed {seed} --augment.mixup 0.5", capsys)[0] == 0


@pytest.mark.parametrize("seed", [-1, 2**64, 10**30])
def test_other_seeds_are_refused_before_a_folder_is_made(seed, capsys, tmp_path):
    code, error = run(f"train {QUICK} --seed {seed}", capsys)
    assert (code, error) == (2, f"error: seed is {seed}; allowed: 0 to 18446744073709551615\n")
    assert list(tmp_path.iterdir()) == []


def test_a_share_is_no_length_of_a_run(capsys):
    code, error = run(f"train {QUICK} --train.length 50%", capsys)
    assert code == 2
    assert error == 'error: train.length is \'50%\'; allowed: "200 steps", "8 epochs" or "400k examples"\n'


NOBODY = "~nosuchuser/x"
COMMANDS = [
    *(f"train {QUICK} --{key} {NOBODY}" for key in ("log.runs", "model.weights", "train.kernels", "config")),
    f"train {QUICK} --model.name {NOBODY}.py:Net",
    f"train --resume {NOBODY}",
    f"train {QUICK} --augment.own {NOBODY}.py:f",
    f"find-lr {QUICK} --out {NOBODY}.png",
    f"sweep {QUICK} --seeds 2 --log.runs {NOBODY}",
    f"predict {NOBODY}", f"predict . --out {NOBODY}", f"runs {NOBODY}", f"report {NOBODY}", f"submit {NOBODY}",
    f"standings --competition {NOBODY}", f"prepare --out {NOBODY}", f"baseline --out {NOBODY}",
    f"new network {NOBODY}.py",
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_a_home_of_nobody_is_one_line_and_makes_no_folder_of_that_name(words, capsys, tmp_path):
    code, error = run(words, capsys)
    assert code == 2
    assert "nosuchuser" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "~nosuchuser").exists()


def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert path_of("~/x") == tmp_path / "home" / "x"
    assert run(f"train {QUICK} --log.runs=~/runs", capsys)[0] == 0
    assert (tmp_path / "home" / "runs" / "latest" / "submission.csv").is_file()


@pytest.mark.parametrize("command", [[], *([name] for name in cli.COMMANDS)])
def test_help_is_printed_on_a_terminal_of_40_columns(command, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    with contextlib.suppress(SystemExit):  # argparse's own end
        cli.main([*command, "--help"])
    shown = capsys.readouterr()
    assert "usage:" in shown.out
    assert shown.err == ""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "load", lambda config: tiny.dataset())
        patch.setattr(sources, "exact_config", lambda config, taken: config)
        patch.chdir(tmp_path_factory.mktemp("finished"))
        assert cli.main(["train", *shlex.split(QUICK), "--name", "x"]) == 0
        return next(path for path in (tmp_path_factory.getbasetemp()).glob("finished*/runs/x/*"))


PARTS = [
    "config.yaml", "checkpoints", "checkpoints/last.ckpt", "checkpoints/best.ckpt", "metrics.csv", "summary.json",
    "figures", "held_out.npz", "submission.csv", "probabilities.npy",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_run_folder_deleted_half_way_is_at_most_one_line_to_every_command(
    part, finished, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(board, "leaderboard", lambda *words: 0)
    for command in ("predict {}", "train --resume {}", "runs runs", "report {}", "submit {} --file no.csv"):
        folder = tmp_path / "runs" / "x" / finished.name
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        shutil.copytree(finished, folder)
        (folder / "figures").mkdir(exist_ok=True)
        gone = folder / part
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
        code, error = run(command.format(folder), capsys)
        assert code in (0, 2), command
        assert error.count("error: ") == (code == 2), f"{command}: {error}"
        assert "Traceback" not in error


def test_a_run_folder_deleted_while_it_trains_is_no_traceback(tmp_path, monkeypatch):
    """In a process of its own, as a user would see it."""
    old = EpochMetrics.on_train_epoch_start

    def gone(self, trainer, module):
        shutil.rmtree("runs")
        old(self, trainer, module)

    monkeypatch.setattr(EpochMetrics, "on_train_epoch_start", gone)
    code, _, error = run_in_fork(lambda: cli.main(["train", *shlex.split(QUICK)]), tmp_path)
    assert "Traceback" not in error, error
    assert code in (0, 2)
