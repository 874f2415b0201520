"""The held-out labels, and which rows count for what. Only scoring reads this; no submission code does."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from leaderboard import tables
from leaderboard.errors import LeaderboardError
from leaderboard.submission.expected import HEADER, Expected

USAGES = ("Public", "Private", "Ignored")
PUBLIC, PRIVATE, IGNORED = range(3)


@dataclass(frozen=True)
class Solution:
    """One row an id, in file order.

    ids (rows x words); truth: class codes, int16, -1 where ignored; usage: uint8, PUBLIC, PRIVATE or IGNORED,
    or None when the file has no usage column (then every row counts).
    """

    ids: np.ndarray
    classes: tuple[str, ...]
    truth: np.ndarray
    usage: np.ndarray | None

    def expected(self, probabilities: bool = False) -> Expected:
        """What a submission must contain."""
        return Expected(self.ids, self.classes, probabilities)

    @cached_property
    def scored(self) -> np.ndarray:
        """Mask of the rows that count."""
        return self.truth >= 0

    @property
    def split(self) -> np.ndarray:
        """The usage of each row of a solution that has one."""
        assert self.usage is not None, "a competition's solution is split"
        return self.usage

    def part(self, usage: int) -> np.ndarray:
        """Mask of the rows of one usage."""
        return self.split == usage


def read_solution(path: Path, classes: tuple[str, ...] | None = None) -> Solution:
    """Read `id,label` or `id,label,usage`; classes are the labels of the rows that count, sorted, unless given.

    Raises LeaderboardError, naming line and value, for anything that is not exactly that.
    """
    with_usage = _first_line(path) == ",".join((*HEADER, "usage"))
    ids, labels, *rest = read_columns(path, (*HEADER, "usage") if with_usage else HEADER)
    usage = _usage(path, rest[0]) if rest else None
    counts = np.ones(len(ids), bool) if usage is None else usage != IGNORED
    if not counts.any():
        raise LeaderboardError(f"{path}: every row is Ignored: nothing is left to score")
    if classes is None:
        classes = tuple(sorted(tables.distinct(labels[counts])))
    truth = np.full(len(ids), -1, np.int16)
    truth[counts] = _codes(path, labels[counts], classes)
    return Solution(ids, classes, truth, usage)


def dataset_name(solution: Path) -> str | None:
    """The name in a dataset.json beside the solution, where there is one: it labels every score made with it."""
    try:
        name = json.loads(solution.with_name("dataset.json").read_text()).get("name")
    except (OSError, ValueError, AttributeError):
        return None
    return name if isinstance(name, str) and name.isprintable() else None


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


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LeaderboardError(f"cannot read {path}: {error.strerror}") from None


def _first_line(path: Path) -> str:
    return _bytes(path)[:200].removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode("utf-8", "replace").strip()


def _canonical_columns(body: bytes, count: int) -> list[np.ndarray] | None:
    fields = tables.split_canonical(body, count)
    if fields is None:
        return None
    return [tables.gather(body, starts, lengths, _width(lengths)) for starts, lengths in fields]  # type: ignore[misc]


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
    return [tables.encode(list(column)) for column in zip(*rows, strict=True)]


def _check_ids(path: Path, ids: np.ndarray) -> None:
    names = tables.decode(ids) if tables.Index(ids).has_shared_keys else []
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))
        raise LeaderboardError(f"{path}: the id {twice!r} appears twice")
    if (ids[:, 0] == 0).any():
        raise LeaderboardError(f"{path}: an id is empty on line {int((ids[:, 0] == 0).argmax()) + 2}")


def _usage(path: Path, column: np.ndarray) -> np.ndarray:
    codes = tables.Index(tables.encode(list(USAGES))).positions(column)
    if codes is None:
        strange = next(name for name in tables.decode(column) if name not in USAGES)
        raise LeaderboardError(f"{path}: usage {strange!r}; it must be Public, Private or Ignored")
    return codes.astype(np.uint8)


def _codes(path: Path, labels: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    for name in classes:
        if not name or name != name.strip() or not name.isprintable():
            raise LeaderboardError(f"{path}: the label {name!r} is empty or has blanks or hidden characters")
    table = tables.encode(list(classes))
    width = max(table.shape[1], labels.shape[1])
    codes = tables.Index(_widen(table, width)).positions(_widen(labels, width))
    if codes is None:
        strange = next(name for name in tables.decode(labels) if name not in classes)
        raise LeaderboardError(f"{path}: the label {strange!r} is not one of {', '.join(classes)}")
    return codes.astype(np.int16)


def _widen(words: np.ndarray, width: int) -> np.ndarray:
    return np.pad(words, ((0, 0), (0, width - words.shape[1])))
