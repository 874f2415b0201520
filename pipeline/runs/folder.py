"""Run folders: runs/<recipe>/<time-seed>/ holds everything needed to repeat a run."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import torch
from torch import nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

from pipeline.config import read_recipe, write_recipe
from pipeline.core.errors import UserError
from pipeline.core.files import write_text
from pipeline.core.images import STAND_IN
from pipeline.models import registry
from pipeline.own import source_copy
from pipeline.training.recipe import Recipe

LARGEST_SUMMARY = 1_000_000
"""Bytes. A summary has about a thousand."""


def create(root: Path, recipe_name: str, dataset_name: str, recipe: Recipe) -> Path:
    """Create a run folder with its config.yaml; its name says so if the images are stand-ins."""
    mark = f"{STAND_IN}-" if dataset_name == STAND_IN else ""
    stem = f"{mark}{datetime.now():%Y%m%d-%H%M%S}-seed{recipe.seed}"
    for number in range(100):
        folder = root / recipe_name / (stem if not number else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(f"cannot create the run folder {folder}: {error.strerror}; set log.runs") from error
        (folder / "checkpoints").mkdir()
        write_recipe(recipe, folder / "config.yaml")
        source_copy.copy_source(folder, source_copy.named_parts(recipe))
        return folder
    raise UserError(f"{root / recipe_name / stem} and 99 more exist; set log.runs to another folder")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a run folder for this process while the block runs; raises UserError if another process works in it.

    The operating system holds the lock on the open folder, and releases it when the process ends, even if it is killed.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UserError(f"another process works in {folder}; wait until it ends, or stop it") from error
    except OSError:
        pass  # a file system without locks
    try:
        yield
    finally:
        os.close(descriptor)


def open_run(folder: Path, *, trust: bool = False) -> Recipe:
    """The recipe of a run folder, with the participant's own parts that the folder keeps.

    Raises UserError if the folder is not a run, holds several runs, or contains code that is unknown here and not
    trusted.
    """
    if (folder / "sweep.json").is_file():
        raise UserError(
            f"{folder} is a sweep, not a run: submit its ensemble with python -m pipeline submit {folder}, resume "
            "it with its own command and --resume, or name its runs"
        )
    recipe = recipe_of(folder)
    refuse_links(folder)
    if not (folder / "checkpoints").is_dir():
        raise UserError(f"{folder} is not a run folder: it has no checkpoints/; runs are in runs/<recipe>/<time-seed>")
    places = source_copy.open_parts(folder, source_copy.named_parts(recipe), trust=trust)
    for key, place in places.items():
        group, name = key.split(".")
        recipe = replace(recipe, **{group: replace(getattr(recipe, group), **{name: place})})
    return recipe


def refuse_links(folder: Path) -> None:
    """Raise UserError for a link that leads out of a run folder: writing into the run would change other files."""
    inside = folder.resolve()
    for path in (*folder.iterdir(), *(folder / "checkpoints").glob("*"), *(folder / "figures").glob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise UserError(f"{path} is a link that leads out of the run folder; replace it by what it leads to")


def recipe_of(folder: Path) -> Recipe:
    """The recipe of a run, sweep or search; its images are read from DATA_DIR if they were moved."""
    config = folder / "config.yaml"
    if not config.is_file():
        raise UserError(f"{folder} is not a run folder: it has no config.yaml; runs are in runs/<recipe>/<time-seed>")
    recipe = read_recipe(config)
    directory = recipe.data.directory
    if not directory or Path(directory).expanduser().is_dir():
        return recipe
    moved = os.environ.get("DATA_DIR")
    if not moved:
        raise UserError(
            f"{directory}, the images' folder in {config}, does not exist; set DATA_DIR to where they are now"
        )
    return replace(recipe, data=replace(recipe.data, directory=moved))


def extend_length(folder: Path, length: str) -> None:
    """Make a run's recipe longer, `length` in all; the run then counts as unfinished.

    Raises UserError if its schedule or another part depends on the original length.
    """
    recipe = recipe_of(folder)
    tied = [f"optim.schedule {recipe.optim.schedule}"] if recipe.optim.schedule != "constant" else []
    if recipe.averaging.kind != "none":
        tied.append(f"averaging.kind {recipe.averaging.kind}")
    shares = [("optim.warmup", recipe.optim.warmup)]
    shares += [("augment.resolutions", stage.until) for stage in recipe.augment.resolutions]
    shares += [("selection.until", recipe.selection.until)] if recipe.selection.on else []
    tied += [f"{key} {value}" for key, value in shares if "%" in value]
    if tied:
        raise UserError(
            f"{folder} cannot be trained longer: {tied[0]} was planned for its {recipe.train.length}; start a new run "
            f'with --train.length "{length}", or start from its weights: --model.weights {folder}/checkpoints/last.ckpt'
        )
    longer = replace(recipe_of(folder), train=replace(recipe.train, length=length))
    write_recipe(longer, folder / "config.yaml")
    (folder / "summary.json").unlink(missing_ok=True)


def link_latest(folder: Path, root: Path) -> None:
    """Make root/latest a link to this run."""
    link, temporary = root / "latest", root / f".latest.{os.getpid()}"
    temporary.symlink_to(os.path.relpath(folder.resolve(), root.resolve()))
    temporary.replace(link)


def write_summary(folder: Path, summary: dict) -> None:
    """Write summary.json."""
    write_text(folder / "summary.json", json.dumps(summary, indent=2) + "\n")


def read_summary(folder: Path) -> dict | None:
    """The summary of a finished run or sweep; None if there is none, or if it is not in the form of `write_summary`."""
    path = folder / "summary.json"
    try:
        if path.stat().st_size > LARGEST_SUMMARY:
            return None
        summary = json.loads(path.read_text(encoding="utf-8"))
        seconds = summary.setdefault("seconds", {"training": 0.0})  # a sweep's summary has none
        known = isinstance(summary["data"], str) and isinstance(seconds["training"], int | float)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return summary if known else None


def checkpoint_path(folder: Path, which: str) -> Path:
    """The run's best or last checkpoint; raises UserError if there is none."""
    path = folder / "checkpoints" / f"{which}.ckpt"
    if path.is_file():
        return path
    other = best_checkpoint(folder)
    hint = f"it has {other.name}" if other else f"resume with --resume {folder}"
    raise UserError(f"{folder} has no {which}.ckpt; {hint}")


