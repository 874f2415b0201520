"""Compute what the tables must hold from the log alone, by applying its events in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from leaderboard.competition.members import member_digest
from leaderboard.storage import database


@dataclass
class Team:
    """A team under its current name."""

    name: str
    alias: str | None
    baseline: bool
    created_at: int
    # Its number in the database; None in logs of older versions.
    number: int | None = None
    disabled: bool = False
    # Digest, time of joining, time of leaving.
    members: list[list] = field(default_factory=list)


@dataclass
class Entry:
    """An accepted file."""

    team: Team
    at: int
    sha256: str
    picked: bool = False
    grant: int | None = None


@dataclass
class Grant:
    """A grant for a team: more entries, more time, or both."""

    team: Team
    at: int
    entries: int
    until: int
    reason: str
    revoked_at: int | None = None


@dataclass
class Exclusion:
    """The reason why an entry is not ranked."""

    submission: int
    at: int
    kind: str
    reason: str
    gives_back: bool
    ended_at: int | None = None


@dataclass
class Replay:
    """The state after the events applied so far."""

    teams: dict[str, Team] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    grants: dict[int, Grant] = field(default_factory=dict)
    exclusions: dict[int, Exclusion] = field(default_factory=dict)
    # Number, time, source team, target team, reason.
    moves: list[tuple[int, int, Team, Team, str]] = field(default_factory=list)
    rejections: list[tuple[Team, int, str | None, str]] = field(default_factory=list)
    competition: dict[str, Any] = field(default_factory=dict)
    # All teams, in the order in which they were added.
    added: list[Team] = field(default_factory=list)

    def apply(self, event: str, at: int, payload: dict[str, Any]) -> None:
        """Apply one event of the log; events that change none of this are ignored.

        Raises KeyError if it needs something that no earlier event made, ValueError if it makes something that exists.
        """
        team = self.teams.get(payload.get("team", ""))
        match event:
            case "init":
                if self.competition:
                    raise ValueError("the competition")
                opened = {"id": 1, "created_at": at, "revision": 0, "frozen_at": None, "revealed_at": None}
                self.competition = opened | {"rules": payload["rules"]}
                if "secret_sha256" in payload:  # not in logs of older versions
                    self.competition["secret"] = payload["secret_sha256"]
            case "team added":
                self._require_new(self.teams, payload["team"])
                team = Team(payload["team"], payload["alias"], payload["baseline"], at, payload.get("number"))
                self.teams[team.name] = team
                self.added.append(team)
            case "team renamed":
                team = self.teams.pop(payload["team"])
                self._require_new(self.teams, payload["to"])
                team.name = payload["to"]
                self.teams[team.name] = team
            case "team alias":
                self.teams[payload["team"]].alias = payload["alias"]
            case "team disabled" | "team enabled":
                self.teams[payload["team"]].disabled = event == "team disabled"
            case "submission":
                self._require_new(self.entries, payload["submission"])
                self.entries[payload["submission"]] = Entry(
                    self.teams[payload["team"]], _arrival(at, payload), payload["sha256"], grant=payload.get("grant")
                )
            case "rejection":
                self.rejections.append(
                    (self.teams[payload["team"]], _arrival(at, payload), payload["sha256"], payload["codes"])
                )
            case "picks":
                for number, entry in self.entries.items():
                    if entry.team is team:
                        entry.picked = number in payload["submissions"]
            case "member added":
                self.teams[payload["team"]].members.append([payload["member"], at, None])
            case "member left":
                self._end_membership(self.teams[payload["team"]], payload["member"], at)
            case _:
                self._apply_exception(event, at, payload)

    def _apply_exception(self, event: str, at: int, payload: dict[str, Any]) -> None:
        """Grants, and what the tutor or a team does to an entry."""
        match event:
            case "grant":
                self._require_new(self.grants, payload["grant"])
                details = (payload[key] for key in ("entries", "until", "reason"))
                self.grants[payload["grant"]] = Grant(self.teams[payload["team"]], at, *details)
            case "grant revoked":
                self.grants[payload["grant"]].revoked_at = at
            case "grant moved":
                self.grants[payload["grant"]].team = self.teams[payload["to"]]
            case "entry excluded":
                self._require_new(self.exclusions, payload["exclusion"])
                self.entries[payload["submission"]]  # KeyError if it does not exist
                details = (payload[key] for key in ("kind", "reason", "gives_back"))
                self.exclusions[payload["exclusion"]] = Exclusion(payload["submission"], at, *details)
            case "exclusion ended":
                self.exclusions[payload["exclusion"]].ended_at = at
            case "entry moved":
                entry, to = self.entries[payload["submission"]], self.teams[payload["to"]]
                self.moves.append((payload["submission"], at, entry.team, to, payload["reason"]))
                entry.team, entry.picked = to, False
            case _:
                self._apply_to_competition(event, at, payload)

    def _end_membership(self, team: Team, member: str, at: int) -> None:
        for membership in team.members:
            if membership[0] == member and membership[2] is None:
                membership[2] = at
                return
        raise KeyError(member)

    def _require_new(self, made: dict, key: str | int) -> None:
        if key in made:
            raise ValueError(key)

    def _apply_to_competition(self, event: str, at: int, payload: dict[str, Any]) -> None:
        state = self.competition
        match event:
            case "frozen" | "unfrozen":
                state["frozen_at"] = at if event == "frozen" else None
            case "revealed":
                state |= {"revealed_at": at, "frozen_at": state["frozen_at"] or at}
            case "rescored":
                state["revision"] = payload["revision"]
            case "rules":
                state["rules"] = payload["rules"]


def _arrival(at: int, payload: dict[str, Any]) -> int:
    """When a file arrived; logs of older versions have no such time, so the log entry's own is used."""
    return payload.get("arrived", at)


