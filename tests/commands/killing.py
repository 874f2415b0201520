"""Kills runs for real, resumes them, and writes what came out as JSON."""

import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl
import torch

from pipeline import cli
from pipeline.commands import train as command
from pipeline.data import sources
from pipeline.data.augment_settings import AugmentConfig, Resolution
from pipeline.models.settings import ModelConfig, TimmConfig
from pipeline.runs import folder as runs
from pipeline.runs import session  # noqa: F401, so that forks need not import it
from pipeline.training.settings import AveragingConfig, CheckpointConfig, LookaheadConfig, SelectionConfig
from tests import tiny
from tests.tiny import train

EVERY = {"checkpoint": CheckpointConfig(every=1, seconds=0)}
SCENARIOS = {
    "plain": {},
    "ema": {"averaging": AveragingConfig(kind="ema", decay=0.8, every=2, start="3 steps")},
    "mean": {"averaging": AveragingConfig(kind="mean", start="5 steps")},
    "mixing": {"augment": AugmentConfig(trivial=0.7, mixup=0.8, cutmix=1.0, cutout=8, mix_share=0.8, flip="random")},
    "dropout": {"model": ModelConfig(name="timm:test_resnet", timm=TimmConfig(drop_rate=0.5))},
    "accumulate": {"train": {"accumulate": 2}},
    "resolutions": {"augment": AugmentConfig(resolutions=[Resolution(size=16, until="4 steps")])},
    "selection": {"selection": SelectionConfig(share=0.5, update_every=2, start="3 steps"), "train": {"accumulate": 2}},
    "lookahead": {"lookahead": LookaheadConfig(every=3, power=3.0)},
}


class KillAt(pl.Callback):
    """SIGKILL to this very process: in the middle of a step, or after an epoch's validation, before its end."""

    def __init__(self, step: int, where: str) -> None:
        self.step, self.where = step, where

    def on_before_optimizer_step(self, trainer, pl_module, optimizer) -> None:
        self._kill(trainer, "step")

    def on_validation_end(self, trainer, pl_module) -> None:
        self._kill(trainer, "validation")

    def _kill(self, trainer, where: str) -> None:
        if where == self.where and trainer.global_step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def fork(work, log: Path | None = None) -> int:
    """Run `work` in a child; its process id."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT)
        os.dup2(target, 1)
        os.dup2(target, 2)
        code = work() or 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def wait(child: int) -> int:
    """The child's exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """What predictions are made from."""
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


def differing(one: Path, other: Path) -> list[str]:
    """The names of weights that are not bit-identical."""
    first, second = weights(one), weights(other)
    return sorted(
        name for name in first.keys() | second.keys()
        if name not in first or name not in second or not torch.equal(first[name], second[name])
    )  # fmt: skip


def killed_and_resumed(root: Path, name: str, step: int, where: str, every: int = 1) -> dict:
    """Kill a run there, resume it, and compare with the run that went through."""
    often = {"checkpoint": CheckpointConfig(every=every, seconds=0)}
    recipe, data = tiny.recipe(**SCENARIOS[name] | often), tiny.dataset()
    straight, folder = root / f"{name}-straight", root / f"{name}-{step}-{where}"
    if not straight.exists():
        train(recipe, data, straight)
    code = wait(fork(lambda: train(recipe, data, folder, extra=[KillAt(step, where)]) and 0, root / "log.txt"))
    held = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    train(recipe, data, folder, resume=True)
    epochs = [int(row.split(",")[0]) for row in (folder / "metrics.csv").read_text().splitlines()[1:]]
    best = [torch.load(f / "checkpoints" / "best.ckpt", weights_only=True)["global_step"] for f in (straight, folder)]
    return {
        "code": code,
        "held_step": held,
        "differing": differing(straight, folder),
        "epochs": epochs,
        "best": best,
        "partial": [p.name for p in folder.rglob("*.partial")],
    }


def signalled(root: Path, number: int, name: str, *, again: bool = False) -> dict:
    """Send a signal to the command once its run has a checkpoint; then resume by the command."""
    recipe = tiny.recipe(train={"length": "100000 steps", "accumulate": 2}, **EVERY)
    recipe = replace(recipe, log=replace(recipe.log, runs=str(root / name)))
    sources.load = lambda config: tiny.dataset()
    folder = runs.create(root / name, "tiny", "cifar10", recipe)
    # So that the forks need not build the parsers.
    command.parser()
    runs.open_run(folder)
    log = root / f"{name}.txt"
    child = fork(lambda: cli.main(["train", "--resume", str(folder)]), log)
    deadline = time.monotonic() + 60
    while not (folder / "checkpoints" / "last.ckpt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child, number)
    if again:
        os.kill(child, number)
    code = wait(child)
    state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    shorter = tiny.recipe(train={"length": f"{state['global_step'] + 3} steps", "accumulate": 2}, **EVERY)
    runs.write_recipe(replace(shorter, log=recipe.log), folder / "config.yaml")
    resumed = wait(fork(lambda: cli.main(["train", "--resume", str(folder)]), root / f"{name}-resumed.txt"))
    finished = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    return {
        "code": code,
        "output": log.read_text(),
        "resumed": resumed,
        "steps": [state["global_step"], finished],
        "submission": (folder / "submission.csv").exists(),
        "folder": str(folder),
    }


def main(root: Path) -> int:
    """Every scenario; the result goes into result.json."""
    result = {}
    for name in SCENARIOS:
        result[f"{name}: mid-epoch"] = killed_and_resumed(root, name, 7, "step")
    for name in ("plain", "ema", "accumulate"):
        result[f"{name}: between last step and epoch end"] = killed_and_resumed(root, name, 5, "validation")
        result[f"{name}: in an epoch's first step"] = killed_and_resumed(root, name, 5, "step")
    result["plain: checkpoint three steps old"] = killed_and_resumed(root, "plain", 8, "step", every=3)
    result["plain: in the first epoch"] = killed_and_resumed(root, "plain", 2, "step")
    result["SIGINT"] = signalled(root, signal.SIGINT, "interrupted")
    result["SIGTERM"] = signalled(root, signal.SIGTERM, "terminated")
    result["SIGINT twice"] = signalled(root, signal.SIGINT, "interrupted-twice", again=True)
    (root / "result.json").write_text(json.dumps(result))
    return 0
