"""Kills, a full or read-only disk, a lost device, a clock set back: one line, and a run that can be resumed."""

import contextlib
import datetime as clock
import io
import os
import random
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import pytorch_lightning as pl
import torch

from pipeline import cli
from pipeline.core import files
from pipeline.core.errors import UserError
from pipeline.data import sources
from pipeline.runs import figures, predictions, session
from pipeline.runs import folder as runs
from pipeline.training.callbacks.checkpoints import WholeCheckpointIO
from pipeline.training.recipe import LogConfig
from pipeline.training.settings import CheckpointConfig
from tests import tiny

KILLS = 200


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run folder with nothing trained yet. An epoch has two steps, and a checkpoint is written after each."""
    data = tiny.dataset()
    monkeypatch.setattr(sources, "load", lambda config: data)
    recipe = tiny.recipe(
        train={"batch_size": 25},
        log=LogConfig(wandb="off", runs=str(tmp_path / "runs")),
        checkpoint=CheckpointConfig(every=1, seconds=0),
    )
    return runs.create(tmp_path / "runs", "tiny", data.name, recipe)


def in_child(work) -> int:
    """The exit code of `work()` in a child process, negative for a signal; 70 for a traceback."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = work()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.slow
def test_two_hundred_kills_in_checkpoint_writing_leave_a_whole_one(tmp_path):
    path, draw = tmp_path / "last.ckpt", random.Random(0)
    writer = WholeCheckpointIO()
    writer.save_checkpoint({"weights": torch.zeros(50_000)}, path)
    started = time.monotonic()
    writer.save_checkpoint({"weights": torch.zeros(50_000)}, path)
    lasts = time.monotonic() - started
    seen = set()
    for number in range(1, KILLS + 1):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, b"!")
            for _ in range(1000):
                writer.save_checkpoint({"weights": torch.full((50_000,), float(number))}, path)
            os._exit(0)
        os.read(reading, 1)
        time.sleep(draw.uniform(0, 3 * lasts))
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        os.close(reading)
        os.close(writing)
        weights = torch.load(path, weights_only=True)["weights"]
        assert len(weights) == 50_000
        assert weights.unique().numel() == 1
        seen.add(float(weights[0]))
    assert len(seen) > 10  # kills before, in and after writing


# The phases of a run: where each writes its files.
PHASES = {
    "kernels or the first checkpoint": (WholeCheckpointIO, "save_checkpoint"),
    "metrics": (files, "write_text"),
    "prediction": (predictions, "fill"),
    "the submission": (session, "write_submission"),
    "figures": (figures, "save"),
    "the summary": (runs, "write_summary"),
}


@pytest.fixture
def phase(request):
    """A phase, by its name; figures are written if it is theirs."""
    if request.param == "figures":
        request.getfixturevalue("blank_figures")
    return request.param


def disturbed(monkeypatch, phase, disturb):
    """Let `disturb` happen once, as soon as the phase begins."""
    owner, name = PHASES[phase]
    real = getattr(owner, name)
    if phase == "metrics":
        from pipeline.training.callbacks import metrics as owner

    def begin(*arguments, **options):
        disturb()
        return real(*arguments, **options)

    monkeypatch.setattr(owner, name, begin)


def finishes(run, capsys) -> None:
    """The run, resumed, goes to its end and leaves nothing half-written."""
    assert cli.main(["train", "--resume", str(run)]) == 0
    assert pd.read_csv(run / "metrics.csv")["epoch"].tolist() == [1, 2]
    assert len((run / "submission.csv").read_text().splitlines()) == 21
    assert list(run.rglob("*.partial")) == []


