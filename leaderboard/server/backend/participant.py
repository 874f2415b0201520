"""Calls for a team. They give only the team's own entries, and no private score before the reveal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from leaderboard.competition import board_still, entries, picks
from leaderboard.competition.grants import allowance
from leaderboard.competition.names import display_name_function, team_key
from leaderboard.competition.quota import day_quota, why_closed
from leaderboard.scoring.score import Score
from leaderboard.server.backend import facts
from leaderboard.server.backend.actors import Actor
from leaderboard.server.backend.reports import report_values
from leaderboard.server.backend.state import Answer, State
from leaderboard.server.core.refusal import Refusal
from leaderboard.standings.excluded import exclusions_in_force
from leaderboard.standings.live import FAR_FUTURE
from leaderboard.standings.places import final_places, is_revealed
from leaderboard.storage import database
from leaderboard.submission import validate_bytes

MICROSECONDS = 1_000_000


def admit(backend: State, actor: Actor, _blob: bytes) -> Answer:
    """The team's number, and the largest file that it may send, in bytes."""
    competition = backend.competition
    # Every revision has the same ids and classes.
    expected = competition.solution(0).expected(competition.rules.probabilities)
    return {"team_id": actor.team.id, "max_bytes": expected.max_bytes}, b""


def quota(backend: State, actor: Actor, _blob: bytes) -> Answer:
    """Entries and invalid files left today."""
    backend.competition.log_rules()
    with backend.competition.read_transaction() as connection:
        return _quota(backend, connection, actor), b""


def _quota(backend: State, connection: sa.Connection, actor: Actor) -> dict[str, Any]:
    competition, at = backend.competition, backend.competition.clock()
    day = day_quota(competition, connection, actor.team.id, at)
    return {
        "daily_quota": competition.rules.daily_quota,
        "left": max(0, day.left),
        "allowed": day.allowed,
        "granted": day.allowance.entries,
        "invalid_left": max(0, day.invalid),
        "resets_at": facts.iso(day.ends_at, competition.rules.timezone),
        "resets_in": max(0, day.ends_at - at) // MICROSECONDS,
        "closed": why_closed(competition, connection, day, at),
    }


def own_entries(backend: State, actor: Actor, _blob: bytes) -> Answer:
    """The team's entries, oldest first."""
    with backend.competition.read_transaction() as connection:
        return {"entries": _entries(backend, connection, actor)}, b""


def _entries_of_a_team() -> sa.Select:
    entry, public, private = database.submissions, database.public_scores, database.private_scores
    own = (entry.c.team_id == sa.bindparam("team")) & (public.c.revision == sa.bindparam("revision"))
    return (
        sa.select(entry, public.c.hits, public.c.rows, public.c.counts, private.c.hits, private.c.rows)
        .join(public, public.c.submission_id == entry.c.id)
        .join(private, (private.c.submission_id == entry.c.id) & (private.c.revision == public.c.revision))
        .where(own)
        .order_by(entry.c.id)
    )


# Built only once: it takes longer to build than to run.
_ENTRIES = _entries_of_a_team()


def _entries(backend: State, connection: sa.Connection, actor: Actor) -> list[dict[str, Any]]:
    state = connection.execute(sa.select(database.competition)).one()
    values = {"team": actor.team.id, "revision": state.revision}
    hidden_from = board_still.own_scores_hidden_since(backend.competition, connection)
    excluded = exclusions_in_force(connection)
    best: Score | None = None
    out = []
    for row in connection.execute(_ENTRIES, values):
        number, _, at, sha256, file_name, message, picked, hits, rows, counts, private_hits, private_rows = row
        score = Score(hits, rows)
        hidden = hidden_from is not None and at >= hidden_from
        if counts and (best is None or score > best):
            best = score
        # Under the Ladder rule, an entry that does not count shows the best score until then.
        shown = score if counts or best is None else best
        revealed = None if state.revealed_at is None else Score(private_hits, private_rows).value
        out.append(
            {
                "number": number,
                "at": facts.iso(at, backend.competition.rules.timezone),
                **score_values(None if hidden else shown),
                "counts": None if hidden else bool(counts),
                "picked": bool(picked),
                "not_ranked": excluded[number].kind if number in excluded else None,
                "reason": excluded[number].reason if number in excluded else "",
                "private_score": revealed,
                "message": message,
                "file_name": file_name,
                "sha256": sha256,
            }
        )
    return out


def score_values(score: Score | None) -> dict[str, Any]:
    """A score with its 95 % interval; None for each value of a score that is not shown yet."""
    if score is None:
        return dict.fromkeys(("score", "low", "high", "hits", "rows"))
    low, high = score.interval
    return {"score": score.value, "low": low, "high": high, "hits": score.hits, "rows": score.rows}


def _best(own: Iterable[dict[str, Any]]) -> float | None:
    """The best public score of the entries that count and rank."""
    return max((entry["score"] for entry in own if entry["counts"] and entry["not_ranked"] is None), default=None)


