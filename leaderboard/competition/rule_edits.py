"""Change the rules of a running competition."""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import RULES, SHARED, is_competition
from leaderboard.competition.rules import Rules, changes, parse_rules
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import database
from leaderboard.storage.files import require_owner, write_whole


def replace(competition: Competition, text: str) -> None:
    """Replace the text of rules.toml, and log it. Raises LeaderboardError, and changes nothing, if it is not valid."""
    if parse_rules(text, RULES).classes != competition.rules.classes:
        raise LeaderboardError(f"{RULES}: the classes can no longer change")
    if not competition.shared:
        write_whole(competition.root / RULES, text.encode())
        competition.log_rules()
        return
    with competition.transaction() as work:
        work.execute(database.competition.update().values(rules=text))
        work.record("rules", rules=text)
    competition.log_rules()


def set_rule(root: Path, key: str, value: str) -> list[str]:
    """Set one rule of the competition in the folder, and log it; the changes, such as "daily_quota: 5 -> 6".

    It also works if rules.toml has a wrong value, which every other command refuses. Raises LeaderboardError.
    """
    if not is_competition(root) or (root / SHARED).is_file():
        competition = Competition(root)
        before = competition.rules_text()
        text = with_rule(before, key, value)
        replace(competition, text)
        return changes(before, text)
    require_owner(root)
    path = root / RULES
    kept = path.read_bytes()
    before = kept.decode("utf-8-sig", errors="replace")
    text = with_rule(before, key, value)
    write_whole(path, text.encode())
    try:
        competition = Competition(root)
        competition.require_classes()
        competition.log_rules()
    except LeaderboardError:
        write_whole(path, kept)
        raise
    return changes(before, text)


def unlogged_changes(competition: Competition) -> list[str]:
    """How the rules in rules.toml differ from the rules that were logged last."""
    with competition.read_transaction() as connection:
        logged = connection.execute(sa.select(database.competition.c.rules)).scalar_one()
    return changes(logged, competition.rules_text())


def with_rule(text: str, key: str, value: str) -> str:
    """The text of rules.toml with a new value of the rule `key`. Raises LeaderboardError if it is not valid."""
    kinds = {field.name: field.type for field in fields(Rules)}
    if key == "classes":
        raise LeaderboardError("the classes can no longer change")
    if key not in kinds:
        raise LeaderboardError(f"{key!r} is not a rule; the rules are {', '.join(kinds)}")
    line = f"{key} = {_literal(value, is_text=kinds[key] == 'str')}"
    found = re.compile(rf"^[ \t]*{key}[ \t]*=.*$", re.MULTILINE)
    edited = found.sub(lambda _: line, text, count=1) if found.search(text) else f"{text.rstrip()}\n{line}\n"
    parse_rules(edited, RULES)
    if _other_rules(edited, key) != _other_rules(text, key):
        raise LeaderboardError(f"{key} takes more than one line in {RULES}: edit it there")
    return edited


def _literal(value: str, *, is_text: bool) -> str:
    """The value in TOML. What is not a number, true or false becomes text; the rules refuse it with its name."""
    with suppress(ValueError):
        if not is_text and list(tomllib.loads(f"value = {value.lower()}")) == ["value"]:
            return value.lower()
    return json.dumps(value, ensure_ascii=False)


def _other_rules(text: str, key: str) -> dict | None:
    """The other rules of a text; None if it is not TOML, because the edit may have repaired that."""
    try:
        return {name: value for name, value in tomllib.loads(text).items() if name != key}
    except ValueError:
        return None
