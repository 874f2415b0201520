"""Names: what people cannot tell apart is one name, and what shows nothing is none."""

from __future__ import annotations

import pytest

from leaderboard.competition.spelling import check_name, skeleton
from leaderboard.core.errors import LeaderboardError


@pytest.mark.parametrize(
    "other",
    ["аda", "Аda", "ADA", "Ａｄａ", " ada ", "αda", "a\u0064a", "𝐚𝐝𝐚"],
    ids=ascii,
)
def test_look_alikes_are_one_name(other: str) -> None:
    assert skeleton(other) == skeleton("ada")


def test_blanks_and_scripts() -> None:
    assert skeleton("Ada  L") == skeleton("ada\u00a0l") == skeleton("Ada L")
    assert skeleton("Маша") != skeleton("Мила")
    assert skeleton("陈省身") != skeleton("陈省")
    assert skeleton("Évariste") != skeleton("Evariste")
    assert check_name("Ada   Lovelace ") == "Ada Lovelace"


@pytest.mark.parametrize("name", ["👩‍💻 nets", "👨‍👩‍👧", "❤️ team", "🏳️‍🌈", "👩🏽‍🔬", "می‌خواهم", "क्‍ष", "Noether's Nets"])
def test_emoji_and_joining_letters_are_allowed(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a\u034fb",
        "a\ufe0fb",
        "\u3164",
        "\u2800",
        "a\u2800b",
        "a\u200bb",
        "a\u200db",
        "a\u200cb",
        "a\u202eb",
        "a\x1b[31m",
        "a\nb",
        "a\u115fb",
        "\ufe0f",
        "a\u00adb",
        "x" * 61,
        "\u200d",
        "a\x00",
    ],
    ids=ascii,
)
def test_what_shows_nothing_is_refused(name: str) -> None:
    with pytest.raises(LeaderboardError, match="name"):
        check_name(name)


@pytest.mark.parametrize("name", ["Team 0123456789", "team ABCDEF0123", "ＴＥＡＭ 0123456789", "Тeam 0123456789"])
def test_nobody_passes_for_a_pseudonym(name: str) -> None:
    with pytest.raises(LeaderboardError, match="pseudonym"):
        check_name(name)
    assert check_name("Team 2026")