def _takes(backend: State, connection: sa.Connection, actor: Actor) -> dict[str, bool]:
    """Whether files and picks of this team are taken now: a grant and the rules may let it enter after the deadline."""
    competition, at = backend.competition, backend.competition.clock()
    state = connection.execute(sa.select(database.competition)).one()
    closes, granted = competition.rules.closes_at, allowance(connection, actor.team.id, at).until
    going = state.frozen_at is None and not actor.team.disabled
    picks_until = FAR_FUTURE if closes is None else max(closes, granted)
    files_until = max(picks_until, competition.rules.late_until or 0)
    return {"takes_files": going and at < files_until, "takes_picks": going and at < picks_until}


def summary(backend: State, actor: Actor, _blob: bytes) -> Answer:
    """Everything that the team's own page shows."""
    competition = backend.competition
    competition.log_rules()
    with competition.read_transaction() as connection:
        secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
        own = _entries(backend, connection, actor)
        return {
            "team": actor.team.name,
            "shown": display_name_function(secret, competition.rules.names)(actor.team),
            "quota": _quota(backend, connection, actor),
            **_takes(backend, connection, actor),
            "best": _best(own),
            **_place(backend, connection, actor, final=is_revealed(connection)),
            "entries": own,
        }, b""


def _place(backend: State, connection: sa.Connection, actor: Actor, *, final: bool) -> dict[str, Any]:
    rules = backend.competition.rules
    if not final:
        before = board_still.since(backend.competition, connection)
        place = backend.places.place(connection, rules.tie, actor.team.id, before=before)
        return {"rank": place.rank, "teams": place.ranked, "group": place.group}
    moves = final_places(connection, rules.tie, rules.picks)
    own = next((move.after for move in moves if move.after.team.id == actor.team.id), None)
    ranked = sum(move.after.rank is not None for move in moves)
    return {"rank": own and own.rank, "teams": ranked, "group": own and own.group}


def submit(backend: State, actor: Actor, blob: bytes, *, name: str, message: str, arrived: int) -> Answer:
    """Enter a file. If the team sends the same file again, it gets the same entry."""
    competition = backend.competition
    try:
        receipt = entries.submit_bytes(
            competition, actor.team.id, blob, name=name, message=message, arrived=_arrival(backend, arrived)
        )
    except entries.RepeatedError as error:
        return _receipt(backend, actor, error.number, repeated=True), b""
    if receipt.submission is None:
        with competition.read_transaction() as connection:
            left = _quota(backend, connection, actor)
        more = report_values(receipt.report) | {"quota": left}
        raise Refusal("invalid_file", "the file is not valid; it was not scored", more=more)
    return _receipt(backend, actor, receipt.submission, repeated=False) | {"notes": receipt.report.notes}, b""


def _arrival(backend: State, arrived: int) -> int:
    """The time of arrival from the web process; now if that is in the future or more than an hour old."""
    now = backend.competition.clock()
    return arrived if now - 3600 * MICROSECONDS <= arrived <= now else now


def _receipt(backend: State, actor: Actor, number: int, *, repeated: bool) -> dict[str, Any]:
    competition = backend.competition
    with competition.read_transaction() as connection:
        final = is_revealed(connection)
        own = _entries(backend, connection, actor)
        entry = next(entry for entry in own if entry["number"] == number)
        before = _best(e for e in own if e["number"] < number)
        stands = board_still.since(competition, connection)
        return {
            "team": actor.team.name,
            "board_still_since": None if stands is None else facts.iso(stands, competition.rules.timezone),
            "entry": entry,
            "repeated": repeated,
            "best_before": before,
            **_place(backend, connection, actor, final=final),
            "quota": _quota(backend, connection, actor),
            "notes": [],
        }


def validate(backend: State, actor: Actor, blob: bytes, *, arrived: int) -> Answer:
    """Check a file without entering it."""
    competition = backend.competition
    competition.log_rules()
    expected = competition.solution(0).expected(competition.rules.probabilities)
    return report_values(validate_bytes(blob, expected)), b""


def select(backend: State, actor: Actor, _blob: bytes, *, numbers: list[int]) -> Answer:
    """Select the entries for the final standings."""
    picks.select(backend.competition, actor.team.id, numbers)
    return {"entries": sorted(set(numbers))}, b""


def entry_file(backend: State, actor: Actor, _blob: bytes, *, number: int) -> Answer:
    """One of the team's own files, as it was sent."""
    entry = database.submissions
    own = (entry.c.id == number) & (entry.c.team_id == actor.team.id)
    with backend.competition.read_transaction() as connection:
        sha256 = connection.execute(sa.select(entry.c.sha256).where(own)).scalar()
    if sha256 is None:
        raise Refusal("not_found", "your team has no such entry")
    return {}, backend.competition.archive.get(sha256)


def own_board(backend: State, actor: Actor, _blob: bytes, *, language: str) -> Answer:
    """The standings with the team's own line marked."""
    with backend.competition.read_transaction() as connection:
        secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
    return {}, backend.boards.team_page(actor.team.id, team_key(secret, actor.team.id), language)


METHODS: dict[str, Callable[..., Answer]] = {
    "admit": admit,
    "quota": quota,
    "entries": own_entries,
    "summary": summary,
    "submit": submit,
    "validate": validate,
    "select": select,
    "entry_file": entry_file,
    "own_board": own_board,
}
