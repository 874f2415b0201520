"""Who may log in to the server: the tutor with a token, and teams with one-time links. The audit log records both."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

import sqlalchemy as sa

from leaderboard.competition import teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import RefusedError
from leaderboard.storage import database

TUTOR_TOKEN, LINK_USED = "tutor token", "login link used"


def new_tutor_token(competition: Competition) -> str:
    """A new token for the tutor's page; the old one ends. Only its hash is stored, so it is shown only once."""
    token = secrets.token_hex(16)
    with competition.transaction() as work:
        work.record(TUTOR_TOKEN, sha256=teams.token_sha256(token))
    return token


def tutor_token_sha256(connection: sa.Connection) -> str | None:
    """The stored hash of the tutor's token; None if there is no token yet."""
    log = database.audit.c
    newest = sa.select(log.payload).where(log.event == TUTOR_TOKEN).order_by(log.number.desc()).limit(1)
    payload = connection.execute(newest).scalar()
    return None if payload is None else json.loads(payload)["sha256"]


def use_link(competition: Competition, team_id: int, code: str) -> None:
    """Record that a one-time link is used. Raises RefusedError if it was used before."""
    digest = hashlib.sha256(code.encode(errors="backslashreplace")).hexdigest()
    log = database.audit.c
    with competition.transaction() as work:
        used = work.execute(sa.select(log.payload).where(log.event == LINK_USED)).scalars()
        if any(json.loads(payload)["link"] == digest for payload in used):
            raise RefusedError("the link was used before: ask the tutor for a new one", code="link")
        work.record(LINK_USED, team=teams.by_id(work.connection, team_id).name, link=digest)


def signing_key(connection: sa.Connection) -> bytes:
    """The key that signs sessions and links, the same in every process of a competition."""
    secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
    return hmac.new(secret.encode(), b"sessions and links of the server", hashlib.sha256).digest()
