"""Teams and their members from a roster, and what becomes of them."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.competition import letters, members, teams
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.competition.roster_file import read_roster
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database

Make = Callable[..., Competition]

ROSTER = """name,student id,e-mail,team
Jürgen Müller,s01,jm@uni.example,Größe
王小明,s02,wang@uni.example,深度学习
Zoë Ång,s03,zoe@uni.example,größe
Ben O'Hara,s04,ben@uni.example,a
"""


def load(competition: Competition, text: str, deliver=lambda issued: None, encoding: str = "utf-8"):
    path = competition.root.parent / "roster.csv"
    path.write_text(text, encoding=encoding)
    return members.import_roster(competition, *read_roster(path), deliver)


def events(competition: Competition) -> list[str]:
    with competition.read_transaction() as connection:
        return list(connection.execute(sa.select(database.audit.c.event).order_by(database.audit.c.number)).scalars())


def test_a_roster_makes_teams_with_members(make: Make) -> None:
    competition = make()
    done = load(competition, ROSTER)
    assert [(team.name, len(team.members)) for team in done.teams] == [("Größe", 2), ("深度学习", 1)]
    assert (done.added, done.unchanged) == (4, 0)
    for team in done.teams:
        assert teams.authenticate(competition, None, team.token).name == team.name
    assert [row["name"] for row in members.member_rows(competition, "GRÖSSE")] == ["Jürgen Müller", "Zoë Ång"]
    assert verify(competition).faults == []


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8")])
def test_a_roster_as_spreadsheets_write_it(make: Make, separator: str, encoding: str) -> None:
    competition = make()
    text = ROSTER.replace(",", separator).replace("\n", "\r\n").replace("student id", "Student_ID")
    assert load(competition, text, encoding=encoding).added == 4


def test_an_import_again_adds_only_what_is_new(make: Make) -> None:
    competition = make()
    load(competition, ROSTER)
    done = load(competition, ROSTER + "Late Comer,s05,late@uni.example,a\n")
    assert (done.teams, done.added, done.unchanged) == ([], 1, 4)


def test_every_problem_is_told_at_once_and_nothing_is_kept(make: Make) -> None:
    competition = make()
    load(competition, ROSTER)
    teams.add(competition, "chance", baseline=True)
    before = events(competition)
    text = """name,student id,e-mail,team
,s10,x@uni.example,new
A,s11,not-an-address,new
B,s12,b@uni.example,
C,s12,c@uni.example,new
D,s14,d@uni.example
E,s15,e@uni.example,chance
F,s01,f@uni.example,new
G,s17,g@uni.example,n\u0435w
"""
    with pytest.raises(members.RosterError) as error:
        load(competition, text)
    for line, told in {
        2: "the name is empty",
        3: "'not-an-address' is not an e-mail address",
        4: "1 to 60 characters, not 0",
        5: "the student id 's12' is on line 4 already",
        6: "3 fields, not 4",
        7: "'chance' is a baseline",
        8: "Jürgen Müller (s01, jm@uni.example) is in 'Größe'",
        9: "which looks like",
    }.items():
        assert any(row.startswith(f"line {line}: ") and told in row for row in error.value.lines), (line, told)
    assert len(error.value.lines) == 8
    assert events(competition) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it must have the columns"),
        ("name,email,team\n", "it must have the columns"),
        ("name,student id,e-mail,team\n", "no students"),
        ('name,student id,e-mail,team\n"a,b\n', "is not CSV"),
    ],
)
def test_a_file_that_is_not_a_roster(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(LeaderboardError, match=told):
        read_roster(path)
    path.write_bytes("name,größe".encode("latin-1"))
    with pytest.raises(LeaderboardError, match="not UTF-8"):
        read_roster(path)


def test_when_tokens_cannot_be_written_nothing_is_kept(make: Make) -> None:
    competition = make()
    before = events(competition)

    def fail(issued: list[members.NewTeam]) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        load(competition, ROSTER, fail)
    assert events(competition) == before
    assert members.member_rows(competition, None) == []


def test_members_move_and_leave_and_the_log_knows(make: Make, tmp_path: Path) -> None:
    competition = make()
    load(competition, ROSTER)
    assert members.move(competition, "s01", "a") == ("Jürgen Müller", "Größe")
    members.leave(competition, "s02")
    teams.rename(competition, "a", "A team")
    now = {row["studentId"]: row["teamName"] for row in members.member_rows(competition, None)}
    assert now == {"s01": "A team", "s03": "Größe", "s04": "A team"}
    for student, team, told in [("s02", "a", "no member"), ("s01", "A team", "already")]:
        with pytest.raises(LeaderboardError, match=told):
            members.move(competition, student, team)
    assert load(competition, "name,student id,e-mail,team\n王小明,s02,wang@uni.example,b\n").added == 1
    assert verify(competition).faults == []
    backup(competition, tmp_path / "copy")
    copy = Competition(tmp_path / "copy")
    assert verify(copy).faults == []
    assert members.member_rows(copy, None) == members.member_rows(competition, None)


@pytest.mark.parametrize("change", [{"email": "me@evil.example"}, {"team_id": 1}, {"left_at": 5}, {"name": "Nobody"}])
def test_a_member_changed_in_the_database_is_found(make: Make, change: dict) -> None:
    competition = make()
    load(competition, ROSTER)
    with competition.store.engine.begin() as connection:
        connection.execute(database.members.update().where(database.members.c.student_id == "s02").values(change))
    assert any("membership" in fault for fault in verify(competition).faults)


def test_the_log_holds_no_personal_data(make: Make) -> None:
    competition = make()
    load(competition, ROSTER)
    members.leave(competition, "s01")
    with competition.read_transaction() as connection:
        told = json.dumps(list(connection.execute(sa.select(database.audit.c.payload)).scalars()), ensure_ascii=False)
    assert not any(word in told for word in ("Müller", "s01", "jm@uni.example", "王小明"))


def test_tokens_and_letters(make: Make, tmp_path: Path) -> None:
    competition = make(deadline="2026-12-20 18:00", timezone="Europe/Berlin")
    text = tmp_path / "letter.txt"
    text.write_text("Dear $members: $competition costs $$0 until $deadline. $team: $token, $emails\n")
    template = letters.read_template(text)

    def deliver(issued: list[members.NewTeam]) -> None:
        letters.write_tokens(tmp_path / "tokens.csv", issued)
        letters.write_letters(tmp_path / "letters", template, competition, issued)

    first, _ = load(competition, ROSTER, deliver).teams
    with (tmp_path / "tokens.csv").open(encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    people = "Jürgen Müller, Zoë Ång"
    assert row == {
        "team": "Größe",
        "token": first.token,
        "members": people,
        "e-mails": "jm@uni.example, zoe@uni.example",
    }
    letter, other = sorted((tmp_path / "letters").iterdir())
    deadline = "2026-12-20 18:00:00 CET"
    told = f"Dear {people}: test costs $0 until {deadline}. Größe: {first.token}, jm@uni.example, zoe@uni.example\n"
    assert (letter.name, letter.read_text(encoding="utf-8")) == (f"{first.number:03}-Größe.txt", told)
    for path, mode in ((letter, 0o600), (other, 0o600), (tmp_path / "tokens.csv", 0o600), (letter.parent, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize(
    ("text", "told"),
    [("$name $token", "not a placeholder"), ("hello", "no .token"), ("5 $ $token", "not part of a placeholder")],
)
def test_a_template_that_would_make_wrong_letters(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(text)
    with pytest.raises(LeaderboardError, match=told):
        letters.read_template(path)
