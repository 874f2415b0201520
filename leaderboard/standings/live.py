"""The public place of one team, for the reply to an entry.

The full standings read all entries, which takes longer with every entry. This keeps the best entry of each team in
memory and reads only new entries.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import sqlalchemy as sa

from leaderboard.scoring import paired
from leaderboard.standings import excluded
from leaderboard.standings.ranking import SAME_LEVEL, current_revision
from leaderboard.storage import database

MOST_PAIRS = 100_000
FAR_FUTURE = 2**62  # a moment later than any entry


@dataclass(frozen=True)
class LivePlace:
    """Rank and group among `ranked` teams; None for a baseline, a disabled team, or a team without an entry."""

    rank: int | None
    group: int | None
    ranked: int


@dataclass(frozen=True)
class _Best:
    """A team's best counting entry, or its best entry if none counts; the earlier one on a tie."""

    counts: bool
    hits: int
    number: int
    row_hits: bytes


_RANKED = sa.select(database.teams.c.id).where(~database.teams.c.disabled & ~database.teams.c.baseline)


def _new_entries() -> sa.Select:
    entry, score = database.submissions.c, database.public_scores.c
    return (
        sa.select(entry.id, entry.team_id, score.hits, score.counts, score.row_hits)
        .join(database.public_scores, score.submission_id == entry.id)
        .where((entry.id > sa.bindparam("last")) & (score.revision == sa.bindparam("revision")))
        .where((entry.at < sa.bindparam("before")) & excluded.is_ranked())
        .order_by(entry.id)
    )


# Built once: building the query takes longer than running it.
_NEW = _new_entries()


class LivePlaces:
    """Each team's best counting entry, in memory. Safe for use by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # What the memory is valid for: the revision, the latest moment, and the state of the exclusions.
        self._of: tuple[int, int, tuple[int, int, int]] = (-1, FAR_FUTURE, (0, 0, 0))
        self._last = 0
        self._best: dict[int, _Best] = {}
        self._same: dict[tuple[int, int], bool] = {}

    def place(self, connection: sa.Connection, tie: str, team_id: int, *, before: int | None) -> LivePlace:
        """The same place of the team as in `places.public_places`, from the entries before a moment."""
        ranked = set(connection.execute(_RANKED).scalars())
        with self._lock:
            self._read_new(connection, FAR_FUTURE if before is None else before)
            order = [(best, number) for number, best in self._best.items() if number in ranked]
            order.sort(key=lambda item: (-item[0].hits, item[0].number))
            index = next((i for i, (_, number) in enumerate(order) if number == team_id), None)
            if index is None:
                return LivePlace(None, None, len(order))
            places = [best for best, _ in order]
            return LivePlace(_rank(places, index, tie), self._group(places, index), len(order))

    def _read_new(self, connection: sa.Connection, before: int) -> None:
        wanted = current_revision(connection), before, excluded.state(connection)
        if wanted != self._of:
            self._of, self._last = wanted, 0
            self._best.clear()
            self._same.clear()
        values = {"last": self._last, "revision": wanted[0], "before": before}
        for number, team_id, hits, counts, row_hits in connection.execute(_NEW, values):
            self._last = number
            best = self._best.get(team_id)
            if best is None or (bool(counts), hits) > (best.counts, best.hits):
                self._best[team_id] = _Best(bool(counts), hits, number, row_hits)

    def _group(self, places: list[_Best], index: int) -> int:
        group, first = 1, places[0]
        for place in places[1 : index + 1]:
            if not self._are_same(first, place):
                group, first = group + 1, place
        return group

    def _are_same(self, first: _Best, other: _Best) -> bool:
        """McNemar's test as in `ranking.add_groups`; it keeps the results, as most pairs come again."""
        pair = first.number, other.number
        if pair not in self._same:
            if len(self._same) > MOST_PAIRS:
                self._same.clear()
            self._same[pair] = paired.mcnemar(*paired.discordant(first.row_hits, other.row_hits)) > SAME_LEVEL
        return self._same[pair]


def _rank(places: list[_Best], index: int, tie: str) -> int:
    if tie == "shared":
        return 1 + sum(place.hits > places[index].hits for place in places)
    return index + 1
