"""The prepare command: what it says, and one line for a mistake."""

import pytest

from pipeline import cli
from pipeline.data import stand_in


@pytest.fixture(autouse=True)
def small_stand_in(monkeypatch):
    monkeypatch.setattr(stand_in, "draw", lambda split: stand_in.scenes.draw(split, count=20))


def test_it_says_where_the_files_are_and_what_to_do_next(tmp_path, capsys):
    out = tmp_path / "competition"
    assert cli.main(["prepare", "--out", str(out), "--data.source", "stand-in"]) == 0
    said = capsys.readouterr().out
    assert f"DATA_DIR={out / 'public'}" in said
    assert f"--solution {out / 'private' / 'solution.csv'}" in said
    assert "stand-in" in said


def test_a_folder_that_is_there_is_one_line_and_code_2(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["prepare", "--out", str(tmp_path), "--data.source", "stand-in"]) == 2
    assert capsys.readouterr().err == f"error: --out {tmp_path} already exists; remove it or choose another folder\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--data.source", "mnist"], "mnist"), (["--data.download", "maybe"], "true or false"), ([], "--out")],
)
def test_a_wrong_option_is_named(arguments, message, capsys, tmp_path):
    out = ["--out", str(tmp_path / "new")] if arguments else []
    with pytest.raises(SystemExit) as stopped:
        cli.main(["prepare", *arguments, *out])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
