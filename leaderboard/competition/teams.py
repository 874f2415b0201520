"""Teams: their names, aliases and tokens."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

import sqlalchemy as sa

from leaderboard.competition.competition import Competition, Transaction
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.storage import database

LONGEST_NAME = 60


# Asked for with every request of a server.
_BY_ID = sa.select(database.teams).where(database.teams.c.id == sa.bindparam("number"))
_BY_TOKEN = sa.select(database.teams).where(database.teams.c.token_sha256 == sa.bindparam("digest"))


def checked_name(name: str) -> str:
    """The name in normal form (NFC), without blanks around it. Raises LeaderboardError for hidden characters."""
    normal = unicodedata.normalize("NFC", name).strip()
    if not normal or len(normal) > LONGEST_NAME:
        raise LeaderboardError(f"a team's name has 1 to {LONGEST_NAME} characters, not {len(normal)}")
    if not normal.isprintable():
        raise LeaderboardError(f"the team name {name!a} has control or invisible characters")
    return normal


def token_sha256(token: str) -> str:
    """What is stored of a token; it has 128 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).hexdigest()


def _new_token() -> str:
    # Hexadecimal: others may begin with a dash, which command lines take for an option and spreadsheets for a formula.
    return secrets.token_hex(16)


def add(competition: Competition, name: str, *, alias: str | None = None, baseline: bool = False) -> str:
    """Add a team and return its token, which is stored nowhere and shown this once."""
    token = _new_token()
    with competition.transaction() as work:
        name, alias = checked_name(name), checked_name(alias) if alias else None
        _require_free(work, *filter(None, (name, alias)))
        row = {
            "name": name,
            "alias": alias,
            "folded": name.casefold(),
            "token_sha256": token_sha256(token),
            "disabled": False,
            "baseline": baseline,
            "created_at": work.at,
        }
        work.execute(database.teams.insert().values(row))
        work.record("team added", team=name, alias=alias, baseline=baseline)
    return token


def _require_free(work: Transaction, *names: str, but: int = -1) -> None:
    """No other team may have the name as its name or alias: the page would show two of them."""
    taken = {
        text.casefold()
        for team in work.execute(sa.select(database.teams).where(database.teams.c.id != but))
        for text in (team.name, team.alias)
        if text
    }
    for name in names:
        if name.casefold() in taken:
            raise LeaderboardError(f"a team is named {name!r} already")


def find(connection: sa.Connection, name: str) -> sa.Row:
    """The team of a name, whatever its case. Raises LeaderboardError with the nearest names."""
    folded = unicodedata.normalize("NFC", name).strip().casefold()
    # A name that cannot be encoded is nobody's; a database would refuse to be asked.
    known = database.teams.c.folded == folded if folded.isprintable() else sa.false()
    row = connection.execute(sa.select(database.teams).where(known)).first()
    if row is None:
        from difflib import get_close_matches

        names = connection.execute(sa.select(database.teams.c.name)).scalars().all()
        near = get_close_matches(name, names, 1)
        fix = f"did you mean {near[0]!r}?" if near else f"add it with: leaderboard team add {name!r}"
        raise LeaderboardError(f"there is no team {name!r}: {fix}")
    return row


def by_id(connection: sa.Connection, number: int) -> sa.Row:
    """The team of a number, whatever it is called by now."""
    return connection.execute(_BY_ID, {"number": number}).one()


def with_token_sha256(connection: sa.Connection, digest: str) -> sa.Row | None:
    """The team whose token has that hash; None if there is none."""
    return connection.execute(_BY_TOKEN, {"digest": digest}).first()


def find_by_token(connection: sa.Connection, token: str) -> sa.Row:
    """The team of a token. Raises RefusedError."""
    row = with_token_sha256(connection, token_sha256(token.strip()))
    if row is None:
        raise RefusedError("the token belongs to no team of this competition", code="token")
    return row


def rename(competition: Competition, name: str, new: str) -> None:
    """Change the name; entries and token stay."""
    with competition.transaction() as work:
        team, new = find(work.connection, name), checked_name(new)
        _require_free(work, new, but=team.id)
        _update(work, team, name=new, folded=new.casefold())
        work.record("team renamed", team=team.name, to=new)


def set_alias(competition: Competition, name: str, alias: str | None) -> None:
    """Show the alias instead of the name on every published page; None takes it away."""
    with competition.transaction() as work:
        team = find(work.connection, name)
        alias = checked_name(alias) if alias else None
        if alias:
            _require_free(work, alias, but=team.id)
        _update(work, team, alias=alias)
        work.record("team alias", team=team.name, alias=alias)


def set_disabled(competition: Competition, name: str, disabled: bool) -> None:
    """Take a team off the board and refuse its entries, or let it back."""
    with competition.transaction() as work:
        team = find(work.connection, name)
        _update(work, team, disabled=disabled)
        work.record("team disabled" if disabled else "team enabled", team=team.name)


def renew_token(competition: Competition, name: str) -> str:
    """A new token; the old one ends."""
    token = _new_token()
    with competition.transaction() as work:
        team = find(work.connection, name)
        _update(work, team, token_sha256=token_sha256(token))
        work.record("team token", team=team.name)
    return token


def _update(work: Transaction, team: sa.Row, **values: object) -> None:
    work.execute(database.teams.update().where(database.teams.c.id == team.id).values(values))


def acting(competition: Competition, name: str | None, token: str | None) -> str | None:
    """The name of the team that acts; None where neither is given. A token and a name must agree.

    Raises RefusedError for a token that is no team's, also an empty one.
    """
    with competition.reading() as connection:
        if token is None:
            return None if name is None else find(connection, name).name
        found = find_by_token(connection, token).name
        if name is not None and find(connection, name).name != found:
            raise RefusedError(f"the token is not that of {name!r}")
        return found
