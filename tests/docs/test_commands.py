"""Every command in the pages is understood by its parser, and every recipe key in them exists."""

import argparse
import importlib
import itertools
import re
import shlex
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

from leaderboard.core.errors import LeaderboardError
from pipeline.recurrent import RecurrentError
from tests.docs import pages

# Those of extending.md use what its examples add: test_extending.py runs them.
COMMANDS = [command for command in pages.commands() if command.page.name != "extending.md"]
SPANS = [span for page in pages.WRITTEN for span in pages.spans(page)]
# Commands that are not ours, and shell words: nothing of the project is in them.
OTHERS = {"wandb", "export", "for", "done", "cd", "git", ".", "curl", "sudo", "systemctl", "docker", "tar", "scp"}
PARTS = r"(seed|data|augment|model|loss|optim|selection|lookahead|averaging|sharpness|train|checkpoint|predict|log)"
KEYS = [span for span in SPANS if re.match(rf"(--)?{PARTS}\.[a-z_]", span.text)]
OPTIONS = [span for span in SPANS if re.match(r"--[a-z]", span.text) and span not in KEYS]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which the recipes that the pages name lie, and one file of the reader's own."""
    (tmp_path / "configs").symlink_to(pages.ROOT / "configs")
    (tmp_path / "mine.yaml").write_text("seed: 3\n")
    monkeypatch.chdir(tmp_path)


def test_there_are_commands_to_check():
    assert len(COMMANDS) > 100
    assert len(KEYS) > 20


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_command_is_understood(command, folder, capsys):
    words = shlex.split(re.sub(r"\$\w+", "0", command.text))
    while words and (re.match(r"[A-Z_]+=", words[0]) or words[0] == "do"):
        words = words[1:]
    said = ""
    try:
        check(words)
    except (LeaderboardError, RecurrentError, SystemExit) as error:
        said = f"{error} {capsys.readouterr().err}"
    # Inline code may name a command without its arguments.
    assert said == "" or (command.kind == "mention" and "required" in said)


def check(words: list[str]) -> None:
    """Raise if the words are not a command that its parser takes; torchrun and srun start one behind them."""
    modules = [place for place, word in enumerate(words) if word == "-m" and name_of_module(words, place) in CHECKS]
    program = words[0].rpartition("/")[2]
    if modules:
        CHECKS[name_of_module(words, modules[0])](words[modules[0] + 2 :])
    elif program in CHECKS:
        CHECKS[program](words[1:])
    else:
        assert program in OTHERS, f"{program}: not a command that is known here"


def name_of_module(words: list[str], flag: int) -> str:
    return words[flag + 1] if flag + 1 < len(words) else ""


def check_leaderboard(words: list[str]) -> None:
    parse(leaderboard_parser(), words)


@cache
def leaderboard_parser() -> argparse.ArgumentParser:
    from leaderboard.cli import build_parser

    return build_parser()


def check_pipeline(words: list[str]) -> None:
    from pipeline.cli import COMMANDS as known
    from pipeline.config import parse as parse_recipe

    if words in ([], ["--help"], ["--version"]):
        return None
    assert words[0] in known
    parser = pipeline_parser(known[words[0]][0])
    if not takes_a_recipe(parser):
        return parse(parser, words[1:])
    if words[1:2] == ["--help"]:
        assert set(words[2:]) <= {"all", *known_parts()}
    else:
        parse_recipe(parser, words[1:])
    return None


@cache
def pipeline_parser(module: str) -> argparse.ArgumentParser:
    return importlib.import_module(module).parser()


def takes_a_recipe(parser: argparse.ArgumentParser) -> bool:
    return any("--optim.lr" in action.option_strings for action in parser._actions)