def faults(connection: sa.Connection, events: Iterable[tuple[str, int, dict[str, Any]]]) -> Iterator[str]:
    """Faults if teams, entries, rejections or the competition's state differ from what the events produced."""
    replay = Replay()
    for event, at, payload in events:
        try:
            replay.apply(event, at, payload)
        except KeyError as error:
            yield f"the log has a {event!r} of {error}, which nothing before it made"
        except ValueError as error:
            yield f"the log has a second {event!r} of {error.args[0]!r}"
    rows = connection.execute(sa.select(database.teams).order_by(database.teams.c.id)).all()
    # A duplicate name, which only an edit of the database can create, must not pass for one team.
    names, seen = {}, set()
    for row in rows:
        names[row.id] = row.name if row.name not in seen else f"{row.name} (team id {row.id})"
        seen.add(row.name)
    teams = {t.name: (t.name.casefold(), t.alias, t.baseline, t.disabled, t.created_at) for t in replay.teams.values()}
    stored = {names[r.id]: (r.folded, r.alias, bool(r.baseline), bool(r.disabled), r.created_at) for r in rows}
    yield from _differences("team", teams, stored)
    entries = {n: (e.team.name, e.at, e.sha256, e.picked, e.grant) for n, e in replay.entries.items()}
    yield from _differences("entry", entries, _stored_entries(connection, names))
    grants = {n: (g.team.name, g.at, g.entries, g.until, g.reason, g.revoked_at) for n, g in replay.grants.items()}
    yield from _differences("grant", grants, _stored_grants(connection, names))
    excluded = {
        n: (e.submission, e.at, e.kind, e.reason, e.gives_back, e.ended_at) for n, e in replay.exclusions.items()
    }
    yield from _differences("exclusion", excluded, _stored_exclusions(connection))
    moves = [(number, at, one.name, other.name, reason) for number, at, one, other, reason in replay.moves]
    if moves != _stored_moves(connection, names):
        yield "the moves of entries are not those that were logged"
    rejections = sorted((team.name, at, sha256 or "", codes) for team, at, sha256, codes in replay.rejections)
    if rejections != _stored_rejections(connection, names):
        yield "the rejections are not those that were logged"
    members = {name: team.members for name, team in replay.teams.items() if team.members}
    yield from _differences("the membership of team", members, _stored_members(connection, names))
    yield from _number_faults(replay.added, {name: number for number, name in names.items()})
    yield from _state_faults(connection, replay.competition)


