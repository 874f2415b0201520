"""Predictions in constant memory that survive a kill: rows are written to a file as they are computed."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.core.files import write_text

# Batches between two notes of the progress; a kill loses at most this many.
NOTE_EVERY = 10


@dataclass(frozen=True)
class Table:
    """A float32 file of class probabilities, `NAME.npy`, and `NAME.json` with what it was computed from."""

    path: Path
    shape: tuple[int, int]
    origin: dict
    """Digests and settings; rows of another origin are not used."""

    @property
    def partial(self) -> Path:
        """The file of the rows until all are computed."""
        return self.path.with_suffix(".partial.npy")

    @property
    def note(self) -> Path:
        """The JSON file: the origin and the number of finished rows."""
        return self.path.with_suffix(".json")

    def finished_rows(self) -> int:
        """The number of rows of this origin on disk."""
        try:
            note = json.loads(self.note.read_text())
            rows = int(note.pop("rows"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return 0
        if not 0 <= rows <= self.shape[0]:
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
        """Record the number of finished rows."""
        write_text(self.note, json.dumps(self.origin | {"rows": rows}, indent=2) + "\n")

    def open(self, finished: int) -> BinaryIO:
        """The partial file, positioned after its finished rows to write the next ones; a new file if there are none.

        It is not memory-mapped, so that a full disk raises an OSError instead of a signal that ends the process.
        """
        if not finished:
            self.note.unlink(missing_ok=True)  # it may describe the file that is overwritten now
        if self.partial.is_symlink():  # otherwise its target would be overwritten
            self.partial.unlink()
        file = self.partial.open("r+b" if finished else "w+b")
        header = {"descr": "<f4", "fortran_order": False, "shape": self.shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.seek(finished * self.shape[1] * 4, os.SEEK_CUR)
        file.truncate()
        return file

    def read(self) -> np.ndarray:
        """The finished table, float32 N x classes, as a read-only memory map."""
        return np.load(self.path, mmap_mode="r")


def fill(table: Table, images: np.ndarray, batch_size: int, predict, tick=None) -> np.ndarray:
    """The table of `predict(batch) -> float32 N x classes` over uint8 images; finished rows are not computed again.

    Memory does not grow with the number of images, which can be a memory map. Calls `tick(count)` for finished rows.
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
                _to_disk(rows)  # the rows before their number
                table.write_note(start + len(batch))
        _to_disk(rows)
    table.partial.replace(table.path)
    table.write_note(count)
    return table.read()


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
