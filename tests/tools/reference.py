"""Write what is generated in docs/: cli.md from the parsers, the tables of problems and of recipes from their sources.

python -m tests.tools.reference           write them
python -m tests.tools.reference --check   exit code 1 if one is stale
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
INTRODUCTION = """# Commands and recipe keys

Generated from the parsers by `make reference`. Do not edit it by hand.

`leaderboard` and `python -m leaderboard` are the same command; so are `cifar10-pipeline` and `python -m pipeline`.
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the generated parts, or with --check compare them with the files; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a file is stale")
    check = parser.parse_args(arguments).check
    stale = [path for path, text in generated().items() if not path.is_file() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(DOCS.parent)} is stale: make reference writes it" if check else f"wrote {path}")
        if not check:
            path.write_text(generated()[path])
    return int(check and bool(stale))


def generated() -> dict[Path, str]:
    """The text that each generated file should have."""
    format_page = DOCS / "submission-format.md"
    benchmarks = DOCS / "benchmarks.md"
    return {
        DOCS / "cli.md": cli_page(),
        format_page: with_problems(format_page.read_text()),
        benchmarks: with_recipes(benchmarks.read_text()),
    }


def with_recipes(page: str) -> str:
    """The page with the table of measured recipes between its two marks."""
    table = "\n".join(recipe_table())
    marks = r"(<!-- recipes: generated -->\n).*?(<!-- end -->)"
    return re.sub(marks, lambda found: f"{found[1]}\n{table}\n\n{found[2]}", page, flags=re.DOTALL)


def recipe_table() -> Iterator[str]:
    """One row per measured recipe, from pipeline/runs/measured.csv."""
    from pipeline.runs.comparison import measured_recipes

    yield from ("| recipe | test accuracy (mean, n) | training time | hardware | date |", "|---|---|---|---|---|")
    for one in measured_recipes():
        each = f"{one.each}; " if one.n > 1 else ""
        accuracy = f"{one.accuracy:.2f} % ({each}n = {one.n})"
        yield f"| `{one.recipe}` | {accuracy} | {one.seconds:,.0f} s; {one.note} | {one.hardware} | {one.date} |"


def with_problems(page: str) -> str:
    """The page with the catalogue's table between its two marks."""
    table = "\n".join(problem_table())
    marks = r"(<!-- problems: generated -->\n).*?(<!-- end -->)"
    return re.sub(marks, lambda found: f"{found[1]}\n{table}\n\n{found[2]}", page, flags=re.DOTALL)


def problem_table() -> Iterator[str]:
    """One row per code of a problem that a submission can have."""
    from leaderboard.submission.problems import CATALOGUE

    yield from ("| code | what is wrong | what to do |", "|---|---|---|")
    for code, (what, fix) in CATALOGUE.items():
        yield f"| `{code}` | {what} | {fix.replace('{hint}', '…')} |"


def cli_page() -> str:
    """All commands of both packages, then the keys of a recipe."""
    from leaderboard.cli import build_parser

    parts = [INTRODUCTION, "\n## leaderboard\n", *command_sections(build_parser())]
    parts += ["\n## pipeline\n", *pipeline_sections(), "\n## Recipe keys\n", *recipe_sections()]
    return "\n".join(parts).rstrip() + "\n"


def pipeline_sections() -> Iterator[str]:
    """Each command of `python -m pipeline`; what a recipe holds is left to `recipe_sections`."""
    from pipeline.cli import COMMANDS

    keys = {action.dest for group in recipe_groups() for action in group._group_actions}
    for name, (module, text) in COMMANDS.items():
        parser = importlib.import_module(module).parser()
        if not has_commands(parser):
            recipe = keys if "optim.lr" in dests(parser) else set()
            yield section(f"python -m pipeline {name}", text, actions_of(parser, recipe), bool(recipe))
        yield from command_sections(parser)


