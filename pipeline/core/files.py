"""Files written whole: under a temporary name in the same folder, then renamed."""

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from pipeline.core.errors import UserError


def path_of(text: str | Path) -> Path:
    """A path as a user wrote it, a leading ~ replaced by the home folder; UserError for a user that does not exist."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UserError(f"{text}: {str(error).rstrip('.')}; write the folder itself") from None


def write_whole(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Call `write` with a temporary path beside `path`, then rename it: readers see the old file or the whole new one.

    Raises UserError if the folder cannot be written or the disk is full; the temporary file is then gone.
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # a link of that name would redirect the writing
        write(temporary)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        raise UserError(f"cannot write {path}: {reason(error)}; free space or choose another folder") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return path


def writer_process(temporary: Path) -> int | None:
    """The id of the process in which `write_whole` wrote this temporary file; None for any other file."""
    match = re.fullmatch(r".+\.([1-9][0-9]*)\.partial", temporary.name, re.ASCII)
    return int(match[1]) if match else None


def write_text(path: str | Path, text: str) -> Path:
    """Write a text file whole, in UTF-8 with LF line ends."""
    return write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))


def reason(error: BaseException) -> str:
    """The short reason of a failed write."""
    cause = error if isinstance(error, OSError) else error.__context__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if "unexpected pos" in str(error):  # torch notices missing bytes of its archive, but not why they are missing
        return "not all bytes could be written; the disk is probably full"
    first = str(error).strip().splitlines()
    return first[0] if first else type(error).__name__
