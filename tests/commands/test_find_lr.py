"""find-lr: a plot, and a command that trains with the suggested rate."""

import shlex

import pytest

from pipeline import cli
from pipeline.commands import find_lr
from pipeline.data import sources
from tests import tiny

TINY = "--data.validation 10 --train.batch_size 10 --model.whitened.widths [8,8,8] --train.precision fp32"
ADAMW = "--optim.kind adamw --optim.lr=0.005"


@pytest.fixture(autouse=True)
def tiny_images(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    monkeypatch.setattr(sources, "exact_config", lambda config, taken: config)
    monkeypatch.chdir(tmp_path)


def test_the_last_line_is_a_command_that_trains(tmp_path, capsys):
    assert cli.main(["find-lr", *shlex.split(f"{TINY} {ADAMW} --steps 40 --out=rates.png --log.wandb off")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (tmp_path / "rates.png").read_bytes()[:4] == b"\x89PNG"
    assert list(tmp_path.iterdir()) == [tmp_path / "rates.png"], "no run folder, no checkpoint is left"
    command = shlex.split(lines[-1].removeprefix("train with it: python -m pipeline "))
    assert command[:-2] == ["train", *shlex.split(f"{TINY} --optim.kind adamw --log.wandb off")]
    assert command[-2] == "--optim.lr"
    assert 1e-4 < float(command[-1]) < 0.5
    assert cli.main([*command, "--train.length", "2 steps", "--train.kernels", "torch"]) == 0


def test_with_muon_all_three_rates_are_suggested_in_their_proportions(capsys):
    words = shlex.split(f"{TINY} --optim.lr 0.24 --optim.head_lr 48 --optim.bias_lr 12 --steps 100")
    assert cli.main(["find-lr", *words]) == 0
    command = shlex.split(capsys.readouterr().out.splitlines()[-1])
    flags = dict(zip(command[-6::2], map(float, command[-5::2]), strict=True))
    assert list(flags) == ["--optim.lr", "--optim.bias_lr", "--optim.head_lr"]
    assert flags["--optim.head_lr"] == pytest.approx(200 * flags["--optim.lr"], rel=0.1)
    assert flags["--optim.bias_lr"] == pytest.approx(50 * flags["--optim.lr"], rel=0.1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--steps 5", "--steps is 5; allowed: 20 or more"),
        ("--lowest 3 --highest 1", "--lowest is 3, --highest 1; allowed: 0 < lowest < highest"),
        ("--lowest -1", "--lowest is -1"),
        ("--optim.lr 1e-9 --highest 1e-8", "the loss falls at no rate of the range"),
        ("--out /proc/none/find.png", "cannot write /proc/none/find.png"),
        ("--stepz 30", "stepz"),
    ],
)
def test_a_mistake_is_one_line(words, message, capsys):
    assert cli.main(["find-lr", *shlex.split(f"{TINY} --optim.kind adamw --steps 20 {words}")]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0


def test_a_value_of_the_tests_own_option_is_left_out_too():
    given = ["--steps", "30", "--config", "a.yaml", "--out=x.png", "--optim.lr", "0.1", "--seed", "1"]
    assert find_lr.other_arguments(given, {"--optim.lr": "1"}) == ["--config", "a.yaml", "--seed", "1"]
