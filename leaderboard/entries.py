"""Take an entry: judge, score and keep it, within the quota; and the team's final picks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from leaderboard import paired, store, teams
from leaderboard.clock import day_bounds
from leaderboard.competition import Competition, Transaction
from leaderboard.errors import LeaderboardError, RefusedError
from leaderboard.scoring import Score, find_metric
from leaderboard.solution import PRIVATE, PUBLIC, Solution
from leaderboard.submission import Report, Submission, validate_bytes, validate_file

LONGEST_MESSAGE = 200


@dataclass(frozen=True)
class PartScores:
    """Hits of one file on each part, with their packed rows. Tutor's eyes only."""

    public: Score
    private: Score
    public_rows: bytes
    private_rows: bytes


@dataclass(frozen=True)
class Receipt:
    """What the team learns: nothing that depends on a private row.

    `score` is the best counting score when the Ladder rule let this one not count; None for an invalid file.
    """

    team: str
    report: Report
    submission: int | None
    score: Score | None
    counts: bool
    left: int
    resets_at: int


def score_codes(solution: Solution, codes: np.ndarray, metric: str) -> PartScores:
    """Score class codes (one a row of the solution) on the public and the private part."""
    hits = find_metric(metric)(solution.truth, codes)
    public, private = hits[solution.part(PUBLIC)], hits[solution.part(PRIVATE)]
    return PartScores(_count_hits(public), _count_hits(private), paired.pack(public), paired.pack(private))


def _count_hits(part: np.ndarray) -> Score:
    return Score(int(np.count_nonzero(part)), len(part))


def submit(competition: Competition, team: str, path: Path, message: str = "") -> Receipt:
    """Judge, score and keep a file for a team. Raises RefusedError when the rules do not allow it now.

    An invalid file is counted, not kept, and its report says why. When this returns, the entry is on the disk.
    The deadline is held against the time of arrival: waiting for another command makes nobody late.
    """
    arrived = competition.clock()
    if len(message) > LONGEST_MESSAGE or not message.isprintable():
        raise LeaderboardError(f"the message must be at most {LONGEST_MESSAGE} printable characters")
    with competition.reading() as connection:
        state = connection.execute(sa.select(store.competition)).one()
        row = teams.find(connection, team)
        _require_allowed(competition, connection, state, row, arrived, arrived)
    # Judged and scored before the lock is taken; what the lock protects is repeated under it.
    solution = competition.solution(state.revision)
    submission = validate_file(path, solution.expected(competition.rules.probabilities))
    # A stranger's file name may hold anything; what is kept of it is printable.
    name = "".join(c if c.isprintable() else "?" for c in path.name)[:100]
    if submission.report.codes is None:
        return _reject(competition, row, submission, name, arrived)
    parts = score_codes(solution, submission.report.codes, competition.rules.metric)
    sha256 = competition.archive.put(submission.data)  # type: ignore[arg-type]
    with competition.transaction() as work:
        row = teams.by_id(work.connection, row.id)
        _require_allowed(competition, work.connection, work.state, row, work.at, arrived)
        _require_new(work, row, sha256)
        if work.state.revision != state.revision:
            solution = competition.solution(work.state.revision)
            parts = score_codes(solution, submission.report.codes, competition.rules.metric)
        number, counts = _insert(competition, work, row, parts, (sha256, name, message))
        best = None if counts else best_counting(work.connection, row.id, work.state.revision)
        shown = parts.public if best is None else best[0]
        left, resets_at = quota_left(competition, work.connection, row, work.at)
    return Receipt(row.name, submission.report, number, shown, counts, left, resets_at)


def judge(competition: Competition, path: Path) -> Report:
    """The report on a file that nobody enters yet. Raises RefusedError when nothing can be entered now."""
    with competition.reading() as connection:
        state = connection.execute(sa.select(store.competition)).one()
    competition.require_open(state, competition.clock())
    return validate_file(path, competition.solution(state.revision).expected(competition.rules.probabilities)).report


def kept_report(competition: Competition, solution: Solution, number: int, sha256: str) -> Report:
    """The report on an accepted file. It is read as when it came: with probabilities, whatever the rules say by now.

    Raises LeaderboardError where the file has been damaged since.
    """
    report = validate_bytes(competition.archive.get(sha256), solution.expected(probabilities=True))
    if report.codes is None:
        raise LeaderboardError(f"the kept file of entry {number} is damaged: run leaderboard audit verify")
    return report


def quota_left(competition: Competition, connection: sa.Connection, team: sa.Row, at: int) -> tuple[int, int]:
    """Entries the team has left on the day of `at`, and the moment the day ends."""
    start, end = day_bounds(at, competition.rules.timezone)
    return competition.rules.daily_quota - _count(connection, store.submissions, team.id, start, end), end


def _count(connection: sa.Connection, table: sa.Table, team_id: int, start: int, end: int) -> int:
    wanted = (table.c.team_id == team_id) & (table.c.at >= start) & (table.c.at < end)
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(wanted)).scalar_one()


def _require_allowed(
    competition: Competition, connection: sa.Connection, state: sa.Row, team: sa.Row, at: int, arrived: int
) -> None:
    from leaderboard.clock import duration

    if team.disabled:
        raise RefusedError(f"the team {team.name!r} is disabled: ask the tutor")
    competition.require_open(state, arrived)
    if team.baseline:
        return
    left, end = quota_left(competition, connection, team, at)
    again = f"the next day begins in {duration(end - at)} ({competition.rules.timezone})"
    if left <= 0:
        raise RefusedError(f"{team.name!r} has used its {competition.rules.daily_quota} entries of today: {again}")
    start, _ = day_bounds(at, competition.rules.timezone)
    if _count(connection, store.rejections, team.id, start, end) >= competition.rules.daily_invalid:
        text = f"{team.name!r} has sent {competition.rules.daily_invalid} invalid files today: {again}"
        raise RefusedError(f"{text}; check files at home with leaderboard validate")


