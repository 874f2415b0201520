"""Files of a folder, a tar or a zip archive, read into memory one by one; nothing is unpacked to disk."""

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.core.errors import UserError
from pipeline.data import archive_cache

ENDINGS = (".tar.gz", ".tgz", ".tar", ".zip")
# The exceptions for a damaged archive, from both readers and from zlib.
DAMAGE = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, RuntimeError)


@dataclass(frozen=True)
class OfficialFiles:
    """Official files, each with its published MD5, and the archive in which they are published."""

    md5: dict[str, str]
    """The MD5 of each file, by file name without folders."""

    archive_names: tuple[str, ...]
    """How the archive's name can begin, in lower case, to recognise one that is too damaged to read."""

    archive_md5: str
    """The MD5 of the published archive itself."""


def find_dataset(official: OfficialFiles, place: Path, folder: str) -> Path | None:
    """The folder of the files (`place/folder` or `place`), or their archive (`place` itself or in it).

    Otherwise None.
    """
    for path in (place / folder, place):
        if path.name == folder and path.is_dir():
            return path
        if any((path / name).is_file() for name in official.md5):
            return path
    return next((path for path in archives(place) if holds(path, official)), None)


def archives(place: Path) -> list[Path]:
    """The archives in a folder, sorted by name, or the path itself if it is an archive."""
    found = [place] if place.is_file() else sorted(place.iterdir()) if place.is_dir() else []
    return [path for path in found if path.name.lower().endswith(ENDINGS) and path.is_file()]


def holds(archive: Path, official: OfficialFiles) -> bool:
    """Whether an archive contains the official files; reads no more of it than necessary."""
    try:
        if any(name in official.md5 for name, _ in members(archive, official.md5)):
            return True
    except DAMAGE:
        pass
    return archive.name.lower().startswith(official.archive_names)


def members(archive: Path, wanted) -> Iterator[tuple[str, bytes]]:
    """(name without folders, content) of the wanted files of an archive; raises one of DAMAGE if it is damaged."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.namelist():
                if (name := PurePosixPath(entry).name) in wanted:
                    yield name, opened.read(entry)
        return
    with tarfile.open(archive, "r|*") as stream:
        for member in stream:
            if (name := PurePosixPath(member.name).name) in wanted and member.isfile():
                yield name, stream.extractfile(member).read()


def verified(official: OfficialFiles, place: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every official file; each is compared with its MD5 before it is yielded.

    Raises UserError for a missing or damaged file, with the MD5 found and the one expected, and with the archive's MD5.
    """
    if place.is_dir():
        for name in official.md5:
            yield name, _checked(official, name, _content(place / name), f"{place / name}: this file", _remedy(place))
        return
    yield from archive_cache.cached_files(place, official.md5, lambda: _verified_archive(official, place))


def _verified_archive(official: OfficialFiles, place: Path) -> Iterator[tuple[str, bytes]]:
    missing, damage = set(official.md5), ""
    try:
        for name, content in members(place, official.md5):
            yield (
                name,
                _checked(official, name, content, f"{place}: {_sums(official, place)}; {name} in it", _remedy(place)),
            )
            missing.discard(name)
    except DAMAGE as error:
        damage = f"cannot be read to its end ({error})"
    if missing:
        damage = damage or f"lacks {', '.join(sorted(missing))}"
        raise UserError(f"{place}: this archive is damaged: {_sums(official, place)}; it {damage}; {_remedy(place)}")


def md5_of(path: Path) -> str:
    """The MD5 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def origin(official: OfficialFiles, place: Path, title: str) -> str:
    """The log line of verified files: where they come from, and whether their archive is the published one."""
    if place.is_dir():
        return f"{title} (MD5 verified) in {place}"
    packed = "as published" if md5_of(place) == official.archive_md5 else "packed again, each file inside verified"
    return f"{title} (MD5 verified) in the archive {place}, {packed}"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot read this file ({error.strerror}); {_remedy(path.parent)}") from None


def _checked(official: OfficialFiles, name: str, content: bytes, what: str, remedy: str) -> bytes:
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != official.md5[name]:
        raise UserError(f"{what} is damaged: MD5 {found}, expected {official.md5[name]}; {remedy}")
    return content


def _sums(official: OfficialFiles, archive: Path) -> str:
    found = md5_of(archive)
    if found == official.archive_md5:
        return f"MD5 {found}, as published"
    return f"MD5 {found}, expected {official.archive_md5}"


def _remedy(place: Path) -> str:
    return f"copy {'its files' if place.is_dir() else 'the archive'} again, or move {place} away"
