"""`benchmark`: measure this machine."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from leaderboard.commands.output import FORMATS, print_rows


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `benchmark`."""
    benchmark = commands.add_parser("benchmark", help="measure this machine; prints a table with medians")
    benchmark.add_argument("--repeats", type=int, default=7, help="medians of this many runs")
    benchmark.add_argument("--serve", action="store_true", help="measure the server instead, its clients included")
    benchmark.add_argument("--term", action="store_true", help="measure every command on a course of 25 teams instead")
    benchmark.add_argument("--database", help="with --serve: URL of an empty PostgreSQL, instead of SQLite")
    benchmark.add_argument("--format", choices=FORMATS, default="table", help="how the table is printed")
    benchmark.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 1 when a figure is past its limit."""
    import os
    import time

    from leaderboard.core.errors import LeaderboardError

    if args.repeats < 1:
        raise LeaderboardError(f"--repeats {args.repeats}: it must be 1 or more")
    rows = []
    for row in _measured(args):
        limit = "" if row["floor"] is None else f"{row['floor']:g} {row['unit']}"
        met = row["floor"] is None or _is_met(row["median"], row["floor"], row["unit"])
        cpu = "" if row["cpu"] is None else _amount(row["cpu"], row["unit"])
        median = _amount(row["median"], row["unit"])
        busy = f"{os.getloadavg()[0]:.1f}"
        rows.append({"what": row["what"], "median": median, "cpu": cpu, "limit": limit, "met": met, "load": busy})
        if args.format == "table":
            print(f"{row['what']} ...", flush=True)
    print_rows(rows, ("what", "median", "cpu", "limit", "met", "load"), args.format)
    if args.format == "table":
        runs = "One run" if args.serve or args.term else f"Medians of {args.repeats} runs"
        print(f"{runs}, {time.strftime('%Y-%m-%d')}. load: the machine's load average at that moment.")
    return 0 if all(row["met"] for row in rows) else 1


def _measured(args: argparse.Namespace) -> Iterator[dict]:
    import tempfile

    from leaderboard.benchmark import measure, serving, term
    from leaderboard.core.errors import LeaderboardError

    if args.serve and args.term:
        raise LeaderboardError("--serve and --term: choose one")
    if args.serve:
        yield from serving.measure(database=args.database)
    elif args.term:
        with tempfile.TemporaryDirectory() as folder:
            yield from term.measure(Path(folder))
    else:
        yield from measure.measure(args.repeats)


def _is_met(value: float, limit: float, unit: str) -> bool:
    """A rate or a count must not be below its limit; a time or a size must not be above it."""
    return value >= limit if unit in ("/s", "") else value <= limit


def _amount(value: float, unit: str) -> str:
    return f"{1000 * value:.1f} ms" if unit == "s" and value < 1 else f"{value:.2f} {unit}"
