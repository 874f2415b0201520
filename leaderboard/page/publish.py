"""Write the page and its data files, each whole, into a folder that a web server may show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.names import KEY_DIGITS, team_key
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import rendering
from leaderboard.page.board import Place, entries_left, neighbourhood, read_board
from leaderboard.storage import database
from leaderboard.storage.files import write_whole

READABLE, READABLE_FOLDER = 0o644, 0o755
DATA = "leaderboard.json"
OWN_PAGES = "team"
_OWN_PAGE = re.compile(rf"[0-9a-f]{{{KEY_DIGITS}}}\.html")


def publish(competition: Competition, out: Path) -> list[Path]:
    """Write index.html, leaderboard.json, leaderboard.csv and the sample; return the pages written.

    With `names = "top"` the index holds the first ten teams, and each team has a page of its own, under a name
    that nobody can guess, with itself and its neighbours.
    """
    _require_own(competition, out)
    with competition.reading() as connection:
        board = read_board(competition, connection)
        left = {place.key: entries_left(competition, connection, place.team_id) for place in board.ranked}
    top_only = competition.rules.names == "top"
    public = neighbourhood(board.places, None) if top_only else board.places
    _make_readable(out)
    # The data file goes first: it marks the folder as one that publish may write to.
    write_whole(out / DATA, rendering.data_json(board, public), READABLE)
    write_whole(out / "leaderboard.csv", rendering.data_csv(board, public), READABLE)
    write_whole(out / competition.sample.name, competition.sample.read_bytes(), READABLE)
    pages: dict[Path, tuple[list[Place], str | None]] = {out / "index.html": (public, None)}
    if top_only:
        pages |= {
            out / OWN_PAGES / f"{place.key}.html": (neighbourhood(board.places, place.key), place.key)
            for place in board.ranked
        }
        _make_readable(out / OWN_PAGES)
        # Without it many servers would list the folder, and with it every hidden team.
        write_whole(out / OWN_PAGES / "index.html", b"", READABLE)
    for path, (places, own) in pages.items():
        write_whole(path, rendering.page(board, places, own, left=left.get(own or "")), READABLE)
    _remove_stale(out / OWN_PAGES, {*pages, out / OWN_PAGES / "index.html"} if top_only else set(pages))
    return list(pages)


def _require_own(competition: Competition, out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise LeaderboardError(f"{out} is not a folder: name one for the page")
    if out.resolve() == competition.root.resolve() or competition.root.resolve() in out.resolve().parents:
        raise LeaderboardError(f"{out} lies in the competition folder, which only you may read: publish elsewhere")
    if out.resolve() in competition.root.resolve().parents:
        raise LeaderboardError(f"{out} holds the competition folder, which only you may read: publish elsewhere")
    # Hidden files are a web server's (.htaccess), a desktop's, or what a publish that was killed left behind.
    if not out.is_dir() or all(path.name.startswith(".") for path in out.iterdir()):
        return
    if not (out / DATA).exists():
        raise LeaderboardError(f"{out} holds files that publish did not write: choose an empty folder")
    other = _competition_of(out / DATA)
    with competition.reading() as connection:
        secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
    if other not in (None, team_key(secret, 0)):
        raise LeaderboardError(f"{out} holds the page of another competition: choose another folder")


def _competition_of(data: Path) -> str | None:
    """Which competition a page is of; None if it does not say, as older ones and those half-written."""
    try:
        value = json.loads(data.read_bytes())
    except ValueError:
        return None
    return value.get("competition") if isinstance(value, dict) else None


def _make_readable(folder: Path) -> None:
    """Make a folder, and those above it, for a web server to read whatever the umask; those that exist stay."""
    if not folder.exists():
        _make_readable(folder.parent)
        folder.mkdir()
        folder.chmod(READABLE_FOLDER)


def _remove_stale(folder: Path, keep: set[Path]) -> None:
    """A page of an earlier mode would show more than the rules now allow. Files of other names are not ours."""
    for path in folder.glob("*.html"):
        empty_index = path.name == "index.html" and not path.stat().st_size
        if path not in keep and (empty_index or _OWN_PAGE.fullmatch(path.name)):
            path.unlink()
