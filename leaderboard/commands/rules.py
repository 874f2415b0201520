"""`rules`: check the rules of a competition, or set one of them."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `rules` with its actions."""
    text = "check the rules of a competition, or set one of them"
    rules = commands.add_parser("rules", help=text, description=text)
    actions = rules.add_subparsers(dest="action", required=True, metavar="ACTION")
    arguments.add(actions, "check", check, "say everything that is wrong with rules.toml", prints_rows=False)
    set_ = arguments.add(actions, "set", set_one, "set a rule and log it", prints_rows=False)
    set_.add_argument("key", metavar="KEY", help="such as daily_quota")
    set_.add_argument("value", metavar="VALUE", help="such as 6, true, or '2026-12-20 18:00'")


def check(args: argparse.Namespace) -> int:
    """Exit code 2 when rules.toml cannot be used."""
    import os

    from leaderboard.competition.competition import Competition
    from leaderboard.competition.folder import RULES, SHARED, find_competition
    from leaderboard.competition.rules import rule_problems
    from leaderboard.core.text import printable

    root = find_competition(args.competition, os.environ)
    if not (root / SHARED).is_file() and (root / RULES).is_file():
        path = root / RULES
        problems = rule_problems(path.read_text(encoding="utf-8-sig", errors="replace"))
        for problem in problems:
            print(f"{path}: {printable(problem)}")
        if problems:
            return 2
    return _compare(Competition(root))


def _compare(competition) -> int:
    from leaderboard.competition.rule_edits import unlogged_changes

    competition.require_classes()
    pending = unlogged_changes(competition)
    for change in pending:
        print(f"not logged yet: {change}")
    print(f"{competition.root}: the rules can be used" + ("; the next command logs the change" if pending else ""))
    return 0


def set_one(args: argparse.Namespace) -> int:
    """Say what has changed."""
    import os

    from leaderboard.competition.folder import find_competition
    from leaderboard.competition.rule_edits import set_rule

    changed = set_rule(find_competition(args.competition, os.environ), args.key, args.value)
    for change in changed:
        print(f"{change}; logged")
    if not changed:
        print(f"{args.key} is {args.value} already")
    return 0
