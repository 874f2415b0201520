"""The finals as a show: one file in which the places come up from the last to the first."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.page.board import Board, neighbourhood, read_board
from leaderboard.page.rendering import template
from leaderboard.storage.files import write_whole

MARK = '<meta name="generator" content="leaderboard reveal --show">'
TEMPLATES = Path(__file__).parent / "templates"


def show_page(board: Board) -> bytes:
    """The show as HTML that needs no network. Raises LeaderboardError before the reveal.

    With names = "top" it holds the first ten, as the page does.
    """
    if not board.final:
        raise LeaderboardError("the private standings are not revealed yet: leaderboard reveal --show FILE does both")
    places = neighbourhood(board.places, None) if board.top_only else board.places
    script, style = ((TEMPLATES / f"show.{kind}").read_text() for kind in ("js", "css"))
    return (
        template("show.html")
        .render(
            board=board,
            places=places,
            ranked=[place for place in places if place.rank is not None],
            mark=MARK,
            script=script,
            style=style,
            script_hash=_hash(script),
            style_hash=_hash(style),
        )
        .encode()
    )


def _hash(text: str) -> str:
    """What the page's policy calls a script or style that may run: the only one of its kind."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def require_place(path: Path) -> None:
    """Raise LeaderboardError where the show cannot be written, before anything is revealed."""
    if path.suffix != ".html":
        raise LeaderboardError(f"--show {path}: name a file that ends in .html")
    if not path.parent.is_dir():
        raise LeaderboardError(f"the folder {path.parent} does not exist: make it first")
    if path.is_dir() or (path.exists() and MARK.encode() not in path.read_bytes()):
        raise LeaderboardError(f"{path} is something else than a show: choose another name")


def write_show(competition: Competition, path: Path) -> int:
    """Write the show; how many places it has."""
    with competition.reading() as connection:
        board = read_board(competition, connection)
    write_whole(path, show_page(board), 0o644)
    return len(board.ranked)
