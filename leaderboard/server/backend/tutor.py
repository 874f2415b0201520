"""Calls for the tutor. Each action runs the same function as on the command line, so it is logged in the same way."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from leaderboard.competition import exclusions, grants
from leaderboard.competition.roster import team_rows
from leaderboard.core.clock import TIME_FORMAT, format_time
from leaderboard.server.backend import facts
from leaderboard.server.backend.actors import Actor
from leaderboard.server.backend.state import Answer, State
from leaderboard.server.backend.tutor_acts import ACTS
from leaderboard.server.core.refusal import Refusal
from leaderboard.standings import listing
from leaderboard.standings.places import final_places
from leaderboard.standings.rows import moved_row, standing_columns
from leaderboard.storage import database
from leaderboard.table.spreadsheet import write_csv

LOG_LINES = 30
LOG_COLUMNS = ("number", "date", "event", "payload")
FINDING_COLUMNS = ("kind", "teams", "detail")


def admit_tutor(_backend: State, _actor: Actor, _blob: bytes) -> Answer:
    """Only check the credential."""
    return {}, b""


def area(backend: State, _actor: Actor, _blob: bytes) -> Answer:
    """Everything on the tutor's page: teams, grants, the newest entries and log lines, rules, refused logins."""
    competition = backend.competition
    known = facts.competition_facts(competition)
    with competition.read_transaction() as connection:
        entries = listing.submissions(connection, competition.rules.timezone, competition.rules.picks)
        log = _log_rows(backend, connection, LOG_LINES)
    newest = sorted(entries, key=lambda row: row["date"], reverse=True)[:LOG_LINES]
    newest = [row | {"date": row["date"].strftime(TIME_FORMAT)} for row in newest]
    rows = [row | {"added": row["added"].strftime(TIME_FORMAT)} for row in team_rows(competition)]
    return {
        "facts": known,
        "teams": rows,
        "grants": grants.grant_rows(competition),
        "entries": newest,
        "exclusions": exclusions.action_rows(competition),
        "log": log,
        "rules_text": competition.rules_text(),
        "rules_problem": competition.rules_problem,
        "refused": list(backend.actors.refused)[::-1],
    }, b""


def _log_rows(backend: State, connection: sa.Connection, most: int | None) -> list[dict[str, Any]]:
    statement = sa.select(database.audit).order_by(database.audit.c.number.desc()).limit(most)
    zone = backend.competition.rules.timezone
    rows = connection.execute(statement).all()
    return [{"number": e.number, "date": format_time(e.at, zone), "event": e.event, "payload": e.payload} for e in rows]


def act(backend: State, _actor: Actor, _blob: bytes, *, act: str, values: dict[str, str], address: str) -> Answer:
    """Run one action; its name and values, and a new token or link, which is shown only once."""
    if act not in ACTS:
        raise Refusal("not_found", "this action does not exist")
    secret = ACTS[act](backend, values, address)
    return {"said": act, "values": values | {"name": values.get("name", "").strip()}, "secret": secret}, b""


def export(backend: State, _actor: Actor, _blob: bytes, *, name: str) -> Answer:
    """A table as CSV. Before the reveal, only the tutor may see the private standings."""
    if name not in EXPORTS:
        raise Refusal("not_found", "this export does not exist")
    columns, rows = EXPORTS[name](backend)
    text = io.StringIO()
    write_csv(text, rows, columns)
    return {}, text.getvalue().encode()


Table = tuple[tuple[str, ...], list[dict[str, Any]]]


def _private_standings(backend: State) -> Table:
    own = backend.competition.rules
    with backend.competition.read_transaction() as connection:
        moves = final_places(connection, own.tie, own.picks)
    return standing_columns("csv", "change"), [moved_row(move, own.timezone, "private") for move in moves]


def _all_entries(backend: State) -> Table:
    rules = backend.competition.rules
    with backend.competition.read_transaction() as connection:
        return listing.COLUMNS, listing.submissions(connection, rules.timezone, rules.picks)


def _whole_log(backend: State) -> Table:
    with backend.competition.read_transaction() as connection:
        return LOG_COLUMNS, _log_rows(backend, connection, None)[::-1]


def _findings(backend: State) -> Table:
    from leaderboard.audit.integrity import find_suspicious

    found = find_suspicious(backend.competition)
    return FINDING_COLUMNS, [{"kind": f.kind, "teams": ", ".join(f.teams), "detail": f.detail} for f in found]


EXPORTS: dict[str, Callable[[State], Table]] = {
    "private-standings.csv": _private_standings,
    "entries.csv": _all_entries,
    "log.csv": _whole_log,
    "findings.csv": _findings,
}

METHODS: dict[str, Callable[..., Answer]] = {
    "admit_tutor": admit_tutor,
    "tutor_area": area,
    "tutor_act": act,
    "tutor_export": export,
}
