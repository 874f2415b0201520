"""The board as HTML, JSON and CSV, for static files and for the server."""

from __future__ import annotations

import functools
import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from leaderboard.core.clock import to_datetime
from leaderboard.page import english, german, progress
from leaderboard.scoring.score import distinguishing_decimals
from leaderboard.table.spreadsheet import write_csv

if TYPE_CHECKING:  # it loads NumPy and SQLAlchemy, which a web process does without
    from leaderboard.page.board import Board, Place

COLUMNS = ("rank", "team", "score", "low", "high", "entries", "submission_date", "group", "baseline", "part")
FINAL_COLUMNS = (*COLUMNS, "public_score", "change")


def html_templates(folder: Path, **filters: Callable[..., str]) -> jinja2.Environment:
    """The HTML templates of a folder; they escape every value. `filters`: besides `percent` of a share."""
    loader = jinja2.FileSystemLoader(folder)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": lambda share, digits=2: f"{100 * share:.{digits}f}", **filters}
    return environment


@functools.cache
def template(name: str) -> jinja2.Template:
    """A template of the page."""
    templates = html_templates(
        Path(__file__).parent / "templates",
        day=lambda moment: moment.strftime("%d %b"),
        minute=lambda moment: moment.strftime("%d %b %H:%M"),
    )
    return templates.get_template(name)


def page(
    board: Board,
    places: list[Place],
    own: str | None,
    *,
    left: tuple[int, int] | None = None,
    served: str = "",
    tag: str = "",
) -> bytes:
    """The page as HTML in UTF-8.

    `own`: the key of the team whose row is marked. `left`: its entries left today and its quota. If a server shows
    the page: `served` is the language, "de" or "en", and `tag` the ETag.
    """
    ranked = [place for place in places if place.rank is not None]
    mine = next((place for place in ranked if place.key == own), None)
    low, high = _axis(ranked, mine)
    plots = [progress.draw(board, ranked, frame, own) for frame in (progress.WIDE, progress.NARROW)]
    return (
        template("served.html" if served else "page.html")
        .render(
            _=functools.partial(german.translate, served),
            language=served,
            tag=tag,
            rules=board.rules_german if served == "de" else board.rules,
            board=board,
            groups=_groups(places),
            leaders=sum(place.group == 1 for place in board.ranked),
            plots=list(filter(None, plots)),
            own=own,
            digits=distinguishing_decimals((100 * place.score for place in places), least=2),
            mine=mine,
            left=left,
            time_left=german.translate_duration(served, english.time_left(board.closes_at, board.updated_at)),
            finder=sorted(ranked, key=lambda place: place.team.casefold()),
            hidden=len(board.places) - len(places),
            at=lambda value: round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2),
            axis=(low, high),
            when=lambda at: to_datetime(at, board.timezone),
            date=functools.partial(german.translate_date, served),
            number=functools.partial(german.number, served),
        )
        .encode()
    )


def _axis(ranked: list[Place], own: Place | None) -> tuple[float, float]:
    """Ends of the axis of intervals: at most twice the range of the upper half, so that low scores do not flatten it.

    On a team's own page the axis always includes that team.
    """
    if not ranked:
        return 0.0, 1.0
    high = max(place.high for place in ranked)
    middle = ranked[len(ranked) // 2].low
    low = max(min(place.low for place in ranked), high - 2 * (high - middle))
    return (low if own is None else min(low, own.low)), high


def _groups(places: list[Place]) -> list[list[Place]]:
    """Consecutive places of the same group. A baseline is in no group and splits the group around it."""
    return [list(run) for _, run in itertools.groupby(places, key=lambda place: place.group)]


def _row(board: Board, place: Place) -> dict[str, Any]:
    return {
        "rank": place.rank,
        "team": place.team,
        "score": place.score,
        "low": round(place.low, 6),
        "high": round(place.high, 6),
        "entries": place.entries,
        "submission_date": to_datetime(place.at, board.timezone).isoformat(),
        "group": place.group,
        "baseline": place.rank is None,
        "public_score": place.public_score,
        "change": place.change,
        "part": _part(board),
    }


def data_json(board: Board, places: list[Place]) -> bytes:
    """The content of leaderboard.json."""
    columns = FINAL_COLUMNS if board.final else COLUMNS
    value = {
        "name": board.title,
        "metric": board.metric,
        "status": board.status,
        "updated": to_datetime(board.updated_at, board.timezone).isoformat(),
        "audit_head": str(board.head),
        "competition": board.identity,
        "part": _part(board),
        "standings": [{name: _row(board, place)[name] for name in columns} for place in places],
    }
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _part(board: Board) -> str:
    """Whether these standings use the public or the private rows."""
    return "private" if board.final else "public"


def data_csv(board: Board, places: list[Place]) -> bytes:
    """The content of leaderboard.csv."""
    text = io.StringIO()
    write_csv(text, [_row(board, place) for place in places], FINAL_COLUMNS if board.final else COLUMNS)
    return text.getvalue().encode()
