"""Teams: their names, aliases and tokens."""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa

from leaderboard.competition.competition import Competition, Transaction
from leaderboard.competition.spelling import check_name, skeleton
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.storage import database

# Built only once: a server runs them for every request.
_BY_ID = sa.select(database.teams).where(database.teams.c.id == sa.bindparam("number"))
_FOLDED = database.teams.c.folded == sa.bindparam("folded")
_MERGES = ("team merged", "team renamed", "team enabled")
_BY_TOKEN = sa.select(database.teams).where(database.teams.c.token_sha256 == sa.bindparam("digest"))


def token_sha256(token: str) -> str:
    """The stored hash of a token. A token has 128 random bits, so that nobody can find it from a plain hash."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).hexdigest()


def _new_token() -> str:
    # Hexadecimal: others may begin with a dash, which command lines take for an option and spreadsheets for a formula.
    return secrets.token_hex(16)


def add(competition: Competition, name: str, *, alias: str | None = None, baseline: bool = False) -> str:
    """Add a team and return its token. Only the hash is stored, so the token is shown only once."""
    return add_all(competition, [name], alias=alias, baseline=baseline)[0][1]


def add_all(
    competition: Competition, names: Sequence[str], *, alias: str | None = None, baseline: bool = False
) -> list[tuple[str, str]]:
    """Add teams, all or none; the name and token of each. Only one team can have an alias. Raises LeaderboardError."""
    alias = check_name(alias) if alias else None
    with competition.transaction() as work:
        return [add_in_transaction(work, name, alias, baseline=baseline) for name in names]


def add_in_transaction(
    work: Transaction, name: str, alias: str | None = None, *, baseline: bool = False
) -> tuple[str, str]:
    """Add a team as part of a transaction; its name and token. Raises LeaderboardError."""
    name, token = check_name(name), _new_token()
    _require_free(work, *filter(None, (name, alias)))
    _insert(work, name, token, alias, baseline)
    return name, token


def _insert(work: Transaction, name: str, token: str, alias: str | None, baseline: bool) -> None:
    row: dict[str, object] = {
        "name": name,
        "alias": alias,
        "folded": name.casefold(),
        "token_sha256": token_sha256(token),
    }
    row |= {"disabled": False, "baseline": baseline, "created_at": work.at}
    (number,) = work.execute(database.teams.insert().values(row)).inserted_primary_key  # type: ignore[misc]
    work.record("team added", team=name, alias=alias, baseline=baseline, number=number)


def _require_free(work: Transaction, *names: str, but: int = -1) -> None:
    """Raise LeaderboardError if another team has a name or alias that looks the same."""
    taken = {
        skeleton(text): text
        for team in work.execute(sa.select(database.teams).where(database.teams.c.id != but))
        for text in (team.name, team.alias)
        if text
    }
    for name in names:
        if skeleton(name) in taken:
            other = taken[skeleton(name)]
            alike = f"{name!r}" if other.casefold() == name.casefold() else f"{other!r}, which looks like {name!r}"
            raise LeaderboardError(f"a team is already named {alike}: choose another name")


def normalize_name(name: str) -> str:
    """The form of a name by which a team is found: Unicode NFC, single blanks, case-folded."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def by_name(connection: sa.Connection, name: str) -> sa.Row:
    """The team with this name, in any case. Raises LeaderboardError, which suggests the nearest name to the tutor."""
    row = find_by_name(connection, name)
    if row is None:
        raise LeaderboardError(f"the team {name!r} does not exist: {_nearest(connection, name)}")
    return row


def find_by_name(connection: sa.Connection, name: str) -> sa.Row | None:
    """The team with this name, in any case; None if it does not exist."""
    wanted = normalize_name(name)
    # No team has a name that cannot be encoded, and a database would refuse such a query.
    known = sa.false() if any(0xD800 <= ord(c) < 0xE000 or c == "\0" for c in wanted) else _FOLDED
    return connection.execute(sa.select(database.teams).where(known), {"folded": wanted}).first()


def _nearest(connection: sa.Connection, name: str) -> str:
    from difflib import get_close_matches

    names = connection.execute(sa.select(database.teams.c.name)).scalars().all()
    alike = [other for other in names if skeleton(other) == skeleton(name)]
    near = alike or get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else f"add it with leaderboard team add {name!r}"


