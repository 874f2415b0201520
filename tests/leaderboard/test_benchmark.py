"""The benchmark's own parts: its peer agrees with the scorer, and its hostile files are refused."""

from __future__ import annotations

from pathlib import Path

from leaderboard import benchmark
from leaderboard.solution import read_solution
from leaderboard.submission import validate_bytes


def test_the_peer_counts_the_same(tmp_path: Path) -> None:
    for shuffled in (False, True):
        pair = benchmark.write_pair(tmp_path, 500, shuffled=shuffled)
        assert benchmark._score(*pair) == benchmark._score_with_csv(*pair) > 400


def test_hostile_files_are_refused_whatever_their_size(tmp_path: Path) -> None:
    solution, submission = benchmark.write_pair(tmp_path, 500)
    expected = read_solution(solution).expected()
    for kind, data in benchmark.hostile_files(submission.read_bytes(), expected.max_bytes).items():
        assert not validate_bytes(data, expected).valid, kind
