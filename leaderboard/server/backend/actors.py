"""Find out who sends a request, by its credential: a token, a session, a link, or the name from a trusted proxy."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from leaderboard.competition import access, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.server.backend.signing import Signed
from leaderboard.server.core.refusal import Refusal

MONTH, WORKDAY, WEEK = 30 * 86_400, 8 * 3600, 7 * 86_400
# Wrong tokens per minute from one address before it has to wait. A right token is always accepted, so that a college
# with only one address is never locked out.
WRONG_PER_MINUTE = 30
REFUSED_KEPT = 200
MOST_ADDRESSES = 10_000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Actor:
    """Who sends a request: a team with its row, or the tutor without a row."""

    role: str
    row: sa.Row | None
    # A session contains this value. A new token changes it, which ends the session.
    bound: str

    @property
    def team(self) -> sa.Row:
        """The team's row."""
        assert self.row is not None, "the tutor is not a team"
        return self.row


class Actors:
    """Checks tokens by their hashes, and sessions and links by their signatures."""

    def __init__(self, competition: Competition, believes_proxy: bool) -> None:
        self.competition, self.believes_proxy = competition, believes_proxy
        self.refused: deque[dict[str, str]] = deque(maxlen=REFUSED_KEPT)
        self._wrong: dict[str, deque[float]] = {}
        with competition.read_transaction() as connection:
            key = access.signing_key(connection)
        self._sessions = Signed(key, "session", competition.clock)
        self._links = Signed(key, "link", competition.clock)

    def authenticate(self, credential: Any, role: str) -> Actor:
        """The owner of the credential. Raises Refusal if it is not valid, or if its owner does not have the role."""
        actor = self._identify(credential if isinstance(credential, dict) else {})
        if actor.role != role:
            raise Refusal("role", f"this is for the {role} only" if role == "tutor" else "this is for teams only")
        return actor

    def _identify(self, credential: dict[str, Any]) -> Actor:
        with self.competition.read_transaction() as connection:
            if "token" in credential:
                actor = self._actor_of_token(connection, str(credential["token"]))
                if actor is None:
                    raise self._wrong_token(str(credential.get("address", "")))
                return actor
            if self.believes_proxy and "proxy" in credential:
                return self._actor_of_proxy(connection, str(credential["proxy"]))
            return self._actor_of_session(connection, str(credential.get("session", "")))

    def _actor_of_token(self, connection: sa.Connection, token: str) -> Actor | None:
        digest = teams.token_sha256(token.strip())
        team = teams.find_by_token_sha256(connection, digest)
        if team is not None:
            return _team(team)
        stored = access.tutor_token_sha256(connection)
        if stored is not None and hmac.compare_digest(stored, digest):
            return _tutor(stored)
        return None

    def _actor_of_proxy(self, connection: sa.Connection, name: str) -> Actor:
        try:
            return _team(teams.by_name(connection, name))
        except LeaderboardError:
            raise Refusal("token", "no team has the name that you logged in with") from None

    def _actor_of_session(self, connection: sa.Connection, cookie: str) -> Actor:
        try:
            role, number, bound = self._sessions.loads(cookie, MONTH)
            if role == "tutor":
                self._sessions.loads(cookie, WORKDAY)
                stored = access.tutor_token_sha256(connection)
                actor = None if stored is None else _tutor(stored)
            else:
                actor = _team(teams.by_id(connection, number))
        except (ValueError, TypeError, sa.exc.NoResultFound):
            actor = None
        if actor is None or not hmac.compare_digest(actor.bound, bound):
            text = "you are not logged in" if not cookie else "your login has ended"
            raise Refusal("session" if cookie else "token", text)
        return actor

    def new_session(self, actor: Actor) -> str:
        """A signed session cookie for the actor."""
        number = actor.team.id if actor.row is not None else 0
        return self._sessions.dumps([actor.role, number, actor.bound])

    def log_in(self, credential: dict[str, Any]) -> Actor:
        """The actor of a token or of a one-time link, which is then used up. Raises Refusal."""
        if "link" not in credential:
            return self._identify({key: credential[key] for key in ("token", "address") if key in credential})
        actor = self.team_of_link(str(credential["link"]))
        access.use_link(self.competition, actor.team.id, str(credential["link"]))
        return actor

    def new_link(self, team: sa.Row) -> str:
        """The code of a new one-time link, valid for a week or until the team gets a new token."""
        return self._links.dumps([team.id, _team(team).bound])

    def team_of_link(self, code: str) -> Actor:
        """The team of a link, without using it up. Raises Refusal."""
        try:
            number, bound = self._links.loads(code, WEEK)
            with self.competition.read_transaction() as connection:
                team = teams.by_id(connection, number)
        except (ValueError, TypeError, sa.exc.NoResultFound):
            team, bound = None, ""
        if team is None or not hmac.compare_digest(_team(team).bound, bound):
            raise Refusal("link", "the link is not valid, or no longer valid")
        return _team(team)

    def _wrong_token(self, address: str) -> Refusal:
        """Log a wrong token; the refusal to answer with, another one if there are too many."""
        at = format_time(self.competition.clock(), self.competition.rules.timezone)
        self.refused.append({"at": at, "address": address})
        log.warning("refused login: wrong token from %s", address or "an unknown address")
        now = time.monotonic()
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.clear()
        tries = self._wrong.setdefault(address, deque(maxlen=WRONG_PER_MINUTE))
        full = len(tries) == WRONG_PER_MINUTE and now - tries[0] < 60
        tries.append(now)
        if full:
            return Refusal("attempts", "too many wrong tokens came from your address", retry_after=60)
        return Refusal("token", "the token belongs to no team of this competition")


def _bound(token_sha256: str | None) -> str:
    return hashlib.sha256(f"session {token_sha256}".encode()).hexdigest()[:32]


def _team(team: sa.Row) -> Actor:
    return Actor("team", team, _bound(team.token_sha256))


def _tutor(token_sha256: str) -> Actor:
    return Actor("tutor", None, _bound(token_sha256))
