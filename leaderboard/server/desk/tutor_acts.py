"""The actions of the tutor's page. Each runs a function of the command line; some return a token or a link."""

from __future__ import annotations

from collections.abc import Callable

from leaderboard.competition import exclusions, grants, lifecycle, rule_edits, teams
from leaderboard.server.core.refusal import Refusal
from leaderboard.server.desk.state import State

Values = dict[str, str]


def _add_team(desk: State, values: Values, _address: str) -> str:
    return teams.add(desk.competition, values["name"], alias=values["alias"].strip() or None)


def _rename(desk: State, values: Values, _address: str) -> str:
    teams.rename(desk.competition, values["team"], values["name"])
    return ""


def _alias(desk: State, values: Values, _address: str) -> str:
    teams.set_alias(desk.competition, values["team"], values["name"].strip() or None)
    return ""


def _token(desk: State, values: Values, _address: str) -> str:
    return teams.renew_token(desk.competition, values["team"])


def _link(desk: State, values: Values, address: str) -> str:
    with desk.competition.reading() as connection:
        team = teams.by_name(connection, values["team"])
    return f"{address}/link/{desk.actors.new_link(team)}"


def _disable(desk: State, values: Values, _address: str) -> str:
    teams.set_disabled(desk.competition, values["team"], True)
    return ""


def _enable(desk: State, values: Values, _address: str) -> str:
    teams.set_disabled(desk.competition, values["team"], False)
    return ""


def _grant(desk: State, values: Values, _address: str) -> str:
    grants.give(desk.competition, values["team"], _whole(values["entries"]), values["until"], values["reason"])
    return ""


def _revoke(desk: State, values: Values, _address: str) -> str:
    grants.revoke(desk.competition, _whole(values["grant"]))
    return ""


def _void(desk: State, values: Values, _address: str) -> str:
    gives_back = values["gives_back"] == "yes"
    exclusions.void(desk.competition, _whole(values["entry"]), values["reason"], gives_back=gives_back)
    return ""


def _restore(desk: State, values: Values, _address: str) -> str:
    exclusions.restore(desk.competition, _whole(values["entry"]))
    return ""


def _move(desk: State, values: Values, _address: str) -> str:
    exclusions.move(desk.competition, _whole(values["entry"]), values["team"], values["reason"])
    return ""


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise Refusal("invalid", f"{text[:20]!r} is not a whole number")
    return int(text)


def _rules(desk: State, values: Values, _address: str) -> str:
    # Browsers send the line ends of a form as CRLF.
    rule_edits.replace(desk.competition, values["text"].replace("\r\n", "\n"))
    return ""


def _freeze(desk: State, _values: Values, _address: str) -> str:
    lifecycle.set_frozen(desk.competition, True)
    return ""


def _unfreeze(desk: State, _values: Values, _address: str) -> str:
    lifecycle.set_frozen(desk.competition, False)
    return ""


def _reveal(desk: State, values: Values, _address: str) -> str:
    if values["sure"] != "yes":
        raise Refusal("invalid", "tick the box: a reveal cannot be undone")
    lifecycle.reveal(desk.competition)
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
