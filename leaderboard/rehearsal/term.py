"""The simulated term: students, labels, and which team submits what and when."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from leaderboard.competition.simulation import DAY, Images, labels_csv
from leaderboard.core.clock import find_timezone, from_datetime

TIMEZONE = "Europe/Berlin"
TEAMS, ROWS, SEED = 40, 10_000, 11
LENGTH = 21  # days; the deadline is at the end of the last one
FIRST_NAMES = ("Ada", "Jürgen", "小明", "Zoë", "Léa", "Søren", "Маша", "İpek", "Nour", "Kim")
COPIER, COPIED, ILL, HASTY = "Team 40", "Team 03", "Team 07", "Team 39"


@dataclass(frozen=True)
class PlannedEntry:
    """One file that a team will submit; `at` in microseconds since 1970."""

    at: int
    team: str
    data: bytes


@dataclass(frozen=True)
class Term:
    """The folder of the files, the begin (midnight) and end in microseconds since 1970, all entries by time."""

    folder: Path
    begins: int
    ends: int
    planned: list[PlannedEntry]
    images: Images

    @property
    def last_day(self) -> str:
        """The day of the deadline, such as 2026-12-20."""
        return f"{_local(self.ends - DAY // 2):%Y-%m-%d}"

    def at(self, day: int, hour: float = 9) -> int:
        """The moment of a day (from 0) and an hour of the term, in microseconds since 1970."""
        start = _local(self.begins) + timedelta(days=day)
        return from_datetime(start.replace(tzinfo=find_timezone(TIMEZONE))) + int(hour * 3600 * 1_000_000)

    def between(self, first: int, last: int) -> list[PlannedEntry]:
        """The entries from the first moment up to, but not including, the last."""
        return [entry for entry in self.planned if first <= entry.at < last]

    def file(self, name: str, data: bytes) -> str:
        """Write a file into the folder, to be submitted; return its name."""
        (self.folder / name).write_bytes(data)
        return name


def prepare(folder: Path, today: datetime) -> Term:
    """Write roster.csv and solution.csv into the folder; plan a term that ended at the last midnight."""
    midnight = today.astimezone(find_timezone(TIMEZONE)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    ends = from_datetime(midnight.replace(tzinfo=find_timezone(TIMEZONE)))
    begins = from_datetime((midnight - timedelta(days=LENGTH)).replace(tzinfo=find_timezone(TIMEZONE)))
    generator = np.random.default_rng(SEED)
    images = Images(ROWS, generator)
    (folder / "solution.csv").write_bytes(labels_csv(images.truth))
    (folder / "roster.csv").write_text(_roster(), encoding="utf-8")
    return Term(folder, begins, ends, _plan(begins, ends, images, generator), images)


def team_names() -> list[str]:
    """The teams of the roster."""
    return [f"Team {number:02d}" for number in range(1, TEAMS + 1)]


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1_000_000, find_timezone(TIMEZONE)).replace(tzinfo=None)


def _roster() -> str:
    """Two students for each team, with names from several languages."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "student id", "e-mail", "team"))
    for number, team in enumerate(team_names()):
        for member in (0, 1):
            name = f"{FIRST_NAMES[(2 * number + member) % len(FIRST_NAMES)]} {chr(65 + number % 26)}."
            identity = f"{4000 + 2 * number + member:06d}"
            writer.writerow((name, identity, f"s{identity}@uni.example", team))
    return text.getvalue()


def _plan(begins: int, ends: int, images: Images, generator: np.random.Generator) -> list[PlannedEntry]:
    """Three to eight entries per team, better towards the end; the last two teams have none, except one copied file."""
    planned, last = [], {}
    for place, team in enumerate(team_names()[:-2]):
        ceiling = 0.955 - 0.006 * place + 0.004 * generator.standard_normal()
        moments = begins + DAY + (ends - begins - 2 * DAY) * generator.random(int(generator.integers(3, 9))) ** 0.7
        for at in sorted(map(int, moments)):
            share = (at - begins) / (ends - begins)
            codes = images.predictions(ceiling - 0.15 * (1 - share) ** 2, generator)
            planned.append(PlannedEntry(at, team, labels_csv(codes)))
            last[team] = codes
    copy = last[COPIED].copy()
    copy[generator.integers(0, ROWS, 40)] = 0
    planned.append(PlannedEntry(ends - DAY // 2, COPIER, labels_csv(copy)))
    return sorted(planned, key=lambda entry: entry.at)
