"""Calls of the tutor: each act is the function that the command line calls, so it stands in the same log."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from leaderboard.competition import lifecycle, rule_edits, teams
from leaderboard.competition.roster import team_rows
from leaderboard.core.clock import SHOWN, shown
from leaderboard.server.core.refusal import Refusal
from leaderboard.server.desk import facts
from leaderboard.server.desk.actors import Actor
from leaderboard.server.desk.state import Answer, State
from leaderboard.standings import listing
from leaderboard.standings.assembly import final_places
from leaderboard.standings.rows import moved_row, standing_columns
from leaderboard.storage import database
from leaderboard.table.spreadsheet import write_csv

LOG_LINES = 30
LOG_COLUMNS = ("number", "date", "event", "payload")
FINDING_COLUMNS = ("kind", "teams", "detail")


def admit_tutor(_desk: State, _actor: Actor, _blob: bytes) -> Answer:
    """Nothing but the check of the credential."""
    return {}, b""


def area(desk: State, _actor: Actor, _blob: bytes) -> Answer:
    """Teams, the newest entries and log lines, rules, refused logins."""
    competition = desk.competition
    known = facts.of(competition)
    with competition.reading() as connection:
        entries = listing.submissions(connection, competition.rules.timezone, competition.rules.picks)
        log = _log_rows(desk, connection, LOG_LINES)
    newest = sorted(entries, key=lambda row: row["date"], reverse=True)[:LOG_LINES]
    newest = [row | {"date": row["date"].strftime(SHOWN)} for row in newest]
    rows = [row | {"added": row["added"].strftime(SHOWN)} for row in team_rows(competition)]
    return {
        "facts": known,
        "teams": rows,
        "entries": newest,
        "log": log,
        "rules_text": competition.rules_text(),
        "rules_problem": competition.rules_problem,
        "refused": list(desk.actors.refused)[::-1],
    }, b""


def _log_rows(desk: State, connection: sa.Connection, most: int | None) -> list[dict[str, Any]]:
    statement = sa.select(database.audit).order_by(database.audit.c.number.desc()).limit(most)
    zone = desk.competition.rules.timezone
    rows = connection.execute(statement).all()
    return [{"number": e.number, "date": shown(e.at, zone), "event": e.event, "payload": e.payload} for e in rows]


def act(desk: State, _actor: Actor, _blob: bytes, *, act: str, values: dict[str, str], address: str) -> Answer:
    """One act; what was done, and a token or link that is shown this once."""
    if act not in ACTS:
        raise Refusal("not_found", "there is no such act")
    said, secret = ACTS[act](desk, values, address)
    return {"said": said, "secret": secret}, b""


def _add_team(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    token = teams.add(desk.competition, values["name"], alias=values["alias"].strip() or None)
    return f"{values['name']} is added. Its token is shown this once:", token


def _rename(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    teams.rename(desk.competition, values["team"], values["name"])
    return f"{values['team']} is now {values['name']}.", ""


def _alias(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    alias = values["name"].strip() or None
    teams.set_alias(desk.competition, values["team"], alias)
    return f"{values['team']} is shown as {alias or values['team']}.", ""


def _token(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    token = teams.renew_token(desk.competition, values["team"])
    return f"The new token of {values['team']}; the old one has ended:", token


def _link(desk: State, values: dict[str, str], address: str) -> tuple[str, str]:
    with desk.competition.reading() as connection:
        team = teams.find(connection, values["team"])
    text = f"A link that logs {team.name} in once, within a week:"
    return text, f"{address}/link/{desk.actors.link(team)}"


def _disable(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    teams.set_disabled(desk.competition, values["team"], True)
    return f"{values['team']} is off the board, and its entries are refused.", ""


def _enable(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    teams.set_disabled(desk.competition, values["team"], False)
    return f"{values['team']} is back.", ""


def _rules(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    # A form sends the line ends of the network.
    rule_edits.replace(desk.competition, values["text"].replace("\r\n", "\n"))
    return "The rules are in force and logged.", ""


def _freeze(desk: State, _values: dict[str, str], _address: str) -> tuple[str, str]:
    lifecycle.set_frozen(desk.competition, True)
    return "Frozen: no entries and picks are taken.", ""


def _unfreeze(desk: State, _values: dict[str, str], _address: str) -> tuple[str, str]:
    lifecycle.set_frozen(desk.competition, False)
    return "Entries and picks are taken again.", ""


def _reveal(desk: State, values: dict[str, str], _address: str) -> tuple[str, str]:
    if values["sure"] != "yes":
        raise Refusal("invalid", "tick the box: a reveal cannot be undone")
    lifecycle.reveal(desk.competition)
    return "The private standings are public.", ""


ACTS: dict[str, Callable[[State, dict[str, str], str], tuple[str, str]]] = {
    "add_team": _add_team,
    "rename": _rename,
    "alias": _alias,
    "token": _token,
    "link": _link,
    "disable": _disable,
    "enable": _enable,
    "rules": _rules,
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "reveal": _reveal,
}


def export(desk: State, _actor: Actor, _blob: bytes, *, name: str) -> Answer:
    """A table as CSV. The private standings are the tutor's alone before the reveal."""
    if name not in EXPORTS:
        raise Refusal("not_found", "there is no such export")
    columns, rows = EXPORTS[name](desk)
    text = io.StringIO()
    write_csv(text, rows, columns)
    return {}, text.getvalue().encode()


Table = tuple[tuple[str, ...], list[dict[str, Any]]]


def _private_standings(desk: State) -> Table:
    own = desk.competition.rules
    with desk.competition.reading() as connection:
        moves = final_places(connection, own.tie, own.picks)
    return standing_columns("csv", "change"), [moved_row(move, own.timezone, "private") for move in moves]


def _all_entries(desk: State) -> Table:
    rules = desk.competition.rules
    with desk.competition.reading() as connection:
        return listing.COLUMNS, listing.submissions(connection, rules.timezone, rules.picks)


def _whole_log(desk: State) -> Table:
    with desk.competition.reading() as connection:
        return LOG_COLUMNS, _log_rows(desk, connection, None)[::-1]


def _findings(desk: State) -> Table:
    from leaderboard.audit.integrity import review

    found = review(desk.competition)
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
