"""The help of commands that take a recipe: one screen without torch, one part, or all."""

import subprocess
import sys
from dataclasses import fields, is_dataclass

import pytest

from pipeline.cli import main
from pipeline.commands import recipe_help
from pipeline.training.recipe import Recipe


def test_the_parts_are_those_of_a_recipe():
    assert list(recipe_help.PARTS) == [field.name for field in fields(Recipe)]


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_the_short_help_fits_a_screen(command, capsys):
    assert main([command, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 112
    assert {"--resume", "optim", "--config"} <= {word for line in lines for word in line.split()}


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_the_short_help_imports_nothing_heavy(command):
    code = f"import sys; from pipeline.cli import main; main([{command!r}, '--help']); print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "False"


@pytest.mark.parametrize("part", list(recipe_help.PARTS))
def test_the_help_of_a_part_lists_its_keys_and_no_others(part, capsys):
    assert main(["train", "--help", part]) == 0
    printed = capsys.readouterr().out
    value = getattr(Recipe(), part)
    keys = [f"--{part}.{field.name}" for field in fields(value)] if is_dataclass(value) else ["--seed"]
    assert all(key in printed for key in keys)
    others = [f"--{other}." for other in recipe_help.PARTS if other != part]
    assert not any(other in printed for other in others)


def test_all_keys_are_listed_on_request(capsys):
    assert main(["train", "--help", "all"]) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("--optim.lr", "--augment.flip", "--log.runs", "--resume"))


def test_an_unknown_part_is_named_with_the_known_ones(capsys):
    assert main(["train", "--help=optimizer"]) == 2
    assert "optimizer: a recipe has no such part; allowed: all, seed, data" in capsys.readouterr().err
