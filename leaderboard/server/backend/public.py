"""Calls that need no login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leaderboard.server.backend import facts
from leaderboard.server.backend.state import Answer, State


def competition(backend: State, _credential: Any, _blob: bytes) -> Answer:
    """Rules, status, times."""
    return facts.competition_facts(backend.competition), b""


def board(backend: State, _credential: Any, _blob: bytes, *, form: str, known: str) -> Answer:
    """A form of the standings and its ETag; no bytes if the ETag is `known`."""
    tag, data = backend.boards.get(form)
    return {"tag": tag}, b"" if tag == known else data


def sample(backend: State, _credential: Any, _blob: bytes) -> Answer:
    """The sample submission."""
    return {}, backend.competition.sample.read_bytes()


def log_in(backend: State, credential: dict[str, Any], _blob: bytes) -> Answer:
    """A session for a token or a one-time link."""
    actor = backend.actors.log_in(credential)
    return {"role": actor.role, "session": backend.actors.new_session(actor)}, b""


def look_at_link(backend: State, credential: dict[str, Any], _blob: bytes) -> Answer:
    """The team of a one-time link."""
    return {"team": backend.actors.team_of_link(str(credential.get("link", ""))).team.name}, b""


def health(backend: State, _credential: Any, _blob: bytes) -> Answer:
    """Whether the database answers, and whether rules.toml can be used."""
    backend.competition.log_rules()
    return {
        "status": "ok",
        "rules": "kept, since rules.toml cannot be used" if backend.competition.rules_problem else "ok",
    }, b""


METHODS: dict[str, Callable[..., Answer]] = {
    "competition": competition,
    "board": board,
    "sample": sample,
    "log_in": log_in,
    "look_at_link": look_at_link,
    "health": health,
}
