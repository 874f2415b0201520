"""The command line: help without heavy imports, unknown commands, mistakes in one line."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.core.errors import UserError
from tests.forked import run_in_fork

HEAVY = (
    "torch",
    "numpy",
    "pandas",
    "wandb",
    "albumentations",
    "timm",
    "matplotlib",
    "pytorch_lightning",
    "jsonargparse",
)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands_and_imports_nothing_heavy(arguments):
    script = f"import sys; from pipeline.cli import main; code = main({arguments!r}); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    *text, modules = done.stdout.splitlines()
    assert [name for name in HEAVY if f"'{name}'" in modules] == []
    assert "'pipeline.cli'" in modules
    for command in ("train", "predict", "prepare"):
        assert any(line.split()[:1] == [command] for line in text)


@pytest.mark.parametrize(("package", "program"), [("pipeline", "cifar10-pipeline"), ("leaderboard", "leaderboard")])
def test_the_version_is_that_of_the_installed_project(package, program):
    words = [sys.executable, "-m", package, "--version"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == (f"{program} {version('cifar10-competition-kit')}\n", 0)


def test_the_console_scripts_lead_to_the_two_commands():
    scripts = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"leaderboard": "leaderboard.cli:main", "cifar10-pipeline": "pipeline.cli:main"}


def test_an_unknown_command_is_one_line_with_the_known_ones(capsys):
    assert cli.main(["trian"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: unknown command 'trian'; choose one of: train, new, find-lr, predict")
    assert error.count("\n") == 1


def command_that(monkeypatch, error):
    class Module:
        @staticmethod
        def main(_):
            raise error

    monkeypatch.setattr(cli.importlib, "import_module", lambda name: Module)


def test_a_users_mistake_is_one_line_and_code_2(monkeypatch, capsys):
    command_that(monkeypatch, UserError("x is 3; allowed: 1"))
    assert cli.main(["train"]) == 2
    assert capsys.readouterr().err == "error: x is 3; allowed: 1\n"


def test_ctrl_c_is_no_traceback_and_code_130(monkeypatch, capsys):
    command_that(monkeypatch, KeyboardInterrupt())
    assert cli.main(["train"]) == 130
    assert capsys.readouterr().err == "stopped by Ctrl-C\n"


def test_a_bug_is_not_hidden(monkeypatch):
    command_that(monkeypatch, ZeroDivisionError("of a bug"))
    with pytest.raises(ZeroDivisionError, match="of a bug"):
        cli.main(["train"])


def test_a_missing_library_is_one_line(monkeypatch, capsys):
    """As after `pip install .`, which brings the leaderboard alone."""
    monkeypatch.setitem(sys.modules, "pipeline.commands.baseline", None)
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: raise_(ModuleNotFoundError(name="torch")))
    assert cli.main(["train"]) == 2
    assert capsys.readouterr().err == "error: torch is not installed; pip install '.[pipeline]' brings it\n"
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: raise_(ModuleNotFoundError(name="pipeline.x")))
    with pytest.raises(ModuleNotFoundError):
        cli.main(["train"])


def raise_(error):
    raise error


@pytest.fixture
def closed():
    """The end of a pipe whose reader has gone away."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("command", ["--help", "exercise --help"])
def test_a_reader_that_goes_away_is_no_mistake(command, closed):
    words = [sys.executable, "-m", "pipeline", *command.split()]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(words, stdout=closed, stderr=subprocess.PIPE, text=True, check=False, env=buffered)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["convolution verify", "recurrent notes"])
def test_a_reader_that_goes_away_from_a_command_is_no_mistake(command, closed, tmp_path):
    def work() -> int:
        sys.stdout = os.fdopen(closed, "w")
        code = cli.main(command.split())
        sys.stdout.flush()  # as Python does at its end
        return code

    assert run_in_fork(work, tmp_path) == (0, b"", "")
