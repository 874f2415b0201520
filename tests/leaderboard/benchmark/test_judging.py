"""The benchmark's own parts: its peer agrees with the scorer, and its hostile files are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.benchmark import judging
from leaderboard.benchmark.files import hostile_files, rewritten_files, write_pair
from leaderboard.scoring.solution import read_solution
from leaderboard.submission import Expected, validate_bytes
from leaderboard.submission.expected import CIFAR10
from leaderboard.table import words


def test_the_peer_counts_the_same(tmp_path: Path) -> None:
    for shuffled in (False, True):
        pair = write_pair(tmp_path, 500, shuffled=shuffled)
        assert judging._score(*pair) == judging._score_with_csv(*pair) > 400


def test_hostile_files_are_refused_whatever_their_size(tmp_path: Path) -> None:
    solution, submission = write_pair(tmp_path, 500)
    expected = read_solution(solution).expected()
    for kind, data in hostile_files(submission.read_bytes(), expected.max_bytes).items():
        assert not validate_bytes(data, expected).valid, kind


@pytest.mark.parametrize("kind", rewritten_files(50))
def test_a_rewritten_file_is_judged_line_by_line_or_named_as_a_whole(kind: str) -> None:
    """The files that are measured are those that they are called: what each is told, on a small one."""
    expected = Expected(words.encode([str(number) for number in range(1, 51)]), CIFAR10)
    report = validate_bytes(rewritten_files(50)[kind](), expected)
    told = set(report.counts) | ({"note"} if report.notes else set())
    assert told, kind
    assert report.counts or report.codes is not None


def test_ids_counted_together_are_counted_as_if_one_by_one() -> None:
    # The 7 in line 1702 is the right form of that id, so 7.0 in line 8 is the one that occurs twice.
    ids = [str(number) for number in range(1, 3001)]
    odd = {1500: " 1501", 1600: "\u200b1601", 1700: "7", 1800: "x"}
    lines = [odd.get(row, f"{name}.0") + ",cat" for row, name in enumerate(ids)]
    expected = Expected(words.encode(ids), CIFAR10)
    report = validate_bytes("\n".join(["id,label", *lines]).encode(), expected)
    assert report.counts == {"ID_FORM": 2995, "ID_BLANKS": 2, "ID_TWICE": 1, "ID_UNKNOWN": 1, "ID_MISSING": 2}
