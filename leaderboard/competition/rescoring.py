"""Score every entry again, with corrected labels or by another metric."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from leaderboard.competition.competition import Competition, Transaction
from leaderboard.competition.csv_files import solution_csv
from leaderboard.competition.folder import solution_path
from leaderboard.competition.rules import parse_rules
from leaderboard.competition.scores import PartScores, insert_all_scores, score_codes, score_record, stored_scores
from leaderboard.competition.stored_files import stored_codes
from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring import paired
from leaderboard.scoring.solution import IGNORED, Solution, read_solution
from leaderboard.standings import ranking
from leaderboard.standings.excluded import exclusions_in_force
from leaderboard.standings.places import Move, moves
from leaderboard.standings.ranking import Standing
from leaderboard.storage import database
from leaderboard.storage.files import file_sha256, write_whole


def rescore(competition: Competition, fixed: Path) -> tuple[list[Move], list[Move]]:
    """Score every entry again with corrected labels; how teams moved in the public and the private standings.

    The file has the same ids. The original split stays; rows whose usage is Ignored do not count. Old scores and the
    old solution are kept under their revision. All entries are rescored in one transaction. With the current solution
    it corrects scores made by another metric or by labels edited by hand. Raises LeaderboardError.
    """
    with competition.transaction() as work:
        old = work.state.revision
        solution = _corrected_solution(competition, fixed)
        _score_all(competition, work, solution, old + 1)
        if _same_labels(solution, competition.solution(old)) and _same_scores(work, old, old + 1):
            raise LeaderboardError(
                f"{fixed} is the current solution, and all scores agree with it: there is nothing to rescore"
            )
        path = solution_path(competition.root, old + 1)
        write_whole(path, solution_csv(solution))
        if competition.shared:
            competition.shared_files.put(path.name, path.read_bytes())
        before, after = (_both_standings(competition, work, revision) for revision in (old, old + 1))
        work.execute(database.competition.update().values(revision=old + 1))
        work.record("rescored", revision=old + 1, solution_sha256=file_sha256(path))
    return moves(before[0], after[0]), moves(before[1], after[1])


def _corrected_solution(competition: Competition, fixed: Path) -> Solution:
    """The file's labels in the order and split of the first solution: a row ignored since then can come back."""
    first, new = competition.solution(0), read_solution(fixed, competition.rules.classes)
    positions = new.expected().id_index.positions(first.ids) if new.ids.shape == first.ids.shape else None
    if positions is None:
        raise LeaderboardError(f"{fixed} must have exactly the ids of the old solution ({len(first.ids):,} of them)")
    usage = np.where(new.truth[positions] < 0, IGNORED, first.split)
    truth = np.where(usage == IGNORED, np.int16(-1), new.truth[positions])
    if not all((usage == part).any() for part in (0, 1)):
        raise LeaderboardError(f"{fixed} leaves no public or no private row: keep rows of both")
    return Solution(first.ids, first.classes, truth, usage)


def _same_labels(one: Solution, other: Solution) -> bool:
    return np.array_equal(one.truth, other.truth) and np.array_equal(one.split, other.split)


def _same_scores(work: Transaction, one: int, other: int) -> bool:
    """Whether all entries have the same scores under both revisions."""
    scores = stored_scores(work.connection)
    found = ({entry: s[1:] for (entry, number), s in scores.items() if number == wanted} for wanted in (one, other))
    return next(found) == next(found)


def _score_all(competition: Competition, work: Transaction, solution: Solution, revision: int) -> None:
    """Score in the order of arrival, so that the Ladder rule decides again about the entries that it applied to."""
    ladder, excluded = _ladder_at_entry(work), exclusions_in_force(work.connection)
    best: dict[int, PartScores] = {}
    scores: list[tuple[int, PartScores, bool]] = []
    entries = work.execute(sa.select(database.submissions).order_by(database.submissions.c.id)).all()
    for entry in entries:
        codes = stored_codes(competition, solution, entry.id, entry.sha256)
        parts = score_codes(solution, codes, competition.rules.metric)
        leader = best.get(entry.team_id)
        counts = (
            leader is None
            or not ladder[entry.id]
            or paired.beats(parts.public_rows, leader.public_rows, parts.public.rows)
        )
        ranks = entry.id not in excluded
        if counts and ranks and (leader is None or parts.public.hits > leader.public.hits):
            best[entry.team_id] = parts
        scores.append((entry.id, parts, counts))
        work.record("entry rescored", submission=entry.id, scores=score_record(revision, parts, counts))
    insert_all_scores(work, revision, scores)


def _ladder_at_entry(work: Transaction) -> dict[int, bool]:
    """Whether the Ladder rule applied when each entry came, from the log: rules may change during a competition."""
    log = database.audit.c
    statement = sa.select(log.payload).where(log.event.in_(("init", "rules", "submission"))).order_by(log.number)
    ladder, at_entry = False, {}
    for text in work.execute(statement).scalars():
        payload = json.loads(text)
        if "rules" in payload:
            with suppress(LeaderboardError):  # an older version could log a text that was never in force
                ladder = parse_rules(payload["rules"], "the log").ladder
        else:
            at_entry[payload["submission"]] = ladder
    return at_entry


def _both_standings(
    competition: Competition, work: Transaction, revision: int
) -> tuple[list[Standing], list[Standing]]:
    rules, entries = competition.rules, ranking.private_entries(work.connection, revision)
    return (
        ranking.public_standings(work.connection, entries, rules.tie),
        ranking.private_standings(work.connection, entries, rules.tie, rules.picks),
    )
