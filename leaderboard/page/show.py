"""The final standings as a show: one HTML file that reveals the places from the last to the first."""

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
    """The show as HTML in UTF-8; it loads nothing. Raises LeaderboardError before the reveal.

    With `names = "top"` it contains only the first ten teams, as the page does.
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
    """The hash by which the page's Content-Security-Policy allows its own script or style, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def require_show_path(path: Path) -> None:
    """Raise LeaderboardError if the show cannot be written to the path. Call it before the reveal."""
    if path.suffix != ".html":
        raise LeaderboardError(f"--show {path}: choose a file name that ends in .html")
    if not path.parent.is_dir():
        raise LeaderboardError(f"the folder {path.parent} does not exist: make it first")
    if path.is_dir() or (path.exists() and MARK.encode() not in path.read_bytes()):
        raise LeaderboardError(f"{path} is not a show: choose another file name")


def write_show(competition: Competition, path: Path) -> int:
    """Write the show; return the number of ranked teams in it."""
    with competition.read_transaction() as connection:
        board = read_board(competition, connection)
    write_whole(path, show_page(board), 0o644)
    return len(board.ranked)
