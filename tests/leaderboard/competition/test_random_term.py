"""Random acts on entries and teams: standings, picks and quota against an independent computation in pandas.

`Record` notes every act as a row and never asks the kit; its frames are computed from these rows anew each time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import (
    entries,
    exclusions,
    grants,
    lifecycle,
    members,
    merging,
    picks,
    quota,
    rescoring,
    teams,
)
from leaderboard.competition.competition import Competition
from leaderboard.competition.roster_file import Row
from leaderboard.core.errors import LeaderboardError
from leaderboard.standings import listing
from leaderboard.standings.live import LivePlaces
from leaderboard.standings.places import final_places, public_places
from leaderboard.storage import database
from tests.leaderboard.conftest import CLASSES, HOUR, NOON, ManualClock, guess, write_csv

QUOTA, PICKS, FILES, STEPS = 2, 2, 40, 100
# All is compared after so many acts; what an act breaks stays broken.
BETWEEN = 4
ZONE, DEADLINE = "Europe/Berlin", "2025-11-28 18:00"
CLOSES = NOON + (4 * 24 + 5) * HOUR  # 18:00 in Berlin is 17:00 in UTC
LATE_UNTIL = CLOSES + 24 * HOUR


class Record:
    """What was done, a row an act."""

    def __init__(self, ladder: bool, hits: pd.DataFrame) -> None:
        self.ladder = ladder
        self.teams: dict[str, bool] = {}  # name -> on the board
        self.members: dict[str, str] = {}  # student id -> team
        self.baseline = ""
        self.entered: list[dict[str, Any]] = []  # number, team, at, file, grant, counts
        self.moved: list[dict[str, Any]] = []  # number, team
        self.excluded: dict[int, dict[str, Any]] = {}  # what is in force, by the entry's number
        self.granted: list[dict[str, Any]] = []  # grant, team, entries, until, revoked
        self.picked: dict[str, set[int]] = {}
        self.frozen = False
        self.score(hits)

    def score(self, hits: pd.DataFrame) -> None:
        """Score all files: a row per file, and a column for each row of the public and the private part."""
        self.hits = hits
        self.scores = hits.T.groupby(level=0).sum().T.astype(int)
        self.forget()

    def forget(self) -> None:
        self._known: tuple[tuple, pd.DataFrame] = (), pd.DataFrame()

    def entries(self) -> pd.DataFrame:
        """A row an entry: its team by now, its scores, whether it ranks, and whether it costs quota."""
        given_back = tuple(number for number, mark in self.excluded.items() if mark["back"])
        key = len(self.entered), len(self.moved), tuple(self.excluded), given_back
        if self._known[0] != key:
            self._known = key, self._computed()
        return self._known[1]

    def _computed(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.entered, columns=["number", "team", "at", "file", "grant", "counts"])
        places = pd.concat([frame[["number", "team"]], pd.DataFrame(self.moved, columns=["number", "team"])])
        frame["team"] = frame.number.map(places.groupby("number").team.last())
        frame["ranks"] = ~frame.number.isin(self.excluded)
        frame["paid"] = ~frame.number.isin([number for number, mark in self.excluded.items() if mark["back"]])
        frame["day"] = pd.to_datetime(frame["at"], unit="us", utc=True).dt.tz_convert(ZONE).dt.date
        return frame.join(self.scores, on="file")

    def open_grants(self, at: int) -> pd.DataFrame:
        """All grants that can be used at a moment, the one that ends first at the top."""
        frame = pd.DataFrame(self.granted, columns=["grant", "team", "entries", "until", "revoked"])
        own = self.entries()
        used = own[own.paid].groupby("grant").size()
        frame["left"] = frame.entries - used.reindex(frame.grant, fill_value=0).to_numpy()
        going = ~frame.revoked.astype(bool) & (frame.until > at)
        return frame[going].sort_values(["until", "grant"])

    def daily_left(self, at: int) -> dict[str, int]:
        """Entries left of each team's daily quota, below zero if it entered more with grants."""
        own = self.entries()
        today = pd.Timestamp(at, unit="us", tz="UTC").tz_convert(ZONE).date()
        used = own[own.paid & (own.day == today) & own.grant.isna()].groupby("team").size()
        return {team: QUOTA - int(used.get(team, 0)) for team in self.teams}

    def left(self, at: int) -> dict[str, int]:
        """Entries left for each team, with grants."""
        grants = self.open_grants(at)
        granted = grants.left.clip(lower=0).groupby(grants.team).sum()
        return {team: max(0, left) + int(granted.get(team, 0)) for team, left in self.daily_left(at).items()}

    def until(self, team: str, at: int) -> int:
        """The team's own deadline."""
        grants = self.open_grants(at)
        return max([CLOSES, *grants[grants.team == team].until])

    def may_enter(self, team: str, at: int, file: int) -> bool:
        own = self.entries()
        known = bool(((own.team == team) & (own.file == file)).any())
        going = self.teams[team] and not self.frozen and at < max(self.until(team, at), LATE_UNTIL)
        return going and not known and (team == self.baseline or self.left(at)[team] > 0)

    def may_change(self, team: str, at: int) -> bool:
        return not self.frozen and at < self.until(team, at)

    def beats(self, file: int, best: int) -> bool:
        """Whether a file's gain over another is larger than the standard error of the paired difference (Ladder)."""
        gain = self.hits.loc[file, "public"].astype(int) - self.hits.loc[best, "public"].astype(int)
        return gain.mean() > gain.sem()

    def enter(self, number: int, team: str, at: int, file: int) -> bool:
        """Whether the entry counts by the Ladder rule."""
        own = self.entries()
        best = standings(own[(own.team == team) & own.ranks & own.counts.astype(bool)], "public")
        leader = None if not best else int(own.set_index("number").file[best[0][2]])
        counts = not self.ladder or leader is None or self.beats(file, leader)
        pays = None
        if team != self.baseline and self.daily_left(at)[team] <= 0:
            open_ = self.open_grants(at)
            pays = int(open_[(open_.team == team) & (open_.left > 0)].grant.iloc[0])
        late = at >= self.until(team, at)
        told = {"number": number, "team": team, "at": at, "file": file, "grant": pays, "counts": counts}
        self.entered.append(told)
        if late:
            self.excluded[number] = {"kind": "late", "back": False}
        return counts

    def rescore(self, hits: pd.DataFrame) -> None:
        """Other scores, and the Ladder rule once more from the first entry on."""
        self.score(hits)
        frame = self.entries().set_index("number")
        leaders: dict[str, int] = {}
        for told in self.entered:
            row = frame.loc[told["number"]]
            leader = leaders.get(row.team)
            told["counts"] = not self.ladder or leader is None or self.beats(row.file, leader)
            better = leader is None or row.public > self.scores.public[leader]
            if told["counts"] and row.ranks and better:
                leaders[row.team] = row.file
        self.forget()

    def rename(self, name: str, new: str) -> None:
        for told in (*self.entered, *self.moved, *self.granted):
            told["team"] = new if told["team"] == name else told["team"]
        self.teams = {new if team == name else team: playing for team, playing in self.teams.items()}
        self.picked = {new if team == name else team: numbers for team, numbers in self.picked.items()}
        self.members = {student: new if team == name else team for student, team in self.members.items()}
        self.forget()

    def move(self, number: int, team: str) -> None:
        self.moved.append({"number": number, "team": team})
        for numbers in self.picked.values():
            numbers.discard(number)

    def merge(self, source: str, target: str) -> None:
        both = self.entries()
        both = both[both.team.isin([source, target])].sort_values(["ranks", "number"], ascending=[False, True])
        stands = both.groupby("file", sort=False).number.first()
        chosen = self.picked.get(target) or self.picked.get(source) or set()
        kept = {int(stands[both.set_index("number").file[number]]) for number in chosen}
        for number, file in zip(both.number, both.file, strict=True):
            self.moved.append({"number": number, "team": target if stands[file] == number else source})
        self.picked[source], self.picked[target] = set(), kept
        for grant in self.granted:
            if grant["team"] == source and not grant["revoked"]:
                grant["team"] = target
        self.members = {student: target if team == source else team for student, team in self.members.items()}
        self.teams[source] = False

    def ranking(self) -> pd.DataFrame:
        """The entries that can rank."""
        frame = self.entries()
        return frame[frame.ranks & frame.team.map(self.teams).astype(bool)]

    def counting(self) -> pd.DataFrame:
        """For each team its entries that rank and count by the Ladder rule, or else all that rank."""
        frame = self.ranking()
        counting = frame[frame.counts.astype(bool)]
        return pd.concat([counting, frame[~frame.team.isin(counting.team)]])

    def counted(self) -> pd.DataFrame:
        """For each team its picks that rank, or else its best two by public score."""
        frame = self.ranking()
        chosen = [row.number in self.picked.get(row.team, ()) for row in frame.itertuples()]
        by_picks = frame[np.array(chosen, dtype=bool)]
        rest = self.counting().sort_values(["public", "number"], ascending=[False, True])
        return pd.concat([by_picks, rest[~rest.team.isin(by_picks.team)].groupby("team").head(PICKS)])


