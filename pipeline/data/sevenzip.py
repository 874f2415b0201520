"""Kaggle's train.7z and test.7z, read without unpacking: each image is decoded into the cache as it is extracted."""

import io
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.images import SIZE
from pipeline.core.progress import progress
from pipeline.data import decoded, png


def read_archive(archive: Path, ids: np.ndarray) -> np.ndarray:
    """The images `<id>.png` of the archive, in the order of the ids: uint8 N x 32 x 32 x 3, memory-mapped.

    Raises UserError if the archive is damaged, lacks an image, has one too many, or py7zr is not installed.
    """
    digest = f"{archive.stat().st_size}-{archive.stat().st_mtime_ns}-{len(ids)}"
    return png.cached(archive, digest, len(ids), lambda partial: _fill(partial, archive, ids))


def _fill(target: Path, archive: Path, ids: np.ndarray) -> None:
    images = np.lib.format.open_memmap(target, mode="w+", dtype=np.uint8, shape=(len(ids), SIZE, SIZE, 3))
    place, left = {int(number): row for row, number in enumerate(ids)}, set(ids.tolist())
    with progress(f"reading {archive}", total=len(ids)) as advance:

        def take(name: str, content: bytes) -> None:
            """Decode one file of the archive into its place; files that are not images are ignored."""
            number = re.fullmatch(r"(\d+)\.png", PurePosixPath(name).name)
            if number is None:
                return
            if int(number[1]) not in left:
                raise UserError(f"{archive} holds {name}, which the table of ids does not list")
            left.discard(int(number[1]))
            images[place[int(number[1])]] = decoded.decode(content, f"{archive}: {name}", SIZE)
            advance(1)

        _extract(archive, take)
    images.flush()
    if left:
        raise UserError(f"{archive} lacks {len(left)} images of the table of ids, such as {min(left)}.png")


def _extract(archive: Path, take: Callable[[str, bytes], None]) -> None:
    """Call `take(name, content)` for every file of the archive."""
    try:
        import py7zr
    except ModuleNotFoundError:
        part = archive.stem
        raise UserError(
            f"{archive} is not unpacked: in {archive.parent} run `7z x {part}.7z` (7-Zip; or `bsdtar -xf {part}.7z`), "
            "or pip install '.[data]', which reads it as it is"
        ) from None

    class Output(io.BytesIO):
        name = ""

        def size(self) -> int:
            return len(self.getbuffer())

        def close(self) -> None:
            take(self.name, self.getvalue())
            super().close()

    class Factory(py7zr.WriterFactory):
        def create(self, filename: str):
            output = Output()
            output.name = filename
            return output

    try:
        with py7zr.SevenZipFile(archive) as opened:
            opened.extractall(factory=Factory())
    except UserError:
        raise
    except Exception as error:  # py7zr and its decoders raise a dozen types for a damaged file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{archive}: this archive is damaged ({reason}); copy it again") from None
