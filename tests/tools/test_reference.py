"""docs/cli.md and the table of problems say what the code says."""

from tests.tools import reference


def test_the_generated_pages_are_not_stale():
    stale = [path.name for path, text in reference.generated().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "make reference writes them"


def test_every_command_and_key_is_in_the_reference():
    from leaderboard.cli import build_parser
    from pipeline.cli import COMMANDS

    page = (reference.DOCS / "cli.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"### python -m pipeline {name}" not in page] == []
    choices = next(action.choices for action in build_parser()._actions if action.choices)
    assert [name for name in choices if f"### leaderboard {name}" not in page] == []
    assert "`optim.lr`" in page
    assert "`averaging.kind` (none, ema, mean)" in page


def test_every_argument_and_key_is_explained():
    rows = (reference.DOCS / "cli.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row.startswith("|") and row.endswith("|  |")] == []


def test_a_stale_page_is_found(tmp_path, monkeypatch, capsys):
    (tmp_path / "cli.md").write_text("old")
    (tmp_path / "submission-format.md").write_text("<!-- problems: generated -->\nold\n<!-- end -->\n")
    (tmp_path / "benchmarks.md").write_text("<!-- recipes: generated -->\nold\n<!-- end -->\n")
    monkeypatch.setattr(reference, "DOCS", tmp_path)
    assert reference.main(["--check"]) == 1
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    assert "| `ID_TWICE` |" in (tmp_path / "submission-format.md").read_text()
    assert "| `fast.yaml` | 94.03 % (" in (tmp_path / "benchmarks.md").read_text()
    assert "cli.md is stale" in capsys.readouterr().out
