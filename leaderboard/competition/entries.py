"""Take an entry: judge, score and keep it, within the quota."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition import grants, teams
from leaderboard.competition.competition import Competition, Transaction
from leaderboard.competition.quota import daily_left, invalid_left, quota_left
from leaderboard.competition.scores import PartScores, best_counting, insert_scores, score_codes, score_record
from leaderboard.core.clock import duration
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.scoring import paired
from leaderboard.scoring.score import Score
from leaderboard.standings.assembly import public_places
from leaderboard.standings.ranking import Standing
from leaderboard.storage import database
from leaderboard.submission import Expected, Report, Submission, validate_data, validate_file

LONGEST_MESSAGE = 200


@dataclass(frozen=True)
class Receipt:
    """What the team learns: nothing that depends on a private row.

    `score` is the best counting score when the Ladder rule let this one not count; None for an invalid file.
    """

    team: str
    team_id: int
    report: Report
    submission: int | None
    score: Score | None
    counts: bool
    left: int
    resets_at: int
    invalid_left: int
    granted: int = 0
    """How many of the entries left were granted beyond the daily quota."""


class RepeatedError(RefusedError):
    """The team has entered the same file before, as entry `number`."""

    def __init__(self, team: str, number: int) -> None:
        super().__init__(f"the same file is entry {number} of {team!r} already; it cost nothing now", code="conflict")
        self.number = number


def submit(
    competition: Competition, team: str | int, path: Path, message: str = "", *, arrived: int | None = None
) -> Receipt:
    """Judge, score and keep a file for a team. Raises RefusedError when the rules do not allow it now.

    An invalid file is counted, not kept, and its report says why. When this returns, the entry is on the disk.
    Deadline and quota are held against the time of arrival (default: now): waiting for others makes nobody late.
    `team` is its name or its number, which a rename does not change.
    """
    arrived = competition.clock() if arrived is None else arrived
    with competition.reading() as connection:
        number = teams.named(connection, team).id
    return _enter(competition, number, lambda expected: validate_file(path, expected), (path.name, message), arrived)


def submit_bytes(
    competition: Competition, team_id: int, data: bytes, *, name: str, message: str = "", arrived: int | None = None
) -> Receipt:
    """The same for the bytes of a file."""
    arrived = competition.clock() if arrived is None else arrived
    return _enter(competition, team_id, lambda expected: validate_data(data, expected), (name, message), arrived)


def _enter(
    competition: Competition,
    team_id: int,
    judged: Callable[[Expected], Submission],
    told: tuple[str, str],
    arrived: int,
) -> Receipt:
    name, message = told
    if len(message) > LONGEST_MESSAGE or not message.isprintable():
        raise LeaderboardError(f"the message must be at most {LONGEST_MESSAGE} printable characters", code="invalid")
    # What decides about the file is in the log before it does.
    competition.log_rules()
    with competition.reading() as connection:
        state = connection.execute(sa.select(database.competition)).one()
        row = teams.by_id(connection, team_id)
        _require_allowed(competition, connection, state, row, arrived)
    # Judged and scored before the lock is taken; what the lock protects is repeated under it.
    solution = competition.solution(state.revision)
    submission = judged(solution.expected(competition.rules.probabilities))
    # A stranger's file name may hold anything; what is kept of it is printable.
    name = "".join(c if c.isprintable() else "?" for c in name)[:100]
    if submission.report.codes is None:
        return _reject(competition, row, submission, name, arrived)
    parts = score_codes(solution, submission.report.codes, competition.rules.metric)
    sha256 = competition.archive.put(submission.data)  # type: ignore[arg-type]
    try:
        return _keep(competition, team_id, submission, (sha256, name, message), (state, parts), arrived)
    except LeaderboardError:
        _discard(competition, sha256)
        raise


def _keep(
    competition: Competition,
    team_id: int,
    submission: Submission,
    file: tuple[str, str, str],
    scored: tuple[sa.Row, PartScores],
    arrived: int,
) -> Receipt:
    """Keep a valid file, which the archive holds, with its scores."""
    (state, parts), codes = scored, submission.report.codes
    with competition.transaction() as work:
        row = teams.by_id(work.connection, team_id)
        left, invalid, resets_at = _require_allowed(competition, work.connection, work.state, row, arrived)
        _require_new(work, row, file[0])
        # Costs nothing if it is there; another team's refused entry of the same bytes may have discarded it.
        competition.archive.put(submission.data)  # type: ignore[arg-type]
        if work.state.revision != state.revision:
            solution = competition.solution(work.state.revision)
            parts = score_codes(solution, codes, competition.rules.metric)  # type: ignore[arg-type]
        number, counts = _insert(competition, work, row, parts, file, arrived)
        best = None if counts else best_counting(work.connection, row.id, work.state.revision)
        shown = parts.public if best is None else best[0]
        granted = grants.allowance(work.connection, row.id, arrived).entries
    return Receipt(row.name, row.id, submission.report, number, shown, counts, left - 1, resets_at, invalid, granted)


def _discard(competition: Competition, sha256: str) -> None:
    """Delete a file that was kept before the lock was taken, unless an entry has it."""
    with competition.transaction() as work:
        same = sa.select(database.submissions.c.id).where(database.submissions.c.sha256 == sha256).limit(1)
        if work.execute(same).first() is None:
            competition.archive.path(sha256).unlink(missing_ok=True)


def find_repeated(competition: Competition, team_id: int, data: bytes) -> int | None:
    """The number of the entry that the team has made with these bytes; None if there is none."""
    with competition.reading() as connection:
        return _number_of(connection, team_id, hashlib.sha256(data).hexdigest())


def _number_of(connection: sa.Connection, team_id: int, sha256: str) -> int | None:
    same = (database.submissions.c.team_id == team_id) & (database.submissions.c.sha256 == sha256)
    return connection.execute(sa.select(database.submissions.c.id).where(same)).scalar()


def judge(competition: Competition, path: Path) -> Report:
    """The report on a file that nobody enters yet. Raises RefusedError when nothing can be entered now."""
    with competition.reading() as connection:
        state = connection.execute(sa.select(database.competition)).one()
    competition.require_open(state, competition.clock())
    return validate_file(path, competition.solution(state.revision).expected(competition.rules.probabilities)).report


def _require_allowed(
    competition: Competition, connection: sa.Connection, state: sa.Row, team: sa.Row, arrived: int
) -> tuple[int, int, int]:
    """Entries and invalid files left today, and when the day ends. Raises RefusedError."""
    if team.disabled:
        raise RefusedError(f"the team {team.name!r} is disabled: ask the tutor", code="disabled")
    competition.require_open(state, arrived, grants.allowance(connection, team.id, arrived).until)
    left, end = quota_left(competition, connection, team, arrived)
    invalid = invalid_left(competition, connection, team, arrived)
    if team.baseline:
        return left, invalid, end
    again = f"the next day begins in {duration(end - arrived)} ({competition.rules.timezone})"
    if left <= 0:
        text = f"{team.name!r} has used its {competition.rules.daily_quota} entries of today: {again}"
        raise RefusedError(text, code="quota", until=end)
    if invalid <= 0:
        text = f"{team.name!r} has sent {competition.rules.daily_invalid} invalid files today: {again}"
        raise RefusedError(f"{text}; check files at home with leaderboard validate", code="quota", until=end)
    return left, invalid, end


def _require_new(work: Transaction, team: sa.Row, sha256: str) -> None:
    number = _number_of(work.connection, team.id, sha256)
    if number is not None:
        raise RepeatedError(team.name, number)


def _reject(competition: Competition, team: sa.Row, submission: Submission, name: str, arrived: int) -> Receipt:
    with competition.transaction() as work:
        team = teams.by_id(work.connection, team.id)
        left, invalid, resets_at = _require_allowed(competition, work.connection, work.state, team, arrived)
        codes = ",".join(submission.report.counts)
        row = {"team_id": team.id, "at": arrived, "sha256": submission.sha256, "file_name": name, "codes": codes}
        work.execute(database.rejections.insert().values(row))
        work.record("rejection", team=team.name, sha256=submission.sha256, codes=codes, arrived=arrived)
        granted = grants.allowance(work.connection, team.id, arrived).entries
    return Receipt(team.name, team.id, submission.report, None, None, False, left, resets_at, invalid - 1, granted)


def _insert(
    competition: Competition,
    work: Transaction,
    team: sa.Row,
    parts: PartScores,
    file: tuple[str, str, str],
    arrived: int,
) -> tuple[int, bool]:
    sha256, name, message = file
    number = (work.execute(sa.select(sa.func.max(database.submissions.c.id))).scalar() or 0) + 1
    grant = _grant_to_use(competition, work, team, arrived)
    counts = True
    if competition.rules.ladder:
        best = best_counting(work.connection, team.id, work.state.revision)
        counts = best is None or paired.beats(parts.public_rows, best[1], parts.public.rows)
    entry = {"id": number, "team_id": team.id, "at": arrived, "sha256": sha256, "picked": False}
    work.execute(database.submissions.insert().values(**entry, file_name=name, message=message))
    insert_scores(work, number, work.state.revision, parts, counts)
    if grant is not None:
        grants.use(work, number, grant)
    work.record(
        "submission",
        submission=number,
        team=team.name,
        sha256=sha256,
        arrived=arrived,
        scores=score_record(work.state.revision, parts, counts),
        **({} if grant is None else {"grant": grant}),
    )
    return number, counts


def _grant_to_use(competition: Competition, work: Transaction, team: sa.Row, arrived: int) -> int | None:
    """The grant that pays for the entry; None while the daily quota does."""
    if team.baseline or daily_left(competition, work.connection, team.id, arrived)[0] > 0:
        return None
    return grants.allowance(work.connection, team.id, arrived).next


def current_place(competition: Competition, team: int) -> tuple[Standing | None, int]:
    """The public place of the team with that number (None if it was just taken off the board); how many are ranked."""
    with competition.reading() as connection:
        places = public_places(connection, competition.rules.tie)
    place = next((place for place in places if place.team.id == team), None)
    return place, sum(place.rank is not None for place in places)
