"""Points for a course's gradebook, from the final scores, in the columns that its import reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaderboard.core.errors import LeaderboardError

# Columns with these words are results of Canvas: its import passes over them.
_RESERVED = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")


@dataclass(frozen=True)
class Scale:
    """No points up to the score `zero`, `points` from the score `full` on, and a straight line between them."""

    zero: float
    full: float
    points: float

    def __post_init__(self) -> None:
        if not 0 <= self.zero < self.full <= 1:
            raise LeaderboardError(f"--zero {self.zero} --full {self.full}: write two scores, 0 <= zero < full <= 1")
        if not 0 < self.points <= 10_000:
            raise LeaderboardError(f"--points {self.points}: it must lie between 0 and 10000")

    def __call__(self, score: float) -> float:
        """The points of a score, rounded to two places."""
        share = (score - self.zero) / (self.full - self.zero)
        return round(self.points * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True)
class Grade:
    """A student with the points of the team; None for a team that was taken off the board."""

    name: str
    student_id: str
    email: str
    points: float | None


Table = tuple[tuple[str, ...], list[dict[str, Any]]]


def moodle(grades: Sequence[Grade], title: str, _scale: Scale) -> Table:
    """Columns and rows for Moodle, which finds a student by the ID number or by the e-mail address.

    Source: https://docs.moodle.org/311/en/Grade_import
    """
    columns = ("ID number", "Email address", title)
    return columns, [dict(zip(columns, (g.student_id, g.email, _cell(g.points)), strict=True)) for g in grades]


def canvas(grades: Sequence[Grade], title: str, scale: Scale) -> Table:
    """Columns and rows for Canvas, which finds a student by the SIS User ID, and makes an assignment of a new title.

    Source: lib/gradebook_importer.rb of github.com/instructure/canvas-lms
    """
    if _RESERVED.search(title):
        raise LeaderboardError(f"--title {title!r}: Canvas passes over columns of this name: choose another")
    columns = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", title)
    possible = ("Points Possible", "", "", "", "", _cell(scale.points))
    rows = [(g.name, "", g.student_id, "", "", _cell(g.points)) for g in grades]
    return columns, [dict(zip(columns, row, strict=True)) for row in (possible, *rows)]


FORMATS = {"moodle": moodle, "canvas": canvas}


def grades(members: Sequence[Mapping[str, str]], scores: Mapping[str, float | None], scale: Scale) -> list[Grade]:
    """Each member with the points of the team. `scores`: by team; 0.0 points for a team that is not there."""
    out = []
    for member in members:
        score = scores.get(member["teamName"], 0.0)
        points = None if score is None else scale(score)
        out.append(Grade(member["name"], member["studentId"], member["email"], points))
    return out


def _cell(points: float | None) -> str:
    return "" if points is None else f"{points:.2f}"
