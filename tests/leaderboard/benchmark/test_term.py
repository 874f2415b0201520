"""The benchmark of a term measures every command, as it is typed."""

import argparse
import shlex
from collections.abc import Iterator

from leaderboard.benchmark import term
from leaderboard.cli import build_parser


def leaves(parser: argparse.ArgumentParser, *words: str) -> Iterator[str]:
    """Every command with its action, such as "team merge"."""
    under = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not under:
        yield " ".join(words)
    for action in under:
        for name, child in action.choices.items():
            yield from leaves(child, *words, name)


def test_every_command_is_measured_or_left_out_by_name():
    lines = [line.format(one="f", two="f", entry=1) for line in term.COMMANDS.strip().splitlines()]
    for line in lines:
        build_parser().parse_args(shlex.split(line))
    for command in leaves(build_parser()):
        measured = any(f"{line} ".startswith(f"{command} ") for line in lines)
        assert measured != (command.split()[0] in term.LEFT_OUT), command


def test_the_course_has_its_teams_students_and_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(term, "ROWS", 300)
    monkeypatch.setattr(term, "ENTRIES", 2 * term.TEAMS)
    from leaderboard.competition import members
    from leaderboard.competition.competition import Competition
    from leaderboard.standings.ranking import public_entries

    entry = term._make(tmp_path)
    made = Competition(tmp_path / "competition")
    with made.read_transaction() as connection:
        entries = public_entries(connection)
    assert len({row["teamName"] for row in members.member_rows(made, None)}) == term.TEAMS
    assert len(members.member_rows(made, None)) == term.STUDENTS
    assert len(entries) == term.ENTRIES
    assert entries[entry - 1].team_id == 1
