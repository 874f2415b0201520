"""Arguments that the commands on a competition share: its folder, the output format, and who acts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboard.commands.output import FORMATS

if TYPE_CHECKING:
    import sqlalchemy as sa

    from leaderboard.client.connection import Server
    from leaderboard.competition.competition import Competition


def add(
    commands: argparse._SubParsersAction, name: str, run, help: str, *, prints_rows: bool = True
) -> argparse.ArgumentParser:
    """Add a command on a competition, with its folder and, if it prints rows, their format."""
    parser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--competition", type=Path, metavar="DIR", help="competition folder (or LEADERBOARD_DIR)")
    if prints_rows:
        parser.add_argument("--format", choices=FORMATS, default="table", help="how rows are printed")
    parser.set_defaults(run=run)
    return parser


def add_team(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who acts: a token or, for anyone who can read the folder, a name."""
    parser.add_argument("--team", help="team name; whoever can read the competition folder needs no token")
    text = (
        "the team's token (or LEADERBOARD_TOKEN); - reads it from standard input, @FILE from a file, both unseen by ps"
    )
    parser.add_argument("--token", help=text)


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the option for a server to ask instead of a folder on this machine."""
    text = "ask this server (default: that of LEADERBOARD_SERVER, or of the last leaderboard login)"
    parser.add_argument("--server", metavar="URL", help=text)


def find_server(args: argparse.Namespace) -> Server | None:
    """The server to ask; None to use a folder, because one is named or a team acts without a server's token."""
    import os

    from leaderboard.client import tokens
    from leaderboard.client.connection import Server
    from leaderboard.competition.folder import VARIABLE
    from leaderboard.core.errors import LeaderboardError

    local = [args.competition, *(getattr(args, name, None) for name in ("team", "token", "baseline", "private"))]
    if args.server is not None:
        if any(local):
            raise LeaderboardError("--server asks a server with the token of your login: leave out the other options")
        return Server(*tokens.load(os.environ, args.server))
    if any(local) or os.environ.get(VARIABLE) or not tokens.is_logged_in(os.environ):
        return None
    return Server(*tokens.load(os.environ))


def open_competition(args: argparse.Namespace, *, checked: bool = True) -> Competition:
    """The competition of --competition, LEADERBOARD_DIR, this folder or ./competition.

    `checked`: also check that its classes are still those of the log. Raises LeaderboardError.
    """
    import os

    from leaderboard.competition.competition import Competition
    from leaderboard.competition.folder import find_competition

    competition = Competition(find_competition(args.competition, os.environ))
    if checked:
        competition.require_classes()
    return competition


def acting_team(competition: Competition, args: argparse.Namespace) -> sa.Row:
    """The acting team. Raises LeaderboardError if neither a name nor a token is given."""
    from leaderboard.core.errors import LeaderboardError

    team = acting_team_if_given(competition, args)
    if team is None:
        raise LeaderboardError("which team? give --team NAME, or set LEADERBOARD_TOKEN to the team's token")
    return team


def acting_team_if_given(competition: Competition, args: argparse.Namespace) -> sa.Row | None:
    """The same; None if neither a name nor a token is given. An empty token is refused."""
    from leaderboard.competition import teams

    return teams.authenticate(competition, args.team, find_token(args.token))


def find_token(given: str | None) -> str | None:
    """The token from --token (- reads standard input, @FILE a file), else from LEADERBOARD_TOKEN, else None."""
    import os
    import sys

    from leaderboard.core.errors import LeaderboardError

    if given is None:
        return os.environ.get("LEADERBOARD_TOKEN")
    if given == "-":
        return sys.stdin.readline().strip()
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(errors="backslashreplace").strip()
    except OSError as error:
        raise LeaderboardError(f"--token {given}: cannot read the file: {error.strerror}") from None
