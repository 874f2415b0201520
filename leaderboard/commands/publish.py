"""`publish`: write the page once or repeatedly."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands import arguments


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `publish`."""
    publish = arguments.add(commands, "publish", run, "write the page, with JSON and CSV beside it", prints_rows=False)
    publish.add_argument("out", type=Path, metavar="OUT", help="folder for the page; it is made if it does not exist")
    text = "go on until Ctrl-C: write again every 30s, 5m or 2h if something has changed, or after each new entry"
    publish.add_argument("--every", metavar="5m|entry", help=text)


def run(args: argparse.Namespace) -> int:
    """Write the page, and say where it is."""
    from leaderboard.page.publish import publish

    if args.every is not None:
        return _repeat(args)
    competition = arguments.open_competition(args)
    competition.log_rules()
    pages = publish(competition, args.out)
    print(f"{pages[0]}: open it in a browser, or copy {args.out} to a web server.")
    if len(pages) > 1:
        print(f"{len(pages) - 1} teams' own pages: leaderboard team list shows which is whose.")
    return 0


def _repeat(args: argparse.Namespace) -> int:
    """Exit code 0 after Ctrl-C or SIGTERM: the round under way is finished first."""
    import signal
    import sys
    import threading

    from leaderboard.page.repeat import Publisher, interval, keep_publishing

    every, stop = interval(args.every), threading.Event()

    def end(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second signal ends it at once
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    publisher = Publisher(lambda: arguments.open_competition(args), args.out)
    keep_publishing(
        publisher,
        every,
        stop,
        lambda text: print(text, flush=True),
        lambda text: print(f"leaderboard: {text}", file=sys.stderr, flush=True),
    )
    print(f"Stopped. The page in {args.out} stays as it is.")
    return 0
