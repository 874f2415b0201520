"""What the calls of the backend work on, and the type of their answers."""

from __future__ import annotations

from typing import Any

from leaderboard.competition.competition import Competition
from leaderboard.server.backend.actors import Actors
from leaderboard.server.backend.boards import Boards
from leaderboard.standings.live import LivePlaces

# Values for JSON, and bytes such as a file or a page.
Answer = tuple[dict[str, Any], bytes]


class State:
    """One open competition, with what is kept between calls."""

    def __init__(self, competition: Competition, *, believes_proxy: bool = False) -> None:
        self.competition = competition
        self.actors = Actors(competition, believes_proxy)
        self.boards = Boards(competition)
        self.places = LivePlaces()
