"""Compare a recipe with another training script: both take steps in turn, each in its own process."""

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.benchmark.paced import VARIABLE
from pipeline.config import write_recipe
from pipeline.core import duration
from pipeline.core.errors import UserError
from pipeline.core.progress import progress
from pipeline.training.settings import lengths

if TYPE_CHECKING:
    from pipeline.training.recipe import Recipe

ROUNDS = 15


@dataclass(frozen=True)
class Contender:
    """A program that takes one step in every round, and the number of such steps in a whole run."""

    name: str
    steps: int
    seconds: list[float]
    """Elapsed seconds of each step."""
    processor: list[float]
    """CPU seconds of each step, on all threads; with one thread, other programs hardly affect it."""

    @property
    def fastest_seconds(self) -> float:
        """Seconds of a whole run at the pace of the fastest step."""
        return self.steps * min(self.seconds)

    @property
    def median_seconds(self) -> float:
        """Seconds of a whole run at the pace of the median step."""
        return self.steps * statistics.median(self.seconds)

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of a whole run at the lowest CPU time of a step."""
        return self.steps * min(self.processor)


class PacedProcess:
    """A training script in its own process, which takes a step on request."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        self.name, self.errors = name, tempfile.TemporaryFile("w+")  # noqa: SIM115, closed by close
        (request_end, request), (times, times_end) = os.pipe(), os.pipe()
        command = [sys.executable, "-m", "pipeline.benchmark.paced", *arguments]
        environment = os.environ | {VARIABLE: f"{request_end},{times_end}"}
        self.process = subprocess.Popen(
            command, env=environment, pass_fds=(request_end, times_end), stdout=subprocess.DEVNULL, stderr=self.errors
        )
        os.close(request_end)
        os.close(times_end)
        self.requests, self.times = os.fdopen(request, "w"), os.fdopen(times)
        self._seconds()  # not of a step: says that the script is ready

    def step(self) -> tuple[float, float]:
        """Take a step; return its elapsed and CPU seconds. Raises UserError if the script has ended."""
        print(file=self.requests, flush=True)
        return self._seconds()

    def _seconds(self) -> tuple[float, float]:
        line = self.times.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            last = (self.errors.read().strip().splitlines() or ["it took its last step"])[-1]
            self.close()
            raise UserError(f"{self.name} ended before it was measured (exit code {self.process.returncode}): {last}")
        clock, processor = map(float, line.split())
        return clock, processor

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for file in (self.requests, self.times, self.errors):
            file.close()


def side_by_side(recipe: "Recipe", images: int, peer: list[str], steps: int, rounds: int = ROUNDS) -> list[Contender]:
    """The recipe at each of its resolutions, for `images` training images, then the peer's script with `steps` steps.

    All take a step in turn, round after round. Raises UserError if one of them ends too early.
    """
    with tempfile.TemporaryDirectory() as folder:
        stages = [(name, count, stage) for name, count, stage in stages_of(recipe, images) if count]
        commands = [command(stage, Path(folder) / str(place), rounds) for place, (*_, stage) in enumerate(stages)]
        found = [Contender(name, count, [], []) for name, count, _ in stages] + [Contender(peer[0], steps, [], [])]
        running: list[PacedProcess] = []
        try:
            with progress("starting", len(found)) as advance:
                for contender, arguments in zip(found, [*commands, peer], strict=True):
                    running.append(PacedProcess(contender.name, arguments))
                    advance(1)
            with progress("measuring", rounds) as advance:
                for _ in range(rounds):
                    take_turns(found, running)
                    advance(1)
        finally:
            for paced in running:
                paced.close()
    return found


def take_turns(contenders: list[Contender], running: list[PacedProcess]) -> None:
    """Let each contender take one step, and note its seconds."""
    for contender, paced in zip(contenders, running, strict=True):
        clock, processor = paced.step()
        contender.seconds.append(clock)
        contender.processor.append(processor)


def stages_of(recipe: "Recipe", images: int) -> list[tuple[str, int, "Recipe"]]:
    """Name and number of steps of each resolution, and the recipe with only this resolution."""
    run, begin, found = lengths(recipe.train, images), 0, []
    for stage in recipe.augment.resolutions:
        end = duration.steps(stage.until, run)
        alone = replace(recipe.augment, resolutions=[replace(stage, until="100%")])
        found.append((f"{stage.size} pixels", end - begin, replace(recipe, augment=alone)))
        begin = end
    alone = replace(recipe.augment, resolutions=[])
    return [*found, ("whole images", run.total_steps - begin, replace(recipe, augment=alone))]


def command(recipe: "Recipe", folder: Path, rounds: int) -> list[str]:
    """The command that trains the recipe for more steps than are measured, and writes everything into the folder."""
    folder.mkdir()
    file = folder / "recipe.yaml"
    recipe = replace(recipe, log=replace(recipe.log, runs=str(folder), wandb="off"))
    write_recipe(replace(recipe, train=replace(recipe.train, length=f"{10 * rounds + 100} steps")), file)
    return ["-m", "pipeline", "train", "--config", str(file)]
