"""The held-out labels, and which rows count for what. Only scoring reads this; no submission code does."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from leaderboard.core.errors import LeaderboardError
from leaderboard.submission.expected import Expected
from leaderboard.table import words
from leaderboard.table.trusted import HEADER, header_of, read_columns

USAGES = ("Public", "Private", "Ignored")
PUBLIC, PRIVATE, IGNORED = range(3)


@dataclass(frozen=True)
class Solution:
    """One row per id, in file order.

    ids (rows x words); truth: class codes, int16, -1 if ignored; usage: uint8, PUBLIC, PRIVATE or IGNORED,
    or None when the file has no usage column (then every row counts).
    """

    ids: np.ndarray
    classes: tuple[str, ...]
    truth: np.ndarray
    usage: np.ndarray | None

    def expected(self, probabilities: bool = False) -> Expected:
        """What a submission must contain. Its index of the ids is built once for all files."""
        return self._with_probabilities if probabilities else self._labels_alone

    @cached_property
    def _labels_alone(self) -> Expected:
        return Expected(self.ids, self.classes, False)

    @cached_property
    def _with_probabilities(self) -> Expected:
        return Expected(self.ids, self.classes, True)

    @cached_property
    def scored(self) -> np.ndarray:
        """Mask of the rows that count."""
        return self.truth >= 0

    @property
    def split(self) -> np.ndarray:
        """The usage of each row of a solution that has one."""
        assert self.usage is not None, "a competition's solution is split"
        return self.usage

    def usage_counts(self) -> dict[str, int]:
        """How many rows of each usage there are, by its name in lower case."""
        return {name.lower(): int((self.split == code).sum()) for code, name in enumerate(USAGES)}

    def part(self, usage: int) -> np.ndarray:
        """Mask of the rows of one usage."""
        return self.split == usage


def read_solution(path: Path, classes: tuple[str, ...] | None = None) -> Solution:
    """Read `id,label` or `id,label,usage`; classes are the labels of the rows that count, sorted, unless given.

    Raises LeaderboardError, naming line and value, for anything that is not exactly that.
    """
    with_usage = header_of(path) == (*HEADER, "usage")
    ids, labels, *rest = read_columns(path, (*HEADER, "usage") if with_usage else HEADER)
    usage = _usage(path, rest[0]) if rest else None
    counts = np.ones(len(ids), bool) if usage is None else usage != IGNORED
    if not counts.any():
        raise LeaderboardError(f"{path}: every row is Ignored: nothing is left to score")
    if classes is None:
        classes = tuple(sorted(words.distinct(labels[counts])))
    truth = np.full(len(ids), -1, np.int16)
    truth[counts] = _codes(path, labels[counts], np.flatnonzero(counts) + 2, classes)
    return Solution(ids, classes, truth, usage)


def dataset_name(solution: Path) -> str | None:
    """The name in the dataset.json beside the solution, if there is one: it labels every score made with it."""
    try:
        name = json.loads(solution.with_name("dataset.json").read_text()).get("name")
    except (OSError, ValueError, AttributeError):
        return None
    return name if isinstance(name, str) and name.isprintable() else None


def _usage(path: Path, column: np.ndarray) -> np.ndarray:
    codes = words.Index(words.encode(list(USAGES))).positions(column)
    if codes is None:
        line, unknown = next((i, name) for i, name in enumerate(words.decode(column), 2) if name not in USAGES)
        meant = [name for name in USAGES if name.casefold() == unknown.strip().casefold()]
        advice = f"write it as {meant[0]}" if meant else "it must be Public, Private or Ignored"
        raise LeaderboardError(f"{path} line {line}: usage {unknown!r}; {advice}")
    return codes.astype(np.uint8)


def _codes(path: Path, labels: np.ndarray, lines: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Class codes (int16) of labels, which stand on these lines of the file."""
    for name in classes:
        if not name or name != name.strip() or not name.isprintable():
            place = f"{path} line {_line_of(name, labels, lines)}"
            raise LeaderboardError(
                f"{place}: the label {name!r} is empty or has blanks or hidden characters: write the class name alone"
            )
    _check_cases(path, labels, lines, classes)
    table = words.encode(list(classes))
    width = max(table.shape[1], labels.shape[1])
    codes = words.Index(_widen(table, width)).positions(_widen(labels, width))
    if codes is None:
        unknown = next(name for name in words.decode(labels) if name not in classes)
        place = f"{path} line {_line_of(unknown, labels, lines)}"
        raise LeaderboardError(f"{place}: the label {unknown!r} is not one of {', '.join(classes)}")
    return codes.astype(np.int16)


def _check_cases(path: Path, labels: np.ndarray, lines: np.ndarray, classes: tuple[str, ...]) -> None:
    """Frog among frog would silently be one class more."""
    spelt: dict[str, str] = {}
    for name in classes:
        other = spelt.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
        if other != name:
            rare, common = sorted((name, other), key=words.decode(labels).count)
            place = f"{path} line {_line_of(rare, labels, lines)}"
            raise LeaderboardError(
                f"{place}: the class {rare!r} differs from {common!r} by case alone: write one of them"
            )


def _line_of(name: str, labels: np.ndarray, lines: np.ndarray) -> int:
    """The first line with this label; 1 when none has it."""
    names = words.decode(labels)
    return int(lines[names.index(name)]) if name in names else 1


def _widen(words: np.ndarray, width: int) -> np.ndarray:
    return np.pad(words, ((0, 0), (0, width - words.shape[1])))