def fill_the_disk() -> None:
    """From now on no file grows beyond 100 bytes in this process: an OSError, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@pytest.mark.parametrize("phase", PHASES, indirect=True)
def test_a_full_disk_in_a_phase_is_one_line_and_the_run_goes_on_later(phase, run, tmp_path, capsys):
    def work() -> int:
        with pytest.MonkeyPatch.context() as patch:
            disturbed(patch, phase, fill_the_disk)
            return cli.main(["train", "--resume", str(run)])

    code = in_child(lambda: redirected(tmp_path / "said.txt", work))
    said = (tmp_path / "said.txt").read_text()
    assert code == 2, said
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("error: cannot write ")
    finishes(run, capsys)


def redirected(path: Path, work) -> int:
    """The code of `work()`, with what it printed in a file that is written after it."""
    said, (_, hard) = io.StringIO(), resource.getrlimit(resource.RLIMIT_FSIZE)
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = work()
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    path.write_text(said.getvalue())
    return code


def refused(*arguments, **options):
    raise OSError(30, "Read-only file system")


@pytest.mark.parametrize("phase", PHASES, indirect=True)
def test_a_disk_that_becomes_read_only_is_one_line_and_the_run_goes_on_later(phase, run, monkeypatch, capsys):
    with monkeypatch.context() as patch:

        def lock() -> None:
            for name in ("open", "write_text", "write_bytes", "replace", "mkdir"):
                patch.setattr(Path, name, refused)
            patch.setattr(torch, "save", refused)

        disturbed(patch, phase, lock)
        assert cli.main(["train", "--resume", str(run)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: cannot write ")
    assert "Read-only file system" in said
    assert said.count("\n") == 1
    finishes(run, capsys)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
@pytest.mark.parametrize("phase", ["data", *PHASES], indirect=True)
def test_a_signal_in_a_phase_ends_it_and_the_run_goes_on_later(phase, number, run, tmp_path, capsys):
    def work() -> int:
        with pytest.MonkeyPatch.context() as patch:

            def interrupt() -> None:
                os.kill(os.getpid(), number)

            if phase == "data":
                patch.setattr(sources, "load", lambda config: interrupt() or tiny.dataset())
            else:
                disturbed(patch, phase, interrupt)
            return cli.main(["train", "--resume", str(run)])

    code = in_child(lambda: redirected(tmp_path / "said.txt", work))
    expected = {signal.SIGINT: {130}, signal.SIGTERM: {143, -signal.SIGTERM}, signal.SIGKILL: {-signal.SIGKILL}}
    assert code in expected[number]
    if code == 130:
        assert "Traceback" not in (tmp_path / "said.txt").read_text()
    finishes(run, capsys)


class Vanishes(pl.Callback):
    """The error that torch raises once a GPU is lost."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if trainer.global_step == 3:
            raise torch.AcceleratorError("CUDA error: unspecified launch failure\nSearch for `cudaErrorLaunchFailure'")


def test_a_device_that_vanishes_is_one_line_and_the_run_goes_on_from_its_checkpoint(run, monkeypatch, capsys):
    recipe = runs.open_run(run)
    with pytest.raises(UserError) as error:
        tiny.train(recipe, tiny.dataset(), run, resume=True, extra=[Vanishes()])
    assert str(error.value).startswith(
        "the device failed (CUDA error: unspecified launch failure); once it works again"
    )
    assert "\n" not in str(error.value)
    finishes(run, capsys)


def test_a_run_made_on_a_gpu_says_how_it_goes_on_without_one(run, monkeypatch, capsys):
    text = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(text.replace("device: cpu", "device: gpu"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert cli.main(["train", "--resume", str(run)]) == 2
    said = capsys.readouterr().err
    assert "config.yaml" in said
    (run / "config.yaml").write_text(text)  # as it says
    finishes(run, capsys)


class Yesterday(clock.datetime):
    """A clock set back."""

    @classmethod
    def now(cls, tz=None):
        return cls(2000, 1, 1)


def test_a_clock_set_back_makes_neither_folders_collide_nor_times_negative(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runs, "datetime", Yesterday)
    recipe = runs.open_run(run)
    made = [runs.create(tmp_path / "runs", "tiny", "cifar10", recipe) for _ in range(3)]
    assert len(set(made)) == 3
    walls = iter(range(10**6, 0, -1))
    monkeypatch.setattr(time, "time", lambda: float(next(walls)))
    assert cli.main(["train", "--resume", str(made[0])]) == 0
    assert all(seconds >= 0 for seconds in runs.read_summary(made[0])["seconds"].values())
    assert (pd.read_csv(made[0] / "metrics.csv")["seconds"] >= 0).all()


def test_a_run_whose_config_was_deleted_is_refused_and_goes_on_with_it_back(run, tmp_path, capsys):
    shutil.move(run / "config.yaml", tmp_path)
    assert cli.main(["train", "--resume", str(run)]) == 2
    assert "has no config.yaml" in capsys.readouterr().err
    shutil.move(tmp_path / "config.yaml", run)
    finishes(run, capsys)


def test_a_checkpoint_cut_off_anywhere_is_refused(run, capsys):
    finishes(run, capsys)
    path = run / "checkpoints" / "last.ckpt"
    whole = path.read_bytes()
    for share in range(0, 100, 5):
        path.write_bytes(whole[: len(whole) * share // 100])
        assert cli.main(["predict", str(run), "--out", str(run.parent / "s.csv"), "--views", "1"]) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: cannot read ")
        assert said.count("\n") == 1
