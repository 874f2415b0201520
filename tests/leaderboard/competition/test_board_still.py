"""The board stands still: no outlet shows later scores, whatever they are, until the reveal."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from leaderboard.cli import main
from leaderboard.competition import board_still, entries, lifecycle, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.rules import Rules
from leaderboard.core.clock import format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.page.publish import publish
from leaderboard.report.rendering import write_report
from leaderboard.standings.places import public_places
from leaderboard.storage import database as tables
from tests.leaderboard.conftest import HOUR, NOON, ManualClock

Make, Entry = Callable[..., Competition], Callable[..., Path]
FROM = "2025-11-24 18:00"
# What participants may see of the folder, by a command: of a tutor's account, and with a token.
OPEN = (
    *("leaderboard", "leaderboard --format csv", "leaderboard --format json"),
    *("submissions", "submissions --format csv", "submissions --format json"),
    *("quota --team b --format json", "submissions --team b --format json", "team list"),
)
OWN = ("submissions --team a --format json", "quota --team a --format json")


def rules(**values: object) -> Rules:
    return Rules(name="x", classes=("a", "b"), **values)


@pytest.mark.parametrize(
    ("text", "deadline", "moment"),
    [
        ("3 days", "2025-12-20", "2025-12-18 00:00:00 UTC"),
        ("36 hours before the deadline", "2025-12-20 12:00", "2025-12-19 00:00:00 UTC"),
        ("2025-12-17", "", "2025-12-17 00:00:00 UTC"),
        ("2025-12-17 18:30", "2025-12-20", "2025-12-17 18:30:00 UTC"),
        ("2025-12-17 23:59", "", "2025-12-17 23:59:00 UTC"),
    ],
)
def test_the_moment_of_the_rule(text: str, deadline: str, moment: str) -> None:
    start = rules(board_still_from=text, deadline=deadline).still_from
    assert start is not None
    assert format_time(start, "UTC") == moment


def test_a_rule_that_names_no_moment_is_refused() -> None:
    assert rules().still_from is None
    with pytest.raises(LeaderboardError, match="counts back from the deadline: set one"):
        rules(board_still_from="3 days")
    with pytest.raises(LeaderboardError, match="board_still_from = 'soon': write it as"):
        rules(board_still_from="soon", deadline="2025-12-20")
    with pytest.raises(LeaderboardError, match="board_still_own_scores = 'no': it must be true or false"):
        rules(board_still_own_scores="no")


@pytest.fixture
def played(make: Make, alike, entry: Entry, clock: ManualClock) -> Callable[..., Competition]:
    """a leads b until the board stands still; then b gets far better, a too, and c enters for the first time."""

    def build(**more: object) -> Competition:
        competition = make(daily_quota=50, board_still_from=FROM, **more)
        teams.add(competition, "c")
        for name, accuracy, seed in (("a", 0.7, 1), ("b", 0.6, 2)):
            entries.submit(competition, name, entry(accuracy, seed))
        clock.at = NOON + 7 * HOUR
        for name, accuracy, seed in (("b", 0.95, 3), ("a", 0.9, 4), ("c", 1.0, 5)):
            entries.submit(competition, name, entry(accuracy, seed))
        return competition

    return functools.partial(alike, build)


def outlets(competition: Competition, commands: tuple[str, ...], site: Path, capsys) -> Iterator[tuple[str, str]]:
    """What each outlet shows: commands, the standings of the export, and every file of the page."""
    for command in commands:
        capsys.readouterr()
        assert main([*command.split(), "--competition", str(competition.root)]) == 0
        # The time until the next day runs on.
        yield command, capsys.readouterr().out.split(", in ")[0]
    assert main(["export", "--format", "json", "--competition", str(competition.root)]) == 0
    yield "export", json.dumps(json.loads(capsys.readouterr().out)["standings"])
    publish(competition, site)
    write_report(competition, site / "report.html", public=True)
    for path in sorted(site.rglob("*.*")):
        yield path.name, path.read_text()


def change_later_scores(competition: Competition) -> None:
    """The same history with other scores: what is shown may not depend on them."""
    late = sa.select(tables.submissions.c.id).where(tables.submissions.c.at >= NOON + 6 * HOUR)
    with competition.store.engine.begin() as connection:
        for number in connection.execute(late).scalars().all():
            for table in (tables.public_scores, tables.private_scores):
                new = {"hits": number, "row_hits": b"\x01" * 25}
                connection.execute(sa.update(table).where(table.c.submission_id == number).values(new))


@pytest.mark.parametrize("names", ["all", "anonymous", "top"])
@pytest.mark.parametrize("own", [True, False])
def test_no_outlet_depends_on_later_scores(played, tmp_path: Path, capsys, names: str, own: bool) -> None:
    competition = played(names=names, board_still_own_scores=own)
    commands = OPEN if own else (*OPEN, *OWN)
    # With own scores shown, b sees its own: another team is asked about then.
    commands = tuple(c for c in commands if not (own and "submissions --team" in c))
    before = dict(outlets(competition, commands, tmp_path / "before", capsys))
    change_later_scores(competition)
    after = dict(outlets(competition, commands, tmp_path / "after", capsys))
    assert len(before) > len(commands) + 4
    for what, text in before.items():
        assert text == after[what], what
    standings = json.loads(before["leaderboard.json"])["standings"]
    assert [place["rank"] for place in standings] == [1, 2]
    assert [place["entries"] for place in standings] == [1, 1]


@pytest.mark.parametrize("own", [True, False])
def test_a_team_sees_its_own_scores_as_the_rules_say(played, capsys, own: bool) -> None:
    competition = played(board_still_own_scores=own)
    assert main([*OWN[0].split(), "--competition", str(competition.root)]) == 0
    shown_scores = [row["publicScore"] is not None for row in json.loads(capsys.readouterr().out)]
    assert shown_scores == [True, own]


def test_a_receipt_hides_what_the_rules_hide(played, entry: Entry) -> None:
    competition = played(board_still_own_scores=False, ladder=True)
    receipt = entries.submit(competition, "a", entry(0.2, 9))
    assert (receipt.submission, receipt.score, receipt.counts) == (6, None, None)
    place, ranked = entries.current_place(competition, receipt.team_id)
    assert place is not None
    assert (place.rank, ranked) == (1, 2)


def test_the_receipt_on_a_terminal(played, entry: Entry, capsys) -> None:
    competition = played(board_still_own_scores=False)
    command = ["submit", "-f", str(entry(0.3, 8)), "--team", "c", "--competition", str(competition.root)]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "its score is not shown yet" in out
    assert "It is not on the board. The board has stood still since 2025-11-24 18:00:00 UTC" in out
    assert "49 of 50 entries left today" in out
    command[2] = str(entry(0.8, 12))
    assert main([*command, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["publicScore"], told["counts"], told["rank"]) == (None, None, None)


def test_it_moves_before_the_moment_and_the_reveal_ends_it(played, clock: ManualClock, tmp_path: Path) -> None:
    competition = played()

    def leader() -> tuple[int | None, str]:
        with competition.read_transaction() as connection:
            since = board_still.since(competition, connection)
            return since, public_places(connection, "earlier", before=since)[0].team.name

    assert leader() == (NOON + 6 * HOUR, "a")
    clock.at = NOON + 6 * HOUR - 1
    assert leader() == (None, "c")
    clock.at = NOON + 6 * HOUR
    assert leader() == (NOON + 6 * HOUR, "a")
    lifecycle.set_frozen(competition, True)
    assert leader() == (NOON + 6 * HOUR, "a")
    lifecycle.reveal(competition)
    assert leader() == (None, "c")
    publish(competition, tmp_path / "site")
    assert json.loads((tmp_path / "site" / "leaderboard.json").read_text())["standings"][0]["team"] == "c"
