"""Print the verdict on a file, for every command that judges one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leaderboard.commands.output import print_json, print_rows
from leaderboard.core.text import printable

if TYPE_CHECKING:
    from leaderboard.submission import Report


def require_file(path: Path) -> None:
    """Raise LeaderboardError if nothing exists at the path; the report names a broken link."""
    from leaderboard.core.errors import LeaderboardError

    if not path.exists() and not path.is_symlink():
        raise LeaderboardError(f"there is no file {path}")


def left_today(left: int, quota: int, invalid: int, next_day: str, granted: int = 0) -> str:
    """What is left of both quotas: if a reply named only one, the other would come as a surprise."""
    if invalid <= 0:
        return f"it was the last invalid file of today, and nothing more is accepted; the next day begins {next_day}"
    files = "invalid file is" if invalid == 1 else "invalid files are"
    own = f"{left - granted} of {quota} entries left today" + (
        f", and {granted} granted beyond them" if granted else ""
    )
    entries = f"{own}; the next day begins {next_day}"
    return f"{entries}; {invalid:,} more {files} allowed until then"


def print_report(path: Path, report: Report, form: str) -> int:
    """Print the verdict on a file; return the matching exit code."""
    if form == "json":
        print_json({"file": str(path), **report.as_dict()})
    elif form == "csv":
        print_rows(report.as_dict()["problems"], ("code", "line", "value", "what", "fix"), form)
    else:
        for line in [*(f"note: {note}" for note in report.notes), *report.lines()]:
            print(line)
        total = sum(report.counts.values())
        problems = f"{total:,} problem" if total == 1 else f"{total:,} problems"
        shown = printable(str(path))
        print(f"{shown}: valid" if report.valid else f"{shown}: not valid: {problems}; it was not scored")
    return 0 if report.valid else 1
