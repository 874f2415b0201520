"""The commands as typed: what they print, their exit codes, and one line for every mistake."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from leaderboard.cli import main

CLASSES = np.array(["bird", "cat", "dog"])


def write(path: Path, labels: np.ndarray) -> Path:
    path.write_text("id,label\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels, 1)))
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a solution, a good and a bad submission."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADERBOARD_DIR", raising=False)
    monkeypatch.delenv("LEADERBOARD_TOKEN", raising=False)
    generator = np.random.default_rng(0)
    truth = generator.choice(CLASSES, 100)
    write(tmp_path / "solution.csv", truth)
    write(tmp_path / "good.csv", np.where(generator.random(100) < 0.8, truth, "cat"))
    write(tmp_path / "bad.csv", np.char.upper(truth))
    return tmp_path


@pytest.fixture
def board(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A competition in ./competition with the team ada."""
    assert main(["init", "competition", "--solution", "solution.csv", "--name", "Test", "--seed", "1"]) == 0
    assert main(["team", "add", "ada"]) == 0
    capsys.readouterr()
    return home


def test_score_and_its_dataset_label(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "good.csv", "--solution", "solution.csv"]) == 0
    plain = capsys.readouterr().out
    assert plain.startswith("accuracy 0.8")
    (home / "dataset.json").write_text('{"name": "stand-in"}')
    assert main(["score", "good.csv", "--solution", "solution.csv"]) == 0
    assert capsys.readouterr().out == f"stand-in: {plain}"
    assert main(["score", "good.csv", "--solution", "solution.csv", "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["dataset"], row["rows"], f"{row['score']:.4f}") == ("stand-in", 100, plain.split()[1])
    assert main(["score", "bad.csv", "--solution", "solution.csv"]) == 1
    assert "not valid: 100 problems" in capsys.readouterr().out


def test_init_takes_the_datasets_name(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "dataset.json").write_text('{"name": "stand-in"}')
    assert main(["init", "competition", "--solution", "solution.csv"]) == 0
    assert 'name = "stand-in"' in (home / "competition" / "rules.toml").read_text()


def test_validate_needs_no_labels(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = "competition/sample_submission.csv"
    assert main(f"validate good.csv --sample {sample}".split()) == 0
    assert main(f"validate {sample}".split()) == 0
    assert main(f"validate bad.csv --sample {sample} --format json".split()) == 1
    report = json.loads(capsys.readouterr().out.split("valid\n")[-1])
    assert (report["valid"], report["counts"]) == (False, {"LABEL_CASE": 100})


def test_what_is_said_of_a_bad_file_does_not_depend_on_the_labels(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same file against twenty solutions with permuted labels: word for word the same report."""
    lines = (home / "solution.csv").read_text().split("\n")[1:-1]
    bad = ["id,label", *lines[:50], "51,Cat", "x,dog", *lines[10:12], "99,zebra"]
    (home / "bad.csv").write_text("\n".join(bad))
    said = set()
    for seed in range(20):
        labels = np.random.default_rng(seed).permutation([line.split(",")[1] for line in lines])
        write(home / "permuted.csv", labels)
        assert main(["score", "bad.csv", "--solution", "permuted.csv", "--format", "json"]) == 1
        said.add(capsys.readouterr().out)
        assert main(f"init c{seed} --solution permuted.csv --name n --timezone Europe/Berlin".split()) == 0
        assert main(f"team add ada --competition c{seed}".split()) == 0
        capsys.readouterr()
        assert main(f"submit -f bad.csv --team ada --competition c{seed} --format json".split()) == 1
        said.add(capsys.readouterr().out)
    assert len(said) == 1


def test_an_invalid_file_makes_no_baseline(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "-f", "bad.csv", "--team", "constant", "--baseline"]) == 1
    assert "not valid" in capsys.readouterr().out
    assert main(["freeze"]) == 0
    assert main(["submit", "-f", "competition/sample_submission.csv", "--team", "constant", "--baseline"]) == 3
    assert main(["team", "list", "--format", "csv"]) == 0
    assert "constant" not in capsys.readouterr().out


def test_the_reply_counts_down_to_the_nearest_cap(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = board / "competition" / "rules.toml"
    rules.write_text(rules.read_text().replace("daily_invalid = 20", "daily_invalid = 2"))
    for text in ("1 more invalid file is allowed", "it was the last invalid file of today, and nothing more is taken"):
        assert main(["submit", "-f", "bad.csv", "--team", "ada"]) == 1
        assert text in capsys.readouterr().out
    assert main(["submit", "-f", "good.csv", "--team", "ada"]) == 3
    assert "2 invalid files today" in capsys.readouterr().err


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


def test_kaggles_column_names(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", "-f", "good.csv", "--team", "ada"])
    capsys.readouterr()
    main(["submissions", "--format", "csv"])
    assert capsys.readouterr().out.startswith("ref,teamName,fileName,date,description,status,publicScore,selected\n")
    main(["leaderboard", "--format", "json"])
    assert {"teamId", "teamName", "submissionDate", "score"} <= json.loads(capsys.readouterr().out)[0].keys()


def test_a_token_acts_for_its_team(board: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    main(["team", "add", "bob", "--format", "json"])
    token = json.loads(capsys.readouterr().out)[0]["token"]
    assert token not in (board / "competition" / "leaderboard.db").read_bytes().decode("latin-1")
    assert main(["submit", "-f", "good.csv", "--token", token]) == 0
    assert "Entry no. 1, by bob" in capsys.readouterr().out
    assert main(["submit", "-f", "good.csv", "--token", token, "--team", "ada"]) == 3
    assert main(["submit", "-f", "good.csv", "--token", "wrong"]) == 3
    main(["submit", "-f", "competition/sample_submission.csv", "--team", "ada"])
    monkeypatch.setenv("LEADERBOARD_TOKEN", token)
    capsys.readouterr()
    assert main(["submissions", "--format", "json"]) == 0
    assert {row["teamName"] for row in json.loads(capsys.readouterr().out)} == {"bob"}
    main(["team", "token", "bob"])
    assert main(["submit", "-f", "good.csv"]) == 3


@pytest.mark.parametrize("token", ["", "  ", "\udcff"])
@pytest.mark.parametrize("command", [["submit", "-f", "good.csv"], ["submissions"], ["select"]])
def test_a_token_that_is_none_opens_nothing(board: Path, capsys, monkeypatch, command: list[str], token: str) -> None:
    """Such as an empty field of a web form."""
    for team in ([], ["--team", "ada"]):
        assert main([*command, *team, "--token", token]) == 3
    monkeypatch.setenv("LEADERBOARD_TOKEN", token)
    assert main(command) == 3
    done = capsys.readouterr()
    assert (done.out, done.err.count("\n")) == ("", 3)


def test_a_team_whose_name_cannot_be_encoded_is_nobody(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "-f", "good.csv", "--team", "\udcff"]) == 2
    assert capsys.readouterr().err.startswith("leaderboard: there is no team")


def test_a_crash_is_no_verdict_on_a_file(board: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    def crash(*_):
        raise ZeroDivisionError("x")

    monkeypatch.setattr("leaderboard.submission.validate_file", crash)
    assert main(["validate", "good.csv", "--sample", "competition/sample_submission.csv"]) == 4
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_validate_beside_the_competition_follows_its_rules(board: Path) -> None:
    rows = "".join(f"{i},0.2,0.5,0.3\n" for i in range(1, 101))
    (board / "probabilities.csv").write_text(f"id,bird,cat,dog\n{rows}")
    assert main(["validate", "probabilities.csv"]) == 1
    rules = board / "competition" / "rules.toml"
    rules.write_text(rules.read_text().replace("probabilities = false", "probabilities = true"))
    assert main(["validate", "probabilities.csv"]) == 0


def test_what_a_file_once_was_does_not_hang_on_later_rules(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two teams' files of probabilities, and one of labels; then the rules take probabilities no more."""
    rules = board / "competition" / "rules.toml"
    rules.write_text(rules.read_text().replace("probabilities = false", "probabilities = true"))
    truth = [line.split(",")[1] for line in (board / "solution.csv").read_text().split()[1:]]
    rows = "".join(f"{i},{','.join('1' if c == label else '0' for c in CLASSES)}\n" for i, label in enumerate(truth, 1))
    (board / "first.csv").write_text(f"id,bird,cat,dog\n{rows}")
    (board / "chance.csv").write_text("id,label\n" + "".join(f"{i},cat\n" for i in range(1, 101)))
    main(["team", "add", "bob"])
    assert main(["submit", "-f", "first.csv", "--team", "ada"]) == 0
    assert main(["submit", "-f", "chance.csv", "--team", "bob"]) == 0
    rules.write_text(rules.read_text().replace("probabilities = true", "probabilities = false"))
    capsys.readouterr()
    assert main(["inspect", "--format", "json"]) == 0
    assert [(f["kind"], f["teams"]) for f in json.loads(capsys.readouterr().out)] == [
        ("no errors", "ada"),
        ("chance level", "bob"),
    ]
    assert main(["inspect", "1"]) == 0
    (board / "fixed.csv").write_text((board / "solution.csv").read_text().replace(",cat", ",dog", 1))
    assert main(["rescore", "--solution", "fixed.csv"]) == 0


def test_a_disabled_team_is_still_listed(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["submit", "-f", "good.csv", "--team", "ada"])
    main(["team", "disable", "ada"])
    for command in ("export --format csv", "submissions --team ada --format csv"):
        capsys.readouterr()
        assert main(command.split()) == 0
        assert "ada,good.csv" in (out := capsys.readouterr().out)
        assert "complete, team disabled" in out
    main(["leaderboard", "--format", "json"])
    assert json.loads(capsys.readouterr().out) == []


def test_a_damaged_solution_is_not_quoted(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Participants see what `submit` says."""
    path = board / "competition" / "private" / "solution-0.csv"
    path.write_text(path.read_text().replace("7,", "7,secret,", 1))
    assert main(["submit", "-f", "good.csv", "--team", "ada"]) == 2
    error = capsys.readouterr().err
    assert "audit verify" in error
    assert "secret" not in error


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
    "select 7 --team ada": "entry 7 is not one of 'ada'",
    "select x --team ada": "invalid int value: 'x'",
    "team add ada": "named 'ada' already",
    "team add ADA": "named 'ADA' already",
    "team add x --alias Ada": "named 'Ada' already",
    "team rename nobody x": "no team 'nobody'",
    "team": "required: ACTION",
    "init competition --solution solution.csv": "exists and is not empty",
    "init . --solution solution.csv": "name a new folder",
    "init new --solution solution.csv --seed -1": "--seed -1: it must be 0 or more",
    "init new --solution solution.csv --deadline 9999-12-31": "deadline = '9999-12-31'",
    "init new --solution nowhere.csv": "cannot read nowhere.csv",
    "init new --solution bad.csv --public 1.5": "must lie between 0 and 1",
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
    "inspect 5": "no entry 5",
    "inspect 99999999999999999999": "no entry 99999999999999999999",
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


def test_a_closed_pipe_is_no_mistake(board: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "leaderboard", "leaderboard"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_token_is_neither_an_option_nor_a_formula(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["team", "add", *(f"team {n}" for n in range(64)), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row["token"].isalnum() and len(row["token"]) == 32 for row in rows)
    assert len({row["token"] for row in rows}) == 64
    assert main(["submit", "-f", "good.csv", "--token", rows[0]["token"]]) == 0


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
        assert "leaderboard.db is gone" in capsys.readouterr().err
        assert not path.exists()


def test_output_may_be_closed(board: Path) -> None:
    command = f"{sys.executable} -m leaderboard leaderboard >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_classes_may_be_called_as_the_columns_are(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("solution.csv", "good.csv"):
        text = (home / name).read_text()
        (home / name).write_text(text.replace(",cat", ",true").replace(",dog", ",accuracy"))
    assert main(["score", "good.csv", "--solution", "solution.csv", "--details", "--format", "csv"]) == 0
    header, *rows = capsys.readouterr().out.strip().splitlines()[-4:]
    assert header == "true_,accuracy_,accuracy,bird,true"
    assert [row.split(",")[0] for row in rows] == ["accuracy", "bird", "true"]


def test_a_team_that_is_disabled_while_it_enters_gets_its_receipt(
    board: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from leaderboard.competition import entries, teams

    submit = entries.submit

    def disabled_after(competition, *arguments):
        receipt = submit(competition, *arguments)
        teams.set_disabled(competition, "ada", True)
        return receipt

    monkeypatch.setattr(entries, "submit", disabled_after)
    assert main(["submit", "-f", "good.csv", "--team", "ada"]) == 0
    assert "The team is disabled" in capsys.readouterr().out


def test_a_token_in_the_environment_and_a_team_must_agree(board: Path, capsys, monkeypatch) -> None:
    main(["team", "add", "Grace", "Kurt", "--format", "json"])
    monkeypatch.setenv("LEADERBOARD_TOKEN", json.loads(capsys.readouterr().out)[0]["token"])
    for command in (["submit", "-f", "good.csv"], ["submissions"], ["select"], ["quota"]):
        for team in ("ada", "Kurt", "kurtt", "nobody"):
            assert main([*command, "--team", team]) == 3
            # Not a word of which teams there are.
            assert f"the token is not that of '{team}'" in capsys.readouterr().err
    assert main(["submit", "-f", "good.csv", "--team", "grace"]) == 0


def test_a_token_from_standard_input_or_a_file(board: Path, capsys, monkeypatch) -> None:
    main(["team", "token", "ada", "--format", "json"])
    token = json.loads(capsys.readouterr().out)[0]["token"]
    (board / "token").write_text(token + "\n")
    assert main(["quota", "--token", "@token"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(token + "\n"))
    assert main(["quota", "--token", "-"]) == 0
    assert main(["quota", "--token", "@none"]) == 2
    assert "cannot read the file" in capsys.readouterr().err


def test_several_teams_are_added_all_or_none(board: Path, capsys) -> None:
    assert main(["team", "add", "Bob", "\u0430da", "Cleo"]) == 2
    assert "'ada', which looks like" in capsys.readouterr().err
    main(["team", "list", "--format", "json"])
    assert [row["teamName"] for row in json.loads(capsys.readouterr().out)] == ["ada"]


def test_an_export_says_which_standings_it_holds_and_holds_every_team(board: Path, capsys) -> None:
    main(["team", "add", "silent", "gone"])
    for team in ("ada", "gone"):
        assert main(["submit", "-f", "good.csv", "--team", team]) == 0
    main(["team", "disable", "gone"])
    for part in ("public", "private"):
        capsys.readouterr()
        assert main(["export", "--format", "json"]) == 0
        held = json.loads(capsys.readouterr().out)
        assert held["part"] == part
        assert {(row["teamName"], row["rank"], row["part"]) for row in held["standings"]} == {
            ("ada", 1, part),
            ("silent", None, part),
            ("gone", None, part),
        }
        assert datetime.fromisoformat(held["standings"][0]["submissionDate"]).tzinfo is not None
        assert [(row["teamName"], row["selected"], row["counted"]) for row in held["submissions"]] == [
            ("ada", False, True),
            ("gone", False, True),
            ("silent", None, None),
        ]
        main(["leaderboard", "--format", "json"])
        assert {row["part"] for row in json.loads(capsys.readouterr().out)} == {part}
        if part == "public":
            public = held["standings"][0]["rows"]
            main(["freeze"])
            main(["reveal", "--yes"])
    assert held["standings"][0]["rows"] == 100 - public
    capsys.readouterr()
    assert main(["export", "--format", "csv", "--bom"]) == 0
    assert capsys.readouterr().out.startswith("\ufeffref,")
    assert main(["export", "--format", "json", "--bom"]) == 2


def test_a_reveal_asks_once(board: Path, capsys, monkeypatch) -> None:
    main(["freeze"])
    for answer, code in (("", 2), ("no\n", 2), ("yes\n", 0), ("", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert main(["reveal"]) == code
        assert ("cannot be undone" in capsys.readouterr().err) == (answer != "" or code == 2)


def test_the_name_of_a_file_does_not_command_the_terminal(board: Path, capsys) -> None:
    name = "a\x1b[2Jb.csv"
    (board / name).write_bytes((board / "bad.csv").read_bytes())
    assert main(["validate", name, "--sample", "competition/sample_submission.csv"]) == 1
    assert main(["validate", f"no-{name}", "--sample", "competition/sample_submission.csv"]) == 2
    done = capsys.readouterr()
    assert "\x1b" not in done.out + done.err
    assert "\\x1b[2J" in done.out
    assert "\\x1b[2J" in done.err


def test_a_roster_with_problems_and_one_without(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = board / "roster.csv"
    roster.write_text("name,student id,e-mail,team\nZoë,1,zoe,新队\n,2,b@uni.example,新队\n")
    assert main(["team", "import", "roster.csv", "--tokens", "tokens.csv"]) == 2
    first, second, last = capsys.readouterr().err.splitlines()
    assert first == "roster.csv line 2: 'zoe' is not an e-mail address"
    assert second == "roster.csv line 3: the name is empty"
    assert "nothing was imported" in last
    assert not (board / "tokens.csv").exists()
    roster.write_text("name,student id,e-mail,team\nZoë,1,zoe@uni.example,新队\n")
    assert main(["team", "import", "roster.csv", "--tokens", "tokens.csv"]) == 0
    capsys.readouterr()
    assert main(["team", "members", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "teamName,name,studentId,email\n新队,Zoë,1,zoe@uni.example\n"
    assert main(["team", "import", "roster.csv", "--tokens", "tokens.csv"]) == 2
    assert "name a new one" in capsys.readouterr().err


def test_backups_and_pages_do_not_land_where_they_would_be_lost(board: Path, capsys) -> None:
    assert main(["backup", "competition/copy"]) == 2
    assert "lies in the competition folder" in capsys.readouterr().err
    main(["init", "other", "--solution", "solution.csv", "--name", "Other"])
    assert main(["publish", "site", "--competition", "other"]) == 0
    assert main(["publish", "site", "--competition", "competition"]) == 2
    assert "another competition" in capsys.readouterr().err
    assert main(["publish", "site", "--competition", "other"]) == 0


def test_a_page_is_readable_whatever_the_umask(board: Path) -> None:
    (board / "www").mkdir()
    (board / "www" / ".htaccess").write_text("")
    before = os.umask(0o077)
    try:
        assert main(["publish", "www/new/site"]) == 0
        assert main(["publish", "www"]) == 2
        assert main(["publish", "www/new/site"]) == 0
    finally:
        os.umask(before)
    assert [stat.S_IMODE((board / "www" / name).stat().st_mode) for name in ("new", "new/site")] == [0o755, 0o755]


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
