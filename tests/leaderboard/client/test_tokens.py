"""The file with tokens: for its owner alone, whole, and the last login first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leaderboard.client import tokens
from leaderboard.core.errors import LeaderboardError


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_the_file_is_for_its_owner_alone(home: dict[str, str]) -> None:
    path = tokens.save(home, "https://a.example", "one")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    with pytest.raises(LeaderboardError, match="chmod 600"):
        tokens.load(home)


def test_the_last_login_is_meant_unless_another_is_named(home: dict[str, str]) -> None:
    assert not tokens.is_logged_in(home)
    tokens.save(home, "https://a.example", "one")
    tokens.save(home, "https://b.example", "two")
    assert tokens.load(home) == ("https://b.example", "two")
    assert tokens.load(home, "https://a.example/") == ("https://a.example", "one")
    assert tokens.load(home | {tokens.SERVER: "https://a.example"}) == ("https://a.example", "one")
    assert tokens.load(home | {tokens.TOKEN: "three"}) == ("https://b.example", "three")
    tokens.save(home, "https://a.example", "new")
    assert tokens.load(home) == ("https://a.example", "new")


@pytest.mark.parametrize("text", ["{", "[]", '{"https://a.example": 1}'])
def test_a_damaged_file_says_what_to_do(home: dict[str, str], text: str) -> None:
    path = tokens.save(home, "https://a.example", "one")
    path.write_text(text)
    with pytest.raises(LeaderboardError, match="delete it, and log in again"):
        tokens.load(home)


def test_no_login_says_what_to_do(home: dict[str, str]) -> None:
    with pytest.raises(LeaderboardError, match="leaderboard login"):
        tokens.load(home)
    tokens.save(home, "https://a.example", "one")
    with pytest.raises(LeaderboardError, match=r"no token for https://b\.example"):
        tokens.load(home, "https://b.example")
    assert json.loads(tokens.path(home).read_text()) == {"https://a.example": "one"}
