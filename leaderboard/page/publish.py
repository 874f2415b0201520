"""Write the page and its data files, each whole, into a folder that a web server may show."""

from __future__ import annotations

import re
from pathlib import Path

from leaderboard.competition.competition import Competition
from leaderboard.competition.names import KEY_DIGITS
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import rendering
from leaderboard.page.board import Place, neighbourhood, read_board
from leaderboard.storage.files import write_whole

READABLE = 0o644
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
    top_only = competition.rules.names == "top"
    public = neighbourhood(board.places, None) if top_only else board.places
    out.mkdir(parents=True, exist_ok=True)
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
        (out / OWN_PAGES).mkdir(exist_ok=True)
        # Without it many servers would list the folder, and with it every hidden team.
        write_whole(out / OWN_PAGES / "index.html", b"", READABLE)
    for path, (places, own) in pages.items():
        write_whole(path, rendering.page(board, places, own), READABLE)
    _remove_stale(out / OWN_PAGES, {*pages, out / OWN_PAGES / "index.html"} if top_only else set(pages))
    return list(pages)


def _require_own(competition: Competition, out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise LeaderboardError(f"{out} is not a folder: name one for the page")
    if out.resolve() == competition.root.resolve() or competition.root.resolve() in out.resolve().parents:
        raise LeaderboardError(f"{out} lies in the competition folder, which only you may read: publish elsewhere")
    if out.resolve() in competition.root.resolve().parents:
        raise LeaderboardError(f"{out} holds the competition folder, which only you may read: publish elsewhere")
    # What a publish that was killed left half-written does not count.
    found = [path for path in out.iterdir() if not path.match(".*.partial")] if out.is_dir() else []
    if found and not (out / DATA).exists():
        raise LeaderboardError(f"{out} holds files that publish did not write: choose an empty folder")


def _remove_stale(folder: Path, keep: set[Path]) -> None:
    """A page of an earlier mode would show more than the rules now allow. Files of other names are not ours."""
    for path in folder.glob("*.html"):
        empty_index = path.name == "index.html" and not path.stat().st_size
        if path not in keep and (empty_index or _OWN_PAGE.fullmatch(path.name)):
            path.unlink()
