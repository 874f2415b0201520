"""Every edit, deletion, cut and reordering is found, whichever place it is made in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard import audit, entries, store
from leaderboard.backup import backup
from leaderboard.competition import Competition
from leaderboard.errors import LeaderboardError
from leaderboard.verification import verify


@pytest.fixture
def competition(make: Callable[..., Competition], entry: Callable[..., Path]) -> Competition:
    """Three entries: six audit entries."""
    made = make()
    for team, seed in (("a", 1), ("b", 2), ("a", 3)):
        entries.submit(made, team, entry(seed=seed))
    assert not verify(made).faults
    return made


def change(competition: Competition, *statements: sa.Executable) -> None:
    """What someone with the database open could do."""
    with competition.store.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


LOG, ENTRIES = store.audit, store.submissions
TAMPERINGS = {
    "an edited payload": [LOG.update().where(LOG.c.number == 4).values(payload='{"submission": 1}')],
    "an edited time": [LOG.update().where(LOG.c.number == 4).values(at=LOG.c.at - 1)],
    "an edited event": [LOG.update().where(LOG.c.number == 2).values(event="team renamed")],
    "an edited hash": [LOG.update().where(LOG.c.number == 5).values(hash="0" * 64)],
    "a deleted entry": [LOG.delete().where(LOG.c.number == 4)],
    "a deleted first entry": [LOG.delete().where(LOG.c.number == 1)],
    "a cut at the end": [LOG.delete().where(LOG.c.number == 6)],
    "a longer cut at the end": [LOG.delete().where(LOG.c.number >= 4)],
    "an emptied log": [LOG.delete()],
    "two entries exchanged": [
        LOG.update().where(LOG.c.number == 4).values(number=99),
        LOG.update().where(LOG.c.number == 5).values(number=4),
        LOG.update().where(LOG.c.number == 99).values(number=5),
    ],
    "a renumbered deletion": [
        LOG.delete().where(LOG.c.number == 4),
        LOG.update().where(LOG.c.number == 5).values(number=4),
        LOG.update().where(LOG.c.number == 6).values(number=5),
    ],
    "a better public score": [
        store.public_scores.update().where(store.public_scores.c.submission_id == 1).values(hits=60)
    ],
    "a better private score": [store.private_scores.update().values(hits=store.private_scores.c.hits + 1)],
    "other row hits": [store.public_scores.update().values(row_hits=b"\xff" * 8)],
    "a score that counts no more": [store.public_scores.update().values(counts=False)],
    "another file behind an entry": [ENTRIES.update().where(ENTRIES.c.id == 1).values(sha256="ab" * 32)],
    "a deleted submission": [
        store.public_scores.delete().where(store.public_scores.c.submission_id == 3),
        store.private_scores.delete().where(store.private_scores.c.submission_id == 3),
        ENTRIES.delete().where(ENTRIES.c.id == 3),
    ],
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_with_the_database_is_found(competition: Competition, kind: str) -> None:
    change(competition, *TAMPERINGS[kind])
    assert verify(competition).faults


def test_a_forged_chain_is_found_by_the_anchor(competition: Competition) -> None:
    """Someone who knows how the hashes are made writes the end of the log anew."""
    with competition.store.engine.begin() as connection:
        connection.execute(LOG.delete().where(LOG.c.number == 6))
        audit.append(connection, competition.clock(), "frozen")
        assert not audit.chain_faults(connection, [])
    assert any("entry 6 is not the one" in fault for fault in verify(competition).faults)


def test_a_noted_head_finds_what_the_folder_alone_cannot(competition: Competition) -> None:
    noted = verify(competition).head
    change(competition, *TAMPERINGS["a deleted submission"], *TAMPERINGS["a cut at the end"])
    lines = competition.anchor.read_text().splitlines()
    competition.anchor.write_text("\n".join(lines[:5]) + "\n")
    assert not verify(competition).faults
    assert verify(competition, noted).faults == ["the log ends at entry 5; entry 6 was written and is gone"]


@pytest.mark.parametrize("damage", ["changed file", "lost file", "changed solution", "lost anchor", "torn anchor"])
def test_damage_to_files_is_found(competition: Competition, damage: str) -> None:
    kept = next(competition.archive.root.glob("*/*.csv"))
    solution = competition.root / "private" / "solution-0.csv"
    {
        "changed file": lambda: kept.write_text(kept.read_text().replace("cat", "dog", 1)),
        "lost file": kept.unlink,
        "changed solution": lambda: solution.write_text(solution.read_text().replace("cat", "dog", 1)),
        "lost anchor": competition.anchor.unlink,
        "torn anchor": lambda: competition.anchor.write_text(competition.anchor.read_text()[:100]),
    }[damage]()
    assert verify(competition).faults


def test_changed_rules_are_logged_by_the_next_command(competition: Competition, entry: Callable[..., Path]) -> None:
    rules = competition.root / "rules.toml"
    rules.write_text(rules.read_text().replace("daily_quota = 5", "daily_quota = 9"))
    assert entries.submit(Competition(competition.root, competition.clock), "b", entry(seed=9)).left == 7
    with competition.reading() as connection:
        events = connection.execute(sa.select(LOG.c.event).order_by(LOG.c.number)).scalars().all()
    assert events[-2:] == ["rules", "submission"]
    assert not verify(competition).faults


def test_a_backup_is_a_whole_competition(competition: Competition, entry: Callable[..., Path], tmp_path: Path) -> None:
    before = verify(competition).head
    backup(competition, tmp_path / "backup")
    entries.submit(competition, "b", entry(seed=8))
    copy = Competition(tmp_path / "backup", competition.clock)
    verdict = verify(copy)
    assert (verdict.faults, verdict.head, verdict.entries) == ([], before, 3)
    assert entries.submit(copy, "b", entry(seed=9)).submission == 4
    with pytest.raises(LeaderboardError, match="exists"):
        backup(competition, tmp_path / "backup")
    assert not list(tmp_path.glob(".backup*"))
