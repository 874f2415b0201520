"""The steps of the simulated term: stages, the commands that a tutor types, and the teams' entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leaderboard.competition.simulation import DAY, labels_csv
from leaderboard.core.clock import HOUR, to_datetime
from leaderboard.rehearsal.term import COPIER, HASTY, ILL, TIMEZONE, PlannedEntry, Term


@dataclass(frozen=True)
class Stage:
    """A new part of the term; `at` in microseconds since 1970."""

    title: str
    at: int
    note: str = ""


@dataclass(frozen=True)
class LastEntry:
    """A placeholder in a command: the number of the team's last entry."""

    team: str


@dataclass(frozen=True)
class Command:
    """A command of `leaderboard`. The first `lines` lines of its output are shown. `refused`: the rules refuse it."""

    words: tuple[str | LastEntry, ...]
    lines: int = 8
    refused: bool = False


@dataclass(frozen=True)
class Entries:
    """The files that the teams submit before the next stage."""

    planned: list[PlannedEntry]


Step = Stage | Command | Entries


def script(term: Term) -> Iterator[Step]:
    """All steps in order. The generator writes a file just before the step that uses it."""
    yield from _before(term)
    yield from _weeks(term)
    yield from _end(term)


def _command(text: str, *more: str | LastEntry, lines: int = 8, refused: bool = False) -> Command:
    return Command((*text.split(), *more), lines, refused)


def _before(term: Term) -> Iterator[Step]:
    yield Stage("Before the term: the competition, its rules, the teams", term.at(0))
    yield _command("init competition --solution solution.csv --name Rehearsal",
                   "--deadline", term.last_day, "--timezone", TIMEZONE, "--seed", "1")  # fmt: skip
    yield _command("rules set board_still_from", "2 days")
    yield _command("rules set late", "1 day")
    yield _command("team import roster.csv --tokens tokens.csv", lines=3)
    yield _command("team members", "Team 01")
    yield _command("submit -f competition/sample_submission.csv --baseline --team", "classes in turn", lines=2)


def _weeks(term: Term) -> Iterator[Step]:
    yield Stage("The first week", term.at(0, 12))
    yield Entries(term.between(term.begins, term.at(7)))
    yield Stage("After a week: the standings, and a file that is not valid", term.at(7))
    yield _command("leaderboard")
    bad = term.file("wrong.csv", b"id,label\n1,cat\n2,Dog\n")
    yield _command("submit -f", bad, "--team", HASTY, lines=4)
    yield Entries(term.between(term.at(7), term.at(8)))
    yield Stage("A team sends more than the rules allow", term.at(8))
    generator = np.random.default_rng(5)
    for number in range(6):
        file = term.file(f"try-{number}.csv", labels_csv(term.images.predictions(0.7 + 0.01 * number, generator)))
        yield _command("submit -f", file, "--team", HASTY, lines=2, refused=number == 5)
    yield _command("quota --team", HASTY)
    yield Entries(term.between(term.at(8), term.at(15)))
    yield Stage("A team is ill: it may submit for two more days", term.at(15))
    yield _command("team grant", ILL, "--entries", "2", "--until", _two_days_later(term), "--reason", "ill")
    yield _command("publish site")
    yield Entries(term.between(term.at(15), term.at(19, 0)))
    yield Stage("Two days before the deadline the board stands still", term.at(19, 0))
    yield Entries(term.between(term.at(19, 0), term.ends))
    yield _command("leaderboard", lines=6)


def _end(term: Term) -> Iterator[Step]:
    generator = np.random.default_rng(6)
    yield Stage("After the deadline: a late file, and the team that was ill", term.ends + 3 * HOUR)
    late = term.file("late.csv", labels_csv(term.images.predictions(0.97, generator)))
    yield _command("submit -f", late, "--team", "Team 20", lines=4)
    granted = term.file("granted.csv", labels_csv(term.images.predictions(0.93, generator)))
    yield _command("submit -f", granted, "--team", ILL, lines=4)
    yield Stage("What to ask the teams about, before anything is final", term.ends + 4 * HOUR)
    yield _command("inspect")
    yield _command("entry void", LastEntry(COPIER), "--reason", "a copy of another team's file")
    yield _command("entry list")
    yield Stage("The end", term.ends + 5 * HOUR)
    yield _command("freeze")
    yield _command("reveal --yes")
    yield _command("publish site")
    yield _command("report report.html")
    yield _command("report public.html --public")
    yield _command("export final --format csv", lines=4)
    yield _command("export files final-files")
    yield _command("gradebook --for moodle --rule groups --points 20 --out moodle.csv")
    yield _command("backup backup")
    yield _command("audit verify")


def _two_days_later(term: Term) -> str:
    """The second day after the deadline."""
    return f"{to_datetime(term.ends + 3 * DAY // 2, TIMEZONE):%Y-%m-%d}"
