"""Measure on this machine what the README claims: medians, next to the standard library in the same run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from leaderboard.benchmark.judging import hostile_row, scoring_rows
from leaderboard.benchmark.processes import process_rows
from leaderboard.benchmark.seeded import ENTRIES, TEAMS, seeded_competition
from leaderboard.benchmark.timing import median_times, row
from leaderboard.page.publish import publish


def measure(repeats: int = 7) -> Iterator[dict]:
    """Rows for the table: what was measured, its median, its limit (None for a comparison), the number of runs."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        yield from scoring_rows(root, 300_000, 0.4, repeats)
        yield from scoring_rows(root, 10_000, 0.02, repeats)
        yield hostile_row(root)
        yield _publishing(root)
        yield from process_rows(root, repeats)


def _publishing(root: Path) -> dict:
    competition = seeded_competition(root)
    took = median_times(lambda: publish(competition, root / "site"), 3)
    return row(f"publish {TEAMS} teams with {ENTRIES:,} entries", took, "s", 2.0, 3)
