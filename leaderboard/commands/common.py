"""What the commands on a competition share: the folder argument, who acts, and how standings become rows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leaderboard.output import FORMATS

if TYPE_CHECKING:
    import sqlalchemy as sa

    from leaderboard.competition import Competition
    from leaderboard.ranking import Standing

# The table is for reading; CSV and JSON have the team's number too.
STANDING_COLUMNS = ("rank", "teamName", "score", "low", "high", "hits", "rows", "entries", "submissionDate", "group")


def add(
    commands: argparse._SubParsersAction, name: str, run, help: str, *, prints_rows: bool = True
) -> argparse.ArgumentParser:
    """A command on a competition, with its folder and, where it prints rows, their format."""
    parser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--competition", type=Path, metavar="DIR", help="competition folder (or LEADERBOARD_DIR)")
    if prints_rows:
        parser.add_argument("--format", choices=FORMATS, default="table")
    parser.set_defaults(run=run)
    return parser


def add_team(parser: argparse.ArgumentParser) -> None:
    """Who acts: a token, or, for whoever may read the folder, a name."""
    parser.add_argument("--team", help="team name; no token is asked of whoever can read the competition folder")
    parser.add_argument(
        "--token", help="the team's token (or LEADERBOARD_TOKEN), for a web form or job that acts for it"
    )


def open_competition(args: argparse.Namespace) -> Competition:
    """The competition of --competition, LEADERBOARD_DIR, this folder or ./competition."""
    import os

    from leaderboard.competition import Competition
    from leaderboard.folder import find

    return Competition(find(args.competition, os.environ))


def team_name(competition: Competition, args: argparse.Namespace) -> str:
    """The acting team. A token wins over the environment's; a token and a name must agree."""
    from leaderboard.errors import LeaderboardError

    name = team_name_if_given(competition, args)
    if name is None:
        raise LeaderboardError("which team? give --team NAME or --token TOKEN")
    return name


def team_name_if_given(competition: Competition, args: argparse.Namespace) -> str | None:
    """The same; None only where neither a name nor a token is there. A token that is there and empty is refused."""
    import os

    from leaderboard import teams
    from leaderboard.errors import RefusedError

    token = args.token
    if token is None and args.team is None:
        token = os.environ.get("LEADERBOARD_TOKEN")
    with competition.reading() as connection:
        if token is None:
            return None if args.team is None else teams.find(connection, args.team).name
        name = teams.find_by_token(connection, token).name
        if args.team is not None and teams.find(connection, args.team).name != name:
            raise RefusedError(f"the token is not that of {args.team!r}")
        return name


def standing_columns(form: str, *more: str) -> tuple[str, ...]:
    """Columns of the standings in an output format, `more` after the rank."""
    rank, *others = STANDING_COLUMNS
    return (rank, *more, *others) if form == "table" else (rank, *more, "teamId", *others, "baseline")


def standing_row(place: Standing, timezone: str) -> dict[str, Any]:
    """A place as plain data, under Kaggle's column names where it has one."""
    from leaderboard.clock import shown

    low, high = place.score.interval
    return {
        "rank": place.rank,
        "teamId": place.team.id,
        "teamName": place.team.name,
        "score": place.score.value,
        "low": low,
        "high": high,
        "hits": place.score.hits,
        "rows": place.score.rows,
        "entries": place.entries,
        "submissionDate": shown(place.last_at, timezone),
        "group": place.group,
        "baseline": bool(place.team.baseline),
    }


def standings(competition: Competition, connection: sa.Connection) -> list[Standing]:
    """The public standings with their groups."""
    from leaderboard import ranking, store

    entries = ranking.public_entries(connection)
    places = ranking.public_standings(connection, entries, competition.rules.tie)
    return ranking.grouped(connection, places, store.public_scores)
