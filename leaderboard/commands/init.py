"""`init`: make a competition from a solution."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `init`."""
    init = commands.add_parser("init", help="make a competition from a solution")
    init.add_argument("folder", type=Path, metavar="FOLDER", help="the competition's folder; it must be new or empty")
    init.add_argument("--solution", type=Path, required=True, help="CSV: id,label and optionally usage")
    init.add_argument("--name", help="title (default: the name in a dataset.json beside the solution, or the folder's)")
    init.add_argument("--public", type=float, help="share of the rows in the public score (default 0.3)")
    init.add_argument("--seed", type=int, help="seed of the split (default: drawn; whoever knows it knows the split)")
    init.add_argument("--daily-quota", type=int, default=5, help="entries per team and day")
    init.add_argument(
        "--deadline", default="", help="such as '2026-12-20 18:00' in the competition's timezone, or '2026-12-20 AoE'"
    )
    init.add_argument("--timezone", default="UTC", help="such as Europe/Berlin")
    init.add_argument("--tie", default="earlier", help="earlier or shared")
    init.add_argument("--ladder", action="store_true", help="count a score only if it clearly beats the team's best")
    init.add_argument(
        "--probabilities", action="store_true", help="also accept files with one probability column per class"
    )
    init.add_argument("--names", default="all", help="names on the page: all, anonymous or top")
    init.add_argument("--metric", default="accuracy", help="accuracy, or module:function")
    init.add_argument("--database", help="postgresql://user@host/name (default: SQLite in the folder)")
    init.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the competition and say what to do next."""
    from leaderboard.competition.creation import Split, create
    from leaderboard.core.clock import format_deadline
    from leaderboard.scoring.solution import dataset_name

    keys = ("daily_quota", "deadline", "timezone", "tie", "ladder", "probabilities", "names", "metric")
    rules = {key: getattr(args, key) for key in keys}
    rules["name"] = args.name or dataset_name(args.solution) or args.folder.resolve().name
    split = Split(public=args.public, seed=args.seed)
    made = create(args.folder, args.solution, rules, split, database=args.database)
    counts = ", ".join(f"{count:,} {name}" for name, count in made.solution(0).usage_counts().items())
    print(f"{args.folder}: {made.rules.name}, {len(made.rules.classes)} classes; rows: {counts}.")
    closes = made.rules.closes_at
    if closes is not None and closes <= made.clock():
        last = format_deadline(closes, made.rules.timezone)
        print(f"note: the deadline, {last}, has passed: no entry is accepted until you change it in rules.toml")
    print(f"Hand out {made.sample}; keep the folder to yourself. Rules: {args.folder}/rules.toml")
    print(f"Next: leaderboard team add --competition {args.folder} NAME ...")
    return 0
