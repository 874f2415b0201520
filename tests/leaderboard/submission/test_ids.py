"""Ids: which ones a message shows, and small samples."""

from __future__ import annotations

import pytest

from leaderboard.submission import Expected, Report, validate_bytes
from leaderboard.table import words


def judged(ids: list[str], sample: list[str]) -> Report:
    expected = Expected(words.encode(sample), ("cat", "dog"))
    return validate_bytes(("id,label\n" + "".join(f"{name},cat\n" for name in ids)).encode(), expected)


@pytest.mark.parametrize(("count", "shown"), [(3, "1, 2, 3"), (4, "1, 2, 3, … 4")])
def test_a_message_shows_the_first_three_ids_of_the_sample_and_the_last(count: int, shown: str) -> None:
    sample = [str(number) for number in range(1, count + 1)]
    assert judged([*sample[:-1], "x"], sample).problems[0].fix.endswith(f"the sample submission: {shown}")


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 7])
def test_the_first_three_missing_ids_are_named_and_all_are_counted(missing: int) -> None:
    sample = [str(number) for number in range(1, 11)]
    report = judged(sample[missing:], sample)
    assert report.counts == {"ID_MISSING": missing}
    assert [problem.value for problem in report.problems] == [f"'{name}'" for name in sample[: min(missing, 3)]]


@pytest.mark.parametrize(
    ("ids", "codes"), [(["", "1", "2"], {"ROW_OFF"}), (["2", "3", ""], {"ROW_OFF"}), (["", "1"], {"ID_EMPTY"})]
)
def test_of_three_ids_or_more_a_row_off_is_told_from_an_empty_id(ids: list[str], codes: set[str]) -> None:
    assert codes <= judged(ids, ["1", "2", "3"][: len(ids)]).counts.keys()


@pytest.mark.parametrize("form", ["{:04}.png", "{}.png"])
def test_ids_that_start_one_later_keep_their_style(form: str) -> None:
    """With zeros before it, a number keeps its width; a single zero is no such width."""
    sample = [form.format(number) for number in range(12)]
    assert judged([form.format(number) for number in range(1, 13)], sample).counts == {"ID_SHIFTED": 1}


@pytest.mark.parametrize(("digits", "are_numbers"), [(15, True), (16, False)])
def test_ids_are_numbers_up_to_fifteen_digits(digits: int, are_numbers: bool) -> None:
    """A slip is looked for among numbers only."""
    first = 10 ** (digits - 1)
    sample = [f"img_{first + number}" for number in range(12)]
    codes = judged([f"img_{first + number + 100}" for number in range(12)], sample).counts.keys()
    assert ("ID_SHIFTED" in codes) == are_numbers
