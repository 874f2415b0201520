"""The files of an archive, unpacked once into the user's cache: later starts read them in a tenth of the time."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

Files = Iterator[tuple[str, bytes]]


def cached_files(archive: Path, md5: Mapping[str, str], read: Callable[[], Files]) -> Files:
    """(name, content) of the files that `md5` names, from the cache if all are there and whole, else from `read()`.

    A cache that is damaged is removed. Without room or the right to write there is none, and nothing is said.
    """
    folder = _folder(archive)
    if folder.is_dir():
        contents = _contents(folder, md5)
        if contents is not None:
            yield from contents.items()
            return
        shutil.rmtree(folder, ignore_errors=True)
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    written = _begin(partial)
    try:
        for name, content in read():
            written = written and _write(partial / name, content)
            yield name, content
        if written:
            _replace_older(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _folder(archive: Path) -> Path:
    """Where the cache of this archive lies: its name changes with the archive's path, size and time."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cifar10-competition-kit"
    about = archive.stat()
    state = f"{about.st_size} {about.st_mtime_ns}"
    return home / f"archive-{_digest(str(archive.resolve()))}-{_digest(state)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=8).hexdigest()


def _contents(folder: Path, md5: Mapping[str, str]) -> dict[str, bytes] | None:
    """The files by name; None if one is missing or is not what its MD5 says."""
    contents = {}
    with suppress(OSError):
        for name, expected in md5.items():
            contents[name] = (folder / name).read_bytes()
            if hashlib.md5(contents[name], usedforsecurity=False).hexdigest() != expected:
                return None
        return contents
    return None


def _begin(partial: Path) -> bool:
    with suppress(OSError):
        partial.mkdir(parents=True)
        return True
    return False


def _write(path: Path, content: bytes) -> bool:
    with suppress(OSError):
        path.write_bytes(content)
        return True
    return False


def _replace_older(partial: Path, folder: Path) -> None:
    """Give the cache its name; remove those of the archive's earlier states."""
    with suppress(OSError):
        partial.rename(folder)
        for older in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
            if older != folder and not older.name.endswith(".partial"):
                shutil.rmtree(older, ignore_errors=True)