def load_network(folder: Path, recipe: Recipe, classes: int = 10) -> nn.Module:
    """The trained network of a run, in evaluation mode, on the CPU.

    Raises UserError for a damaged checkpoint or that of another network.
    """
    path = checkpoint_path(folder, recipe.predict.checkpoint)
    try:
        state = weights_of(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise UserError(
            f"cannot read {path}: {type(error).__name__}; the file is damaged or not a checkpoint"
        ) from error
    # The weights come from the run: published ones are not needed.
    model = replace(recipe.model, timm=replace(recipe.model.timm, pretrained=False, weights=None))
    network = registry.build(model, classes)
    consume_prefix_in_state_dict_if_present(state, "model.")  # keeps the record of each layer's operator
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        names = set(network.state_dict())
        odd = sorted(names ^ set(state))
        detail = f"{len(odd)} parameters differ, such as {odd[0]}" if odd else "the shapes of parameters differ"
        raise UserError(
            f"{path} holds another network than model.name {recipe.model.name!r} ({detail}); restore its config.yaml"
        ) from error
    return network.to(memory_format=torch.channels_last).eval()


def weights_of(checkpoint: dict) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint by name.

    Raises an exception for anything else, since the file can come from anybody.
    """
    state = checkpoint["state_dict"] if isinstance(checkpoint, dict) else {}
    if not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise TypeError("it holds no weights")
    return state


def best_checkpoint(folder: Path) -> Path | None:
    """best.ckpt if there is one, else last.ckpt."""
    found = [folder / "checkpoints" / name for name in ("best.ckpt", "last.ckpt")]
    return next((path for path in found if path.exists()), None)
