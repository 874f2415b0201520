"""The page in German: every text of the templates is translated, with the same values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import pytest

import leaderboard.page
from leaderboard.competition import entries
from leaderboard.competition.competition import Competition
from leaderboard.page import english, german, german_rules
from leaderboard.page.board import read_board
from leaderboard.page.rendering import page

TEMPLATES = Path(leaderboard.page.__file__).parent / "templates"
SHOWN = ("page.html", "facts.html", "standings.html", "change.html", "progress.svg", "served.html")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_german_texts_are_exactly_those_of_the_templates() -> None:
    used = {"Open", "Closed", "Frozen", "Final"}
    for name in SHOWN:
        for call in re.findall(r"_\((.*?)\) ?}}", (TEMPLATES / name).read_text(), flags=re.DOTALL):
            used |= set(re.findall(r'"([^"]+)"', call.split(", rows=")[0])) - {"{:,}"}
    assert used == german.GERMAN.keys()


@pytest.mark.parametrize("text", german.GERMAN)
def test_both_languages_name_the_same_values(text: str) -> None:
    assert fields(text) == fields(german.GERMAN[text])


def test_values_are_escaped() -> None:
    assert german.translate_duration("de", "1 day 3 h") == "1 Tag 3 h"
    assert german.translate("de", "{time} left", time="<b>") == "noch &lt;b&gt;"
    assert german.translate("", "{time} left", time="<b>") == "&lt;b&gt; left"


def test_dates_and_numbers_are_german_only_in_german() -> None:
    deadline = "the end of 20 Mar 2026 (CET)"
    assert german.translate_date("de", deadline) == "Ende des 20. März 2026 (CET)"
    assert german.translate_date("de", "02 Dec 18:00") == "02. Dez. 18:00"
    assert german.translate_date("de", "Oct 2026") == "Okt. 2026"
    assert german.translate_date("en", deadline) == deadline
    # A comma in a German number marks decimals: 7,000 would be seven.
    assert german.number("de", 7000) == "7\u202f000"
    assert german.number("", 7000) == "7,000"


def test_a_board_in_german_contains_no_english(make: Callable[..., Competition], entry: Callable[..., Path]) -> None:
    competition = make(deadline="2025-12-24", ladder=True, board_still_from="3 days", late="2 days")
    for seed in range(3):
        entries.submit(competition, "ab"[seed % 2], entry(seed=seed))
    with competition.read_transaction() as connection:
        board = read_board(competition, connection)
    text = page(board, board.places, board.places[0].key, left=(2, 5), served="de").decode()
    shown = re.sub(
        r"<style>.*?</style>|<script.*?</script>|<[^>]*>|leaderboard audit verify", " ", text, flags=re.DOTALL
    )
    english_words = re.findall(
        r"\b(the|and|of|with|entry|entries|team is|score|standings|rank|rules|are|not|days?|left|for)\b", shown
    )
    assert english_words == []
    assert '<html lang="de">' in text


def test_the_rules_have_as_many_sentences_in_both_languages(make: Callable[..., Competition]) -> None:
    rules = make(deadline="2025-12-24", picks=1, daily_quota=1).rules
    for changed in (rules, dataclasses.replace(rules, ladder=True, tie="shared", board_still_from="3 days", picks=3)):
        assert len(german_rules.rule_lines(changed)) == len(english.rule_lines(changed))
