"""Predictions of a run in constant memory, which a kill does not undo: rows go into a file as they come."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pipeline.errors import UserError
from pipeline.files import reason, write_text

if TYPE_CHECKING:
    from pipeline.config import Recipe

# Batches between two notes of how far it came: a kill costs at most so many.
NOTE_EVERY = 10
# Images that tell one set from another: enough for that, and quick on 300,000.
PROBES = 500


@dataclass(frozen=True)
class Table:
    """A float32 file of class probabilities, `NAME.npy`, with `NAME.json` that says what it was made from."""

    path: Path
    shape: tuple[int, int]
    origin: dict
    """Digests and settings: rows of another origin are not used."""

    @property
    def partial(self) -> Path:
        """Where rows lie until all are there."""
        return self.path.with_suffix(".partial.npy")

    @property
    def note(self) -> Path:
        """The JSON file: the origin and the number of finished rows."""
        return self.path.with_suffix(".json")

    def finished_rows(self) -> int:
        """Rows of this origin that lie on the disk."""
        try:
            note = json.loads(self.note.read_text())
            rows = int(note.pop("rows"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return 0
        file = self.path if rows == self.shape[0] else self.partial
        return rows if note == self.origin and file.is_file() and self._holds(file, rows) else 0

    def _holds(self, file: Path, rows: int) -> bool:
        try:
            with file.open("rb") as opened:
                np.lib.format.read_magic(opened)
                shape, _, kind = np.lib.format.read_array_header_1_0(opened)
                return (
                    shape == self.shape
                    and kind == np.float32
                    and file.stat().st_size >= opened.tell() + rows * shape[1] * 4
                )
        except (OSError, ValueError):
            return False

    def write_note(self, rows: int) -> None:
        """Book finished rows."""
        write_text(self.note, json.dumps(self.origin | {"rows": rows}, indent=2) + "\n")

    def open(self, finished: int) -> BinaryIO:
        """The partial file, behind its finished rows, to write the next ones; new unless there are any.

        Written, not mapped: a full disk is then an OSError and not a signal that ends the process.
        """
        if not finished:
            self.note.unlink(missing_ok=True)  # it may tell of the file that is now overwritten
        file = self.partial.open("r+b" if finished else "w+b")
        header = {"descr": "<f4", "fortran_order": False, "shape": self.shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.seek(finished * self.shape[1] * 4, os.SEEK_CUR)
        file.truncate()
        return file

    def read(self) -> np.ndarray:
        """The finished table, float32 N x classes, read-only, from the disk as it is used."""
        return np.load(self.path, mmap_mode="r")


def fill(table: Table, images: np.ndarray, batch_size: int, predict, tick=None) -> np.ndarray:
    """The table of `predict(batch) -> float32 N x classes` over uint8 images; rows that are there are not made again.

    Memory does not grow with the number of images, which may be a memory map. `tick(count)` is told of finished rows.
    """
    finished, count = table.finished_rows(), len(images)
    if tick and finished:
        tick(finished)
    if finished == count:
        return table.read()
    with table.open(finished) as rows:
        for start in range(finished, count, batch_size):
            batch = images[start : start + batch_size]
            rows.write(np.ascontiguousarray(predict(batch), dtype="<f4").tobytes())
            if tick:
                tick(len(batch))
            if (start // batch_size + 1) % NOTE_EVERY == 0 and start + len(batch) < count:
                _to_disk(rows)  # rows first, their number after them
                table.write_note(start + len(batch))
        _to_disk(rows)
    table.partial.replace(table.path)
    table.write_note(count)
    return table.read()


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def predict_run(folder: Path, recipe: "Recipe", images: np.ndarray, classes: int, name: str, tick=None) -> np.ndarray:
    """Class probabilities float32 N x classes of a run's network on uint8 images, kept in the run as `NAME.npy`.

    A second call, after a kill or from another command, goes on with what is there if checkpoint, views and images
    are the same. In a folder that is read-only nothing is kept. UserError without a checkpoint, or on a full disk.
    """
    from pipeline.predict import probabilities
    from pipeline.runs import load_network
    from pipeline.train import device_of, set_precision, uses_bf16

    set_precision(recipe.train)
    device, bf16 = device_of(recipe.train), uses_bf16(recipe.train)
    if not os.access(folder, os.W_OK):  # somebody else's run
        return probabilities(load_network(folder, recipe, classes), images, recipe.predict, device, bf16, tick)
    table = Table(folder / f"{name}.npy", (len(images), classes), origin(folder, recipe, images))
    network = None

    def predict(batch: np.ndarray) -> np.ndarray:
        nonlocal network
        network = network or load_network(folder, recipe, classes).to(device)
        return probabilities(network, batch, recipe.predict, device, bf16)

    try:
        return fill(table, images, recipe.predict.batch_size, predict, tick)
    except OSError as error:
        raise UserError(f"cannot write {table.partial}: {reason(error)}; free space") from error


def origin(folder: Path, recipe: "Recipe", images: np.ndarray) -> dict:
    """What probabilities depend on: checkpoint, images, views, and how they are computed."""
    from pipeline.runs import checkpoint_path
    from pipeline.train import device_of, uses_bf16

    with checkpoint_path(folder, recipe.predict.checkpoint).open("rb") as file:
        checkpoint = hashlib.file_digest(file, "sha256").hexdigest()
    probes = np.ascontiguousarray(images[:: max(1, len(images) // PROBES)])
    return {
        "checkpoint": checkpoint,
        "images": hashlib.sha256(probes).hexdigest(),
        "count": len(images),
        "views": recipe.predict.views,
        "doubt": recipe.predict.doubt,
        "batch_size": recipe.predict.batch_size,
        "precision": "bf16" if uses_bf16(recipe.train) else "fp32",
        "device": device_of(recipe.train).type,
    }
