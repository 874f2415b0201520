"""English and German texts: the same keys and values, and a German word for every problem and refusal."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from leaderboard.server.core.refusal import CODES
from leaderboard.server.web import german, texts
from leaderboard.submission.problems import CATALOGUE


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", texts.TEXTS)
def test_both_languages_name_the_same_values(key: str) -> None:
    english, own = texts.TEXTS[key]
    assert fields(english) == fields(own)


def test_every_problem_of_a_file_that_is_sent_has_a_german_text() -> None:
    # A sent file is never a link, and never unreadable.
    assert CATALOGUE.keys() - german.PROBLEMS.keys() == {"SYMLINK", "NOT_READABLE"}
    assert german.PROBLEMS.keys() <= CATALOGUE.keys()
    for code, (_, fix) in german.PROBLEMS.items():
        assert fields(fix) <= {"hint"}
        assert fields(fix) <= fields(CATALOGUE[code][1])


def test_every_refusal_that_a_page_can_show_has_a_german_text() -> None:
    # The page of a file that is not valid is one of its own; the tutor's texts are English.
    assert CODES.keys() - texts.GERMAN_REFUSALS.keys() == {"invalid_file"}


def test_a_problem_in_german() -> None:
    problem = {"code": "LABEL_CASE", "what": "the label has the wrong case", "fix": "write it as cat", "hint": "cat"}
    assert texts.problem_texts("de", problem)[1] == "schreiben Sie cat"
    assert texts.problem_texts("en", problem)[1] == "write it as cat"
    assert texts.problem_texts("de", problem | {"code": "NEW"}) == ("the label has the wrong case", "write it as cat")


def test_every_key_in_the_templates_is_there() -> None:
    from leaderboard.server.web.rendering import HERE

    used = set()
    for path in (HERE / "templates").glob("*.html"):
        used |= set(re.findall(r'\bt\("(\w+)"', path.read_text()))
    assert used - {"status_"} <= texts.TEXTS.keys()
