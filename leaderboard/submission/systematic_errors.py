"""Mistakes in a whole file: shifted or multiplied ids, and suspicious orders of rows or labels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from leaderboard.submission.expected import Expected
from leaderboard.submission.id_numbers import NO_NUMBER

_SHARE = 0.9
_SMALLEST = 20


@dataclass(frozen=True)
class IdTransform:
    """A mistake in all ids: each is `factor` times the id that was meant, plus `shift`."""

    factor: int
    shift: int
    advice: str

    @property
    def code(self) -> str:
        return "ID_SHIFTED" if self.factor == 1 else "ID_SCALED"

    def undo(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers (int64) that were meant; NO_NUMBER for a number that does not fit."""
        whole, rest = np.divmod(numbers - self.shift, self.factor)
        return np.where((rest == 0) & (numbers != NO_NUMBER), whole, NO_NUMBER)


def find_id_transform(unknown: np.ndarray, places: np.ndarray, expected: Expected) -> IdTransform | None:
    """The mistake that explains at least 90 % of the ids, and more ids than are right without it, or None.

    `unknown`: the result of `form_numbers` for the ids that are not in the sample. `places`: the position in the sample
    of each row, negative for these ids.
    """
    all_ids = expected.id_numbers
    if all_ids is None:
        return None
    numbers = np.concatenate((all_ids[places[places >= 0]], unknown[unknown != NO_NUMBER]))
    if len(all_ids) < 2 or len(numbers) < 2 or (numbers < 0).any():
        return None
    sample_ids = np.sort(all_ids)
    file_ids = np.sort(numbers)  # np.unique would take ten times as long
    file_ids = file_ids[np.append(True, file_ids[1:] != file_ids[:-1])]
    now = _count_of(file_ids, sample_ids)
    if len(places) >= expected.rows and (places == np.arange(len(places))).mean() > 0.5:
        return None  # most ids are in the right rows, so the others are single mistakes
    factor, shift = max(
        _candidates(sample_ids, file_ids), key=lambda pair: _count_explained(pair[0], pair[1], file_ids, sample_ids)
    )
    explained = _count_explained(factor, shift, file_ids, sample_ids)
    if explained <= now or explained < _SHARE * max(len(file_ids), 0.5 * len(sample_ids)):
        return None
    return IdTransform(factor, shift, _advice(factor, shift, file_ids, sample_ids))


def _count_explained(factor: int, shift: int, file_ids: np.ndarray, sample_ids: np.ndarray) -> int:
    whole, rest = np.divmod(file_ids - shift, factor)
    return _count_of(whole[rest == 0], sample_ids)


def _count_of(numbers: np.ndarray, sample_ids: np.ndarray) -> int:
    """How many of the numbers are in `sample_ids`; both are sorted."""
    places = np.searchsorted(sample_ids, numbers).clip(max=len(sample_ids) - 1)
    return int((sample_ids[places] == numbers).sum())


def _candidates(sample_ids: np.ndarray, file_ids: np.ndarray) -> list[tuple[int, int]]:
    low, high = int(sample_ids[0]), int(sample_ids[-1])
    first, last = int(file_ids[0]), int(file_ids[-1])
    pairs = [(1, first - low), (1, last - high)]
    factor = (last - first) // (high - low)
    if factor > 1:
        pairs += [(factor, 0), (factor, first - factor * low)]
    return pairs


def _advice(factor: int, shift: int, file_ids: np.ndarray, sample_ids: np.ndarray) -> str:
    start = f"ids seem to start at {file_ids[0]}, the sample's start at {sample_ids[0]}"
    step = f"{'subtract' if shift > 0 else 'add'} {abs(shift)}"
    if factor == 1:
        return f"{start}: {step} {'from' if shift > 0 else 'to'} every id"
    return f"{start}: " + (f"{step}, then divide" if shift else "divide") + f" every id by {factor}"


def order_notes(expected: Expected, codes: np.ndarray, positions: np.ndarray | None) -> list[str]:
    """Notes on the order of the rows of a valid file, if the order may be a mistake.

    `codes`: class codes (int16) in the sample's order. `positions`: the position in the sample of each row (int);
    None if the rows are in the sample's order.
    """
    notes = []
    if positions is not None:
        notes.append(f"the rows are {_order(expected, positions)}: they were matched by id")
    changes = np.diff(codes)
    sorted_up, sorted_down = bool((changes >= 0).all()), bool((changes <= 0).all())
    if len(codes) >= _SMALLEST and sorted_up != sorted_down:
        notes.append(
            "the labels are sorted by class although the ids are not sorted by label: if the label column was sorted"
            " alone, most labels belong to another image: write the file again"
        )
    return notes


def _order(expected: Expected, positions: np.ndarray) -> str:
    steps = np.diff(positions) % len(positions)
    if len(positions) > 2 and (steps == len(positions) - 1).all():
        return "in the reverse order of the sample's; check that the labels were reversed too"
    if (steps == 1).all():
        offset = int(min(positions[0], len(positions) - positions[0]))
        return f"{offset:,} off the sample's order; check that the labels were moved too"
    names = (expected.id_strings[position] for position in positions.tolist())
    if all(a < b for a, b in itertools.pairwise(names)):
        return "sorted by id as text (1, 10, 2); check that the labels were sorted too"
    return "in another order than the sample's"
