"""Write the page and its data files into a folder for a web server. Readers never see a half-written file."""

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
    """Write index.html, leaderboard.json, leaderboard.csv and the sample; return the paths of the HTML pages.

    With `names = "top"` the index shows the first ten teams. Each team then also has its own page, with itself and
    its neighbours; nobody can guess the name of that page. Raises LeaderboardError if `out` is not a safe folder.
    """
    require_page_folder(competition, out)
    files = page_files(competition, *read_page(competition))
    write(files, out)
    return [out / name for name in files if name.endswith(".html") and files[name]]


def read_page(competition: Competition) -> tuple[Board, dict[str, tuple[int, int] | None]]:
    """The board, and by the key of each ranked team the entries left today and its quota (see `entries_left`)."""
    with competition.read_transaction() as connection:
        board = read_board(competition, connection)
        return board, {p.key: entries_left(competition, connection, p.team_id) for p in board.ranked}


def page_files(competition: Competition, board: Board, left: Mapping[str, tuple[int, int] | None]) -> dict[str, bytes]:
    """The content of every file of the page, by its path inside the folder, in the order of writing."""
    top_only = board.top_only
    public = neighbourhood(board.places, None) if top_only else board.places
    files = {
        # The data file is first: it marks the folder as one that publish may write to.
        DATA: rendering.data_json(board, public),
        "leaderboard.csv": rendering.data_csv(board, public),
        competition.sample.name: competition.sample.read_bytes(),
        "index.html": rendering.page(board, public, None),
    }
    for place in board.ranked if top_only else ():
        near = neighbourhood(board.places, place.key)
        files[f"{OWN_PAGES}/{place.key}.html"] = rendering.page(board, near, place.key, left=left[place.key])
    if top_only:
        # Without an index many servers would list the folder, and so the pages of all hidden teams.
        files[f"{OWN_PAGES}/index.html"] = b""
    return files


def write(files: Mapping[str, bytes], out: Path) -> None:
    """Write the files, and remove pages that an earlier `names` rule has left in the folder."""
    for name, data in files.items():
        _make_readable((out / name).parent)
        write_whole(out / name, data, READABLE)
    _remove_stale(out / OWN_PAGES, {out / name for name in files})


def require_page_folder(competition: Competition, out: Path) -> None:
    """Raise LeaderboardError if writing to `out` would expose the competition folder or overwrite other files."""
    if out.exists() and not out.is_dir():
        raise LeaderboardError(f"{out} is not a folder: choose a folder for the page")
    if out.resolve() == competition.root.resolve() or competition.root.resolve() in out.resolve().parents:
        raise LeaderboardError(f"{out} is inside the competition folder, which only you may read: publish elsewhere")
    if out.resolve() in competition.root.resolve().parents:
        raise LeaderboardError(f"{out} contains the competition folder, which only you may read: publish elsewhere")
    if (out / OWN_PAGES).is_symlink():
        raise LeaderboardError(
            f"{out / OWN_PAGES} is a link: pages would be written and deleted elsewhere; remove the link"
        )
    # Hidden files are allowed: those of a web server (.htaccess) or a desktop, or of a publish that was killed.
    if not out.is_dir() or all(path.name.startswith(".") for path in out.iterdir()):
        return
    if not (out / DATA).exists():
        raise LeaderboardError(f"{out} contains files that publish did not write: choose an empty folder")
    other = _competition_of(out / DATA)
    with competition.read_transaction() as connection:
        secret = connection.execute(sa.select(database.competition.c.secret)).scalar_one()
    if other not in (None, team_key(secret, 0)):
        raise LeaderboardError(f"{out} contains the page of another competition: choose another folder")


def _competition_of(data: Path) -> str | None:
    """The competition of a page; None if the file does not name it, because it is old or incomplete."""
    try:
        value = json.loads(data.read_bytes())
    except ValueError:
        return None
    return value.get("competition") if isinstance(value, dict) else None


def _make_readable(folder: Path) -> None:
    """Make a folder and its missing parents readable for a web server, whatever the umask."""
    if not folder.exists():
        _make_readable(folder.parent)
        folder.mkdir()
        folder.chmod(READABLE_FOLDER)


def _remove_stale(folder: Path, keep: set[Path]) -> None:
    """Remove pages of an earlier `names` rule: they show more than the rules now allow. Other files stay."""
    for path in folder.glob("*.html"):
        empty_index = path.name == "index.html" and not path.stat().st_size
        if path not in keep and (empty_index or _OWN_PAGE.fullmatch(path.name)):
            path.unlink()
