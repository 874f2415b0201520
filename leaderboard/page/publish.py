"""Write the page and its data files, each whole, into a folder that a web server may show."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.names import KEY_DIGITS, team_key
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import rendering
from leaderboard.page.board import Board, entries_left, neighbourhood, read_board
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
    require_own(competition, out)
    files = made(competition, *read(competition))
    write(files, out)
    return [out / name for name in files if name.endswith(".html") and files[name]]


def read(competition: Competition) -> tuple[Board, dict[str, tuple[int, int] | None]]:
    """The board, and under the key of each ranked team the entries that it has left today."""
    with competition.reading() as connection:
        board = read_board(competition, connection)
        return board, {p.key: entries_left(competition, connection, p.team_id) for p in board.ranked}


def made(competition: Competition, board: Board, left: Mapping[str, tuple[int, int] | None]) -> dict[str, bytes]:
    """Every file of the page by its name below the folder, in the order in which they are written."""
    top_only = board.top_only
    public = neighbourhood(board.places, None) if top_only else board.places
    files = {
        # The data file goes first: it marks the folder as one that publish may write to.
        DATA: rendering.data_json(board, public),
        "leaderboard.csv": rendering.data_csv(board, public),
        competition.sample.name: competition.sample.read_bytes(),
        "index.html": rendering.page(board, public, None),
    }
    for place in board.ranked if top_only else ():
        near = neighbourhood(board.places, place.key)
        files[f"{OWN_PAGES}/{place.key}.html"] = rendering.page(board, near, place.key, left=left[place.key])
    if top_only:
        # Without it many servers would list the folder, and with it every hidden team.
        files[f"{OWN_PAGES}/index.html"] = b""
    return files


def write(files: Mapping[str, bytes], out: Path) -> None:
    """Write the files, each whole, and take away the pages that an earlier mode of the page left behind."""
    for name, data in files.items():
        _make_readable((out / name).parent)
        write_whole(out / name, data, READABLE)
    _remove_stale(out / OWN_PAGES, {out / name for name in files})


def require_own(competition: Competition, out: Path) -> None:
    """Raise LeaderboardError unless the page can be written to `out` without exposing the competition's folder."""
    if out.exists() and not out.is_dir():
        raise LeaderboardError(f"{out} is not a folder: name one for the page")
    if out.resolve() == competition.root.resolve() or competition.root.resolve() in out.resolve().parents:
        raise LeaderboardError(f"{out} lies in the competition folder, which only you may read: publish elsewhere")
    if out.resolve() in competition.root.resolve().parents:
        raise LeaderboardError(f"{out} holds the competition folder, which only you may read: publish elsewhere")
    if (out / OWN_PAGES).is_symlink():
        raise LeaderboardError(f"{out / OWN_PAGES} is a link: pages would be written and deleted elsewhere; remove it")
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