def standings(frame: pd.DataFrame, score: str) -> list[tuple[str, int, int]]:
    """Team, score and entry, the best first; the earlier entry first on a tie."""
    ordered = frame.sort_values([score, "number"], ascending=[False, True]).drop_duplicates("team")
    return [(row.team, int(getattr(row, score)), int(row.number)) for row in ordered.itertuples()]


class Term:
    """Plays random acts on the competition and on the record, and holds one against the other."""

    def __init__(
        self, competition: Competition, clock: ManualClock, labels: np.ndarray, folder: Path, seed: int
    ) -> None:
        self.competition, self.clock, self.live = competition, clock, LivePlaces()
        self.random = np.random.default_rng(seed)
        self.guesses = [guess(labels, 0.4 + 0.1 * (file % 4), 1000 * seed + file) for file in range(FILES)]
        self.files = [write_csv(folder / f"file-{n}.csv", codes) for n, codes in enumerate(self.guesses)]
        self.record = Record(competition.rules.ladder, self.hits(labels))
        self.record.teams = {"a": True, "b": True, "baseline": True}
        self.record.baseline = "baseline"
        teams.add(competition, "baseline", baseline=True)
        self.done: dict[str, int] = {}
        for _ in range(4):
            self.add()

    def hits(self, labels: np.ndarray) -> pd.DataFrame:
        parts = np.where(self.competition.solution(0).usage == 0, "public", "private")
        return pd.DataFrame([codes == labels for codes in self.guesses], columns=parts)

    def team(self) -> str:
        names = [name for name, playing in self.record.teams.items() if playing and name != self.record.baseline]
        return str(self.random.choice(names))

    def number(self, *wanted: bool) -> int | None:
        """An entry that ranks (or not, or either)."""
        frame = self.record.entries()
        frame = frame[frame.ranks.isin(wanted)]
        return int(self.random.choice(frame.number)) if len(frame) else None

    def tried(self, allowed: bool, act: Callable[[], Any]) -> Any:
        """Do what the record allows; what it does not must be refused, and change nothing."""
        if allowed:
            return act()
        with pytest.raises(LeaderboardError):
            act()
        return None

    def add(self) -> None:
        name = f"team {len(self.record.teams):02}"
        students = [str(1000 + len(self.record.members) + number) for number in range(3)]
        people = [Row(2, f"Student {each}", each, f"{each}@example.org", name) for each in students]
        members.import_roster(self.competition, people, [], lambda _: None)
        self.record.teams[name] = True
        self.record.members |= dict.fromkeys(students, name)

    def enter(self) -> None:
        name, file, at = self.team(), int(self.random.integers(FILES)), self.clock.at
        if self.random.random() < 0.1:
            name = self.record.baseline
        allowed = self.record.may_enter(name, at, file)
        receipt = self.tried(allowed, lambda: entries.submit(self.competition, name, self.files[file]))
        if receipt is not None:
            assert receipt.counts == self.record.enter(receipt.submission, name, at, file)
            assert receipt.late == (receipt.submission in self.record.excluded)
            assert max(0, receipt.left) == self.record.left(at)[name]

    def grant(self) -> None:
        name, count = self.team(), int(self.random.integers(1, 4))
        until = self.clock.at + int(self.random.integers(1, 60)) * HOUR
        text = pd.Timestamp(until, unit="us", tz="UTC").isoformat()
        key = grants.give(self.competition, name, count, text, "ill")
        told = {"grant": key, "team": name, "entries": count, "until": until, "revoked": False}
        self.record.granted.append(told)

    def revoke(self) -> None:
        going = [grant for grant in self.record.granted if not grant["revoked"]]
        if going and self.random.random() < 0.3:
            grant = going[int(self.random.integers(len(going)))]
            grants.revoke(self.competition, grant["grant"])
            grant["revoked"] = True

    def void(self) -> None:
        if (number := self.number(True)) is not None:
            back = bool(self.random.integers(2))
            exclusions.void(self.competition, number, "two accounts", gives_back=back)
            self.record.excluded[number] = {"kind": "void", "back": back}

    def restore(self) -> None:
        if (number := self.number(False)) is not None:
            assert exclusions.restore(self.competition, number) == self.record.excluded.pop(number)["kind"]

    def withdraw(self) -> None:
        number, name = self.number(True, False), self.team()
        if number is not None:
            owner = self.record.entries().set_index("number").team[number]
            allowed = (
                owner == name and number not in self.record.excluded and self.record.may_change(name, self.clock.at)
            )
            self.tried(allowed, lambda: exclusions.withdraw(self.competition, name, number))
            if allowed:
                self.record.excluded[number] = {"kind": "withdrawn", "back": False}

    def move(self) -> None:
        number, to = self.number(True, False), self.team()
        if number is not None:
            frame = self.record.entries()
            file = frame.set_index("number").file[number]
            allowed = not ((frame.team == to) & (frame.file == file)).any()
            self.tried(bool(allowed), lambda: exclusions.move(self.competition, number, to, "wrong token"))
            if allowed:
                self.record.move(number, to)

    def merge(self) -> None:
        source, target = self.team(), self.team()
        choosing = [name for name, numbers in self.record.picked.items() if numbers and self.record.teams[name]]
        if len(choosing) > 1 and self.random.integers(2):  # so that picks meet picks
            source, target = (str(name) for name in self.random.choice(choosing, 2, replace=False))
        if sum(self.record.teams.values()) > 3:
            self.tried(source != target, lambda: merging.merge(self.competition, source, target))
            if source != target:
                self.record.merge(source, target)

    def rename(self) -> None:
        name, new = self.team(), f"group {self.done.get('rename', 0):02}"
        teams.rename(self.competition, name, new)
        self.record.rename(name, new)

    def split(self) -> None:
        name, new = self.team(), f"part {self.done.get('split', 0):02}"
        people = [student for student, team in self.record.members.items() if team == name]
        leaving = [str(each) for each in self.random.permutation(people)[: self.random.integers(1, 4)]]
        frame = self.record.entries()
        own = [int(each) for each in self.random.permutation(list(frame[frame.team == name].number))]
        going = own[: int(self.random.integers(0, 3))]
        allowed = len(leaving) < len(people)
        self.tried(allowed, lambda: merging.split(self.competition, name, new, leaving, going))
        if allowed:
            self.record.teams[new] = True
            self.record.members |= dict.fromkeys(leaving, new)
            for number in going:
                self.record.move(number, new)

    def enable(self) -> None:
        off = [name for name, playing in self.record.teams.items() if not playing]
        if off:
            teams.set_disabled(self.competition, off[0], False)
            self.record.teams[off[0]] = True

    def pick(self) -> None:
        name = self.team()
        frame = self.record.entries()
        own = frame[frame.team == name]
        chosen = [int(n) for n in self.random.permutation(list(own.number))[: self.random.integers(0, PICKS + 2)]]
        allowed = len(chosen) <= PICKS and self.record.may_change(name, self.clock.at)
        allowed = allowed and not set(chosen) & self.record.excluded.keys()
        self.tried(allowed, lambda: picks.select(self.competition, name, chosen))
        if allowed:
            self.record.picked[name] = set(chosen)

    def play(self, steps: int, hours: int) -> None:
        often = {self.enter: 12, self.grant: 2, self.add: 2, self.merge: 2, self.enable: 1, self.revoke: 1}
        often |= {
            self.void: 2,
            self.restore: 2,
            self.withdraw: 2,
            self.move: 2,
            self.pick: 5,
            self.rename: 1,
            self.split: 2,
        }
        acts = [act for act, times in often.items() for _ in range(times)]
        for number in range(steps):
            act = acts[int(self.random.integers(len(acts)))]
            act()
            self.done[act.__name__] = self.done.get(act.__name__, 0) + 1
            self.clock.at += int(self.random.integers(0, 2 * hours + 1)) * HOUR
            if number % BETWEEN == 0:
                self.compare()
        self.compare()

    def compare(self) -> None:
        rules, at = self.competition.rules, self.clock.at
        expected = standings(self.record.counting(), "public")
        with self.competition.read_transaction() as connection:
            places = public_places(connection, rules.tie, before=None)
            final = [move.after for move in final_places(connection, rules.tie, rules.picks)]
            rows = listing.submissions(connection, rules.timezone, rules.picks)
            known = connection.execute(database.sa.select(database.teams.c.name, database.teams.c.id)).all()
            numbers = {row.name: row.id for row in known}
            people = {row.student_id: row.team for row in members.current(connection)}
            left = {name: quota.day_quota(self.competition, connection, n, at).left for name, n in numbers.items()}
            live = {name: self.live.place(connection, rules.tie, n, before=None).rank for name, n in numbers.items()}
        assert [(p.team.name, p.score.hits, p.entry.number) for p in places] == expected
        assert numbers.keys() == self.record.teams.keys()
        assert people == self.record.members
        ranked = [name for name, _, _ in expected if name != self.record.baseline]
        ranks = {name: rank for rank, name in enumerate(ranked, 1)}
        assert live == {name: ranks.get(name) for name in self.record.teams}
        private = standings(self.record.counted(), "private")
        assert [(p.team.name, p.score.hits, p.entry.number) for p in final] == private
        on_board = {row["ref"] for row in rows if row["counted"] and self.record.teams[row["teamName"]]}
        assert on_board == set(self.record.counted().number)
        assert {name: max(0, n) for name, n in left.items()} == self.record.left(at)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("seed", "ladder"), [(1, True), pytest.param(2, False, marks=pytest.mark.slow)])
