"""Write the tokens of new teams: all in one CSV file, or one letter per team from a template."""

from __future__ import annotations

import io
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from string import Template

from leaderboard.competition.competition import Competition
from leaderboard.competition.members import NewTeam
from leaderboard.core.clock import format_time
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage.files import PRIVATE_FOLDER, write_whole
from leaderboard.table.spreadsheet import write_csv

COLUMNS = ("team", "token", "members", "e-mails")
PLACEHOLDERS = ("team", "token", "members", "emails", "competition", "deadline")


def require_new_file(path: Path) -> None:
    """Raise LeaderboardError if the path exists: an older file may be the only copy of tokens."""
    if path.exists() or path.is_symlink():
        raise LeaderboardError(f"{path} exists, and may contain tokens that are still in use: choose a new file")
    if not path.parent.is_dir():
        raise LeaderboardError(f"the folder {path.parent} does not exist: make it first")


def read_template(path: Path) -> Template:
    """The template of a letter. Raises LeaderboardError for an unknown placeholder, or if $token is missing."""
    try:
        template = Template(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise LeaderboardError(f"cannot read {path} as UTF-8 text: {error}") from None
    allowed = ", ".join(f"${name}" for name in PLACEHOLDERS)
    if not template.is_valid():
        text = f"{path}: a $ is not part of a placeholder; write $$ for a dollar sign"
        raise LeaderboardError(f"{text}; the placeholders are {allowed}")
    unknown = [name for name in template.get_identifiers() if name not in PLACEHOLDERS]
    if unknown:
        raise LeaderboardError(f"{path}: ${unknown[0]} is not a placeholder; the placeholders are {allowed}")
    if "token" not in template.get_identifiers():
        raise LeaderboardError(f"{path} has no $token, so the team would not get its token: add it")
    return template


def write_tokens(path: Path, issued: Sequence[NewTeam]) -> None:
    """All tokens in one CSV that only its owner can read."""
    text = io.StringIO()
    rows = [dict(zip(COLUMNS, (team.name, team.token, *_people(team)), strict=True)) for team in issued]
    write_csv(text, rows, COLUMNS)
    write_whole(path, text.getvalue().encode())


def _people(team: NewTeam) -> tuple[str, str]:
    return ", ".join(row.name for row in team.members), ", ".join(row.email for row in team.members)


def write_letters(folder: Path, template: Template, competition: Competition, issued: Sequence[NewTeam]) -> None:
    """Write one file per team into a new folder, all or none."""
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.partial")
    building.mkdir(mode=PRIVATE_FOLDER)
    try:
        for team in issued:
            write_whole(building / _file_name(team), _letter(template, competition, team).encode())
        os.rename(building, folder)  # noqa: PTH104 - atomically
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _file_name(team: NewTeam) -> str:
    """The team's number makes the file name unique; of the team's name it keeps letters and digits."""
    plain = "".join(c if c.isalnum() else "-" for c in team.name)[:40]
    return f"{team.number:03}-{plain}.txt"


def _letter(template: Template, competition: Competition, team: NewTeam) -> str:
    members, emails = _people(team)
    rules = competition.rules
    deadline = "none" if rules.closes_at is None else format_time(rules.closes_at, rules.timezone)
    fields = {"team": team.name, "token": team.token, "members": members, "emails": emails}
    return template.substitute(fields, competition=rules.name, deadline=deadline)
