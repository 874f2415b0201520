"""Rules by command: checked, set, logged, and shown in the log as what they were and what they are."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from leaderboard.audit.verification import verify
from leaderboard.cli import main
from leaderboard.competition import rule_edits
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database as tables


@pytest.fixture
def competition(make: Callable[..., Competition]) -> Competition:
    return make()


def log(competition: Competition) -> list[str]:
    with competition.read_transaction() as connection:
        return list(connection.execute(sa.select(tables.audit.c.event).order_by(tables.audit.c.number)).scalars())


SETTINGS = {
    ("daily_quota", "6"): 6,
    ("ladder", "True"): True,
    ("tie", "shared"): "shared",
    ("deadline", "2026-12-20 18:00"): "2026-12-20 18:00",
    ("name", 'Ünïts "quoted" \\ 🎓'): 'Ünïts "quoted" \\ 🎓',
}


@pytest.mark.parametrize(("key", "value"), SETTINGS)
def test_a_rule_is_set_logged_and_shown(competition: Competition, key: str, value: str, capsys) -> None:
    before = (competition.root / "rules.toml").read_text()
    where = ["--competition", str(competition.root)]
    assert main(["rules", "set", key, value, *where]) == 0
    told = capsys.readouterr().out
    opened = Competition(competition.root, competition.clock)
    assert getattr(opened.rules, key) == SETTINGS[key, value]
    assert log(opened)[-1] == "rules"
    assert verify(opened).faults == verify(opened).notes == []
    assert main(["audit", "log", *where]) == 0
    shown = capsys.readouterr().out.splitlines()[-1]
    change = told.removesuffix("; logged\n")
    assert f" -> {json.dumps(SETTINGS[key, value], ensure_ascii=False)}" in change
    assert change in shown
    after = (competition.root / "rules.toml").read_text()
    assert len(set(after.splitlines()) - set(before.splitlines())) == 1, "the comments and all other rules stay"
    assert main(["rules", "set", key, value, *where]) == 0
    assert "already" in capsys.readouterr().out
    assert log(opened).count("rules") == 1


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("daily_quota", "0", "daily_quota = 0: it must be a number from 1 to 1000"),
        ("daily_quota", "six", "daily_quota = 'six': it must be a number"),
        ("daily_quota", '5\nnames = "top"', "daily_quota = '5"),
        ("quota", "6", "'quota' is not a rule; the rules are name,"),
        ("classes", "[]", "the classes can no longer change"),
        ("timezone", "Berlin", "timezone = 'Berlin' is not known"),
        ("name", "a\nb", "name = "),
    ],
)
def test_what_cannot_be_used_changes_nothing(competition: Competition, key: str, value: str, message: str) -> None:
    before = (competition.root / "rules.toml").read_bytes()
    with pytest.raises(LeaderboardError) as told:
        rule_edits.set_rule(competition.root, key, value)
    assert message in str(told.value)
    assert (competition.root / "rules.toml").read_bytes() == before
    assert "rules" not in log(competition)


def test_check_says_every_mistake_at_once_and_set_mends_a_value(competition: Competition, capsys) -> None:
    path, where = competition.root / "rules.toml", ["--competition", str(competition.root)]
    right = path.read_text()
    path.write_text(right.replace("daily_quota = 5", "daily_quota = 0").replace("picks = 2", "pick = 2"))
    assert main(["rules", "check", *where]) == 2
    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "'pick' is not a rule; did you mean picks?",
        "daily_quota = 0: it must be a number from 1 to 1000",
    ]
    path.write_text(path.read_text().replace("pick = 2", "picks = 2"))
    assert main(["leaderboard", *where]) == 2
    assert main(["rules", "set", "daily_quota", "7", *where]) == 0
    assert "daily_quota: 0 -> 7" in capsys.readouterr().out
    assert main(["rules", "check", *where]) == 0
    assert "the rules can be used\n" in capsys.readouterr().out


def test_check_shows_what_is_not_logged_yet_and_the_log_survives_older_texts(competition: Competition, capsys) -> None:
    path, where = competition.root / "rules.toml", ["--competition", str(competition.root)]
    path.write_text(path.read_text().replace("picks = 2", "picks = 3"))
    assert main(["rules", "check", *where]) == 0
    assert "not logged yet: picks: 2 -> 3\n" in capsys.readouterr().out
    with competition.store.write_transaction() as connection:
        from leaderboard.storage import audit_log

        audit_log.append(connection, 1, "rules", rules='name = "cut')
        audit_log.append(connection, 1, "rules", rules=path.read_text())
        audit_log.append(connection, 1, "rules", rules=path.read_text() + "# a comment\n")
    assert main(["audit", "log", *where]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[-3].endswith("a text that is not TOML")
    assert lines[-1].endswith("comments or their layout alone")
    assert main(["audit", "log", "--format", "json", *where]) == 0
    assert json.loads(capsys.readouterr().out)[-1]["event"] == "rules"


def test_a_rule_over_several_lines_is_left_to_an_editor(competition: Competition) -> None:
    path = competition.root / "rules.toml"
    path.write_text(path.read_text().replace('name = "test"', 'name = """\\\n    test"""'))
    with pytest.raises(LeaderboardError, match=r"rules\.toml is not TOML: .*line 5"):
        rule_edits.set_rule(competition.root, "name", "other")


def test_edited_classes_are_refused_and_the_file_stays(competition: Competition) -> None:
    path = competition.root / "rules.toml"
    path.write_text(path.read_text().replace('"cat"', '"lion"'))
    before = path.read_text()
    with pytest.raises(LeaderboardError, match="the classes can no longer change"):
        rule_edits.set_rule(competition.root, "picks", "3")
    assert path.read_text() == before
