"""The registry holds every command, and each keeps its protocol."""

from __future__ import annotations

import argparse
import importlib
import pkgutil

from leaderboard import commands
from leaderboard.cli import build_parser
from leaderboard.commands.registry import COMMANDS


def test_every_module_with_a_parser_is_registered_once() -> None:
    names = [f"{commands.__name__}.{module.name}" for module in pkgutil.iter_modules(commands.__path__)]
    found = {name for name in names if hasattr(importlib.import_module(name), "add_parser")}
    registered = [command.__name__ for command in COMMANDS]
    assert sorted(registered) == sorted(found)


def test_each_command_adds_one_parser_that_runs_something() -> None:
    for command in COMMANDS:
        added = argparse.ArgumentParser().add_subparsers()
        command.add_parser(added)
        ((name, parser),) = added.choices.items()
        actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        leaves = [leaf for action in actions for leaf in action.choices.values()] or [parser]
        assert all(callable(leaf.get_default("run")) for leaf in leaves), name
        assert name in build_parser().format_help()
