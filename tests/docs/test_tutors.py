"""The commands of docs/tutors.md, run one after the other on a small competition."""

import csv
import io
import shlex

import pytest

from leaderboard.cli import main
from tests.docs import pages
from tests.leaderboard.conftest import database as database
from tests.leaderboard.conftest import databases as databases

PAGE = pages.ROOT / "docs" / "tutors.md"
ROWS = 60


def commands_of(first: str) -> list[str]:
    """The leaderboard's commands of the block that holds this text."""
    block = next(block for block in pages.blocks(PAGE) if first in block.text)
    return [piece.text for piece in pages.block_commands(block) if piece.text.startswith("leaderboard ")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A tutor's folder with a solution, its corrected form, and a submission with one mistake in three rows."""
    monkeypatch.chdir(tmp_path)
    truth = [("cat", "dog", "ship")[row % 3] for row in range(ROWS)]
    for name, labels in {
        "solution.csv": truth,
        "fixed.csv": ["dog", *truth[1:]],
        "submission.csv": ["cat" if row % 3 == 1 else label for row, label in enumerate(truth)],
    }.items():
        (tmp_path / name).write_text("id,label\n" + "".join(f"{row},{label}\n" for row, label in enumerate(labels)))
    return tmp_path


def run(command: str, capsys) -> str:
    """Run a command, which must succeed; its output. The deadline of the page would pass some day."""
    assert main(shlex.split(command.replace("2026-12-20", "2999-12-20"))[1:]) == 0, command
    return capsys.readouterr().out


def test_from_the_labels_to_the_final_standings(folder, capsys, monkeypatch):
    walk, meanwhile = commands_of("leaderboard init"), commands_of("leaderboard submissions --team")
    assert len(walk) == 10
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    published = walk.index("leaderboard publish site") + 1
    outputs = {command: run(command, capsys) for command in [*walk[:published], *meanwhile, *walk[published:]]}
    assert "Rank 1 of 1." in outputs["leaderboard submit -f submission.csv -m 'first try' --team Ada"]
    assert "0.6667 (40 of 60;" in outputs[next(c for c in meanwhile if c.startswith("leaderboard score"))]
    assert "Ada L." in outputs["leaderboard reveal"]
    assert outputs["leaderboard audit verify"].startswith("intact:")
    assert (folder / "site" / "index.html").is_file()
    assert (folder / "backup-monday" / "rules.toml").is_file()


ROSTER = """name,student id,e-mail,team
Ada Lovelace,4710,ada@example.org,Ada
Kurt Gödel,4711,kurt@example.org,Kurt
Grace Hopper,4712,grace@example.org,Grace
陈省身,4713,chen@example.org,Kurt
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_term_command_by_command(folder, capsys, database):
    truth = (folder / "solution.csv").read_text().splitlines()
    for wrong, name in enumerate(("first", "second", "third", "fourth"), 1):
        rows = [row.replace("dog", "ship") if n <= 9 * wrong else row for n, row in enumerate(truth)]
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    (folder / "roster.csv").write_text(ROSTER)
    (folder / "letter.txt").write_text("$team, your token for $competition: $token\n")
    outputs = []
    for command in commands_of("leaderboard rules set late"):
        if database is not None and command.startswith("leaderboard init"):
            command = f"{command} --database {database}"
        outputs.append((command, run(command, capsys)))
    told = dict(outputs)
    assert len(outputs) == 32
    assert "4 of 5 entries left today" in told["leaderboard submit -f first.csv -m linear --team Ada"]
    assert "Kurt is part of Grace now" in told["leaderboard team merge Kurt --into Grace"]
    assert all(output.startswith("intact:") for command, output in outputs if command == "leaderboard audit verify")
    final = list(csv.DictReader(io.StringIO(told["leaderboard export final --format csv"])))
    assert [row["teamName"] for row in final if row["rank"]] == ["Ada", "Grace"]
    points = list(csv.DictReader(io.StringIO((folder / "moodle-points.csv").read_text())))
    assert {row["ID number"] for row in points} == {"4710", "4711", "4712", "4713"}
    assert len(list((folder / "letters").iterdir())) == 3


def test_the_rules_of_the_page_are_the_rules():
    from dataclasses import fields

    from leaderboard.competition.rules import Rules

    named = {span.text for span in pages.spans(PAGE)}
    assert {field.name for field in fields(Rules)} - named <= {"name", "classes"}
