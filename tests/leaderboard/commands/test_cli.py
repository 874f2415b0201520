"""The commands as typed: what they print, their exit codes, and one line for every mistake."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leaderboard.cli import main


def test_from_entry_to_reveal(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "-f", "good.csv", "-m", "first", "--team", "ada"]) == 0
    out = capsys.readouterr().out
    assert "Entry no. 1, by ada: public accuracy" in out
    assert "Rank 1 of 1." in out
    assert "4 of 5 entries left today; the next day begins" in out
    assert main(["submit", "-f", "bad.csv", "--team", "ada"]) == 1
    out = capsys.readouterr().out
    assert "It cost no quota: 4 of 5" in out
    assert "19 more invalid files are allowed" in out
    baseline = "submit -f competition/sample_submission.csv --team constant --baseline --format json"
    assert main(baseline.split()) == 0
    assert json.loads(capsys.readouterr().out)["rank"] is None
    for command, text in (
        ("submissions --team ada", "first"),
        ("leaderboard", "constant"),
        ("select 1 --team ada", "final entries are 1"),
        ("inspect", "chance|stands out"),
        ("inspect 1", "bird"),
        ("export --format csv", "privateScore"),
        ("audit verify", "intact"),
        ("audit log --format csv", "submission"),
        ("freeze", "reveal"),
        ("reveal --yes", "change"),
        ("publish site", "index.html"),
        ("backup copy", "complete"),
        ("audit verify --competition copy", "intact"),
    ):
        assert main(command.split()) == 0, command
        out = capsys.readouterr().out
        assert any(part in out for part in text.split("|")), command
    assert main(["submit", "-f", "good.csv", "--team", "ada"]) == 3


MISTAKES = {
    "": "required: COMMAND",
    "sbumit": "invalid choice: 'sbumit'",
    "submit": "required: -f/--file",
    "submit -f nowhere.csv --team ada": "no file nowhere.csv",
    "submit -f good.csv": "which team?",
    "submit -f good.csv --team adda": "did you mean 'ada'",
    "submit -f good.csv --team zoe": "team add 'zoe'",
    "submit -f good.csv --team ada --baseline": "is a team, not a baseline",
    "submit -f good.csv --team ada --competition nowhere": "is not a competition",
    "submit -f good.csv --baseline": "--baseline needs --team",
    "submit -f good.csv --team ada --token x --baseline": "--baseline needs --team NAME, and no token",
    "select 7 --team ada": "entry 7 does not belong to 'ada'",
    "select x --team ada": "invalid int value: 'x'",
    "team add ada": "already named 'ada'",
    "team add ADA": "already named 'ADA'",
    "team add x --alias Ada": "already named 'Ada'",
    "team rename nobody x": "the team 'nobody' does not exist",
    "team": "required: ACTION",
    "init competition --solution solution.csv": "exists and is not empty",
    "init . --solution solution.csv": "choose a new folder",
    "init new --solution solution.csv --seed -1": "--seed -1: it must be 0 or more",
    "init new --solution solution.csv --deadline 9999-12-31": "deadline = '9999-12-31'",
    "init new --solution nowhere.csv": "cannot read nowhere.csv",
    "init new --solution bad.csv --public 1.5": "must be between 0 and 1",
    "init new --solution solution.csv --public 0.001": "leaves one part empty",
    "init new --solution solution.csv --timezone Mars": "timezone = 'Mars'",
    "init new --solution solution.csv --deadline soon": "deadline = 'soon'",
    "init new --solution solution.csv --daily-quota 0": "daily_quota = 0",
    "init new --solution solution.csv --tie coin": "tie = 'coin'",
    "init new --solution solution.csv --metric acc": "metric 'acc' is not known",
    "init new --solution solution.csv --database mysql://x": "not understood",
    "init new --solution solution.csv --database postgresql://nobody@127.0.0.1:1/x": "does not answer",
    "reveal --yes": "freeze first",
    "freeze --undo": "not frozen",
    "rescore --solution solution.csv": "nothing to rescore",
    "publish competition": "only you may read",
    "backup competition": "exists",
    "inspect 5": "entry 5 does not exist",
    "inspect 99999999999999999999": "entry 99999999999999999999 does not exist",
    "benchmark --repeats 0": "--repeats 0: it must be 1 or more",
    "freeze --format json": "unrecognized arguments: --format",
    "audit verify --head 5": "not count:hash",
    "leaderboard --format xml": "invalid choice: 'xml'",
    "validate good.csv --sample nowhere.csv": "cannot read nowhere.csv",
    "validate nowhere.csv": "no file nowhere.csv",
    "score good.csv --solution good.json": "cannot read good.json",
    "score good.csv --solution good.csv --metric .x:y": "metric '.x:y' is not known",
    "score good.csv --solution good.csv --metric x:y": "metric 'x:y' is not known",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(board: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    before = sorted(path.name for path in board.iterdir())
    assert main(command.split()) == 2
    error = capsys.readouterr().err
    assert MISTAKES[command] in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in board.iterdir()) == before


def test_secrets_are_the_owners_alone_and_checked(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = board / "competition"
    main(["submit", "-f", "good.csv", "--team", "ada"])
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    secrets = ("private/solution-0.csv", "leaderboard.db", "private", "submissions", "audit.anchor", "")
    for path in (folder / name for name in secrets):
        mode = modes[path]
        path.chmod(mode | 0o004)
        capsys.readouterr()
        assert main(["leaderboard"]) == 2
        assert f"run chmod {mode:o}" in capsys.readouterr().err
        path.chmod(mode)


def test_help_is_quick_and_says_the_exit_codes() -> None:
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "leaderboard", "--help"], capture_output=True, text=True, check=True)
    assert "exit codes:" in done.stdout
    # Half a second is the floor on a quiet machine; a busy one gets more.
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("command", [["--help"], ["submit", "-f", "good.csv", "--team", "ada"], ["publish", "site"]])
def test_neither_torch_nor_the_pipeline_nor_pandas_is_loaded(board: Path, command: list[str]) -> None:
    code = (
        "import sys\nfrom leaderboard.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'pipeline', 'pandas', 'scipy', 'timm', 'wandb'} & sys.modules.keys()\n"
        "light = {'numpy', 'sqlalchemy', 'jinja2', 'rich'} & sys.modules.keys()\n"
        "print('LOADED', sorted(heavy), sorted(light) if '--help' in sys.argv else [])"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("LOADED [] []\n"), done.stdout


@pytest.mark.parametrize("argument", ["leaderboard", "--help", "--version"])
def test_a_closed_pipe_is_no_mistake(board: Path, argument: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "leaderboard", argument]
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, env=buffered)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_damaged_database_is_said_in_one_line(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = board / "competition" / "leaderboard.db"
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"not a database" * 1000):
        path.write_bytes(damaged)
        for command in ("leaderboard", "audit verify", "submit -f good.csv --team ada"):
            assert main(command.split()) == 2
            error = capsys.readouterr().err
            assert "damaged" in error
            assert error.count("\n") == 1


def test_a_database_that_is_gone_is_not_made_anew(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = board / "competition" / "leaderboard.db"
    path.unlink()
    for command in ("leaderboard", "submit -f good.csv --team ada"):
        assert main(command.split()) == 2
        assert "leaderboard.db is missing" in capsys.readouterr().err
        assert not path.exists()


@pytest.mark.parametrize("argument", ["leaderboard", "--version"])
def test_output_may_be_closed(board: Path, argument: str) -> None:
    command = f"{sys.executable} -m leaderboard {argument} >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_open_files_are_named_at_once_and_one_command_mends_them(board: Path, capsys) -> None:
    for name in ("competition", "competition/private", "competition/leaderboard.db", "competition/audit.anchor"):
        (board / name).chmod(0o755)
    assert main(["leaderboard"]) == 2
    error = capsys.readouterr().err
    assert "and 1 more: run chmod -R go= competition;" in error
    subprocess.run(["chmod", "-R", "go=", "competition"], check=True)
    assert main(["leaderboard"]) == 0


def test_every_command_blames_an_edit_of_the_classes_on_the_edit(board: Path, capsys) -> None:
    rules = board / "competition" / "rules.toml"
    text = rules.read_text()
    rules.write_text(text.replace('"bird"', '"birds"'))
    for command in (
        "leaderboard",
        "submissions",
        "export",
        "audit verify",
        "publish site",
        "submit -f good.csv --team ada",
    ):
        assert main(command.split()) == 2
        assert 'write classes = ["bird", "cat", "dog"]' in capsys.readouterr().err


def test_rules_that_refuse_are_logged_before_they_do(board: Path, capsys) -> None:
    rules = board / "competition" / "rules.toml"
    text = rules.read_text()
    for command in ("submit -f good.csv --team ada", "select --team ada"):
        rules.write_text(text.replace('deadline = ""', 'deadline = "2020-01-01"'))
        assert main(command.split()) == 3
        assert "the end of 2020-01-01 (UTC)" in capsys.readouterr().err
        rules.write_text(text)
        assert main(["freeze"]) == 0
        assert main(["freeze", "--undo"]) == 0
    capsys.readouterr()
    main(["audit", "log", "--format", "json"])
    assert [row["event"] for row in json.loads(capsys.readouterr().out)].count("rules") == 4
