"""Points from the final standings, in the columns that the gradebook of a course imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaderboard.core.errors import LeaderboardError
from leaderboard.standings.ranking import Standing

# Canvas computes columns with these words itself: its import ignores them.
_RESERVED = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
MOST_POINTS = 10_000
# A rule gives the points by team name, from the places of the final standings.
Rule = Callable[[Sequence[Standing]], dict[str, float]]


def _require_points(points: float) -> None:
    if not 0 < points <= MOST_POINTS:
        raise LeaderboardError(f"--points {points}: it must be more than 0 and at most {MOST_POINTS}")


@dataclass(frozen=True)
class Scale:
    """0 points up to the score `zero`, `points` from the score `full` on, and linear in between."""

    zero: float
    full: float
    points: float

    def __post_init__(self) -> None:
        if not 0 <= self.zero < self.full <= 1:
            raise LeaderboardError(f"--zero {self.zero} --full {self.full}: write two scores, 0 <= zero < full <= 1")
        _require_points(self.points)

    def points_of(self, score: float) -> float:
        """The points of a score, rounded to two decimals."""
        share = (score - self.zero) / (self.full - self.zero)
        return round(self.points * min(1.0, max(0.0, share)), 2)

    def __call__(self, places: Sequence[Standing]) -> dict[str, float]:
        """The points of each team by its score."""
        return {place.team.name: self.points_of(place.score.value) for place in places}


@dataclass(frozen=True)
class Steps:
    """`points` for the first group of teams, and an equal step less for each further group.

    With G groups, group g gets points x (G - g + 1) / G. So the last group still gets one step.
    """

    points: float

    def __post_init__(self) -> None:
        _require_points(self.points)

    def __call__(self, places: Sequence[Standing]) -> dict[str, float]:
        """The points of each team by its group, rounded to two decimals; baselines have no group and no points."""
        groups = max((place.group or 0 for place in places), default=0)
        of_team = {place.team.name: place.group for place in places if place.group is not None}
        return {team: round(self.points * (groups - group + 1) / groups, 2) for team, group in of_team.items()}


@dataclass(frozen=True)
class Grade:
    """A student and the points of the team; None if the team is disabled."""

    name: str
    student_id: str
    email: str
    points: float | None


Table = tuple[tuple[str, ...], list[dict[str, Any]]]


def moodle(grades: Sequence[Grade], title: str, _points: float) -> Table:
    """Columns and rows for Moodle, which identifies a student by ID number or e-mail address.

    Students without points are left out: Moodle would import an empty cell of a new grade item as a grade.

    Source: grade/import/csv/classes/load_data.php of github.com/moodle/moodle
    """
    columns = ("ID number", "Email address", title)
    graded = [grade for grade in grades if grade.points is not None]
    return columns, [dict(zip(columns, (g.student_id, g.email, format_points(g.points)), strict=True)) for g in graded]


def canvas(grades: Sequence[Grade], title: str, points: float) -> Table:
    """Columns and rows for Canvas, which identifies a student by SIS User ID and creates the assignment `title`.

    Raises LeaderboardError if Canvas ignores columns with this title.

    Source: lib/gradebook_importer.rb of github.com/instructure/canvas-lms
    """
    if _RESERVED.search(title):
        raise LeaderboardError(f"--title {title!r}: Canvas ignores columns with this name: choose another title")
    columns = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", title)
    possible = ("Points Possible", "", "", "", "", format_points(points))
    rows = [(g.name, "", g.student_id, "", "", format_points(g.points)) for g in grades]
    return columns, [dict(zip(columns, row, strict=True)) for row in (possible, *rows)]


FORMATS = {"moodle": moodle, "canvas": canvas}


def grades(members: Sequence[Mapping[str, str]], points: Mapping[str, float | None]) -> list[Grade]:
    """Each member with the points of the team. `points`: by team name; a team that is not there has 0.0."""
    return [
        Grade(member["name"], member["studentId"], member["email"], points.get(member["teamName"], 0.0))
        for member in members
    ]


def format_points(points: float | None) -> str:
    """The points with two decimals; empty for None."""
    return "" if points is None else f"{points:.2f}"
