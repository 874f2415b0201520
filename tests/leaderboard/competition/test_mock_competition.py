"""Forty teams, ten days: standings, ties, picks, reveal and rescore against an independent computation in pandas."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import entries, lifecycle, picks, rescoring, teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.core.errors import RefusedError
from leaderboard.standings import ranking

TEAMS, DAYS, ROWS, QUOTA = 40, 10, 300, 2
DAY = 86_400_000_000
CLASSES = np.array(["bird", "cat", "dog"])


class Mock:
    """The competition as played, and its own record of every file: one row an attempt."""

    def __init__(self, root: Path, clock: Callable[[], int], database: str | None) -> None:
        self.generator = np.random.default_rng(7)
        self.root, self.clock = root, clock
        self.truth = self.generator.choice(CLASSES, ROWS)
        self.write(root / "solution.csv", self.truth)
        split = Split(public=0.2, seed=2)
        rules = {"name": "mock", "daily_quota": QUOTA, "timezone": "Europe/Berlin"}
        create(root / "competition", root / "solution.csv", rules, split, clock=clock, database=database)
        # As in a server: it keeps its connections open.
        self.competition = Competition(root / "competition", clock, long_running=True)
        for number in range(TEAMS):
            teams.add(self.competition, f"team {number:02}")
        self.attempts: list[dict] = []

    def write(self, path: Path, labels: np.ndarray) -> Path:
        path.write_text("id,label\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels)))
        return path

    def attempt(self, day: int, team: int) -> None:
        # Few rows and few levels of skill, so that ties are common.
        right = self.generator.random(ROWS) < 0.5 + 0.1 * (team % 4) + 0.01 * day
        guess = np.where(right, self.truth, self.generator.choice(CLASSES, ROWS))
        path = self.write(self.root / "entry.csv", guess)
        record = {"team": f"team {team:02}", "day": day, "guess": guess, "number": None}
        with contextlib.suppress(RefusedError):
            record["number"] = entries.submit(self.competition, record["team"], path).submission
        self.attempts.append(record)

    def play(self) -> None:
        for day in range(DAYS):
            for team in self.generator.permutation(TEAMS):
                for _ in range(self.generator.integers(0, QUOTA + 2)):
                    self.attempt(day, int(team))
            self.clock.at += DAY  # type: ignore[attr-defined]

    def frame(self, truth: np.ndarray) -> pd.DataFrame:
        """Attempts that were within the quota by pandas' own count, with both scores."""
        frame = pd.DataFrame(self.attempts)
        frame["nth"] = frame.groupby(["team", "day"]).cumcount()
        public = self.competition.solution(0).usage == 0
        frame["public"] = [int((guess == truth)[public].sum()) for guess in frame.guess]
        frame["private"] = [int((guess == truth)[~public].sum()) for guess in frame.guess]
        assert (frame.number.notna() == (frame.nth < QUOTA)).all()
        return frame[frame.nth < QUOTA].astype({"number": int})


def by_pandas(frame: pd.DataFrame, score: str) -> list[tuple[str, int]]:
    """Best score of each team, the earlier entry first on a tie."""
    best = frame.sort_values([score, "number"], ascending=[False, True]).groupby("team", sort=False).first()
    ordered = best.reset_index().sort_values([score, "number"], ascending=[False, True])
    return list(zip(ordered.team, ordered[score].astype(int), strict=True))


def picked(frame: pd.DataFrame, picks: dict[str, list[int]]) -> pd.DataFrame:
    """A team's picks, or its best two by public score."""
    by_public = frame.sort_values(["public", "number"], ascending=[False, True])
    best_two = by_public.groupby("team").head(2)
    chosen = frame[[row.number in picks.get(row.team, []) for row in frame.itertuples()]]
    return pd.concat([best_two[~best_two.team.isin(picks)], chosen])


def board(standings: list[ranking.Standing]) -> list[tuple[str, int]]:
    assert [place.rank for place in standings] == list(range(1, len(standings) + 1))
    return [(place.team.name, place.score.hits) for place in standings]


@pytest.mark.timeout(300)
def test_from_the_first_entry_to_the_rescored_reveal(tmp_path: Path, clock, database) -> None:
    mock = Mock(tmp_path, clock, database)
    mock.play()
    competition, frame = mock.competition, mock.frame(mock.truth)
    assert len(frame) > 400
    assert frame.drop_duplicates(["team"]).shape[0] == TEAMS
    with competition.read_transaction() as connection:
        public = ranking.public_standings(connection, ranking.public_entries(connection), "earlier")
        shared = ranking.public_standings(connection, ranking.public_entries(connection), "shared")
    assert board(public) == by_pandas(frame, "public")
    # Ties there were; sharing them gives pandas' lowest rank.
    hits = pd.Series([place.score.hits for place in shared])
    assert hits.duplicated().any()
    assert [place.rank for place in shared] == list(hits.rank(method="min", ascending=False).astype(int))

    selected = {team: sorted(frame[frame.team == team].number)[:2] for team in ("team 03", "team 17", "team 30")}
    for team, numbers in selected.items():
        picks.select(competition, team, [int(number) for number in numbers])
    lifecycle.set_frozen(competition, True)
    with pytest.raises(RefusedError):
        entries.submit(competition, "team 00", mock.write(tmp_path / "late.csv", mock.truth))
    revealed = lifecycle.reveal(competition)
    expected = by_pandas(picked(frame, selected), "private")
    assert board([move.after for move in revealed]) == expected
    ranks = {team: rank for rank, (team, _) in enumerate(by_pandas(frame, "public"), 1)}
    assert [move.change for move in revealed] == [ranks[team] - n for n, (team, _) in enumerate(expected, 1)]

    fixed = mock.truth.copy()
    wrong = mock.generator.choice(ROWS, 15, replace=False)
    fixed[wrong] = np.where(fixed[wrong] == "cat", "dog", "cat")
    moved_public, moved_private = rescoring.rescore(competition, mock.write(tmp_path / "fixed.csv", fixed))
    again = mock.frame(fixed)
    assert board([move.after for move in moved_public]) == by_pandas(again, "public")
    assert board([move.after for move in moved_private]) == by_pandas(picked(again, selected), "private")
    assert [(m.before.team.name, m.before.score.hits) for m in moved_private if m.before] != expected
    assert sorted((m.before.team.name, m.before.score.hits) for m in moved_private if m.before) == sorted(expected)
    with competition.read_transaction() as connection:
        old = ranking.public_standings(connection, ranking.public_entries(connection, 0), "earlier")
    assert board(old) == by_pandas(frame, "public")
    assert not verify(competition).faults
    competition.close()
