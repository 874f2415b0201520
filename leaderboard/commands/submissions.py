"""`submissions`: list a team's entries, or all of them."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments
from leaderboard.commands.output import print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `submissions`."""
    entries = arguments.add(commands, "submissions", run, "list a team's entries, or all of them")
    arguments.add_team(entries)
    arguments.add_server(entries)


def run(args: argparse.Namespace) -> int:
    """List entries, with private scores after the reveal."""
    server = arguments.find_server(args)
    if server is not None:
        from leaderboard.commands import remote

        return remote.submissions(server, args)
    from leaderboard.competition import board_still
    from leaderboard.standings import listing

    competition = arguments.open_competition(args)
    team = arguments.acting_team_if_given(competition, args)
    rules = competition.rules
    with competition.read_transaction() as connection:
        hidden_since = board_still.since if team is None else board_still.own_scores_hidden_since
        hidden = hidden_since(competition, connection)
        number = None if team is None else team.id
        rows = listing.submissions(connection, rules.timezone, rules.picks, number, hidden_from=hidden)
        columns = listing.participant_columns(connection)
    print_rows(rows, columns, args.format)
    if hidden is not None and args.format == "table":
        print(f"{board_still.text(competition, hidden)} Scores of later entries are not shown.")
    return 0