def command_sections(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The commands below a parser, and theirs."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        texts = {choice.dest: choice.help for choice in action._choices_actions}
        for name, below in action.choices.items():
            if not has_commands(below):
                yield section(below.prog, texts.get(name) or "", actions_of(below, set()))
            yield from command_sections(below)


def has_commands(parser: argparse.ArgumentParser) -> bool:
    return any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)


def dests(parser: argparse.ArgumentParser) -> set[str]:
    return {action.dest for action in parser._actions}


def actions_of(parser: argparse.ArgumentParser, without: set[str]) -> list[argparse.Action]:
    """The arguments to explain: neither help nor commands, nor what `without` holds."""
    return [action for action in parser._actions if is_shown(action) and action.dest not in without]


def is_shown(action: argparse.Action) -> bool:
    hidden = (argparse._HelpAction, argparse._SubParsersAction)
    if isinstance(action, hidden) or action.help == argparse.SUPPRESS:
        return False
    return action.dest not in {"print_config", "version"}


def section(title: str, text: str, actions: list[argparse.Action], takes_recipe: bool = False) -> str:
    """One command: its heading, what it does, a table of its arguments."""
    lines = [f"### {title}", "", f"{text[:1].upper()}{text[1:]}.", ""]
    if takes_recipe:
        lines += ["Takes every [recipe key](#recipe-keys) as `--key value`, and:", ""]
    if actions:
        lines += ["| argument | default | meaning |", "|---|---|---|", *map(row, actions), ""]
    return "\n".join(lines)


def row(action: argparse.Action) -> str:
    """One argument as a table row."""
    return f"| {written(action)} | {default(action)} | {cell(meaning(action))} |"


def written(action: argparse.Action) -> str:
    """How the argument is written on a command line."""
    if not action.option_strings:
        name = action.metavar if isinstance(action.metavar, str) else action.dest
        optional = action.nargs in ("?", "*")
        many = action.nargs in ("+", "*")
        return f"`{'[' * optional}{name}{' ...' * many}{']' * optional}`"
    value = "" if action.nargs == 0 else f" {value_name(action)}"
    return cell(", ".join(f"`{option}{value}`" for option in action.option_strings if not option.endswith("+")))


def value_name(action: argparse.Action) -> str:
    if action.choices:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.metavar if isinstance(action.metavar, str) else action.dest.rpartition(".")[2].upper()


def default(action: argparse.Action) -> str:
    """The default as it would be typed; empty if there is none, or a flag that is off."""
    if action.required:
        return "required" if action.option_strings else ""
    text = str(action.default)
    if text in {"None", "False", "", "[]", argparse.SUPPRESS}:
        return ""
    return f"`{text.lower() if action.default is True else text}`"


def meaning(action: argparse.Action) -> str:
    """The help text, with argparse's own placeholders filled in."""
    text = action.help or ""
    return text % {**vars(action), "prog": ""} if "%(" in text else text


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def recipe_groups() -> list:
    from pipeline.config import recipe_parser

    return [group for group in recipe_parser()._action_groups if group.title not in ("positional arguments", "options")]


def recipe_sections() -> Iterator[str]:
    """One table per part of a recipe: key, default, meaning."""
    for group in recipe_groups():
        keys = [action for action in group._group_actions if action.default is not argparse.SUPPRESS]
        rows = [f"| `{key.dest}`{choices(key)} | `{plain(key.default)}` | {cell(meaning(key))} |" for key in keys]
        yield "\n".join([f"### {group.title}", "", "| key | default | meaning |", "|---|---|---|", *rows, ""])


def choices(action: argparse.Action) -> str:
    """The values that a key may have, if they are few."""
    values = re.findall(r"Literal\[(.*?)\]", str(getattr(action, "_typehint", "")))
    return f" ({cell(values[0].replace(chr(39), ''))})" if values else ""


def plain(value: object) -> str:
    """A default as YAML writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(list(value)) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    sys.exit(main())
