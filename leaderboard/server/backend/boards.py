"""The standings in every form (HTML, JSON, CSV), made once after each change."""

from __future__ import annotations

import hashlib
import threading

import sqlalchemy as sa

from leaderboard.competition import board_still
from leaderboard.competition.competition import Competition
from leaderboard.core.clock import HOUR
from leaderboard.page import rendering
from leaderboard.page.board import Board, entries_left, neighbourhood, read_board
from leaderboard.server.backend import facts
from leaderboard.storage import audit_log, database

LANGUAGES = ("en", "de")


class Boards:
    """Caches the newest board, and each form of it that was requested."""

    def __init__(self, competition: Competition) -> None:
        self.competition = competition
        self._lock = threading.Lock()
        self._tag = ""
        self._board: Board | None = None
        self._forms: dict[str, bytes] = {}

    def get(self, form: str) -> tuple[str, bytes]:
        """The ETag and the content of a form: en, de, json or csv."""
        with self._lock:
            tag, board = self._newest()
            if form not in self._forms:
                self._forms[form] = self._render(board, form, tag)
            return f"{tag}-{form}", self._forms[form]

    def team_page(self, team_id: int, key: str, language: str) -> bytes:
        """The page as the team with this number and key sees it."""
        with self._lock:
            tag, board = self._newest()
        places = neighbourhood(board.places, key) if self.competition.rules.names == "top" else board.places
        with self.competition.read_transaction() as connection:
            left = entries_left(self.competition, connection, team_id)
        return rendering.page(board, places, key, left=left, served=language, tag=tag)

    def _newest(self) -> tuple[str, Board]:
        self.competition.log_rules()
        with self.competition.read_transaction() as connection:
            state = connection.execute(sa.select(database.competition)).one()
            shown = facts.status(self.competition, state, self.competition.clock())
            stands = board_still.since(self.competition, connection)
            # The page shows its age and the time left, so it is made again every ten minutes.
            age = self.competition.clock() // (HOUR // 6)
            parts = f"{audit_log.head(connection)} {shown} {stands} {state.rules} {age}"
            tag = hashlib.sha256(parts.encode()).hexdigest()[:16]
            if self._board is None or tag != self._tag:
                self._board, self._tag = read_board(self.competition, connection), tag
                self._forms.clear()
        return tag, self._board

    def _render(self, board: Board, form: str, tag: str) -> bytes:
        top_only = self.competition.rules.names == "top"
        places = neighbourhood(board.places, None) if top_only else board.places
        if form == "json":
            return rendering.data_json(board, places)
        if form == "csv":
            return rendering.data_csv(board, places)
        return rendering.page(board, places, None, served=form, tag=f"{tag}-{form}")
