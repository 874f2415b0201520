"""`init`: what becomes of a solution, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.cli import main


def test_init_takes_the_datasets_name(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "dataset.json").write_text('{"name": "stand-in"}')
    assert main(["init", "competition", "--solution", "solution.csv"]) == 0
    assert 'name = "stand-in"' in (home / "competition" / "rules.toml").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first line is"),
        ("id,label\n", "no rows"),
        ("1,cat\n2,dog\n", "the first line is"),
        ("id,label\n1,cat\n1,dog\n", "the id '1' appears twice"),
        ("id,label\n1,cat\n2\n", "line 3: 1 fields"),
        ("id,label\n,cat\n2,dog\n", "an id is empty on line 2"),
        ("id,label\n1,cat\n2, dog\n", "the label ' dog' is empty or has blanks"),
        ("id,label\n1,cat\n2,\n", "the label '' is empty"),
        ("id,label\n1,cat\n2,cat\n", "at least two"),
        ("id,label,usage\n1,cat,Public\n2,dog,Secret\n", "usage 'Secret'"),
        ("id,label,usage\n1,cat,Ignored\n2,dog,Ignored\n", "every row is Ignored"),
        ('id,label\n1,"cat\n2,dog\n', "not UTF-8 CSV"),
        ('id,label\n"a,1",cat\n"a,2",dog\n', "the id 'a,1' has a comma"),
        ("id,label\n 1,cat\n2,dog\n", "the id ' 1' has a comma, a quote, blanks at an end"),
    ],
)
def test_a_wrong_solution_is_named(home: Path, capsys: pytest.CaptureFixture[str], text: str, message: str) -> None:
    (home / "wrong.csv").write_text(text)
    assert main(["init", "new", "--solution", "wrong.csv"]) == 2
    assert message in capsys.readouterr().err
    assert not list(home.glob("*new*"))


def test_ignored_rows_and_a_given_split(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["1,cat,Public", "2,dog,Private", "3,cat,Private", "4,,Ignored", "5,zebra,Ignored"]
    (home / "s.csv").write_text("id,label,usage\n" + "\n".join(rows) + "\n")
    assert main(["init", "c", "--solution", "s.csv", "--name", "n"]) == 0
    assert "1 public, 2 private, 2 ignored" in capsys.readouterr().out
    assert (home / "c" / "sample_submission.csv").read_text() == "id,label\n1,cat\n2,dog\n3,cat\n4,dog\n5,cat\n"
    assert main(["init", "d", "--solution", "s.csv", "--name", "n", "--public", "0.5"]) == 2
    (home / "f.csv").write_text("id,label\n1,cat\n2,dog\n3,dog\n4,cat\n5,cat\n")
    assert main(["score", "f.csv", "--solution", "s.csv"]) == 0
    assert "(2 of 3;" in capsys.readouterr().out
