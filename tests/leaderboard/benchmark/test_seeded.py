"""The seeded competition holds what its database says: hits that are those of its rows, entries in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from leaderboard.benchmark import seeded
from leaderboard.standings.ranking import public_entries, public_standings
from leaderboard.storage import database


def test_a_seeded_competition_has_teams_entries_and_standings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeded, "TEAMS", 4)
    monkeypatch.setattr(seeded, "ENTRIES", 40)
    with seeded.seeded_competition(tmp_path).read_transaction() as connection:
        entries = public_entries(connection)
        places = public_standings(connection, entries, "earliest")
        scores = [
            connection.execute(sa.select(table.c.hits, table.c.rows, table.c.row_hits)).all()
            for table in (database.public_scores, database.private_scores)
        ]
    assert [entry.number for entry in entries] == list(range(1, 41))
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert {place.team.name for place in places} == {f"Team {number}" for number in range(1, 5)}
    for part, rows in zip(scores, (3000, 7000), strict=True):
        assert {row.rows for row in part} == {rows}
        assert all(np.unpackbits(np.frombuffer(row.row_hits, np.uint8)).sum() == row.hits for row in part)
        assert all(0.7 < row.hits / rows < 1 for row in part)
