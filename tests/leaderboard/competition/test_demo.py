"""The demonstration is a competition like any other: tokens that open, entries that get better, an intact log."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from leaderboard.competition import access, demo, teams
from leaderboard.competition.competition import Competition
from leaderboard.standings.ranking import public_entries


def test_a_demonstration_has_teams_that_get_better_and_tokens_that_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "ROWS", 2000)
    monkeypatch.setattr(demo, "TEAMS", ("Ada", "陈省身"))
    tokens = demo.make(tmp_path / "demo")
    path = tmp_path / "demo" / demo.TOKENS
    assert list(csv.reader(path.read_text().splitlines())) == [["team", "token"], *map(list, tokens.items())]
    assert path.stat().st_mode & 0o077 == 0
    made = Competition(tmp_path / "demo")
    with made.read_transaction() as connection:
        named = {name: teams.by_name(connection, name).id for name in ("Ada", "陈省身")}
        assert {name: teams.by_token(connection, tokens[name]).id for name in named} == named
        assert access.tutor_token_sha256(connection) == teams.token_sha256(tokens["tutor"])
        entries = public_entries(connection)
    assert list(tokens) == ["Ada", "陈省身", "tutor"]
    for number in named.values():
        own = [entry for entry in entries if entry.team_id == number]
        assert 3 <= len(own) <= 7
        assert own[-1].public.value > own[0].public.value
    at = [entry.at for entry in entries]
    assert at == sorted(at)
    assert at[-1] - at[0] < demo.DAYS * demo.DAY
