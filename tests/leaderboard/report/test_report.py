"""The report against what pandas computes from the files, and what each variant may contain."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leaderboard.cli import main
from leaderboard.competition import entries, lifecycle, teams
from leaderboard.competition.competition import Competition
from leaderboard.report.mistakes import mistakes
from leaderboard.report.rendering import html as report_html
from leaderboard.report.report import read_report
from tests.leaderboard.conftest import edited

Make, Entry = Callable[..., Competition], Callable[..., Path]
DAY = 86_400_000_000
HOSTILE = "</svg><script>alert(1)</script>"


@pytest.fixture
def played(make: Make, alike, entry: Entry, clock) -> Competition:
    """Three teams with entries on three days, one baseline, one invalid file."""

    def play() -> Competition:
        made = make(deadline="2025-12-01")
        teams.add(made, HOSTILE)
        teams.add(made, "all cats", baseline=True)
        plan = [("a", 0.5, 0), ("b", 0.7, 1), ("a", 0.8, 2), (HOSTILE, 0.6, 3), ("all cats", 0.1, 4)]
        for number, (team, accuracy, seed) in enumerate(plan):
            clock.at += DAY // 2 if number else 0
            entries.submit(made, team, entry(accuracy, seed))
        bad = entry(0.5, 9)
        bad.write_text("id,label\n1,cow\n")
        entries.submit(made, "b", bad)
        return made

    return alike(play)


def text(competition: Competition, *, public: bool) -> str:
    return report_html(read_report(competition, public=public)).decode()


def test_days_and_scores_are_those_of_pandas(played: Competition, entry: Entry) -> None:
    report = read_report(played, public=False)
    days = pd.Series({str(day.day): (day.entries, day.invalid) for day in report.days})
    assert days.to_dict() == {"2025-11-24": (1, 0), "2025-11-25": (2, 0), "2025-11-26": (2, 1)}
    assert (report.teams, report.entries, report.invalid) == (3, 5, 1)
    solution = pd.read_csv(played.solution_file(0)).set_index("id")
    private = solution[solution["usage"] == "Private"]["label"]
    files = {"a": entry(0.8, 2), "b": entry(0.7, 1), HOSTILE: entry(0.6, 3), "all cats": entry(0.1, 4)}
    given = {name: pd.read_csv(file).set_index("id")["label"] for name, file in files.items()}
    scores = {name: (private == labels[private.index]).mean() for name, labels in given.items()}
    assert {line.name: line.score for line in report.lines} == pytest.approx(scores)
    ranks = pd.Series({line.name: line.score for line in report.ranked}).rank(ascending=False)
    assert {line.name: line.rank for line in report.ranked} == ranks.to_dict()


def test_classes_and_images_are_those_of_pandas() -> None:
    generator = np.random.default_rng(0)
    classes = ("bird", "cat", "dog")
    truth = generator.integers(0, 3, 300).astype(np.int16)
    predicted = np.where(generator.random((7, 300)) < 0.7, truth, generator.integers(0, 3, (7, 300))).astype(np.int16)
    predicted[:, 5] = (truth[5] + 1) % 3
    found = mistakes(predicted, truth, [f"i{n}" for n in range(300)], classes)
    right = pd.DataFrame((predicted == truth).T)
    by_class = right.groupby(truth).mean()
    for code, one in enumerate(found.classes):
        assert (one.name, one.images) == (classes[code], int((truth == code).sum()))
        assert (one.low, one.median, one.high) == pytest.approx(
            (by_class.loc[code].min(), by_class.loc[code].median(), by_class.loc[code].max())
        )
    counts = right.sum(axis=1)
    assert found.right_counts == [int((counts == k).sum()) for k in range(8)]
    hardest = found.hardest[0]
    assert (hardest.id, hardest.right, hardest.votes) == ("i5", 0, 7)
    assert (hardest.label, hardest.predicted) == (classes[truth[5]], classes[(truth[5] + 1) % 3])
    assert [image.right for image in found.hardest] == sorted(counts)[: len(found.hardest)]


def test_the_public_report_contains_no_label_and_no_private_score(played: Competition) -> None:
    private = {f"{100 * line.score:.2f}" for line in read_report(played, public=False).lines}
    shown = text(played, public=True)
    told = read_report(played, public=True)
    assert told.mistakes is None
    assert told.findings is None
    assert told.part == "public"
    own = {f"{100 * line.score:.2f}" for line in told.lines}
    assert not {score for score in private - own if score in shown}
    for name in ("for the tutor only", "From public to private", "bird", "dog"):
        assert name not in shown
    tutors = text(played, public=False)
    assert "private scores that are not revealed" in tutors
    assert "bird" in tutors


def test_after_the_reveal_everyone_sees_the_moves_and_still_no_label(played: Competition) -> None:
    lifecycle.set_frozen(played, True)
    lifecycle.reveal(played)
    shown = text(played, public=True)
    assert "From public to private" in shown
    assert "revealed" in shown
    for name in ("for the tutor only", "bird", "dog"):
        assert name not in shown


def test_the_public_report_stands_still_with_the_board(played: Competition, entry: Entry, clock) -> None:
    before = [line.score for line in read_report(played, public=True).lines]
    still = edited(played, 'board_still_from = ""', 'board_still_from = "2025-11-26T13:00"')
    clock.at += DAY
    entries.submit(still, "b", entry(0.99, 11))
    assert [line.score for line in read_report(still, public=True).lines] == before
    assert read_report(still, public=True).entries == 5
    assert read_report(still, public=False).entries == 6


def test_names_are_escaped_and_nothing_is_loaded(played: Competition) -> None:
    for public in (True, False):
        shown = text(played, public=public)
        assert "<script" not in shown
        assert html.escape(HOSTILE) in shown
        assert not re.search(r"(src|href)=|url\(|@import", shown)
        assert "default-src 'none'" in shown


def test_pseudonyms_and_the_first_ten(played: Competition) -> None:
    anonymous = edited(played, 'names = "all"', 'names = "anonymous"')
    assert {line.name for line in read_report(anonymous, public=True).ranked}.isdisjoint({"a", "b", HOSTILE})
    assert "a" in {line.name for line in read_report(anonymous, public=False).ranked}
    for number in range(12):
        teams.add(played, f"more {number}")
    top = edited(anonymous, 'names = "anonymous"', 'names = "top"')
    assert read_report(top, public=True).hidden == 0


def test_a_competition_without_entries(make: Make, tmp_path: Path) -> None:
    made = make()
    for options in ([], ["--public"]):
        out = tmp_path / "report.html"
        assert main(["report", str(out), "--competition", str(made.root), *options]) == 0
        assert out.stat().st_mode & 0o777 == (0o644 if options else 0o600)


@pytest.mark.parametrize(("out", "told"), [("", "is a folder"), ("no/report.html", "does not exist: make it first")])
def test_paths_to_which_a_report_cannot_be_written(make: Make, tmp_path: Path, out: str, told: str, capsys) -> None:
    made = make()
    assert main(["report", str(tmp_path / out), "--competition", str(made.root)]) == 2
    assert told in capsys.readouterr().err
    assert main(["report", str(made.root / "report.html"), "--competition", str(made.root)]) == 2


def test_if_only_the_first_ten_are_named_the_others_have_no_line(make: Make, entry: Entry, clock) -> None:
    made = make(names="top")
    for number in range(11):
        teams.add(made, f"team {number}")
        clock.at += 60_000_000
        entries.submit(made, f"team {number}", entry(0.5 + 0.04 * number, number))
    told = read_report(made, public=True)
    assert (len(told.ranked), told.hidden, len(told.series)) == (10, 1, 10)
    assert told.ranked[-1].rank == 10
