"""Read a CSV whose owner wrote it, such as a solution or a sample: any fault is an error with its line and its fix."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from leaderboard.core.errors import LeaderboardError
from leaderboard.table import words

HEADER = ("id", "label")
_NOTHING = b' ,;\t|"'
_SEPARATORS = {b";": "semicolons", b"\t": "tabs", b"|": "bars"}


def read_columns(path: Path, header: tuple[str, ...]) -> list[np.ndarray]:
    """Columns (rows x words) of a CSV that its owner wrote, with distinct non-empty ids and this header.

    A byte-order mark, CRLF and CR line ends, empty rows at the end and a header in capitals are read as they are meant.
    """
    data = _text(path)
    first, _, body = data.partition(b"\n")
    if _names(first) != header:
        raise LeaderboardError(f"{path}: the first line is {_shown(first)}; {_header_advice(first, header)}")
    if not body.strip():
        raise LeaderboardError(f"{path} has a header and no rows: write one line per id below it")
    columns = _canonical_columns(body, len(header)) or _csv_columns(path, body, len(header))
    _check_ids(path, columns[0])
    return columns


def header_of(path: Path) -> tuple[str, ...]:
    """The column names in lower case, without quotes and blanks around them."""
    return _names(_text(path).partition(b"\n")[0])


def _text(path: Path) -> bytes:
    """The file without byte-order mark and without empty rows at its end, with LF line ends."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LeaderboardError(f"cannot read {path}: {error.strerror}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LeaderboardError(f"{path} is UTF-16: save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    end = data.find(b"\n", len(data.rstrip(_NOTHING + b"\n")))
    return data if end < 0 else data[: end + 1]


def _names(first: bytes) -> tuple[str, ...]:
    return tuple(name.strip().strip('"').strip().casefold() for name in first.decode("utf-8", "replace").split(","))


def _shown(first: bytes) -> str:
    return repr(first[:60].decode("utf-8", "replace"))


def _header_advice(first: bytes, header: tuple[str, ...]) -> str:
    for separator, name in _SEPARATORS.items():
        if separator in first:
            return f"separate the columns by commas, not by {name}, in every line"
    if first.lower().startswith((b"sep=", b'"sep=')):
        return "delete this line, an instruction to Excel"
    names = _names(first)
    while names and not names[-1]:
        names = names[:-1]
    if names == header:
        return "delete the empty columns at the end of every line"
    return f"it must be {','.join(header)}"


def _canonical_columns(body: bytes, count: int) -> list[np.ndarray] | None:
    fields = words.split_canonical(body, count)
    if fields is None:
        return None
    return [words.gather(body, starts, lengths, _width(lengths)) for starts, lengths in fields]  # type: ignore[misc]


def _width(lengths: np.ndarray) -> int:
    return max(1, -(-int(lengths.max()) // 8))


def _csv_columns(path: Path, body: bytes, count: int) -> list[np.ndarray]:
    try:
        rows = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LeaderboardError(f"{path} is not UTF-8 CSV: {error}") from None
    for number, row in enumerate(rows, 2):
        if len(row) != count or any("\0" in field for field in row):
            shown = ",".join(row)[:60]
            raise LeaderboardError(
                f"{path} line {number}: {len(row)} fields ({shown!r}); write exactly {count}, separated by commas"
            )
    return [words.encode(list(column)) for column in zip(*rows, strict=True)]


def _check_ids(path: Path, ids: np.ndarray) -> None:
    if (ids[:, 0] == 0).any():
        raise LeaderboardError(f"{path}: an id is empty on line {int((ids[:, 0] == 0).argmax()) + 2}: write one")
    names = words.decode(ids) if words.Index(ids).has_shared_keys else []
    if len(set(names)) < len(names):
        first, again = _twice(names)
        raise LeaderboardError(f"{path}: the id {names[again]!r} appears twice, on lines {first + 2} and {again + 2}")


def _twice(names: list[str]) -> tuple[int, int]:
    """The rows of the first id that comes a second time."""
    seen: dict[str, int] = {}
    for row, name in enumerate(names):
        if name in seen:
            return seen[name], row
        seen[name] = row
    raise AssertionError("no id occurs twice")
