"""Every edit, deletion, cut and reordering is found, whichever place it is made in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, lifecycle, picks, rescoring, scores, teams
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import solution_path
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.storage import audit_log, database
from leaderboard.storage.archive import Archive


@pytest.fixture
def competition(make: Callable[..., Competition], alike, entry: Callable[..., Path]) -> Competition:
    """Three entries: six audit entries."""

    def play() -> Competition:
        made = make()
        for team, seed in (("a", 1), ("b", 2), ("a", 3)):
            entries.submit(made, team, entry(seed=seed))
        assert not verify(made).faults
        return made

    return alike(play)


def change(competition: Competition, *statements: sa.Executable) -> None:
    """What someone with the database open could do."""
    with competition.store.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


LOG, ENTRIES = database.audit, database.submissions
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
        database.public_scores.update().where(database.public_scores.c.submission_id == 1).values(hits=60)
    ],
    "a better private score": [database.private_scores.update().values(hits=database.private_scores.c.hits + 1)],
    "other row hits": [database.public_scores.update().values(row_hits=b"\xff" * 8)],
    "a score that counts no more": [database.public_scores.update().values(counts=False)],
    "another file behind an entry": [ENTRIES.update().where(ENTRIES.c.id == 1).values(sha256="ab" * 32)],
    "an entry given to another team": [ENTRIES.update().where(ENTRIES.c.id == 1).values(team_id=2)],
    "an earlier entry": [ENTRIES.update().where(ENTRIES.c.id == 3).values(at=ENTRIES.c.at - 86_400_000_000)],
    "a pick": [ENTRIES.update().where(ENTRIES.c.id == 3).values(picked=True)],
    "another alias": [database.teams.update().where(database.teams.c.name == "a").values(alias="A")],
    "a team off the board": [database.teams.update().where(database.teams.c.name == "b").values(disabled=True)],
    "a team made a baseline": [database.teams.update().where(database.teams.c.name == "b").values(baseline=True)],
    "two names exchanged": [
        database.teams.update().where(database.teams.c.id == 1).values(name="x"),
        database.teams.update().where(database.teams.c.id == 2).values(name="a"),
        database.teams.update().where(database.teams.c.id == 1).values(name="b"),
    ],
    "an invented rejection": [
        database.rejections.insert().values(id=1, team_id=1, at=1, sha256="", file_name="x", codes="EMPTY")
    ],
    "a reveal": [database.competition.update().values(revealed_at=1, frozen_at=1)],
    "a competition frozen": [database.competition.update().values(frozen_at=1)],
    "an older revision": [database.competition.update().values(revision=-1)],
    "other rules": [database.competition.update().values(rules="name = 'x'")],
    "a deleted submission": [
        database.public_scores.delete().where(database.public_scores.c.submission_id == 3),
        database.private_scores.delete().where(database.private_scores.c.submission_id == 3),
        ENTRIES.delete().where(ENTRIES.c.id == 3),
    ],
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_with_the_database_is_found(competition: Competition, kind: str) -> None:
    change(competition, *TAMPERINGS[kind])
    assert verify(competition).faults


WITHOUT_FOREIGN_KEYS = {
    "a deleted team": "DELETE FROM teams WHERE id = 1",
    "a deleted competition": "DELETE FROM competition",
    "a second team of the same name": """
        INSERT INTO teams SELECT 99, name, '~x', alias, NULL, disabled, baseline, created_at FROM teams WHERE id = 1;
        UPDATE submissions SET team_id = 99 WHERE id = 3
    """,
    "another case-folded name": "UPDATE teams SET folded = 'z' WHERE id = 1",
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", WITHOUT_FOREIGN_KEYS)
def test_what_a_shell_can_do_to_an_sqlite_file_is_found(competition: Competition, kind: str) -> None:
    with closing(sqlite3.connect(competition.root / "leaderboard.db")) as connection:
        connection.executescript(WITHOUT_FOREIGN_KEYS[kind])
    assert verify(competition).faults


def test_a_log_that_names_a_team_that_was_never_added_is_a_fault(competition: Competition) -> None:
    with competition.transaction() as work:
        work.record("rejection", team="nobody", sha256="", codes="EMPTY")
    assert verify(competition).faults == ["the log has a 'rejection' of 'nobody', which nothing before it made"]


@pytest.mark.parametrize("valid", [False, True])
def test_a_team_renamed_while_its_file_is_judged_keeps_it(
    competition: Competition, entry: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, valid: bool
) -> None:
    judge, bad = entries.validate_file, tmp_path / "bad.csv"
    bad.write_text("id,label\n1,Cat\n")

    def judge_slowly(*arguments):
        teams.rename(competition, "a", "new")
        teams.add(competition, "a")
        return judge(*arguments)

    monkeypatch.setattr(entries, "validate_file", judge_slowly)
    assert entries.submit(competition, "a", entry(seed=9) if valid else bad).team == "new"
    assert verify(competition).faults == []


def test_a_forged_chain_is_found_by_the_anchor(competition: Competition) -> None:
    """Someone who knows how the hashes are made writes the end of the log anew."""
    with competition.store.engine.begin() as connection:
        connection.execute(LOG.delete().where(LOG.c.number == 6))
        audit_log.append(connection, competition.clock(), "frozen")
        assert not audit_log.chain_faults(connection, [])
    assert any("entry 6 is not the one" in fault for fault in verify(competition).faults)


def test_a_noted_head_finds_what_the_folder_alone_cannot(competition: Competition) -> None:
    noted = verify(competition).head
    change(competition, *TAMPERINGS["a deleted submission"], *TAMPERINGS["a cut at the end"])
    lines = competition.anchor.read_text().splitlines()
    competition.anchor.write_text("\n".join(lines[:5]) + "\n")
    assert not verify(competition).faults
    assert verify(competition, noted).faults == ["the log ends at entry 5; entry 6 was written and is missing"]


@pytest.mark.parametrize("damage", ["changed file", "lost file", "changed solution", "lost anchor"])
def test_damage_to_files_is_found(competition: Competition, damage: str) -> None:
    kept = next(competition.archive.root.glob("*/*.csv"))
    solution = competition.root / "private" / "solution-0.csv"
    {
        "changed file": lambda: kept.write_text(kept.read_text().replace("cat", "dog", 1)),
        "lost file": kept.unlink,
        "changed solution": lambda: solution.write_text(solution.read_text().replace("cat", "dog", 1)),
        "lost anchor": competition.anchor.unlink,
    }[damage]()
    assert verify(competition).faults


def test_changed_rules_are_logged_by_the_next_command(competition: Competition, entry: Callable[..., Path]) -> None:
    rules = competition.root / "rules.toml"
    rules.write_text(rules.read_text().replace("daily_quota = 5", "daily_quota = 9"))
    assert entries.submit(Competition(competition.root, competition.clock), "b", entry(seed=9)).left == 7
    with competition.read_transaction() as connection:
        events = connection.execute(sa.select(LOG.c.event).order_by(LOG.c.number)).scalars().all()
    assert events[-2:] == ["rules", "submission"]
    assert not verify(competition).faults


def test_the_log_replayed_is_the_state_of_a_competition_in_which_all_has_happened(
    competition: Competition, entry: Callable[..., Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("id,label\n1,Cat\n")
    teams.add(competition, "constant", baseline=True)
    teams.rename(competition, "a", "A")
    teams.set_alias(competition, "b", "The B")
    teams.renew_token(competition, "b")
    entries.submit(competition, "A", bad)
    picks.select(competition, "A", [1, 3])
    picks.select(competition, "A", [3])
    teams.set_disabled(competition, "b", True)
    lifecycle.set_frozen(competition, True)
    lifecycle.set_frozen(competition, False)
    lifecycle.set_frozen(competition, True)
    lifecycle.reveal(competition)
    assert verify(competition).faults == []
    change(competition, database.rejections.update().values(codes=""))
    assert verify(competition).faults == ["the rejections are not those that were logged"]


def test_an_edit_of_the_rules_is_noted_until_it_is_logged(competition: Competition) -> None:
    rules = competition.root / "rules.toml"
    rules.write_text(rules.read_text().replace('tie = "earlier"', 'tie = "shared"'))
    verdict = verify(competition)
    assert (verdict.faults, len(verdict.notes)) == ([], 1)
    competition.log_rules()
    competition.log_rules()
    verdict = verify(competition)
    assert (verdict.faults, verdict.notes, verdict.head.count) == ([], [], 7)


def test_entries_come_in_while_a_backup_copies_files(
    competition: Competition, entry: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = Archive.get

    def get_slowly(self: Archive, sha256: str) -> bytes:
        monkeypatch.setattr(Archive, "get", get)
        entries.submit(competition, "b", entry(seed=8))
        return get(self, sha256)

    monkeypatch.setattr(Archive, "get", get_slowly)
    backup(competition, tmp_path / "backup")
    assert verify(Competition(tmp_path / "backup", competition.clock)).entries == 3
    monkeypatch.setattr(Archive, "get", get_slowly)
    with pytest.raises(RefusedError, match="the same file is already entry 4"):
        verify(competition)
    assert verify(competition).entries == 4


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


def test_a_backup_keeps_a_fault(competition: Competition, tmp_path: Path) -> None:
    """Here the log was cut at its end; then the anchors are gone too."""
    with competition.store.engine.begin() as connection:
        last = audit_log.head(connection).count
        connection.execute(database.audit.delete().where(database.audit.c.number == last))
    for number in (1, 2):
        faults = verify(competition).faults
        backup(competition, tmp_path / f"backup{number}")
        assert faults
        assert verify(Competition(tmp_path / f"backup{number}", competition.clock)).faults == faults
        competition.anchor.unlink(missing_ok=True)


def log(competition: Competition, event: str, **payload: object) -> None:
    """Append to the log as the program would."""
    with competition.transaction() as work:
        work.record(event, **payload)


def test_a_score_that_is_logged_again_is_a_fault(competition: Competition) -> None:
    """As someone would who holds the folder and wants another score."""
    noted = verify(competition).head
    with competition.read_transaction() as connection:
        record = scores.stored_scores(connection)[1, 0]
    change(
        competition, database.public_scores.update().where(database.public_scores.c.submission_id == 1).values(hits=60)
    )
    log(competition, "entry rescored", submission=1, scores=[0, 60, *record[2:]])
    assert verify(competition, noted).faults == [
        "the scores of entry 1 (revision 0) were logged a second time",
        "the public rows of entry 1 (revision 0) are not its 60 hits of 60",
        "the scores of entry 1 (revision 0) are not those that were logged",
    ]


@pytest.mark.parametrize(
    ("event", "payload", "fault"),
    [
        ("team added", {"team": "a", "alias": None, "baseline": True}, "second 'team added' of 'a'"),
        ("team renamed", {"team": "b", "to": "a"}, "second 'team renamed' of 'a'"),
        ("init", {"rules": "name = 'other'"}, "second 'init' of 'the competition'"),
        ("submission", {"submission": 1, "team": "a", "sha256": "0", "scores": [9]}, "second 'submission' of 1"),
    ],
)
def test_what_is_logged_again_is_a_fault(competition: Competition, event: str, payload: dict, fault: str) -> None:
    log(competition, event, **payload)
    assert any(fault in found for found in verify(competition).faults)


def test_scores_that_the_files_do_not_give_are_found_when_they_are_scored_again(
    competition: Competition, entry: Callable[..., Path]
) -> None:
    """As when labels were edited by hand while an entry came in, and taken back afterwards."""
    assert not verify(competition, again=True).faults
    path = solution_path(competition.root, 0)
    right = path.read_text()
    first, *rows = right.splitlines()
    path.write_text("\n".join([first, *(row.replace("cat", "dog") for row in rows), ""]))
    entries.submit(Competition(competition.root, competition.clock), "b", entry(seed=5))
    path.write_text(right)
    tried = Competition(competition.root, competition.clock)
    assert not verify(tried).faults
    assert verify(tried, again=True).faults == [
        "entry 4 has other scores than its file and the solution give: leaderboard rescore mends it"
    ]
    rescoring.rescore(tried, path)
    assert not verify(tried, again=True).faults
    path.write_text("")
    assert "not scored again" in verify(tried, again=True).notes[0]


def test_nothing_is_scored_again_by_a_log_that_was_changed(competition: Competition) -> None:
    """It cannot say which solution is the right one; here that is gone too."""
    solution_path(competition.root, 0).unlink()
    change(competition, *TAMPERINGS["an edited payload"])
    verdict = verify(Competition(competition.root, competition.clock), again=True)
    assert verdict.faults
    assert "not scored again" in verdict.notes[0]