def by_name_or_id(connection: sa.Connection, team: str | int) -> sa.Row:
    """The team with this name, or with this number, which a rename does not change. Raises LeaderboardError."""
    return by_id(connection, team) if isinstance(team, int) else by_name(connection, team)


def by_id(connection: sa.Connection, number: int) -> sa.Row:
    """The team with this number, whatever its name is now."""
    return connection.execute(_BY_ID, {"number": number}).one()


def find_by_token_sha256(connection: sa.Connection, digest: str) -> sa.Row | None:
    """The team whose token has this hash; None if it does not exist."""
    return connection.execute(_BY_TOKEN, {"digest": digest}).first()


def by_token(connection: sa.Connection, token: str) -> sa.Row:
    """The team with this token. Raises RefusedError if it does not exist."""
    row = find_by_token_sha256(connection, token_sha256(token.strip()))
    if row is None:
        raise RefusedError("the token belongs to no team of this competition", code="token")
    return row


def rename(competition: Competition, name: str, new: str) -> None:
    """Change the name of a team; its entries and token stay."""
    with competition.transaction() as work:
        team, new = by_name(work.connection, name), check_name(new)
        _require_free(work, new, but=team.id)
        _update(work, team, name=new, folded=new.casefold())
        work.record("team renamed", team=team.name, to=new)


def set_alias(competition: Competition, name: str, alias: str | None) -> None:
    """Show the alias instead of the name on every published page; None removes the alias."""
    with competition.transaction() as work:
        team = by_name(work.connection, name)
        alias = check_name(alias) if alias else None
        if alias:
            _require_free(work, alias, but=team.id)
        _update(work, team, alias=alias)
        work.record("team alias", team=team.name, alias=alias)


def set_disabled(competition: Competition, name: str, disabled: bool) -> None:
    """Take a team off the board and refuse its entries, or undo that."""
    with competition.transaction() as work:
        team = by_name(work.connection, name)
        _update(work, team, disabled=disabled)
        work.record("team disabled" if disabled else "team enabled", team=team.name)


def disable_in_transaction(work: Transaction, team: sa.Row) -> None:
    """Take a team off the board as part of a transaction."""
    _update(work, team, disabled=True)
    work.record("team disabled", team=team.name)


def renew_token(competition: Competition, name: str) -> str:
    """A new token for a team; the old one becomes invalid."""
    token = _new_token()
    with competition.transaction() as work:
        team = by_name(work.connection, name)
        _update(work, team, token_sha256=token_sha256(token))
        work.record("team token", team=team.name)
    return token


def merged_into(connection: sa.Connection, team: sa.Row) -> str | None:
    """The name that the team has now into which this one was merged; None if it was not, or enabled again after it."""
    log, into = database.audit.c, dict[str, str]()
    statement = sa.select(log.event, log.payload).where(log.event.in_(_MERGES)).order_by(log.number)
    for event, text in connection.execute(statement):
        payload = json.loads(text)
        name = payload["team"]
        if event == "team merged":
            into[name] = payload["into"]
        elif event == "team renamed":
            new = payload["to"]
            into = {new if one == name else one: new if other == name else other for one, other in into.items()}
        else:
            into.pop(name, None)
    found = into.get(team.name)
    for _ in into:  # the other team may have been merged, too
        found = into.get(found, found) if found else None
    return found


def _update(work: Transaction, team: sa.Row, **values: object) -> None:
    work.execute(database.teams.update().where(database.teams.c.id == team.id).values(values))


def authenticate(competition: Competition, name: str | None, token: str | None) -> sa.Row | None:
    """The team of a name or a token; None if neither is given. If both are given, they must belong to the same team.

    Raises RefusedError for a token that belongs to no team, even an empty one. The owner of a token learns nothing
    about other teams: the error is the same whether or not a team has the name.
    """
    with competition.read_transaction() as connection:
        if token is None:
            return None if name is None else by_name(connection, name)
        found = by_token(connection, token)
    if name is not None and normalize_name(name) != found.folded:
        text = f"the token does not belong to {name!r}: leave out --team, or leave out the token and LEADERBOARD_TOKEN"
        raise RefusedError(text, code="token")
    return found
