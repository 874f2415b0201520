"""Accept an entry: check the file, score and store it, within the quota."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition import board_still, exclusions, grants, teams
from leaderboard.competition.competition import Competition, Transaction
from leaderboard.competition.quota import DayQuota, day_quota
from leaderboard.competition.scores import PartScores, best_counting, insert_scores, score_codes, score_record
from leaderboard.core.clock import format_duration
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.scoring import paired
from leaderboard.scoring.score import Score
from leaderboard.standings.excluded import exclusions_in_force
from leaderboard.standings.places import public_places
from leaderboard.standings.ranking import Standing
from leaderboard.storage import database
from leaderboard.submission import Expected, Report, Submission, validate_data, validate_file

LONGEST_MESSAGE = 200
# Built only once: they take longer to build than to run.
_STATE = sa.select(database.competition)
_LAST = sa.select(sa.func.max(database.submissions.c.id))
_SAME_FILE = sa.select(database.submissions.c.id).where(
    (database.submissions.c.team_id == sa.bindparam("team")) & (database.submissions.c.sha256 == sa.bindparam("sha256"))
)
_ENTRY, _REJECTION = database.submissions.insert(), database.rejections.insert()


@dataclass(frozen=True)
class Receipt:
    """What the team learns about its file. Nothing in it depends on a private row.

    `score` is the public score, or the team's best so far if this entry does not count by the Ladder rule; None for
    an invalid file. While the board stands still and the rules hide own scores, `score` and `counts` are None. Until
    `resets_at` (microseconds since 1970), `left` more entries and `invalid_left` invalid files are allowed.
    """

    team: str
    team_id: int
    report: Report
    submission: int | None
    score: Score | None
    counts: bool | None
    left: int
    resets_at: int
    invalid_left: int
    granted: int = 0
    """How many of the `left` entries were granted beyond the daily quota."""
    late: bool = False
    """Whether the file came after the deadline: it is stored and scored, but not ranked."""


class RepeatedError(RefusedError):
    """The team has entered the same file before, as entry `number`; `state` such as "withdrawn" if it does not rank."""

    def __init__(self, team: str, number: int, state: str = "") -> None:
        hint = f" ({state}: the tutor can restore it)" if state else ""
        text = f"the same file is already entry {number} of {team!r}{hint}; it used no quota"
        super().__init__(text, code="conflict")
        self.number = number


def submit(
    competition: Competition, team: str | int, path: Path, message: str = "", *, arrived: int | None = None
) -> Receipt:
    """Check, score and store a file for a team. Raises RefusedError if the rules do not allow it now.

    An invalid file is counted but not stored, and its report says why. On return the entry is on the disk. Deadline
    and quota are checked for the time of arrival (microseconds since 1970; default: now), so waiting makes no entry
    late. `team` is the team's name, or its number, which does not change when the team is renamed.
    """
    arrived = competition.clock() if arrived is None else arrived
    with competition.read_transaction() as connection:
        number = teams.by_name_or_id(connection, team).id
    sent = _Upload(number, path.name, message, arrived)
    return _enter(competition, sent, lambda expected: validate_file(path, expected))


def submit_bytes(
    competition: Competition, team_id: int, data: bytes, *, name: str, message: str = "", arrived: int | None = None
) -> Receipt:
    """Like `submit`, for the bytes of a file. Raises RepeatedError first of all if they are entered already."""
    arrived = competition.clock() if arrived is None else arrived
    sent = _Upload(team_id, name, message, arrived, hashlib.sha256(data).hexdigest())
    return _enter(competition, sent, lambda expected: validate_data(data, expected))


@dataclass(frozen=True)
class _Upload:
    """What a team sent with a file, and the file's hash as soon as it is known."""

    team_id: int
    name: str
    message: str
    arrived: int
    sha256: str = ""

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST_MESSAGE or not self.message.isprintable():
            text = f"the message must be at most {LONGEST_MESSAGE} printable characters"
            raise LeaderboardError(text, code="invalid")

    @property
    def printable_name(self) -> str:
        """The file name, at most 100 characters, with ? for unprintable ones: the sender can choose any name."""
        return "".join(c if c.isprintable() else "?" for c in self.name)[:100]


