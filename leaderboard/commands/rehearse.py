"""`rehearse`: play a whole term with 40 teams through the real commands, to show what a tutor will see."""

from __future__ import annotations

import argparse
import contextlib
import io
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leaderboard.competition.simulation import ManualClock
    from leaderboard.rehearsal.script import Command, Entries, LastEntry, Stage

FOLDER = "competition"


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `rehearse`."""
    text = "play a made-up term of 40 teams with the real commands, and leave its pages to look at"
    rehearse = commands.add_parser("rehearse", help=text, description=text)
    rehearse.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="a new folder (default: a temporary one)")
    rehearse.set_defaults(run=lambda args: run(args, commands.choices))


def run(args: argparse.Namespace, commands: dict[str, argparse.ArgumentParser]) -> int:
    """Print each stage: the commands as a tutor types them, and what they say."""
    from datetime import UTC, datetime

    from leaderboard.competition.simulation import ManualClock
    from leaderboard.core.clock import use_clock
    from leaderboard.rehearsal.script import Command, Entries, script
    from leaderboard.rehearsal.term import prepare

    folder = _folder(args.folder)
    term = prepare(folder, datetime.now(UTC))
    clock = ManualClock(term.begins)
    with _inside(folder), use_clock(clock):
        for step in script(term):
            if isinstance(step, Command):
                _play(step, commands)
            elif isinstance(step, Entries):
                _enter(step, clock)
            else:
                _begin(step, clock)
    print(f"\nAll of it is in {folder}; look at site/index.html, report.html and public.html, and delete the folder.")
    return 0


def _folder(folder: Path | None) -> Path:
    import tempfile

    from leaderboard.core.errors import LeaderboardError

    if folder is None:
        return Path(tempfile.mkdtemp(prefix="rehearsal-"))
    if folder.exists():
        raise LeaderboardError(f"{folder} exists: choose a new folder for the rehearsal")
    folder.mkdir(parents=True, mode=0o700)
    return folder.resolve()


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in the folder and on its competition alone, whatever server this account is logged in to."""
    import os
    import shutil

    from leaderboard.competition.folder import VARIABLE

    before = dict(os.environ)
    for name in ("LEADERBOARD_TOKEN", "LEADERBOARD_SERVER"):
        os.environ.pop(name, None)
    os.environ[VARIABLE] = FOLDER
    os.environ.setdefault("COLUMNS", str(shutil.get_terminal_size((110, 24)).columns - 2))
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _begin(stage: Stage, clock: ManualClock) -> None:
    from leaderboard.core.clock import format_time
    from leaderboard.rehearsal.term import TIMEZONE

    clock.at = max(clock.at, stage.at)
    print(f"\n== {stage.title} ({format_time(clock.at, TIMEZONE)})")


def _play(command: Command, commands: dict[str, argparse.ArgumentParser]) -> None:
    """Run a command and print the first lines of what it says. Raises LeaderboardError if it is refused by mistake."""
    from leaderboard.core.errors import RefusedError

    words = [_word(word) for word in command.words]
    print(f"$ leaderboard {shlex.join(words)}")
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            args = commands[words[0]].parse_args(words[1:])
            args.run(args)
        except RefusedError as error:
            if not command.refused:
                raise
            print(f"leaderboard: {error}")
    lines = output.getvalue().rstrip("\n").split("\n")
    for line in lines[: command.lines]:
        print(f"  {line}")
    more = len(lines) - command.lines
    if more > 0:
        print(f"  ... and {more} more {'line' if more == 1 else 'lines'}")


def _word(word: str | LastEntry) -> str:
    if isinstance(word, str):
        return word
    import sqlalchemy as sa

    from leaderboard.competition import teams
    from leaderboard.competition.competition import Competition
    from leaderboard.storage import database

    table = database.submissions
    with Competition(Path(FOLDER)).read_transaction() as connection:
        team = teams.by_name(connection, word.team).id
        return str(connection.execute(sa.select(sa.func.max(table.c.id)).where(table.c.team_id == team)).scalar_one())


def _enter(step: Entries, clock: ManualClock) -> None:
    """Submit the teams' files, each at its time."""
    from rich.console import Console
    from rich.progress import track

    from leaderboard.competition import entries, teams
    from leaderboard.competition.competition import Competition
    from leaderboard.core.errors import RefusedError

    competition = Competition(Path(FOLDER))
    refused = 0
    for planned in track(step.planned, "teams hand in", console=Console(stderr=True), transient=True):
        clock.at = planned.at
        with competition.read_transaction() as connection:
            number = teams.by_name(connection, planned.team).id
        try:
            entries.submit_bytes(competition, number, planned.data, name="submission.csv")
        except RefusedError:
            refused += 1
    note = f", {refused} of them refused by the rules" if refused else ""
    print(f"({len(step.planned)} files came in{note})")
