"""What a team does: `submit`, `submissions`, `leaderboard`, `select`."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import common
from leaderboard.output import print_json, print_rows


def add_parsers(commands: argparse._SubParsersAction) -> None:
    """Add this group's commands to the parser."""
    submit = common.add(commands, "submit", run_submit, "enter a file for a team: score, rank and quota at once")
    submit.add_argument("-f", "--file", type=Path, required=True)
    submit.add_argument("-m", "--message", default="", help="what this entry is, for your own list")
    common.add_team(submit)
    submit.add_argument("--baseline", action="store_true", help="enter as a baseline: shown, not ranked; made if new")

    entries = common.add(commands, "submissions", run_submissions, "list a team's entries, or all of them")
    common.add_team(entries)

    board = common.add(commands, "leaderboard", run_leaderboard, "show the standings")
    board.add_argument(
        "--private", action="store_true", help="private standings, before they are revealed: for the tutor"
    )

    select = common.add(commands, "select", run_select, "choose a team's final entries", prints_rows=False)
    select.add_argument("number", type=int, nargs="*", help="entry numbers; none: the best by public score")
    common.add_team(select)


def run_submit(args: argparse.Namespace) -> int:
    """Exit code 0 when accepted, 1 when the file is not valid, 3 when the rules refuse."""
    from leaderboard import entries, teams
    from leaderboard.commands.local import print_report
    from leaderboard.errors import LeaderboardError

    competition = common.open_competition(args)
    if not args.file.exists() and not args.file.is_symlink():
        raise LeaderboardError(f"there is no file {args.file}")
    if args.baseline and (args.team is None or args.token is not None):
        raise LeaderboardError("--baseline needs --team NAME, and no token: a baseline is the tutor's")
    if args.baseline and _is_new_baseline(competition, args.team):
        report = entries.judge(competition, args.file)
        if not report.valid:
            return print_report(args.file, report, args.format)
        teams.add(competition, args.team, baseline=True)
    receipt = entries.submit(competition, common.team_name(competition, args), args.file, args.message)
    if receipt.submission is None:
        code = print_report(args.file, receipt.report, args.format)
        if args.format == "table":
            print(f"It cost no quota: {_left(competition, receipt)}")
        return code
    with competition.reading() as connection:
        places = common.standings(competition, connection)
        team = teams.find(connection, receipt.team)
    # None where the team was taken off the board in this moment.
    place = next((place for place in places if place.team.id == team.id), None)
    _print_receipt(args, competition, receipt, place, sum(p.rank is not None for p in places))
    return 0


def _is_new_baseline(competition, name: str) -> bool:
    from leaderboard import teams
    from leaderboard.errors import LeaderboardError

    with competition.reading() as connection:
        try:
            team = teams.find(connection, name)
        except LeaderboardError:
            return True
    if not team.baseline:
        raise LeaderboardError(f"{name!r} is a team, not a baseline: leave out --baseline")
    return False


def _left(competition, receipt) -> str:
    from leaderboard.clock import duration, shown

    zone, quota = competition.rules.timezone, competition.rules.daily_quota
    wait = duration(receipt.resets_at - competition.clock())
    left = f"{max(0, receipt.left)} of {quota} entries left today"
    return f"{left}; the next day begins {shown(receipt.resets_at, zone)}, in {wait}"


def _print_receipt(args, competition, receipt, place, ranked: int) -> None:
    from leaderboard.clock import shown

    if args.format != "table":
        row = {
            "ref": receipt.submission,
            "teamName": receipt.team,
            "publicScore": receipt.score.value,
            "counts": receipt.counts,
            "rank": place and place.rank,
            "teams": ranked,
            "quotaLeft": max(0, receipt.left),
            "quotaResets": shown(receipt.resets_at, competition.rules.timezone),
            "notes": receipt.report.notes,
        }
        print_json(row) if args.format == "json" else print_rows([row], row, "csv")
        return
    for note in receipt.report.notes:
        print(f"note: {note}")
    metric = competition.rules.metric.rpartition(":")[2]
    print(f"Entry no. {receipt.submission}, by {receipt.team}: public {metric} {receipt.score}")
    if not receipt.counts:
        print("It does not beat your best by the paired standard error, so your public score stays (Ladder rule).")
    if place is None:
        print("The team is disabled: it is not on the board.")
        return
    print("A baseline: shown, not ranked." if place.rank is None else f"Rank {place.rank} of {ranked}.")
    if not place.team.baseline:
        print(f"{_left(competition, receipt)}.")


def run_submissions(args: argparse.Namespace) -> int:
    """The private score is shown once revealed."""
    import sqlalchemy as sa

    from leaderboard import listing

    competition = common.open_competition(args)
    team = common.team_name_if_given(competition, args)
    with competition.reading() as connection:
        rows = listing.submissions(competition, connection, team)
        revealed = connection.execute(sa.select(listing.store.competition.c.revealed_at)).scalar() is not None
    columns = list(listing.COLUMNS) if revealed else [name for name in listing.COLUMNS if name != "privateScore"]
    print_rows(rows, columns, args.format)
    return 0


def run_leaderboard(args: argparse.Namespace) -> int:
    """Public standings; private ones after the reveal, or for the tutor with --private."""
    import sqlalchemy as sa

    from leaderboard import lifecycle, store

    competition = common.open_competition(args)
    zone = competition.rules.timezone
    with competition.reading() as connection:
        state = connection.execute(sa.select(store.competition)).one()
        if args.private or state.revealed_at is not None:
            rows = [moved_row(move, zone) for move in lifecycle.final_standings(competition, connection)]
            columns = common.standing_columns(args.format, "change")
        else:
            rows = [common.standing_row(place, zone) for place in common.standings(competition, connection)]
            columns = common.standing_columns(args.format)
    if not rows and args.format == "table":
        print("No entries yet: leaderboard submit -f submission.csv --team NAME makes the first.")
        return 0
    print_rows(rows, columns, args.format)
    return 0


def moved_row(move, zone: str) -> dict:
    return {**common.standing_row(move.after, zone), "change": move.change}


def run_select(args: argparse.Namespace) -> int:
    """Replace the final picks of a team."""
    from leaderboard import entries

    competition = common.open_competition(args)
    team = common.team_name(competition, args)
    entries.select(competition, team, args.number)
    chosen = ", ".join(map(str, args.number)) or f"the best {competition.rules.picks} by public score"
    print(f"{team}: final entries are {chosen}.")
    return 0
