"""The held-out labels, and which rows are public or private. Only scoring reads this, never the submission code."""

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
    """The labels, one row per id, in file order.

    `ids`: rows x words (see `table.words`). `truth`: class codes (int16), -1 if ignored. `usage`: PUBLIC, PRIVATE or
    IGNORED (uint8); None if the file has no usage column, then every row counts.
    """

    ids: np.ndarray
    classes: tuple[str, ...]
    truth: np.ndarray
    usage: np.ndarray | None

    def expected(self, probabilities: bool = False) -> Expected:
        """What a submission must contain. It is built once and used for all files."""
        return self._with_probabilities if probabilities else self._labels_alone

    @cached_property
    def _labels_alone(self) -> Expected:
        return Expected(self.ids, self.classes, False)

    @cached_property
    def _with_probabilities(self) -> Expected:
        return Expected(self.ids, self.classes, True)

    @cached_property
    def scored(self) -> np.ndarray:
        """Mask (bool) of the rows that count."""
        return self.truth >= 0

    @property
    def split(self) -> np.ndarray:
        """The usage (uint8) of each row; only for a solution with a usage column."""
        assert self.usage is not None, "a competition's solution is split"
        return self.usage

    def usage_counts(self) -> dict[str, int]:
        """The number of rows by usage, under the names public, private and ignored."""
        return {name.lower(): int((self.split == code).sum()) for code, name in enumerate(USAGES)}

    def part(self, usage: int) -> np.ndarray:
        """Mask (bool) of the rows with this usage."""
        return self.split == usage


def read_solution(path: Path, classes: tuple[str, ...] | None = None) -> Solution:
    """Read a solution with the columns `id,label` or `id,label,usage`.

    Without `classes`, the classes are the sorted labels of the rows that count. Raises LeaderboardError with the line
    and the value for anything else.
    """
    with_usage = header_of(path) == (*HEADER, "usage")
    ids, labels, *rest = read_columns(path, (*HEADER, "usage") if with_usage else HEADER)
    usage = _usage(path, rest[0]) if rest else None
    counts = np.ones(len(ids), bool) if usage is None else usage != IGNORED
    if not counts.any():
        raise LeaderboardError(f"{path}: every row is Ignored, so no row can be scored: mark rows as Public or Private")
    if classes is None:
        classes = tuple(sorted(words.distinct(labels[counts])))
    truth = np.full(len(ids), -1, np.int16)
    truth[counts] = _codes(path, labels[counts], np.flatnonzero(counts) + 2, classes)
    return Solution(ids, classes, truth, usage)


def dataset_name(solution: Path) -> str | None:
    """The dataset name in dataset.json beside the solution, to show with every score; None if there is none."""
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
    """Class codes (int16) of labels; `lines` are their line numbers in the file."""
    for name in classes:
        if not name or name != name.strip() or not name.isprintable():
            place = f"{path} line {_line_of(name, labels, lines)}"
            raise LeaderboardError(
                f"{place}: the label {name!r} is empty or has blanks or hidden characters: write only the class name"
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
    """Refuse class names that differ only by case: one Frog among frog would silently be another class."""
    spelt: dict[str, str] = {}
    for name in classes:
        other = spelt.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
        if other != name:
            rare, common = sorted((name, other), key=words.decode(labels).count)
            place = f"{path} line {_line_of(rare, labels, lines)}"
            raise LeaderboardError(
                f"{place}: the class {rare!r} differs from {common!r} only by case: write one of them"
            )


def _line_of(name: str, labels: np.ndarray, lines: np.ndarray) -> int:
    """The first line with this label; 1 if there is none."""
    names = words.decode(labels)
    return int(lines[names.index(name)]) if name in names else 1


def _widen(words: np.ndarray, width: int) -> np.ndarray:
    return np.pad(words, ((0, 0), (0, width - words.shape[1])))
