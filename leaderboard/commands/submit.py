"""`submit`: enter a file for a team."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import arguments
from leaderboard.commands.output import print_json, print_rows
from leaderboard.commands.verdict import left_today, print_report, require_file


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `submit`."""
    submit = arguments.add(commands, "submit", run, "enter a file for a team: score, rank and quota at once")
    submit.add_argument("-f", "--file", type=Path, required=True, help="the submission CSV")
    submit.add_argument("-m", "--message", default="", help="what this entry is, for your own list")
    arguments.add_team(submit)
    arguments.add_server(submit)
    submit.add_argument("--baseline", action="store_true", help="enter as a baseline: shown, not ranked; made if new")


def run(args: argparse.Namespace) -> int:
    """Exit code 0 if the file is accepted, 1 if it is invalid, 3 if the rules refuse it."""
    require_file(args.file)
    server = arguments.find_server(args)
    if server is not None:
        from leaderboard.commands import remote

        return remote.submit(server, args)
    from leaderboard.competition import baselines, entries
    from leaderboard.core.errors import LeaderboardError

    competition = arguments.open_competition(args)
    if args.baseline and (args.team is None or args.token is not None):
        raise LeaderboardError("--baseline needs --team NAME, and no token: a baseline is the tutor's")
    if args.baseline:
        refused = baselines.create_if_missing(competition, args.team, args.file)
        if refused is not None:
            return print_report(args.file, refused, args.format)
    receipt = entries.submit(competition, arguments.acting_team(competition, args).id, args.file, args.message)
    if receipt.submission is None:
        code = print_report(args.file, receipt.report, args.format)
        if args.format == "table":
            print(f"It cost no quota: {_left(competition, receipt)}")
        return code
    place, ranked = entries.current_place(competition, receipt.team_id)
    _print_receipt(args, competition, receipt, place, ranked)
    return 0


def _left(competition, receipt) -> str:
    from leaderboard.core.clock import format_duration, format_time

    zone, quota = competition.rules.timezone, competition.rules.daily_quota
    wait = format_duration(receipt.resets_at - competition.clock())
    next_day = f"{format_time(receipt.resets_at, zone)}, in {wait}"
    return left_today(max(0, receipt.left), quota, receipt.invalid_left, next_day, receipt.granted)


def _print_receipt(args, competition, receipt, place, ranked: int) -> None:
    if args.format != "table":
        row = _row(competition, receipt, place, ranked)
        print_json(row) if args.format == "json" else print_rows([row], row, "csv")
        return
    for note in receipt.report.notes:
        print(f"note: {note}")
    metric = competition.rules.metric.rpartition(":")[2]
    score = "kept; its score is not shown yet" if receipt.score is None else f"public {metric} {receipt.score}"
    print(f"Entry no. {receipt.submission}, by {receipt.team}: {score}")
    if receipt.counts is False:
        print("It does not beat your best by the paired standard error, so your public score stays (Ladder rule).")
    if receipt.late:
        print("It came after the deadline: it is kept and scored, and does not rank unless the tutor restores it.")
    print(_place_text(competition, receipt.team_id, place, ranked))
    if place is None or not place.team.baseline:
        print(f"{_left(competition, receipt)}.")
    shown_as = _shown_as(competition, receipt.team_id)
    if shown_as != receipt.team:
        print(f"On the page {receipt.team} is {shown_as}.")


def _row(competition, receipt, place, ranked: int) -> dict:
    from leaderboard.core.clock import format_time

    return {
        "ref": receipt.submission,
        "teamName": receipt.team,
        "publicScore": receipt.score and receipt.score.value,
        "counts": receipt.counts,
        "late": receipt.late,
        "rank": place and place.rank,
        "teams": ranked,
        "quotaLeft": max(0, receipt.left),
        "granted": receipt.granted,
        "invalidLeft": receipt.invalid_left,
        "quotaResets": format_time(receipt.resets_at, competition.rules.timezone),
        "notes": receipt.report.notes,
    }


def _shown_as(competition, team_id: int) -> str:
    from leaderboard.competition import names, teams

    with competition.read_transaction() as connection:
        return names.display_name(connection, competition.rules.names, teams.by_id(connection, team_id))


def _place_text(competition, team_id: int, place, ranked: int) -> str:
    from leaderboard.competition import board_still, teams

    with competition.read_transaction() as connection:
        since = board_still.since(competition, connection)
        disabled = teams.by_id(connection, team_id).disabled
    if place is None:
        place_line = "The team is disabled: it is not on the board." if disabled else "It is not on the board."
    else:
        place_line = "A baseline: shown, not ranked." if place.rank is None else f"Rank {place.rank} of {ranked}."
    return place_line if since is None else f"{place_line} {board_still.text(competition, since)}"
