"""Fit a table into a terminal: columns go by rank of need, names are shortened, numbers stay whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GAP = 2
SHORTEST = 16
SHORTEST_HEADING = 4
# What goes first when there is no room, and what goes together. Columns that are not here stay.
DROPPED = (
    *(("hits", "rows"), ("counted",), ("teamId",), ("added",), ("given",), ("sha256",), ("part",), ("group",)),
    *(("submissionDate",), ("submission_date",), ("baseline",), ("fileName",), ("selected",), ("used",)),
    *(("description",), ("reason",), ("shown",), ("entries",), ("low", "high"), ("studentId",), ("left",)),
    *(("status",), ("email",), ("date",), ("revoked",), ("before",), ("change",), ("page",)),
)
# Prose goes on in a second line; other text is cut with an ellipsis.
PROSE = frozenset(("detail", "payload", "what", "fix", "resets"))


@dataclass(frozen=True)
class Fit:
    """The columns that have room, each with its width in cells, and those that have none."""

    widths: dict[str, int]
    dropped: list[str]


def fit(cells: Mapping[str, Sequence[int]], rigid: frozenset[str], width: int) -> Fit | None:
    """Fit columns into `width` cells. `cells`: the width of each cell of a column, its heading the first.

    Columns in `rigid` keep the width of their cells; the others may shrink to 16 cells. None if what must stay does not
    fit.
    """
    natural = {name: max(sizes) for name, sizes in cells.items()}
    for shortest in (max, _without_heading):
        least = {
            name: shortest(cells[name]) if name in rigid else min(full, max(SHORTEST, cells[name][0]))
            for name, full in natural.items()
        }
        fitted = _fit(least, natural, width)
        if fitted is not None:
            return fitted
    return None


def _without_heading(sizes: Sequence[int]) -> int:
    """The width of the widest cell: a heading may be cut, where only that makes room."""
    return max([SHORTEST_HEADING, *sizes[1:]])


def _fit(least: dict[str, int], natural: Mapping[str, int], width: int) -> Fit | None:
    dropped: list[str] = []
    for names in ((), *DROPPED):
        gone = [name for name in names if name in least]
        dropped += gone
        for name in gone:
            del least[name]
        spare = width - sum(least.values()) - GAP * (len(least) - 1)
        if spare >= 0 and least:
            return Fit(_grown(least, natural, spare), dropped)
    return None


def _grown(least: dict[str, int], natural: Mapping[str, int], spare: int) -> dict[str, int]:
    """Give the spare room to the shortened columns, a cell each in turn."""
    widths = dict(least)
    while spare > 0:
        short = [name for name in widths if widths[name] < natural[name]]
        if not short:
            break
        for name in short[:spare]:
            widths[name] += 1
        spare -= len(short[:spare])
    return widths
