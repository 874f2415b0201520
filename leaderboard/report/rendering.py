"""The report as one HTML file without scripts; it loads nothing."""

from __future__ import annotations

import functools
from pathlib import Path

import jinja2
from markupsafe import Markup

from leaderboard.competition.competition import Competition
from leaderboard.core.clock import format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.page.rendering import html_templates
from leaderboard.report import charts
from leaderboard.report.report import Line, Report, read_report
from leaderboard.scoring.score import distinguishing_decimals
from leaderboard.storage.files import PRIVATE_FILE, write_whole

# The number of lines of a chart that fill a printed page.
LINES = 44
READABLE = 0o644


def write_report(competition: Competition, out: Path, *, public: bool) -> None:
    """Write the report; only its owner can read the tutor's report. Raises LeaderboardError if it cannot be written."""
    if out.is_dir():
        raise LeaderboardError(f"{out} is a folder: choose a file name, such as report.html")
    if not out.parent.is_dir():
        raise LeaderboardError(f"the folder {out.parent} does not exist: make it first")
    if competition.root.resolve() in out.resolve().parents:
        raise LeaderboardError(f"{out} is inside the competition folder: choose another place")
    data = html(read_report(competition, public=public))
    write_whole(out, data, READABLE if public else PRIVATE_FILE)


def html(report: Report) -> bytes:
    """The report as HTML in UTF-8."""
    return (
        _template()
        .render(
            report=report,
            digits=distinguishing_decimals((100 * line.score for line in report.lines), least=2),
            when=lambda at: format_time(at, report.timezone),
            per_day=charts.entries_per_day(report.days) if report.days else None,
            development=charts.development(report.series, report.now, report.timezone),
            intervals=_intervals(report),
            moves=_moves(report.ranked) if report.final else [],
            classes=charts.class_accuracy(report.mistakes.classes) if report.mistakes else None,
            images=charts.images_by_teams(report.mistakes.right_counts) if report.mistakes else None,
        )
        .encode()
    )


@functools.cache
def _template() -> jinja2.Template:
    return html_templates(Path(__file__).parent / "templates").get_template("report.html")


def _intervals(report: Report) -> list[Markup]:
    """The charts of the standings, each as long as a printed page."""
    axis = f"accuracy on {report.rows:,} {report.part} rows, with its 95 % interval (%)"
    bars = [charts.Bar(_name(line), line.score, line.low, line.high, line.group) for line in report.lines]
    pieces = [bars[start : start + LINES] for start in range(0, len(bars), LINES)]
    return [charts.intervals(f"standings-{n}", "Standings", piece, axis) for n, piece in enumerate(pieces)]


def _name(line: Line) -> str:
    return f"{line.name} (baseline)" if line.rank is None else f"{line.rank}  {line.name}"


def _moves(ranked: list[Line]) -> list[Markup]:
    """The chart of the first teams in the final standings, as many as fit on a printed page; empty without teams."""
    ranks = [(line.name, line.before, line.rank) for line in ranked if line.before and line.rank]
    fits = [(name, before, rank) for name, before, rank in ranks if max(before, rank) <= LINES]
    return [charts.moves("moves", fits)] if fits else []
