"""Write the page and its data files, each whole, into a folder that a web server may show."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import jinja2

from leaderboard.competition.competition import Competition
from leaderboard.competition.names import KEY_DIGITS
from leaderboard.core.clock import to_datetime
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import progress
from leaderboard.page.board import Board, Place, neighbourhood, read_board
from leaderboard.storage.files import write_whole
from leaderboard.table.spreadsheet import write_csv

READABLE = 0o644
DATA = "leaderboard.json"
OWN_PAGES = "team"
_OWN_PAGE = re.compile(rf"[0-9a-f]{{{KEY_DIGITS}}}\.html")
COLUMNS = ("rank", "team", "score", "low", "high", "entries", "last_entry", "group", "baseline")
FINAL_COLUMNS = (*COLUMNS, "public_score", "change")


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
    template = _template()
    # The data file goes first: it marks the folder as one that publish may write to.
    write_whole(out / DATA, _json(board, public), READABLE)
    write_whole(out / "leaderboard.csv", _csv(board, public), READABLE)
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
        write_whole(path, _render(template, board, places, own), READABLE)
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


def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": lambda share: f"{100 * share:.2f}"}
    return environment.get_template("page.html")


def _render(template: jinja2.Template, board: Board, places: list[Place], own: str | None) -> bytes:
    ranked = [place for place in places if place.rank is not None]
    low, high = _axis(ranked)
    return template.render(
        board=board,
        groups=_groups(places),
        leaders=sum(place.group == 1 for place in board.ranked),
        plots=[plot for frame in (progress.WIDE, progress.NARROW) if (plot := progress.draw(board, ranked, frame))],
        own=own,
        hidden=len(board.places) - len(places),
        at=lambda value: round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2),
        axis=(low, high),
        when=lambda at: to_datetime(at, board.timezone),
    ).encode()


def _axis(ranked: list[Place]) -> tuple[float, float]:
    """Ends of the interval axis: twice the upper half's span, so that a straggler does not flatten the others."""
    if not ranked:
        return 0.0, 1.0
    high = max(place.high for place in ranked)
    middle = ranked[len(ranked) // 2].low
    return max(min(place.low for place in ranked), high - 2 * (high - middle)), high


def _groups(places: list[Place]) -> list[list[Place]]:
    """Runs of one group; a baseline stays with the place above it."""
    groups: list[list[Place]] = []
    for place in places:
        current = next((p.group for p in reversed(groups[-1]) if p.group is not None), None) if groups else None
        if groups and (place.group is None or current in (None, place.group)):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _row(board: Board, place: Place) -> dict[str, Any]:
    return {
        "rank": place.rank,
        "team": place.team,
        "score": place.score,
        "low": round(place.low, 6),
        "high": round(place.high, 6),
        "entries": place.entries,
        "last_entry": to_datetime(place.last_at, board.timezone).isoformat(),
        "group": place.group,
        "baseline": place.rank is None,
        "public_score": place.public_score,
        "change": place.change,
    }


def _json(board: Board, places: list[Place]) -> bytes:
    columns = FINAL_COLUMNS if board.final else COLUMNS
    value = {
        "name": board.title,
        "metric": board.metric,
        "status": board.status,
        "updated": to_datetime(board.updated_at, board.timezone).isoformat(),
        "audit_head": str(board.head),
        "standings": [{name: _row(board, place)[name] for name in columns} for place in places],
    }
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _csv(board: Board, places: list[Place]) -> bytes:
    text = io.StringIO()
    write_csv(text, [_row(board, place) for place in places], FINAL_COLUMNS if board.final else COLUMNS)
    return text.getvalue().encode()
