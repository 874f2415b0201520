"""docs/attacks.md: every row is a test that exists, and the edits that are listed are those that are tried."""

import re

import pytest

from tests.docs.pages import ROOT
from tests.leaderboard.audit.test_anchors import CUTS
from tests.leaderboard.audit.test_forgeries import FORGERIES, ON_POSTGRES

PAGE = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
SECTIONS = {text.split("\n", 1)[0]: text for text in PAGE.split("\n## ")[1:]}


def rows(section: str) -> list[list[str]]:
    """The cells of the rows: attempt, outcome, mended, test."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


@pytest.mark.parametrize("section", SECTIONS)
def test_each_row_names_a_test(section: str) -> None:
    (path,) = re.findall(r"`(tests/\S+\.py)`", SECTIONS[section])
    tests = re.findall(r"^def test_(\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    for attempt, _, mended, test in rows(section):
        assert mended in ("", "yes"), attempt
        assert [name for name in tests if name.startswith(test.strip("`"))], (attempt, test)


@pytest.mark.parametrize("section", [name for name in SECTIONS if not name.startswith("Edits of a")])
def test_each_test_of_a_file_has_a_row(section: str) -> None:
    (path,) = re.findall(r"`(tests/leaderboard/attacks/\S+\.py)`", SECTIONS[section]) or [None]
    if path is None:  # a file with tests that are no attempts
        return
    named = {test.strip("`") for *_, test in rows(section)}
    for name in re.findall(r"^def test_(\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE):
        assert any(name.startswith(start) for start in named), name


@pytest.mark.parametrize(
    ("section", "tried"),
    [
        ("Edits of an SQLite database", FORGERIES),
        ("Edits of a PostgreSQL database", ON_POSTGRES),
        ("Edits of the anchor file", CUTS),
    ],
)
def test_the_edits_are_those_that_are_tried(section: str, tried: dict) -> None:
    listed = [row[0] for row in rows(section)]
    assert listed[: len(tried)] == list(tried)


def test_there_are_many() -> None:
    assert sum(len(rows(section)) for section in SECTIONS) >= 80
