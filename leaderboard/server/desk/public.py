"""Calls that need no login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leaderboard.server.desk import facts
from leaderboard.server.desk.state import Answer, State


def competition(desk: State, _credential: Any, _blob: bytes) -> Answer:
    """Rules, status, times."""
    return facts.competition_facts(desk.competition), b""


def board(desk: State, _credential: Any, _blob: bytes, *, form: str, known: str) -> Answer:
    """A form of the standings and its ETag; no bytes if the ETag is `known`."""
    tag, data = desk.boards.get(form)
    return {"tag": tag}, b"" if tag == known else data


def sample(desk: State, _credential: Any, _blob: bytes) -> Answer:
    """The sample submission."""
    return {}, desk.competition.sample.read_bytes()


def log_in(desk: State, credential: dict[str, Any], _blob: bytes) -> Answer:
    """A session for a token or a one-time link."""
    actor = desk.actors.log_in(credential)
    return {"role": actor.role, "session": desk.actors.new_session(actor)}, b""


def look_at_link(desk: State, credential: dict[str, Any], _blob: bytes) -> Answer:
    """The team of a one-time link."""
    return {"team": desk.actors.team_of_link(str(credential.get("link", ""))).team.name}, b""


def health(desk: State, _credential: Any, _blob: bytes) -> Answer:
    """Whether the database answers, and whether rules.toml can be used."""
    desk.competition.log_rules()
    return {
        "status": "ok",
        "rules": "kept, since rules.toml cannot be used" if desk.competition.rules_problem else "ok",
    }, b""


METHODS: dict[str, Callable[..., Answer]] = {
    "competition": competition,
    "board": board,
    "sample": sample,
    "log_in": log_in,
    "look_at_link": look_at_link,
    "health": health,
}
