"""The rules of one competition, in a TOML file that a tutor can read and edit."""

from __future__ import annotations

import json
import re
import tomllib
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from leaderboard.core.clock import HOUR, find_timezone, from_datetime
from leaderboard.core.errors import LeaderboardError

TIES = ("earlier", "shared")
NAMES = ("all", "anonymous", "top")
_AOE = re.compile(r"\s*\(?AoE\)?$", re.IGNORECASE)
_SPAN = re.compile(r"\s*(\d{1,4}) (day|hour)s?\s*")
_BEFORE = re.compile(r"\s*(\d{1,4}) (day|hour)s?( before( the deadline)?)?\s*")
_SWITCHES = ("ladder", "probabilities", "board_still_own_scores")
_CHOICES = {"tie": TIES, "names": NAMES} | dict.fromkeys(_SWITCHES, (True, False))
# The other rules that are needed to read a time.
_NEEDED = {"deadline": ("timezone",)} | dict.fromkeys(("board_still_from", "late"), ("timezone", "deadline"))
_RANGES = {"daily_quota": (1, 1000), "daily_invalid": (1, 1000), "picks": (1, 20)}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Each field is a key of rules.toml; a value outside its range raises LeaderboardError with the key."""

    name: str
    """Title of the competition."""
    classes: tuple[str, ...]
    """Every class name that a submission may use; they cannot change once the competition is made."""
    metric: str = "accuracy"
    """accuracy, or module:function of your own: from true and predicted codes to a bool array of shape (rows,)."""
    daily_quota: int = 5
    """Accepted submissions per team and day, 1 to 1000."""
    daily_invalid: int = 20
    """Invalid files per team and day, 1 to 1000; they cost no quota."""
    picks: int = 2
    """Entries that a team may select for the private standings, 1 to 20."""
    timezone: str = "UTC"
    """Timezone of the days and times of the competition, such as Europe/Berlin."""
    deadline: str = ""
    """Deadline in local time, such as 2026-12-20 18:00; a date alone or 23:59 means the day's end; AoE may follow."""
    late: str = ""
    """How long after the deadline files are still taken, such as 2 days: they are scored, but late and not ranked."""
    tie: str = "earlier"
    """earlier: of equal scores the earlier entry ranks first; shared: equal scores share a rank."""
    ladder: bool = False
    """true: a score counts only if it beats the team's best by the paired standard error."""
    probabilities: bool = False
    """true: files with one probability column per class are accepted too."""
    names: str = "all"
    """Names on the page. all: every name; anonymous: pseudonyms; top: only the first ten, and a page per team."""
    board_still_from: str = ""
    """From then on the public standings do not change, but entries go on; 3 days (before the deadline) or a time."""
    board_still_own_scores: bool = True
    """true: while the board stands still, a team still sees the scores of its own entries."""

    def __post_init__(self) -> None:
        for key, (low, high) in _RANGES.items():
            if type(getattr(self, key)) is not int or not low <= getattr(self, key) <= high:
                raise LeaderboardError(f"{key} = {getattr(self, key)!r}: it must be a number from {low} to {high}")
        for key, allowed in _CHOICES.items():
            if getattr(self, key) not in allowed:
                choices = " or ".join(json.dumps(choice) for choice in allowed)
                raise LeaderboardError(f"{key} = {getattr(self, key)!r}: it must be {choices}")
        if not self.name.strip() or not self.name.isprintable() or len(self.name) > 100:
            raise LeaderboardError(f"name = {self.name!r}: it must be 1 to 100 printable characters")
        if len(self.classes) < 2 or len({name.casefold() for name in self.classes}) < len(self.classes):
            text = "classes: give at least two names that differ in more than case"
            raise LeaderboardError(f"{text}, not {list(self.classes)}")
        try:
            find_timezone(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise LeaderboardError(
                f"timezone = {self.timezone!r} is not known: use one such as Europe/Berlin"
            ) from None
        _ = self.closes_at, self.still_from, self.late_until

    @property
    def closes_at(self) -> int | None:
        """The first time that is too late, in microseconds since 1970; None without a deadline.

        23:59 means the end of the day. If daylight saving time skips or repeats a local time, the later of the two
        possible times holds.
        """
        if not self.deadline:
            return None
        try:
            return self._moment(self.deadline, to_the_end=True)
        except (ValueError, OverflowError):
            text = f"deadline = {self.deadline!r}: write it as 2026-12-20 18:00, or 2026-12-20 23:59 AoE"
            raise LeaderboardError(text) from None

    @property
    def late_until(self) -> int | None:
        """The time from which no late file is accepted, in microseconds since 1970; None if none ever is."""
        if not self.late:
            return None
        span = _SPAN.fullmatch(self.late)
        if span is None or int(span[1]) == 0:
            raise LeaderboardError(f'late = {self.late!r}: write it as "2 days" or "12 hours"')
        if self.closes_at is None:
            raise LeaderboardError(f"late = {self.late!r} counts from the deadline: set one")
        return self.closes_at + int(span[1]) * HOUR * (24 if span[2] == "day" else 1)

    @property
    def still_from(self) -> int | None:
        """The time from which entries are not on the board until the reveal, in microseconds since 1970; or None."""
        if not self.board_still_from:
            return None
        ago = _BEFORE.fullmatch(self.board_still_from)
        if ago is not None:
            if self.closes_at is None:
                text = f"board_still_from = {self.board_still_from!r} counts back from the deadline: set one"
                raise LeaderboardError(text)
            return self.closes_at - int(ago[1]) * HOUR * (24 if ago[2] == "day" else 1)
        try:
            return self._moment(self.board_still_from, to_the_end=False)
        except (ValueError, OverflowError):
            text = f'board_still_from = {self.board_still_from!r}: write it as "3 days", or as 2026-12-17 18:00'
            raise LeaderboardError(text) from None

    def _moment(self, text: str, *, to_the_end: bool) -> int:
        """A local time as microseconds. `to_the_end`: a date alone, or 23:59, is the end of that day."""
        text, aoe = _AOE.subn("", text.strip())
        moment = datetime.fromisoformat(text)
        is_last = len(text) <= len("2026-12-20") or (moment.hour, moment.minute) == (23, 59)
        if to_the_end and is_last:
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if moment.tzinfo is not None:
            return from_datetime(moment)
        local = moment.replace(tzinfo=find_timezone("AoE" if aoe else self.timezone))
        return max(from_datetime(local.replace(fold=fold)) for fold in (0, 1))

    def to_toml(self) -> str:
        """The file's text, each key below the sentence that explains it."""
        lines = ["# The rules of this competition. They may be changed while it runs; every change is logged.", ""]
        for field, text in zip(fields(self), _field_docs(), strict=True):
            value = getattr(self, field.name)
            literal = list(value) if isinstance(value, tuple) else value
            lines += [f"# {text}", f"{field.name} = {json.dumps(literal, ensure_ascii=False)}", ""]
        return "\n".join(lines)


def read_rules(path: Path) -> tuple[str, Rules]:
    """The text of rules.toml, and the rules in it. Raises LeaderboardError with the file and the key."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LeaderboardError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise LeaderboardError(f"{path} is not TOML: {error}") from None
    return text, parse_rules(text, str(path))


def parse_rules(text: str, path: str) -> Rules:
    """The rules in a TOML text. Raises LeaderboardError, which calls the text `path`."""
    try:
        values = tomllib.loads(text)
    except ValueError as error:
        raise LeaderboardError(f"{path} is not TOML: {error}") from None
    for problem in _problems(values):
        raise LeaderboardError(f"{path}: {problem}")
    return Rules(**values | {"classes": tuple(values["classes"])})


def rule_problems(text: str) -> list[str]:
    """Everything that is wrong with the rules in a text, one sentence each; empty if they are valid."""
    try:
        return list(_problems(tomllib.loads(text)))
    except ValueError as error:
        return [f"it is not TOML: {error}"]


def _problems(values: dict[str, Any]) -> Iterator[str]:
    known = {field.name: field.type for field in fields(Rules)}
    usable: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"the rules are {', '.join(known)}"
            yield f"{key!r} is not a rule; {hint}"
        elif known[key] == "str" and not isinstance(value, str):
            yield f"{key} = {value}: put it in quotes"
        elif key == "classes" and not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
            yield f"classes = {value!r}: write a list of names, each in quotes"
        else:
            usable[key] = tuple(value) if key == "classes" else value
    # Each on its own, so that one mistake does not hide another.
    for key, value in usable.items():
        needed = {other: usable[other] for other in _NEEDED.get(key, ()) if other in usable}
        yield from _refusal({"name": "n", "classes": ("a", "b"), key: value} | needed, key)
    if "name" not in values or "classes" not in values:
        yield "the rules need name and classes: add them"


def _refusal(values: dict[str, Any], key: str) -> Iterator[str]:
    try:
        Rules(**values)
    except LeaderboardError as error:
        if str(error).startswith(key):  # not about the timezone, which is only needed to read the deadline
            yield str(error)


def changes(before: str, after: str) -> list[str]:
    """The differences between the rules of two texts, such as "daily_quota: 5 -> 6"."""
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
    except ValueError:  # an older version could log a text that is not TOML
        return ["a text that is not TOML"]
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return [f"{key}: {_literal(old.get(key))} -> {_literal(new.get(key))}" for key in keys]


def _literal(value: Any) -> str:
    return "default" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _field_docs() -> list[str]:
    """The sentence under each field, as written in this file: the one place where a rule is explained."""
    import ast
    import inspect

    body = ast.parse(inspect.getsource(Rules)).body[0].body  # type: ignore[attr-defined]
    texts = [
        str(node.value.value) for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return texts[1:]
