"""`pipeline exercise`: output, exit codes, and one line for a mistake."""

import json

import pytest

from pipeline import cli

WRONG = "def linear_jacobian(x, W, layout):\n    return W\n"


@pytest.fixture
def answer(tmp_path):
    (tmp_path / "ada.py").write_text(WRONG)
    return tmp_path / "ada.py"


def test_list_and_show(capsys):
    assert cli.main(["exercise", "list"]) == 0
    assert "cell-jacobian" in capsys.readouterr().out
    assert cli.main(["exercise", "show", "cell-jacobian", "--seed", "271828"]) == 0
    shown = capsys.readouterr().out
    assert "def cell_jacobian(x, C, o, W, U, b):" in shown
    assert "seed 271828" in shown


def test_check_one_file(answer, capsys):
    assert cli.main(["exercise", "check", "linear-jacobian", str(answer)]) == 1
    assert capsys.readouterr().out.startswith("ada.py: mistake: always the numerator layout\n")
    answer.write_text(WRONG.replace("return W", "return W if layout == 'numerator' else W.T"))
    assert cli.main(["exercise", "check", "linear-jacobian", str(answer)]) == 0


def test_check_a_class_as_json_and_csv(answer, tmp_path, capsys):
    arguments = ["exercise", "check", "linear-jacobian", str(tmp_path), "--format", "json", "--csv"]
    assert cli.main([*arguments, str(tmp_path / "out.csv")]) == 1
    assert json.loads(capsys.readouterr().out)["results"][0]["mistake"] == "always the numerator layout"
    assert "ada.py,mistake,always the numerator layout" in (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "convolv"], "there is no exercise 'convolv'; choose one of: correlate-by-hand"),
        (["check", "rnn-gradient", "missing.py"], "missing.py: No such file or directory"),
        (["check", "rnn-gradient", ".", "--seconds", "0"], "--seconds is 0"),
        (["check", "rnn-gradient", ".", "--memory", "1"], "--memory is 1"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["exercise", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["check"], ["show", "x", "--seed", "-1"], ["show", "x", "--seed", "seven"]])
def test_a_mistake_of_usage_is_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["exercise", *arguments])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_sheet_and_explore_write_files(tmp_path, capsys):
    assert cli.main(["exercise", "sheet", "--out", str(tmp_path / "sheets"), "--seed", "9"]) == 0
    assert len(list((tmp_path / "sheets").iterdir())) == 6
    assert cli.main(["exercise", "explore", "--out", str(tmp_path / "page.html")]) == 0
    assert f"wrote {tmp_path / 'page.html'}; open it in a browser" in capsys.readouterr().out