def parse(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """A mistake raises, or ends the parser with a code; help and version end it with 0."""
    if {"-h", "--help", "--version"} & set(words):
        with pytest.raises(SystemExit, match=r"^0$"):
            parser.parse_args(words)
    else:
        parser.parse_args(words)


def check_make(words: list[str]) -> None:
    makefile = (pages.ROOT / "Makefile").read_text()
    values = dict(word.split("=", 1) for word in words if "=" in word)
    targets = [word for word in words if "=" not in word]
    for target in targets:
        assert re.search(rf"^{target}: ", makefile, re.MULTILINE), f"make {target}: no such target"
    for name in values:
        assert re.search(rf"^{name} \?=", makefile, re.MULTILINE), f"{name}: the Makefile does not read it"
    if "train" in targets:
        check_pipeline(
            ["train", "--config", values.get("CONFIG", "configs/fast.yaml"), *values.get("ARGS", "").split()]
        )
    if "test" in targets and "ARGS" in values:
        check_pytest(values["ARGS"].split())


def check_pytest(words: list[str]) -> None:
    for before, word in itertools.pairwise(["", *words]):
        place = word.replace(".", "/") + ".py" if before == "-p" else word  # -p names a module
        assert not word.startswith("tests") or (pages.ROOT / place).exists(), f"{word}: no such test"
    if "-k" in words:
        chosen = words[words.index("-k") + 1]
        files = [path for word in words if word.startswith("tests") for path in files_below(pages.ROOT / word)]
        assert any(chosen in path.read_text() for path in files), f"-k {chosen}: no such test"


def files_below(path: Path) -> list[Path]:
    return sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


def check_pip(words: list[str]) -> None:
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]
    for extras in re.findall(r"\[(.*?)\]", " ".join(words)):
        assert set(extras.split(",")) <= project["optional-dependencies"].keys()


def check_python(words: list[str]) -> None:
    """Another module of the project, or a file."""
    assert words[0] == "-m", words
    module = words[1].split(".")
    assert (pages.ROOT.joinpath(*module).with_suffix(".py")).exists() or words[1] in {"venv", "pip"}, words[1]


CHECKS = {
    "leaderboard": check_leaderboard,
    "pipeline": check_pipeline,
    "cifar10-pipeline": check_pipeline,
    "make": check_make,
    "pytest": check_pytest,
    "pip": check_pip,
    "python": check_python,
    "python3": check_python,
}


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_recipe_key_exists_and_takes_the_value(key):
    name, *value = key.text.removeprefix("--").split(maxsplit=1)
    assert name.rstrip(".") in known_keys(), f"{name} is not a key of a recipe"
    if value and not value[0].isupper():  # NAME and its like stand for a value
        from pipeline.config import parse as parse_recipe

        parse_recipe(pipeline_parser("pipeline.commands.train"), [f"--{name}={value[0]}"])


def known_parts() -> set[str]:
    return {key.partition(".")[0] for key in known_keys()}


def known_keys() -> set[str]:
    return {action.dest for action in pipeline_parser("pipeline.commands.train")._actions}


@pytest.mark.parametrize("option", OPTIONS, ids=str)
def test_an_option_exists(option):
    reference = (pages.ROOT / "docs" / "cli.md").read_text()
    name = re.split(r"[ =]", option.text)[0]
    assert re.search(rf"`{re.escape(name)}\b", reference) or name in {"--help", "--version"}, f"{name}: no such option"


@pytest.mark.parametrize("block", [b for page in pages.PAGES for b in pages.blocks(page) if b.kind == "yaml"], ids=str)
def test_a_yaml_block_is_a_recipe(block, tmp_path):
    from pipeline.config import read_recipe

    (tmp_path / "recipe.yaml").write_text(block.text)
    assert yaml.safe_load(block.text).keys() <= vars(read_recipe(tmp_path / "recipe.yaml")).keys()


def test_the_keys_of_every_part_are_looked_for():
    keys = " ".join(known_keys())
    assert {part for part in known_parts() if f"{part}." in keys} <= set(PARTS.strip("()").split("|"))