def _require_new(work: Transaction, team: sa.Row, sha256: str) -> None:
    same = (store.submissions.c.team_id == team.id) & (store.submissions.c.sha256 == sha256)
    number = work.execute(sa.select(store.submissions.c.id).where(same)).scalar()
    if number is not None:
        raise RefusedError(f"the same file is entry {number} of {team.name!r} already; it cost nothing now")


def _reject(competition: Competition, team: sa.Row, submission: Submission, name: str, arrived: int) -> Receipt:
    with competition.transaction() as work:
        team = teams.by_id(work.connection, team.id)
        _require_allowed(competition, work.connection, work.state, team, work.at, arrived)
        codes = ",".join(submission.report.counts)
        row = {"team_id": team.id, "at": work.at, "sha256": submission.sha256, "file_name": name, "codes": codes}
        work.execute(store.rejections.insert().values(row))
        work.record("rejection", team=team.name, sha256=submission.sha256, codes=codes)
        left, resets_at = quota_left(competition, work.connection, team, work.at)
    return Receipt(team.name, submission.report, None, None, False, left, resets_at)


def _insert(
    competition: Competition, work: Transaction, team: sa.Row, parts: PartScores, file: tuple[str, str, str]
) -> tuple[int, bool]:
    sha256, name, message = file
    number = (work.execute(sa.select(sa.func.max(store.submissions.c.id))).scalar() or 0) + 1
    counts = True
    if competition.rules.ladder:
        best = best_counting(work.connection, team.id, work.state.revision)
        counts = best is None or paired.beats(parts.public_rows, best[1], parts.public.rows)
    entry = {"id": number, "team_id": team.id, "at": work.at, "sha256": sha256, "picked": False}
    work.execute(store.submissions.insert().values(**entry, file_name=name, message=message))
    insert_scores(work, number, work.state.revision, parts, counts)
    work.record(
        "submission",
        submission=number,
        team=team.name,
        sha256=sha256,
        scores=score_record(work.state.revision, parts, counts),
    )
    return number, counts


def insert_scores(work: Transaction, number: int, revision: int, parts: PartScores, counts: bool) -> None:
    """Keep the scores of an entry under a revision of the solution."""
    key = {"submission_id": number, "revision": revision}
    public = {"hits": parts.public.hits, "rows": parts.public.rows, "row_hits": parts.public_rows, "counts": counts}
    private = {"hits": parts.private.hits, "rows": parts.private.rows, "row_hits": parts.private_rows}
    work.execute(store.public_scores.insert().values(key | public))
    work.execute(store.private_scores.insert().values(key | private))


def score_record(revision: int, parts: PartScores, counts: bool) -> list:
    """What the audit log keeps of scores: revision, hits, rows, whether they count, and a digest of the row hits."""
    digest = _digest(parts.public_rows, parts.private_rows)
    return [revision, parts.public.hits, parts.public.rows, parts.private.hits, parts.private.rows, counts, digest]


def _digest(public_rows: bytes, private_rows: bytes) -> str:
    import hashlib

    return hashlib.sha256(public_rows + private_rows).hexdigest()[:16]


def stored_scores(connection: sa.Connection) -> dict[tuple[int, int], list]:
    """What `score_record` gave for each (entry, revision), from the tables."""
    public, private = store.public_scores, store.private_scores
    same = (public.c.submission_id == private.c.submission_id) & (public.c.revision == private.c.revision)
    statement = sa.select(
        public,
        private.c.hits.label("private_hits"),
        private.c.rows.label("private_rows"),
        private.c.row_hits.label("private_row_hits"),
    ).join(private, same)
    out = {}
    for row in connection.execute(statement):
        counts = [row.hits, row.rows, row.private_hits, row.private_rows]
        digest = _digest(row.row_hits, row.private_row_hits)
        out[row.submission_id, row.revision] = [row.revision, *counts, row.counts, digest]
    return out


def best_counting(connection: sa.Connection, team_id: int, revision: int) -> tuple[Score, bytes] | None:
    """The team's best counting public score and its packed rows; the earlier of equals."""
    table = store.public_scores
    statement = (
        sa.select(table)
        .join(store.submissions, store.submissions.c.id == table.c.submission_id)
        .where((store.submissions.c.team_id == team_id) & (table.c.revision == revision) & table.c.counts)
        .order_by(table.c.hits.desc(), table.c.submission_id)
        .limit(1)
    )
    row = connection.execute(statement).first()
    return None if row is None else (Score(row.hits, row.rows), row.row_hits)


def select(competition: Competition, team: str, numbers: list[int]) -> None:
    """Make these entries the team's final picks, in place of earlier ones; none: back to the best by public score."""
    with competition.transaction() as work:
        row = teams.find(work.connection, team)
        competition.require_open(work.state, work.at)
        if len(set(numbers)) > competition.rules.picks:
            raise LeaderboardError(
                f"at most {competition.rules.picks} entries can be selected, not {len(set(numbers))}"
            )
        table = store.submissions
        own = set(work.execute(sa.select(table.c.id).where(table.c.team_id == row.id)).scalars())
        for number in numbers:
            if number not in own:
                raise LeaderboardError(f"entry {number} is not one of {row.name!r}: leaderboard submissions shows them")
        picked = table.c.id.in_(numbers)
        work.execute(table.update().where(table.c.team_id == row.id).values(picked=picked))
        work.record("picks", team=row.name, submissions=sorted(set(numbers)))
