"""What the tutor looks at and keeps: `inspect`, `export`, `backup`, `benchmark`."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import common
from leaderboard.output import FORMATS, print_json, print_rows


def add_parsers(commands: argparse._SubParsersAction) -> None:
    """Add this group's commands to the parser."""
    inspect = common.add(commands, "inspect", run_inspect, "for the tutor: near-copies, copied labels, chance level")
    inspect.add_argument("entry", type=int, nargs="?", help="this entry instead: per class, confusion, calibration")
    common.add(commands, "export", run_export, "all teams and entries, private scores too: for the tutor")
    backup = common.add(
        commands, "backup", run_backup, "copy the competition at one moment into a new folder", prints_rows=False
    )
    backup.add_argument("out", type=Path, metavar="OUT")
    benchmark = commands.add_parser("benchmark", help="measure this machine; prints a table with medians")
    benchmark.add_argument("--repeats", type=int, default=7)
    benchmark.add_argument("--format", choices=FORMATS, default="table")
    benchmark.set_defaults(run=run_benchmark)


def run_inspect(args: argparse.Namespace) -> int:
    """Findings to ask about; nothing of this is ever on the page."""
    from leaderboard.integrity import review

    competition = common.open_competition(args)
    if args.entry is not None:
        return _inspect_entry(competition, args)
    rows = [{"kind": f.kind, "teams": " / ".join(f.teams), "detail": f.detail} for f in review(competition)]
    if not rows and args.format == "table":
        print("Nothing stands out among the teams' best entries.")
    else:
        print_rows(rows, ("kind", "teams", "detail"), args.format)
    return 0


def _inspect_entry(competition, args: argparse.Namespace) -> int:
    import sqlalchemy as sa

    from leaderboard import ranking, store
    from leaderboard.commands.local import print_details
    from leaderboard.entries import kept_report
    from leaderboard.errors import LeaderboardError

    with competition.reading() as connection:
        revision = ranking.current_revision(connection)
        files = store.mapping(connection, sa.select(store.submissions.c.id, store.submissions.c.sha256))
    if args.entry not in files:
        raise LeaderboardError(f"there is no entry {args.entry}: leaderboard submissions shows them")
    solution = competition.solution(revision)
    print_details(solution, kept_report(competition, solution, args.entry, files[args.entry]), args.format)
    return 0


def run_export(args: argparse.Namespace) -> int:
    """JSON holds the competition's name, the standings and the submissions; CSV and table the submissions."""
    from leaderboard import listing

    competition = common.open_competition(args)
    with competition.reading() as connection:
        rows = listing.submissions(competition, connection, None)
        standings = common.standings(competition, connection)
    if args.format != "json":
        print_rows(rows, listing.COLUMNS, args.format)
        return 0
    places = [common.standing_row(place, competition.rules.timezone) for place in standings]
    print_json({"name": competition.rules.name, "standings": places, "submissions": rows})
    return 0


def run_backup(args: argparse.Namespace) -> int:
    from leaderboard.backup import backup

    backup(common.open_competition(args), args.out)
    print(f"{args.out}: complete, and a competition folder of its own: it opens with --competition {args.out}")
    return 0


def run_benchmark(args: argparse.Namespace) -> int:
    """Exit code 1 when a figure is past its limit."""
    import time

    from leaderboard.benchmark import measure
    from leaderboard.errors import LeaderboardError

    if args.repeats < 1:
        raise LeaderboardError(f"--repeats {args.repeats}: it must be 1 or more")
    rows = []
    for row in measure(args.repeats):
        limit = "" if row["floor"] is None else f"{row['floor']:g} {row['unit']}"
        met = row["floor"] is None or row["median"] <= row["floor"]
        cpu = "" if row["cpu"] is None else _amount(row["cpu"], row["unit"])
        median = _amount(row["median"], row["unit"])
        rows.append({"what": row["what"], "median": median, "cpu": cpu, "limit": limit, "met": met})
        if args.format == "table":
            print(f"{row['what']} ...", flush=True)
    print_rows(rows, ("what", "median", "cpu", "limit", "met"), args.format)
    if args.format == "table":
        print(f"Medians of {args.repeats} runs, {time.strftime('%Y-%m-%d')}.")
    return 0 if all(row["met"] for row in rows) else 1


def _amount(value: float, unit: str) -> str:
    return f"{1000 * value:.1f} ms" if unit == "s" and value < 1 else f"{value:.2f} {unit}"
