"""The actions of the tutor's page. Each runs a function of the command line; some return a token or a link."""

from __future__ import annotations

from collections.abc import Callable

from leaderboard.competition import exclusions, grants, lifecycle, rule_edits, teams
from leaderboard.server.backend.state import State
from leaderboard.server.core.refusal import Refusal

Values = dict[str, str]


def _add_team(backend: State, values: Values, _address: str) -> str:
    return teams.add(backend.competition, values["name"], alias=values["alias"].strip() or None)


def _rename(backend: State, values: Values, _address: str) -> str:
    teams.rename(backend.competition, values["team"], values["name"])
    return ""


def _alias(backend: State, values: Values, _address: str) -> str:
    teams.set_alias(backend.competition, values["team"], values["name"].strip() or None)
    return ""


def _token(backend: State, values: Values, _address: str) -> str:
    return teams.renew_token(backend.competition, values["team"])


def _link(backend: State, values: Values, address: str) -> str:
    with backend.competition.read_transaction() as connection:
        team = teams.by_name(connection, values["team"])
    return f"{address}/link/{backend.actors.new_link(team)}"


def _disable(backend: State, values: Values, _address: str) -> str:
    teams.set_disabled(backend.competition, values["team"], True)
    return ""


def _enable(backend: State, values: Values, _address: str) -> str:
    teams.set_disabled(backend.competition, values["team"], False)
    return ""


def _grant(backend: State, values: Values, _address: str) -> str:
    grants.give(backend.competition, values["team"], _whole(values["entries"]), values["until"], values["reason"])
    return ""


def _revoke(backend: State, values: Values, _address: str) -> str:
    grants.revoke(backend.competition, _whole(values["grant"]))
    return ""


def _void(backend: State, values: Values, _address: str) -> str:
    gives_back = values["gives_back"] == "yes"
    exclusions.void(backend.competition, _whole(values["entry"]), values["reason"], gives_back=gives_back)
    return ""


def _restore(backend: State, values: Values, _address: str) -> str:
    exclusions.restore(backend.competition, _whole(values["entry"]))
    return ""


def _move(backend: State, values: Values, _address: str) -> str:
    exclusions.move(backend.competition, _whole(values["entry"]), values["team"], values["reason"])
    return ""


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise Refusal("invalid", f"{text[:20]!r} is not a whole number")
    return int(text)


def _rules(backend: State, values: Values, _address: str) -> str:
    # Browsers send the line ends of a form as CRLF.
    rule_edits.replace(backend.competition, values["text"].replace("\r\n", "\n"))
    return ""


def _freeze(backend: State, _values: Values, _address: str) -> str:
    lifecycle.set_frozen(backend.competition, True)
    return ""


def _unfreeze(backend: State, _values: Values, _address: str) -> str:
    lifecycle.set_frozen(backend.competition, False)
    return ""


def _reveal(backend: State, values: Values, _address: str) -> str:
    if values["sure"] != "yes":
        raise Refusal("invalid", "tick the box: a reveal cannot be undone")
    lifecycle.reveal(backend.competition)
    return ""


ACTS: dict[str, Callable[[State, Values, str], str]] = {
    "add_team": _add_team,
    "rename": _rename,
    "alias": _alias,
    "token": _token,
    "link": _link,
    "disable": _disable,
    "enable": _enable,
    "grant": _grant,
    "revoke": _revoke,
    "void": _void,
    "restore": _restore,
    "move": _move,
    "rules": _rules,
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "reveal": _reveal,
}