def _enter(competition: Competition, sent: _Upload, judged: Callable[[Expected], Submission]) -> Receipt:
    # The rules that decide about the file are logged first.
    competition.log_rules()
    with competition.read_transaction() as connection:
        state = connection.execute(_STATE).one()
        row = teams.by_id(connection, sent.team_id)
        _require_new(connection, row, sent.sha256)
        _require_allowed(competition, connection, state, row, sent.arrived)
    # The file is checked and scored before the lock is taken; checks that need the lock are repeated under it.
    solution = competition.solution(state.revision)
    submission = judged(solution.expected(competition.rules.probabilities))
    if submission.data is not None and not sent.sha256:
        sent = replace(sent, sha256=hashlib.sha256(submission.data).hexdigest())
    if submission.report.codes is None:
        return competition.group_commit.run(lambda work: _reject(competition, work, sent, submission.report))
    assert submission.data is not None, "what has codes has been read"
    parts = score_codes(solution, submission.report.codes, competition.rules.metric)
    competition.archive.put(submission.data, sent.sha256)
    try:
        return competition.group_commit.run(
            lambda work: _accept(competition, work, sent, submission, (state.revision, parts))
        )
    except LeaderboardError:
        competition.group_commit.run(lambda work: _discard(competition, work, sent.sha256))
        raise


def _accept(
    competition: Competition, work: Transaction, sent: _Upload, submission: Submission, scored: tuple[int, PartScores]
) -> Receipt:
    """Make an entry of a valid file, which is in the archive, and its scores."""
    row = teams.by_id(work.connection, sent.team_id)
    day = _require_allowed(competition, work.connection, work.state, row, sent.arrived)
    _require_new(work.connection, row, sent.sha256)
    # Does nothing if the file is there. Another team's refused entry of the same bytes may have deleted it.
    competition.archive.put(submission.data, sent.sha256)  # type: ignore[arg-type]
    revision, parts = scored
    if work.state.revision != revision:
        solution = competition.solution(work.state.revision)
        parts = score_codes(solution, submission.report.codes, competition.rules.metric)  # type: ignore[arg-type]
    # An entry beyond the daily quota uses a grant.
    grant = None if row.baseline or day.daily > 0 else day.allowance.next
    number, counts = _insert(competition, work, row, parts, sent, grant)
    closes = competition.rules.closes_at
    late = closes is not None and sent.arrived >= max(closes, day.allowance.until)
    if late:
        exclusions.exclude(work, number, exclusions.LATE)
    best = None if counts else best_counting(work.connection, row.id, work.state.revision)
    shown = parts.public if best is None else best[0]
    granted = day.allowance.entries - (grant is not None)
    hidden = board_still.own_scores_hidden_since(competition, work.connection)
    kept = (number, shown, counts, day.left - 1, day.ends_at, day.invalid, granted, late)
    receipt = Receipt(row.name, row.id, submission.report, *kept)
    return replace(receipt, score=None, counts=None) if hidden is not None and sent.arrived >= hidden else receipt


def _discard(competition: Competition, work: Transaction, sha256: str) -> None:
    """Delete a file that was stored before the lock was taken, unless an entry uses it."""
    same = sa.select(database.submissions.c.id).where(database.submissions.c.sha256 == sha256).limit(1)
    if work.execute(same).first() is None:
        competition.archive.path(sha256).unlink(missing_ok=True)


def judge(competition: Competition, path: Path) -> Report:
    """Check a file without entering it. Raises RefusedError if no entries are accepted now."""
    with competition.read_transaction() as connection:
        state = connection.execute(sa.select(database.competition)).one()
    competition.require_open(state, competition.clock(), competition.rules.late_until or 0)
    return validate_file(path, competition.solution(state.revision).expected(competition.rules.probabilities)).report


