"""Every figure of `leaderboard benchmark`, with small files and a small competition."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.benchmark import files, judging, measure, processes, seeded


def small_pair(root: Path, rows: int, **options: bool) -> tuple[Path, Path]:
    return files.write_pair(root, min(rows, 500), **options)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 rows for 300,000, and 3 teams with 9 entries for 500 with 20,000."""
    for module in (judging, processes):
        monkeypatch.setattr(module, "write_pair", small_pair)
    monkeypatch.setattr(judging, "rewritten_files", lambda _: files.rewritten_files(500))
    for module in (seeded, measure, processes):
        monkeypatch.setattr(module, "TEAMS", 3)
    for module in (seeded, measure):
        monkeypatch.setattr(module, "ENTRIES", 9)


@pytest.mark.usefixtures("small")
def test_every_figure_is_measured_and_has_its_unit_and_limit() -> None:
    rows = list(measure.measure(repeats=1))
    assert all(row["median"] > 0 for row in rows)
    peers = [row["what"] for row in rows if row["what"].startswith("peer")]
    assert len(peers) == 2
    assert {row["what"]: (row["unit"], row["floor"]) for row in rows if row["what"] not in peers} == {
        **{f"validate and score 300,000 rows{order}": ("s", 0.4) for order in ("", ", rows shuffled")},
        **{f"validate and score 10,000 rows{order}": ("s", 0.02) for order in ("", ", rows shuffled")},
        next(row["what"] for row in rows if "hostile" in row["what"]): ("s", 1.0),
        "publish 3 teams with 9 entries": ("s", 2.0),
        "process: score 300,000 rows": ("s", None),
        "process: score 300,000 rows, peak memory": ("MB", 150.0),
        "process: leaderboard --help": ("s", 0.5),
        "process: submit 10,000 rows, 3 teams on the board": ("s", 1.0),
    }
