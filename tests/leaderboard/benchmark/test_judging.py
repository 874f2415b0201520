"""The benchmark's own parts: its peer agrees with the scorer, and its hostile files are refused."""

from __future__ import annotations

from pathlib import Path

from leaderboard.benchmark import judging
from leaderboard.benchmark.files import hostile_files, write_pair
from leaderboard.scoring.solution import read_solution
from leaderboard.submission import validate_bytes


def test_the_peer_counts_the_same(tmp_path: Path) -> None:
    for shuffled in (False, True):
        pair = write_pair(tmp_path, 500, shuffled=shuffled)
        assert judging._score(*pair) == judging._score_with_csv(*pair) > 400


def test_hostile_files_are_refused_whatever_their_size(tmp_path: Path) -> None:
    solution, submission = write_pair(tmp_path, 500)
    expected = read_solution(solution).expected()
    for kind, data in hostile_files(submission.read_bytes(), expected.max_bytes).items():
        assert not validate_bytes(data, expected).valid, kind
