"""English and German texts: the same keys and values, and a German word for every problem and refusal."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from leaderboard.competition import exclusions
from leaderboard.server.backend.reports import report_values
from leaderboard.server.core.refusal import CODES
from leaderboard.server.web import german, rendering, texts, tutor_texts
from leaderboard.server.web.tutor import ACTS
from leaderboard.submission import validate_bytes
from leaderboard.submission.problems import CATALOGUE
from tests.leaderboard.submission import test_validation


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


ENGLISH = re.compile(r"\b(the|write|every|and|of|with|your|is|are|one|each|fields|were|lines?|order|from|to|that)\b")
PROBABLE = test_validation.WITH_PROBABILITIES
PROBABILITY_FILES = [
    "id,bird,cat,dog\n1,50%,25%,25%\n",
    "id,bird,cat,dog\n1,50,25,25\n",
    "id,bird,cat,dog\n1,-0.1,-2.3,-4\n",
    "id,bird,cat,dog\n1,x,0.2,0.3\n",
    "id,bird,cat,dog\n1,7,-3,0.3\n",
    "id,bird,cat,dog\n1,0.1,0.2,0.3\n",
    "id,bird,cat\n1,0.1,0.2\n",
    "id,bird,cat,dog,note\n1,0.1,0.2,0.7,x\n",
    "1,0.1,0.2,0.7\n2,0.1,0.2,0.7\n",
    "id,cat,bird,dog\n" + "".join(f"{i},0.333,0.333,0.333\n" for i in range(1, 31)),
]


def is_german(text: str) -> bool:
    # Column names, options of programs and quoted values stay as they are.
    own = re.sub(r"'[^']*'|to_csv\(.*?\)|row\.names=\S+|\b(id|label)\b", "", text)
    return not ENGLISH.search(own)


@pytest.mark.parametrize("name", [*test_validation.REJECTED, *test_validation.ACCEPTED, *range(len(PROBABILITY_FILES))])
def test_what_is_said_of_each_known_bad_file_is_german_throughout(name: str | int) -> None:
    if isinstance(name, int):
        report = validate_bytes(PROBABILITY_FILES[name].encode(), PROBABLE)
    else:
        data = (test_validation.REJECTED | {k: (v, set()) for k, v in test_validation.ACCEPTED.items()})[name][0]
        report = validate_bytes(test_validation.as_bytes(data), test_validation.EXPECTED)
    for problem in report_values(report)["problems"]:
        what, fix = texts.problem_texts("de", problem)
        assert is_german(f"{what}: {fix}"), (what, fix)
    for note in report.notes:
        assert is_german(texts.note_text("de", note)), note


def test_the_check_for_german_can_fail() -> None:
    assert not is_german("write exactly 2 fields")
    assert is_german("schreiben Sie genau 2 Felder")


def test_every_refusal_that_a_page_can_show_has_a_german_text() -> None:
    # The page of a file that is not valid is one of its own; the tutor's texts are English.
    assert CODES.keys() - texts.GERMAN_REFUSALS.keys() == {"invalid_file"}


def test_a_problem_in_german() -> None:
    problem = {"code": "LABEL_CASE", "what": "the label has the wrong case", "fix": "write it as cat", "hint": "cat"}
    assert texts.problem_texts("de", problem)[1] == "schreiben Sie cat"
    assert texts.problem_texts("en", problem)[1] == "write it as cat"
    large = problem | {"code": "TOO_LARGE", "hint": "1,234 bytes"}
    assert texts.problem_texts("de", large)[1].endswith("höchstens 1\u202f234 Bytes")
    assert texts.problem_texts("de", problem | {"code": "NEW"}) == ("the label has the wrong case", "write it as cat")


def test_every_key_in_the_templates_is_there() -> None:
    from leaderboard.server.web.rendering import HERE

    used = set()
    for path in (HERE / "templates").glob("*.html"):
        used |= set(re.findall(r'\bt\("(\w+)"', path.read_text()))
    whole = {key for key in used if not key.endswith("_")}
    assert whole <= texts.TEXTS.keys()
    assert {f"said_{act}" for act in ACTS} <= texts.TEXTS.keys()
    assert {f"tutor_{act}" for act in ("link", "token", "enable", "disable")} <= texts.TEXTS.keys()
    assert {f"status_{name}" for name in ("open", "closed", "frozen", "final")} <= texts.TEXTS.keys()
    kinds = (exclusions.LATE, exclusions.WITHDRAWN, exclusions.VOID)
    assert {f"not_ranked_{form}{kind}" for kind in kinds for form in ("", "short_")} <= texts.TEXTS.keys()
    assert used - whole == {"status_", "said_", "tutor_", "not_ranked_", "not_ranked_short_"}


def test_no_text_is_written_in_a_template_itself() -> None:
    from leaderboard.server.web.rendering import HERE

    for path in (HERE / "templates").glob("*.html"):
        # The names of files, commands and the program are the same in every language.
        bare = re.sub(r"<pre.*?</pre>|rules\.toml|leaderboard|OpenAPI", " ", path.read_text(), flags=re.DOTALL)
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", " ", bare, flags=re.DOTALL)
        assert not re.findall(r"[A-Za-z]{2,}", bare), path.name


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_speaks_the_language_of_the_reader(site, data, language: str) -> None:
    other = 1 - texts.LANGUAGES.index(language)
    team, tutor, nobody = site.in_browser("a"), site.in_browser("tutor"), site.client(accept="text/html")
    site.as_team("a").put("/api/v1/entries", content=data(seed=1))
    grant = {"team": "a", "entries": "1", "until": "2025-12-24 18:00", "reason": "ill"}
    asks = [
        lambda h: nobody.get("/", headers=h),
        lambda h: nobody.get("/login", headers=h),
        lambda h: team.get("/team", headers=h),
        lambda h: tutor.get("/tutor", headers=h),
        lambda h: tutor.post("/tutor/acts/grant", data=grant, headers=h),
        lambda h: tutor.post("/tutor/acts/revoke", data={"grant": "1"}, headers=h),
        lambda h: tutor.post("/tutor/acts/void", data={"entry": "1", "reason": "2"}, headers=h),
    ]
    # Words that both languages share, and what stands within longer texts, tell nothing.
    foreign = [pair[other] for pair in texts.TEXTS.values() if pair[0] != pair[1] and "{" not in pair[other]]
    for ask in asks:
        answer = ask({"accept-language": language})
        assert answer.status_code == 200, answer.text
        assert f'<html lang="{language}"' in answer.text
        shown = {text.strip() for text in re.findall(r">([^<]+)<", answer.text)}
        assert shown.isdisjoint(set(foreign) - {pair[1 - other] for pair in texts.TEXTS.values()})


def test_the_state_of_an_entry_in_german() -> None:
    assert tutor_texts.state("de", "complete, not counted") == "bewertet, zählt nicht"
    assert (
        tutor_texts.state("de", "invalid: ID_TWICE,FIELDS, team disabled") == "ungültig: ID_TWICE,FIELDS, Team gesperrt"
    )
    assert tutor_texts.state("en", "complete") == "complete"
    assert (
        tutor_texts.state("de", "void, not ranked: two accounts")
        == "für ungültig erklärt, nicht gewertet: two accounts"
    )
    assert tutor_texts.state("de", "moved from b") == "verschoben von b"


@pytest.mark.parametrize(
    ("deadline", "shown"),
    [
        ("2026-12-21T00:00:00+01:00", "2026-12-20 23:59"),
        ("2026-12-20T18:00:00+01:00", "2026-12-20 18:00"),
    ],
)
def test_a_deadline_is_shown_as_it_was_set(deadline: str, shown: str) -> None:
    assert rendering._last_minute(deadline) == shown
