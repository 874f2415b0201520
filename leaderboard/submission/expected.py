"""What a submission must contain: the ids and class names of the sample submission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from leaderboard.core.errors import LeaderboardError
from leaderboard.submission.forms import form_key
from leaderboard.table import words
from leaderboard.table.trusted import HEADER, read_columns

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEBIBYTE = 1 << 20
# The position of an id that is not in the sample.
UNKNOWN = -1


@dataclass(frozen=True)
class Expected:
    """The ids (rows x words, see `table.words`) and class names; whether files may give probabilities."""

    ids: np.ndarray
    classes: tuple[str, ...]
    probabilities: bool = False

    @property
    def rows(self) -> int:
        return len(self.ids)

    @property
    def max_bytes(self) -> int:
        """The largest size in bytes: four times that of the longest valid file, at least 1 MiB."""
        label = max(len(name.encode()) for name in self.classes)
        line = 8 * self.ids.shape[1] + (26 * len(self.classes) if self.probabilities else label) + 2
        return max(MEBIBYTE, 4 * self.rows * line)

    @cached_property
    def id_strings(self) -> list[str]:
        return words.decode(self.ids)

    @cached_property
    def id_positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.id_strings)}

    def positions(self, values: list[str]) -> np.ndarray:
        """The position in the sample (int64) of each id; UNKNOWN if it is not there."""
        return _find(values, self.id_index, lambda: self.id_positions)

    def codes(self, labels: list[str]) -> np.ndarray:
        """The code (int64) of each label; UNKNOWN if it is not a class."""
        return _find(labels, self.class_index, lambda: self.class_codes)

    @cached_property
    def id_keys(self) -> dict[str, int]:
        """Positions of the ids by `forms.form_key`; ids with the same key are left out."""
        if self.ids_are_plain:
            return self.id_positions
        keys: dict[str, int] = {}
        shared = set()
        for position, name in enumerate(self.id_strings):
            key = form_key(name)
            if keys.setdefault(key, position) != position:
                shared.add(key)
        return {key: position for key, position in keys.items() if key not in shared}

    def positions_of_keys(self, keys: list[str]) -> np.ndarray:
        """The position (int64) of the id with each key (see `forms.form_key`); UNKNOWN if there is none."""
        if self.ids_are_plain:
            return self.positions(keys)
        return np.array([self.id_keys.get(key, UNKNOWN) for key in keys], np.int64)

    @cached_property
    def ids_are_plain(self) -> bool:
        """Whether every id is a number without leading zeros, so that it is its own key."""
        text = "".join(self.id_strings)
        zeros = any(name[0] == "0" and name != "0" for name in self.id_strings)
        return text.isascii() and text.isdigit() and not zeros

    @cached_property
    def id_numbers(self) -> np.ndarray | None:
        """The ids as numbers (int64, one per row); None if one of them does not contain a number."""
        keys = self.id_strings if self.ids_are_plain else list(self.id_keys)
        text = "".join(keys)
        if len(keys) < self.rows or not (text.isascii() and text.isdigit() and all(keys)) or max(map(len, keys)) > 15:
            return None
        return np.array(list(map(int, keys)), np.int64)

    def numbers_at(self, positions: np.ndarray) -> np.ndarray:
        """The numbers (int64) of the ids at these positions; only if all ids are numbers."""
        assert self.id_numbers is not None, "the ids are not numbers"
        return self.id_numbers[positions]

    @cached_property
    def _by_number(self) -> tuple[np.ndarray, np.ndarray]:
        """The ids as numbers, sorted, and their positions."""
        numbers = self.numbers_at(np.arange(self.rows))
        order = np.argsort(numbers)
        return numbers[order], order

    def positions_of_numbers(self, numbers: np.ndarray) -> np.ndarray:
        """The position (int64) of the id with each number; UNKNOWN if there is none."""
        asked, order = self._by_number
        found = np.searchsorted(asked, numbers).clip(max=len(asked) - 1)
        return np.where(asked[found] == numbers, order[found], UNKNOWN)

    @cached_property
    def id_index(self) -> words.Index:
        return words.Index(self.ids)

    @cached_property
    def class_codes(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.classes)}

    @cached_property
    def class_index(self) -> words.Index:
        return words.Index(words.encode(list(self.classes)))

    @cached_property
    def classes_folded(self) -> dict[str, int]:
        """Class codes by case-folded name; names that differ only by case are left out."""
        folded = [name.casefold() for name in self.classes]
        return {name: code for code, name in enumerate(folded) if folded.count(name) == 1}

    @property
    def class_list(self) -> str:
        """The class names for a message, at most twelve of them."""
        more = f", … ({len(self.classes)} in all)" if len(self.classes) > 12 else ""
        return ", ".join(self.classes[:12]) + more

    @property
    def probability_header(self) -> tuple[str, ...]:
        return ("id", *self.classes)


def _find(texts: list[str], index: words.Index, places: Callable[[], dict[str, int]]) -> np.ndarray:
    """The place (int64) of each text in the index, or UNKNOWN; `places` is asked only if the index cannot tell."""
    encoded = None if index.has_shared_keys else words.encode_up_to(texts, index.table.shape[1])
    if encoded is None:
        return np.array([places().get(text, UNKNOWN) for text in texts], np.int64)
    return index.find(encoded)


def read_sample(path: Path, classes: tuple[str, ...] | None = None, probabilities: bool = False) -> Expected:
    """Ids and classes of a sample submission.

    Without `classes`, they are the labels in the sample. If these are a single class of CIFAR-10, as in the original
    competition, they are all ten. Raises LeaderboardError if the sample cannot be read or its only class is unknown.
    """
    ids, labels = read_columns(path, HEADER)
    shown = tuple(sorted(words.distinct(labels)))
    if classes is None and len(shown) == 1:
        classes = CIFAR10 if shown[0] in CIFAR10 else None
    elif classes is None:
        classes = shown
    if classes is None:
        raise LeaderboardError(f"{path} shows only the class {shown[0]!r}: list all classes with --classes cat,dog,...")
    return Expected(ids, classes, probabilities)
