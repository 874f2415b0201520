"""A folder of PNG files as one array: decoded on all cores, and cached in one memory-mapped file."""

import hashlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from pipeline.core.errors import UserError
from pipeline.core.files import write_whole, writer_process
from pipeline.core.images import SIZE
from pipeline.core.progress import progress

CACHE = ".image-cache"
CHUNK = 1000
_IMAGE_BYTES = SIZE * SIZE * 3


def read_folder(folder: Path, ids: np.ndarray) -> np.ndarray:
    """The images `folder/<id>.png` in the order of the ids.

    The first call writes the cache, beside the folder or, if that is read-only, under $XDG_CACHE_HOME (~/.cache).
    Later calls use it as long as every file keeps its name, size and modification time.

    Args:
        folder: contains exactly these images.
        ids: int64, N, each once.

    Returns:
        uint8 N x 32 x 32 x 3, a read-only memory map, which uses memory only for what is read.

    Raises:
        UserError: a file is missing, truncated, or not a 32 x 32 RGB image; or the cache cannot be written.
    """
    return cached(folder, _digest(folder, ids), len(ids), lambda partial: _fill(partial, folder, ids))


def cached(folder: Path, digest: str, count: int, fill: Callable[[Path], object]) -> np.ndarray:
    """The cache of a folder with this `digest`: uint8 count x S x S x 3, memory-mapped; `fill(path)` writes it once.

    Raises UserError if no cache can be written.
    """
    name = f"{folder.name}-{digest}.npy"
    places = _places(folder)
    for place in places:
        with suppress(OSError, ValueError, EOFError):
            images = np.load(place / name, mmap_mode="r")
            if images.ndim == 4 and len(images) == count and images.shape[3] == 3 and images.dtype == np.uint8:
                return images
    place = next(filter(_writable, places), None)
    if place is None:
        raise UserError(f"no room for the image cache: {' and '.join(map(str, places))} cannot be written")
    _build(place / name, folder.name, fill)
    return np.load(place / name, mmap_mode="r")


def read_image(path: Path) -> np.ndarray:
    """One image, uint8 32 x 32 x 3.

    Raises:
        UserError: the file is missing, truncated, or not a 32 x 32 RGB image.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.size == (SIZE, SIZE) and image.mode == "RGB":
                return np.asarray(image)
            width, height = image.size
            problem = f"{width} x {height} {image.mode}, expected {SIZE} x {SIZE} RGB"
    except FileNotFoundError:
        problem = "missing"
    except Exception as error:  # Pillow's decoders raise a dozen types for a damaged file
        problem = f"damaged ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
    raise UserError(f"{path}: the image is {problem}; unpack the archive again") from None


def _digest(folder: Path, ids: np.ndarray) -> str:
    """A digest of the order of ids and of each file's name, size and modification time; a few microseconds per file."""
    with os.scandir(folder) as entries:
        facts = sorted((entry.name, *_size_and_time(entry)) for entry in entries if entry.name.endswith(".png"))
    digest = hashlib.blake2b(np.ascontiguousarray(ids, dtype="<i8").tobytes(), digest_size=10)
    digest.update(repr(facts).encode())
    return digest.hexdigest()


def _size_and_time(entry: os.DirEntry) -> tuple[int, int]:
    status = entry.stat()
    return status.st_size, status.st_mtime_ns


def _places(folder: Path) -> tuple[Path, Path]:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = hashlib.blake2b(os.fsencode(folder.parent.resolve()), digest_size=6).hexdigest()
    return folder.parent / CACHE, home / "cifar10-competition-kit" / path


def _writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK)


def _build(cache: Path, folder: str, fill: Callable[[Path], object]) -> None:
    """Write the cache under a temporary name and rename it; delete caches of older states or of killed processes."""
    for partial in cache.parent.glob("*.partial"):
        writer = writer_process(partial)
        if writer is not None and not _is_alive(writer):
            partial.unlink(missing_ok=True)
    write_whole(cache, fill)
    for stale in cache.parent.glob(f"{folder}-*.npy"):
        if stale != cache:
            stale.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's process, or a number that is not a process id
        return True
    return True


def _fill(target: Path, folder: Path, ids: np.ndarray) -> None:
    with target.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(ids), SIZE, SIZE, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        start = file.tell()
    chunks = [(begin, ids[begin : begin + CHUNK]) for begin in range(0, len(ids), CHUNK)]
    with progress(f"reading {folder}", total=len(ids)) as advance:
        if len(chunks) <= 2:  # starting processes would take longer than decoding
            for begin, part in chunks:
                advance(_copy(target, start + begin * _IMAGE_BYTES, folder, part))
            return
        # Spawned, not forked: forking a process with running threads can deadlock.
        pool = ProcessPoolExecutor(_workers(), mp_context=get_context("spawn"), initializer=_leave_interrupt_to_parent)
        try:
            jobs = [pool.submit(_copy, target, start + begin * _IMAGE_BYTES, folder, part) for begin, part in chunks]
            for job in as_completed(jobs):
                advance(job.result())
        except BrokenProcessPool:
            raise UserError(f"{folder}: a process that read it was killed (out of memory?); start again") from None
        finally:
            pool.shutdown(cancel_futures=True)


def _workers() -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, available)


def _leave_interrupt_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _copy(target: Path, offset: int, folder: Path, ids: np.ndarray) -> int:
    """Decode the images and write them at the offset; return their number."""
    images = np.stack([read_image(folder / f"{number}.png") for number in ids])
    # Not through a memory map, which ends in SIGBUS on a full disk; a write raises an error that can be reported.
    with target.open("r+b") as file:
        file.seek(offset)
        file.write(images.tobytes())
    return len(ids)
