"""The command line: its answers, and one line for each mistake."""

import pytest

from pipeline.commands import recurrent as cli
from pipeline.recurrent.errors import RecurrentError


def test_notes_go_through_all_slips(capsys):
    assert cli.main(["notes"]) == 0
    out = capsys.readouterr().out
    assert out.count(" yes") == 28
    assert max(map(len, out.splitlines())) <= 100
    assert "10 terms; their sum against autograd" in out
    assert all(f"Exercise 5-{n}" in out for n in (1, 2, 3))


def test_one_slip_and_latex(capsys):
    assert cli.main(["notes", "--slip", "23"]) == 0
    assert "P_CC + P_Ch" in capsys.readouterr().out
    assert cli.main(["notes", "--latex", "1"]) == 0
    assert capsys.readouterr().out.startswith(r"\begin{align*}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (["notes", "--slip", "29"], "--slip is 29; there are slips 1 to 28"),
        (["notes", "--slip", "x"], "invalid int value: 'x'"),
        (["notes", "--latex", "-1"], "at least 0, not -1"),
        (["notes", "--latex", "0", "--slip", "99"], "not allowed with argument"),
        (["diagnose"], "required: RUN"),
        (["diagnose", "somewhere", "--output", __file__], "a file; give a folder"),
        (["diagnose", "somewhere", "--examples", "0"], "--examples is 0"),
        (["benchmark", "--scale", "2"], "--scale is 2; give a number above 0, up to 1"),
        (["benchmark", "--repeats", "0"], "--repeats is 0"),
        (["benchmark", "--threads", "0"], "--threads is 0"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, arguments, words):
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert words in captured.err


@pytest.mark.parametrize("arguments", [[], ["--help"], ["diagnose", "--help"]])
def test_help(capsys, arguments):
    assert cli.main(arguments) == 0
    assert "usage: python -m pipeline recurrent" in capsys.readouterr().out


def test_a_slip_that_is_not_shown_fails(monkeypatch, capsys):
    from pipeline.recurrent.notes import walk

    monkeypatch.setattr(walk, "slip_table", lambda: ("table", False))
    assert cli.main(["notes"]) == 1


def test_errors_of_the_library_are_caught(monkeypatch, capsys):
    def fail(*_, **__):
        raise RecurrentError("no recurrence")

    monkeypatch.setattr("pipeline.commands.recurrent.record_run", fail)
    assert cli.main(["diagnose", "x"]) == 2
    assert capsys.readouterr().err == "error: no recurrence\n"


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device", "report.txt"), PermissionError(13, "Permission denied", "r")]
)
def test_a_report_that_cannot_be_written_is_one_line(monkeypatch, capsys, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("pipeline.commands.recurrent.record_run", lambda *_, **__: (None, ""))
    monkeypatch.setattr("pipeline.recurrent.diagnosis.reporting.write_report", fail)
    assert cli.main(["diagnose", "x"]) == 2
    captured = capsys.readouterr().err
    assert captured.startswith("error: ")
    assert captured.count("\n") == 1
    assert error.strerror in captured