def _number_faults(added: list[Team], numbers: Mapping[str, int]) -> Iterator[str]:
    """Pseudonyms and the teams' own pages depend on the numbers, which increase from team to team."""
    last = 0
    for team in added:
        number = numbers.get(team.name)
        if number is not None:
            if number <= last or team.number not in (None, number):
                yield f"team {team.name} has another number in the database than when it was added"
            last = number


def _state_faults(connection: sa.Connection, logged: Mapping[str, Any]) -> Iterator[str]:
    states = connection.execute(sa.select(database.competition)).mappings().all()
    if len(states) > 1:
        yield f"the database holds {len(states)} competitions"
    state: dict[str, Any] = dict(states[0]) if states else {}
    if "secret" in state:
        state["secret"] = hashlib.sha256(state["secret"].encode()).hexdigest()
    for key, value in logged.items():
        if state.get(key) != value:
            yield f"the competition's {key} in the database is not what was logged"


def _differences(kind: str, logged: dict, stored: dict) -> Iterator[str]:
    for key in sorted(logged.keys() | stored.keys()):
        if key not in stored:
            yield f"{kind} {key} was logged and is missing in the database"
        elif key not in logged:
            yield f"{kind} {key} is in the database and was never logged"
        elif logged[key] != stored[key]:
            yield f"{kind} {key} was changed in the database"


def _stored_entries(connection: sa.Connection, names: dict[int, str]) -> dict[int, tuple]:
    table, uses = database.submissions, database.grant_uses
    rows = connection.execute(sa.select(table, uses.c.grant_id).outerjoin(uses))
    return {row.id: (names.get(row.team_id), row.at, row.sha256, bool(row.picked), row.grant_id) for row in rows}


def _stored_grants(connection: sa.Connection, names: dict[int, str]) -> dict[int, tuple]:
    rows = connection.execute(sa.select(database.grants))
    return {r.id: (names.get(r.team_id), r.at, r.entries, r.until, r.reason, r.revoked_at) for r in rows}


def _stored_exclusions(connection: sa.Connection) -> dict[int, tuple]:
    rows = connection.execute(sa.select(database.exclusions))
    return {r.id: (r.submission_id, r.at, r.kind, r.reason, bool(r.gives_back), r.ended_at) for r in rows}


def _stored_moves(connection: sa.Connection, names: dict[int, str]) -> list[tuple]:
    rows = connection.execute(sa.select(database.entry_moves).order_by(database.entry_moves.c.id))
    return [(r.submission_id, r.at, names.get(r.from_id), names.get(r.to_id), r.reason) for r in rows]


def _stored_members(connection: sa.Connection, names: dict[int, str]) -> dict[str, list[list]]:
    secret = connection.execute(sa.select(database.competition.c.secret)).scalars().first() or ""
    stored: dict[str, list[list]] = {}
    for row in connection.execute(sa.select(database.members).order_by(database.members.c.id)):
        digest = member_digest(secret, row.name, row.student_id, row.email)
        stored.setdefault(names.get(row.team_id, ""), []).append([digest, row.joined_at, row.left_at])
    return stored


def _stored_rejections(connection: sa.Connection, names: dict[int, str]) -> list[tuple]:
    rows = connection.execute(sa.select(database.rejections))
    return sorted((names.get(row.team_id, ""), row.at, row.sha256 or "", row.codes) for row in rows)
