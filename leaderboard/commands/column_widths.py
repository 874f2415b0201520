"""FittedColumns a table into a terminal: drop the least needed columns, shorten names, keep numbers whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GAP = 2
SHORTEST = 16
SHORTEST_HEADING = 4
# The order in which columns are dropped if there is no room, and which go together. Columns not listed here stay.
DROPPED = (
    *(("hits", "rows"), ("counted",), ("teamId",), ("added",), ("given",), ("sha256",), ("part",), ("group",)),
    *(("submissionDate",), ("submission_date",), ("baseline",), ("fileName",), ("selected",), ("used",)),
    *(("description",), ("reason",), ("shown",), ("entries",), ("low", "high"), ("studentId",), ("left",)),
    *(("status",), ("email",), ("date",), ("revoked",), ("before",), ("change",), ("page",)),
)
# Prose wraps into a second line; other text is cut with an ellipsis.
PROSE = frozenset(("detail", "payload", "what", "fix", "resets"))


@dataclass(frozen=True)
class FittedColumns:
    """The columns that fit, each with its width in cells, and those that do not."""

    widths: dict[str, int]
    dropped: list[str]


def fit(cells: Mapping[str, Sequence[int]], rigid: frozenset[str], width: int) -> FittedColumns | None:
    """Fit columns into `width` cells. `cells` holds the width of each cell of a column, starting with its heading.

    Columns in `rigid` keep the width of their cells; the others may shrink to 16 cells. Returns None if the columns
    that must stay do not fit.
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
    """The width of the widest cell; a heading may be cut if nothing else makes room."""
    return max([SHORTEST_HEADING, *sizes[1:]])


def _fit(least: dict[str, int], natural: Mapping[str, int], width: int) -> FittedColumns | None:
    dropped: list[str] = []
    for names in ((), *DROPPED):
        gone = [name for name in names if name in least]
        dropped += gone
        for name in gone:
            del least[name]
        spare = width - sum(least.values()) - GAP * (len(least) - 1)
        if spare >= 0 and least:
            return FittedColumns(_grown(least, natural, spare), dropped)
    return None


def _grown(least: dict[str, int], natural: Mapping[str, int], spare: int) -> dict[str, int]:
    """Give the spare room to the shortened columns, one cell each in turn."""
    widths = dict(least)
    while spare > 0:
        short = [name for name in widths if widths[name] < natural[name]]
        if not short:
            break
        for name in short[:spare]:
            widths[name] += 1
        spare -= len(short[:spare])
    return widths
