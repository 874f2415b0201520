"""Encoded images (PNG, JPEG ...) as one array, decoded once and kept in the image cache."""

import hashlib
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.progress import progress
from pipeline.data import png

# Images decoded at a time: a few megabytes.
CHUNK = 1000


def images(folder: Path, facts: object, read: Sequence[Callable[[], bytes]], names: Sequence[str]) -> np.ndarray:
    """uint8 N x S x S x 3, memory-mapped, of N encoded images; `read[i]()` gives the bytes of `names[i]`.

    Args:
        folder: the cache is written beside it, or into the user's cache folder if that is not possible.
        facts: what the images depend on, such as the files' sizes and times; a change makes a new cache.

    Raises:
        UserError: an image is damaged, not square, or of another size than the first; or the cache cannot be written.
    """
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=10).hexdigest()
    return png.cached(folder, digest, len(read), lambda partial: _fill(partial, folder, read, names))


def file_stamps(paths: Sequence[Path], root: Path) -> list[tuple[str, int, int]]:
    """Path below the root, size and modification time of each file."""
    return [(str(path.relative_to(root)), *png._size_and_time(path)) for path in paths]


def _fill(target: Path, folder: Path, read: Sequence[Callable[[], bytes]], names: Sequence[str]) -> None:
    side = decode(read[0](), names[0]).shape[0]
    with target.open("wb") as file, progress(f"reading {folder}", total=len(read)) as advance:
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(read), side, side, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        with ThreadPoolExecutor() as threads:
            for start in range(0, len(read), CHUNK):
                part = range(start, min(start + CHUNK, len(read)))
                decoded = list(threads.map(lambda index: decode(read[index](), names[index], side), part))
                file.write(np.stack(decoded).tobytes())
                advance(len(part))


def decode(content: bytes, name: str, side: int | None = None) -> np.ndarray:
    """One image, uint8 S x S x 3, RGB; raises UserError if it is damaged, not square, or not `side` pixels wide."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            array = np.asarray(image.convert("RGB"))
    except Exception as error:  # Pillow's decoders raise a dozen types for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{name}: the image is damaged ({reason}); copy it again") from None
    if width != height or side not in (None, width):
        wanted = f"{side} x {side}, as the first" if side else "a square"
        raise UserError(f"{name}: the image is {width} x {height}, expected {wanted}; scale all images to one square")
    return array
