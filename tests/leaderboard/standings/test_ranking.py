"""Places and groups of ties against an independent computation: scipy's binomial test on unpacked rows."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from leaderboard.scoring import paired
from leaderboard.scoring.score import Score
from leaderboard.standings import ranking
from leaderboard.standings.ranking import Entry, Standing
from leaderboard.storage import database

ROWS = 400


def place(number: int, rows: np.ndarray, *, baseline: bool = False) -> Standing:
    """The place of team `number`, not ranked yet, with its entry of the same number."""
    score = Score(int(rows.sum()), len(rows))
    entry = Entry(number, number, number, score, True, False)
    return Standing(None, SimpleNamespace(id=number, baseline=baseline), score, entry, 1, number)


def ordered(hits: list[np.ndarray], tie: str = "earlier", baselines: set[int] = frozenset()) -> list[Standing]:
    places = [place(number, rows, baseline=number in baselines) for number, rows in enumerate(hits, 1)]
    places.sort(key=lambda p: (-p.score.hits, p.entry.number))
    return ranking._add_ranks(places, tie)


def groups(monkeypatch: pytest.MonkeyPatch, places: list[Standing], hits: list[np.ndarray]) -> list[int | None]:
    packed = {number: paired.pack(rows) for number, rows in enumerate(hits, 1)}
    monkeypatch.setattr(ranking, "_row_hits", lambda connection, table, numbers: {n: packed[n] for n in numbers})
    return [p.group for p in ranking.add_groups(None, places, database.public_scores)]


def groups_by_scipy(places: list[Standing], hits: list[np.ndarray]) -> list[int | None]:
    out: list[int | None] = []
    group, first = 0, None
    for standing in places:
        if standing.rank is None:
            out.append(None)
            continue
        own = hits[standing.entry.number - 1]
        if first is not None:
            a, b = int((first & ~own).sum()), int((own & ~first).sum())
            differs = a + b > 0 and stats.binomtest(a, a + b, 0.5).pvalue <= 0.05
        if first is None or differs:
            group, first = group + 1, own
        out.append(group)
    return out


@pytest.mark.parametrize("seed", range(8))
def test_groups_are_those_of_scipys_binomial_test(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    generator = np.random.default_rng(seed)
    base = generator.random(ROWS)
    noise = generator.random((14, ROWS))
    hits = [0.7 * base + 0.3 * noise[i] < 0.75 - 0.02 * i for i in range(14)]
    places = ordered(hits, baselines={3, 8})
    found = groups(monkeypatch, places, hits)
    assert found == groups_by_scipy(places, hits)
    assert len(set(found) - {None}) > 2
    assert len(set(found) - {None}) < 12


def discordant(only_first: int, only_second: int) -> list[np.ndarray]:
    """Two entries that differ on this many rows, and are both right on ten more."""
    first = np.zeros(ROWS, bool)
    second = np.zeros(ROWS, bool)
    first[:only_first] = second[only_first : only_first + only_second] = True
    first[300:310] = second[300:310] = True
    return [first, second]


# p: 6 of 6 is 2/64 = 0.03125, 5 of 5 is 0.0625, 13 of 17 is 0.04904, 12 of 16 is 0.0768 (binomial tables).
@pytest.mark.parametrize(
    ("only_first", "only_second", "same"), [(6, 0, False), (5, 0, True), (13, 4, False), (12, 4, True), (0, 0, True)]
)
def test_the_level_is_five_percent(
    monkeypatch: pytest.MonkeyPatch, only_first: int, only_second: int, same: bool
) -> None:
    hits = discordant(only_first, only_second)
    assert groups(monkeypatch, ordered(hits), hits) == ([1, 1] if same else [1, 2])


def test_a_level_that_is_met_exactly_tells_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    hits = discordant(6, 0)
    monkeypatch.setattr(ranking, "SAME_LEVEL", 0.03125)
    assert paired.mcnemar(6, 0) == pytest.approx(0.03125)
    monkeypatch.setattr(paired, "mcnemar", lambda a, b: 0.03125)
    assert groups(monkeypatch, ordered(hits), hits) == [1, 2]


def test_each_group_is_measured_from_its_first_and_numbered_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third cannot be told from the second, but from the first: it begins a group."""
    hits = [np.arange(ROWS) < count for count in (300, 296, 292, 288, 280)]
    assert groups(monkeypatch, ordered(hits), hits) == [1, 1, 2, 2, 3]


def test_baselines_take_no_rank_and_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    hits = [np.arange(ROWS) < count for count in (100, 99, 98)]
    places = ordered(hits, baselines={2})
    assert [p.rank for p in places] == [1, None, 2]
    assert groups(monkeypatch, places, hits) == [1, None, 1]


@pytest.mark.parametrize(("tie", "ranks"), [("earlier", [1, 2, 3, 4]), ("shared", [1, 2, 2, 4])])
def test_equal_hits_rank_by_arrival_or_share(tie: str, ranks: list[int]) -> None:
    hits = [np.arange(ROWS) < count for count in (50, 70, 50, 40)]
    places = ordered(hits, tie)
    assert [p.rank for p in places] == ranks
    assert [p.entry.number for p in places] == [2, 1, 3, 4]


def entry(number: int, hits: int, *, counts: bool = True, picked: bool = False) -> Entry:
    return Entry(number, 1, number, Score(hits, 100), counts, picked, Score(100 - hits, 100))


def test_final_picks_are_the_selected_ones_or_else_the_best_counting_ones() -> None:
    own = [entry(1, 50), entry(2, 60), entry(3, 60), entry(4, 90, counts=False)]
    assert [e.number for e in ranking.final_picks(own, 2)] == [2, 3]
    assert [e.number for e in ranking.final_picks(own, 1)] == [2]
    chosen = [*own, entry(5, 10, picked=True), entry(6, 20, counts=False, picked=True)]
    assert [e.number for e in ranking.final_picks(chosen, 2)] == [6, 5]


def test_the_best_score_so_far_rises_with_entries_that_count_and_are_better() -> None:
    own = [entry(1, 50), entry(2, 50), entry(3, 40), entry(4, 60), entry(5, 90, counts=False), entry(6, 61)]
    assert ranking.best_so_far(own, [1, 2]) == {1: [(1, 0.5), (4, 0.6), (6, 0.61)]}
    assert ranking.best_so_far(own, [2]) == {}
