"""Publish repeatedly: at a fixed interval, or after each new entry."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition import board_still
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import MICROSECONDS, format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import publish
from leaderboard.page.board import status_text
from leaderboard.storage import audit_log, database

SECONDS = {"s": 1, "m": 60, "h": 3600}
MAX_SECONDS = 86_400
# Seconds between two checks for new entries, and the wait after a failure.
CHECK_EVERY, RETRY_AFTER = 2, 30
Say = Callable[[str], None]


def interval(text: str) -> int | None:
    """Seconds between two rounds, parsed from 30s, 5m or 2h; None for "entry". Raises LeaderboardError."""
    if text == "entry":
        return None
    found = re.fullmatch(r"(\d{1,6})([smh])", text)
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if not 0 < seconds <= MAX_SECONDS:
        raise LeaderboardError(f'--every {text}: write 30s, 5m or 2h (at most 24h), or "entry"')
    return seconds


class Publisher:
    """Publishes into one folder and remembers what it wrote. `opened` opens the competition; each round calls it.

    A round writes nothing if only the time has changed. So the "as of" on the page is the moment of the last change.
    """

    def __init__(self, opened: Callable[[], Competition], out: Path) -> None:
        self.opened, self.out = opened, out
        self._written = ""
        self._moment = ""

    def round(self) -> bool:
        """Write the page if it has changed; return whether it has. Raises LeaderboardError or OSError."""
        competition = self.opened()
        competition.log_rules()
        publish.require_page_folder(competition, self.out)
        moment = _moment(competition)
        board, left = publish.read_page(competition)
        tag = _tag(publish.page_files(competition, replace(board, updated_at=0, updated=""), left))
        changed = tag != self._written or not (self.out / "index.html").exists()
        if changed:
            publish.write(publish.page_files(competition, board, left), self.out)
        self._written, self._moment = tag, moment
        return changed

    def has_news(self) -> bool:
        """Whether the log or the status has changed since the last round. Faster than a round."""
        competition = self.opened()
        competition.log_rules()
        return _moment(competition) != self._moment


def _moment(competition: Competition) -> str:
    with competition.read_transaction() as connection:
        state = connection.execute(sa.select(database.competition)).one()
        stands = board_still.since(competition, connection)
        return f"{audit_log.head(connection)} {status_text(competition, state, competition.clock())} {stands}"


def _tag(files: dict[str, bytes]) -> str:
    tag = hashlib.sha256()
    for name, data in files.items():
        tag.update(f"{name} {len(data)}\n".encode() + data)
    return tag.hexdigest()


def keep_publishing(publisher: Publisher, every: int | None, stop: threading.Event, say: Say, complain: Say) -> None:
    """Publish until `stop` is set. The first round may raise; a later failure is reported in one line."""
    publisher.round()
    say(f"{publisher.out}/index.html is written; {_next(publisher, every)}")
    while not stop.wait(CHECK_EVERY if every is None else every):
        try:
            if every is None and not publisher.has_news():
                continue
            what = "written" if publisher.round() else "nothing has changed, nothing was written"
            say(f"{_now(publisher)}: {what}; {_next(publisher, every)}")
        except (LeaderboardError, OSError) as error:
            complain(f"not written: {error}; {_next(publisher, every, failed=True)}")
            if every is None:
                stop.wait(RETRY_AFTER)


def _now(publisher: Publisher, later: int = 0) -> str:
    competition = publisher.opened()
    return format_time(competition.clock() + later * MICROSECONDS, competition.rules.timezone)


def _next(publisher: Publisher, every: int | None, *, failed: bool = False) -> str:
    if every is None:
        return f"the next try is in {RETRY_AFTER} s" if failed else "the next round is after the next entry"
    if failed:
        return f"the next try is in {every} s"
    return f"the next round is at {_now(publisher, every)}"