def test_a_term_of_random_acts(
    make: Callable[..., Competition], clock: ManualClock, labels: np.ndarray, tmp_path: Path, seed: int, ladder: bool
) -> None:
    rules = {"daily_quota": QUOTA, "picks": PICKS, "timezone": ZONE, "deadline": DEADLINE, "late": "1 day"}
    # As in a server, connections to the database stay open: to open one takes PostgreSQL longer than an act.
    with closing(Competition(make(**rules, ladder=ladder).root, clock, long_running=True)) as competition:
        revealed, expected = play_term(competition, clock, labels, tmp_path, seed)
    assert revealed == expected


Places = list[tuple[str, int]]


def play_term(
    competition: Competition, clock: ManualClock, labels: np.ndarray, folder: Path, seed: int
) -> tuple[Places, Places]:
    """Names and hits in the order of the reveal, and the same by pandas; each act before and after is compared too."""
    assert (competition.rules.closes_at, competition.rules.late_until) == (CLOSES, LATE_UNTIL)
    term = Term(competition, clock, labels, folder, seed)
    term.play(STEPS, hours=1)  # some four days
    clock.at = max(clock.at, CLOSES + HOUR)
    term.play(STEPS // 3, hours=1)
    assert any(mark["kind"] == "late" for mark in term.record.excluded.values())
    lifecycle.set_frozen(competition, True)
    term.record.frozen = True
    term.play(STEPS // 6, hours=1)
    revealed = [(m.after.team.name, m.after.score.hits) for m in lifecycle.reveal(competition)]
    expected = [(name, hits) for name, hits, _ in standings(term.record.counted(), "private")]
    term.play(STEPS // 6, hours=1)  # acts of the tutor hold after the reveal
    fixed = np.where(np.arange(len(labels)) < 15, CLASSES[0], labels)
    rescoring.rescore(competition, write_csv(folder / "fixed.csv", fixed))
    term.record.rescore(term.hits(fixed))
    term.compare()
    assert term.done.keys() >= {"enter", "grant", "revoke", "void", "restore", "withdraw", "move", "merge", "pick"}
    assert term.done.keys() >= {"rename", "split"}
    assert not competition.rules.ladder or any(not told["counts"] for told in term.record.entered)
    assert verify(competition, again=True).faults == []
    with competition.read_transaction() as connection:
        kept = connection.execute(database.sa.select(database.submissions.c.id)).scalars().all()
    assert sorted(kept) == [row["number"] for row in term.record.entered], "nothing is deleted"
    return revealed, expected
