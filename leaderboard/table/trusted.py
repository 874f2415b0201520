"""Read a CSV whose owner wrote it, such as a solution or a sample: any fault is an error with its line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from leaderboard.core.errors import LeaderboardError
from leaderboard.table import words

HEADER = ("id", "label")


def read_columns(path: Path, header: tuple[str, ...]) -> list[np.ndarray]:
    """Columns (rows x words) of a CSV that its owner wrote, with distinct non-empty ids and this exact header."""
    data = _bytes(path).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    first, _, body = data.partition(b"\n")
    if first.decode("utf-8", "replace").strip() != ",".join(header):
        raise LeaderboardError(f"{path}: the first line is {first[:60]!r}; it must be {','.join(header)}")
    if not body.strip():
        raise LeaderboardError(f"{path} has a header and no rows")
    columns = _canonical_columns(body, len(header)) or _csv_columns(path, body, len(header))
    _check_ids(path, columns[0])
    return columns


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
            raise LeaderboardError(f"{path} line {number}: {len(row)} fields, expected {count}: {','.join(row)[:60]!r}")
    return [words.encode(list(column)) for column in zip(*rows, strict=True)]


def _check_ids(path: Path, ids: np.ndarray) -> None:
    names = words.decode(ids) if words.Index(ids).has_shared_keys else []
    if len(set(names)) < len(names):
        raise LeaderboardError(f"{path}: the id {_first_twice(names)!r} appears twice")
    if (ids[:, 0] == 0).any():
        raise LeaderboardError(f"{path}: an id is empty on line {int((ids[:, 0] == 0).argmax()) + 2}")


def _first_twice(names: list[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LeaderboardError(f"cannot read {path}: {error.strerror}") from None


def first_line(path: Path) -> str:
    return _bytes(path)[:200].removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode("utf-8", "replace").strip()
