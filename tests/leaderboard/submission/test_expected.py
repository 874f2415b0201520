"""What a competition expects of a file: its largest size."""

import pytest

from leaderboard.submission import Expected
from leaderboard.submission.expected import CIFAR10
from leaderboard.table import words


@pytest.mark.parametrize(
    ("rows", "probabilities", "size"),
    [
        (10, False, 1_048_576),
        # Four times 8 bytes of id, 10 of "automobile" or ten times 26 of a probability, 2 of comma and line end.
        (100_000, False, 8_000_000),
        (100_000, True, 108_000_000),
    ],
)
def test_the_size_cap_is_four_honest_files_and_at_least_a_mebibyte(rows, probabilities, size):
    ids = words.encode([str(number) for number in range(rows)])
    assert Expected(ids, CIFAR10, probabilities).max_bytes == size


@pytest.mark.parametrize(("count", "end"), [(12, "c10, c11"), (13, "c10, c11, … (13 in all)")])
def test_twelve_classes_are_listed(count, end):
    classes = tuple(f"c{number}" for number in range(count))
    assert Expected(words.encode(["1"]), classes).class_list == "c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, " + end