def _require_allowed(
    competition: Competition, connection: sa.Connection, state: sa.Row, team: sa.Row, arrived: int
) -> DayQuota:
    """What is left of the team's quota of the day. Raises RefusedError if it may not enter a file."""
    if team.disabled:
        into = teams.merged_into(connection, team)
        if into is not None:
            text = f"the team {team.name!r} was merged into {into!r}: use the token of {into!r}"
            raise RefusedError(text, code="merged")
        raise RefusedError(f"the team {team.name!r} is disabled: ask the tutor", code="disabled")
    day = day_quota(competition, connection, team.id, arrived)
    competition.require_open(state, arrived, max(day.allowance.until, competition.rules.late_until or 0))
    if team.baseline:
        return day
    again = f"the next day begins in {format_duration(day.ends_at - arrived)} ({competition.rules.timezone})"
    if day.left <= 0:
        text = f"{team.name!r} has used its {competition.rules.daily_quota} entries of today: {again}"
        raise RefusedError(text, code="quota", until=day.ends_at)
    if day.invalid <= 0:
        text = f"{team.name!r} has sent {competition.rules.daily_invalid} invalid files today: {again}"
        check = "check files on your computer with leaderboard validate"
        raise RefusedError(f"{text}; {check}", code="quota", until=day.ends_at)
    return day


def _require_new(connection: sa.Connection, team: sa.Row, sha256: str) -> None:
    number = connection.execute(_SAME_FILE, {"team": team.id, "sha256": sha256}).scalar()
    if number is not None:
        open_ = exclusions_in_force(connection).get(number)
        raise RepeatedError(team.name, number, "" if open_ is None else open_.kind)


def _reject(competition: Competition, work: Transaction, sent: _Upload, report: Report) -> Receipt:
    """Count an invalid file. Its `sha256` is None if it could not be read."""
    row = teams.by_id(work.connection, sent.team_id)
    day = _require_allowed(competition, work.connection, work.state, row, sent.arrived)
    codes, sha256 = ",".join(report.counts), sent.sha256 or None
    values = {"team_id": row.id, "at": sent.arrived, "sha256": sha256, "file_name": sent.printable_name, "codes": codes}
    work.execute(_REJECTION, values)
    work.record("rejection", team=row.name, sha256=sha256, codes=codes, arrived=sent.arrived)
    kept = (None, None, False, day.left, day.ends_at, day.invalid - 1, day.allowance.entries)
    return Receipt(row.name, row.id, report, *kept)


def _insert(
    competition: Competition, work: Transaction, team: sa.Row, parts: PartScores, sent: _Upload, grant: int | None
) -> tuple[int, bool]:
    number = (work.execute(_LAST).scalar() or 0) + 1
    counts = True
    if competition.rules.ladder:
        best = best_counting(work.connection, team.id, work.state.revision)
        counts = best is None or paired.beats(parts.public_rows, best[1], parts.public.rows)
    entry = {"id": number, "team_id": team.id, "at": sent.arrived, "sha256": sent.sha256, "picked": False}
    work.execute(_ENTRY, {**entry, "file_name": sent.printable_name, "message": sent.message})
    insert_scores(work, number, work.state.revision, parts, counts)
    if grant is not None:
        grants.record_use(work, number, grant)
    work.record(
        "submission",
        submission=number,
        team=team.name,
        sha256=sent.sha256,
        arrived=sent.arrived,
        scores=score_record(work.state.revision, parts, counts),
        **({} if grant is None else {"grant": grant}),
    )
    return number, counts


def current_place(competition: Competition, team: int) -> tuple[Standing | None, int]:
    """The public place of the team with this number (None if it is not on the board); how many teams are ranked."""
    with competition.read_transaction() as connection:
        places = public_places(connection, competition.rules.tie, before=board_still.since(competition, connection))
    place = next((place for place in places if place.team.id == team), None)
    return place, sum(place.rank is not None for place in places)
