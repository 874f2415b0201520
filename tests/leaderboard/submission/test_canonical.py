"""Files of several blocks: the fast way finds what the exact way finds, wherever in the file it stands."""

from __future__ import annotations

import numpy as np
import pytest

from leaderboard.submission import Expected, validate_bytes
from leaderboard.submission.canonical import read_canonical
from leaderboard.table import words

CLASSES = tuple(f"class {number}" for number in range(100))
ROWS = 30_000  # three blocks and a half
EXPECTED = Expected(words.encode([str(i) for i in range(1, ROWS + 1)]), CLASSES)
GENERATOR = np.random.default_rng(3)
CODES = GENERATOR.integers(0, len(CLASSES), ROWS)
LINES = [f"{i},{CLASSES[code]}" for i, code in enumerate(CODES, 1)]


def written(lines: list[str], end: str = "\n") -> bytes:
    return ("\n".join(["id,label", *lines]) + end).encode()


def in_another_order(first: int) -> list[str]:
    """The lines from `first` on are shuffled."""
    return [*LINES[:first], *(LINES[i] for i in first + GENERATOR.permutation(ROWS - first))]


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("first", [0, 20_000, ROWS - 2, ROWS])
def test_every_order_gives_the_codes_in_the_order_of_the_sample(first: int, end: str) -> None:
    data = written(in_another_order(first), end)
    read = read_canonical(data, EXPECTED)
    assert read is not None
    assert np.array_equal(read[0], CODES)
    exact = validate_bytes(data, EXPECTED, fast=False)
    assert exact.codes is not None
    assert np.array_equal(exact.codes, CODES)


@pytest.mark.parametrize(
    "lines",
    [
        LINES[:-1],
        [*LINES, LINES[0]],
        [*LINES[:-1], LINES[0]],
        [*LINES[:15_000], "", *LINES[15_000:]],
        [*LINES[:15_000], "15001,class 1,", *LINES[15_001:]],
        [*LINES[:-1], f"{ROWS},class 100"],
        [*LINES[:-1], f"{ROWS},class 1\0"],
        [*LINES[:-1], f'{ROWS},"class 1"'],
        [*LINES[:-1], f"{ROWS}"],
        ["x" * 300_000],
        [],
    ],
    ids=[
        "one missing",
        "one more",
        "one twice",
        "empty line",
        "comma",
        "class",
        "NUL",
        "quoted",
        "field",
        "long",
        "none",
    ],
)
def test_what_is_not_canonical_is_left_to_the_exact_way(lines: list[str]) -> None:
    assert read_canonical(written(lines), EXPECTED) is None


def test_names_that_share_a_slot_are_looked_up_all_the_same() -> None:
    table = words.encode([f"name {number}" for number in range(256)])
    index = words.Index(table)
    positions = index.positions(table[::-1])
    assert positions is not None
    assert np.array_equal(positions, np.arange(256)[::-1])
    assert index.positions(words.encode(["name 256"])) is None
