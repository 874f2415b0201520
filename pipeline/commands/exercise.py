"""`python -m pipeline exercise`: show exercises, check answers, write sheets."""

import argparse
import sys

from pipeline.core.errors import UserError
from pipeline.core.files import path_of

PROG = "python -m pipeline exercise"


def main(argv: list[str]) -> int:
    """Run one command; 0, 1 if an answer is wrong, 2 for a user's mistake."""
    arguments = parser().parse_args(argv)
    return arguments.run(arguments)


class _OneLine(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str):
        self.exit(2, f"error: {message}; {self.prog} --help tells more\n")


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = _OneLine(prog=PROG, description="Exercises on convolution and recurrent gradients.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="list the exercises, one per line").set_defaults(run=_list)
    show = commands.add_parser("show", help="show one task with its numbers")
    show.add_argument("name", metavar="NAME", help="the exercise, as `list` names it")
    _add_seed(show)
    show.set_defaults(run=_show)
    check = commands.add_parser("check", help="check a student's file, or a folder with one file per student")
    check.add_argument("name", metavar="NAME", help="the exercise, as `list` names it")
    check.add_argument("answer", type=path_of, metavar="FILE_OR_FOLDER", help="one answer, or a folder of answers")
    _add_seed(check)
    check.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    check.add_argument("--csv", type=path_of, metavar="FILE", help="also write the results as CSV")
    check.add_argument("--seconds", type=float, default=20.0, help="time limit for one student's file (default 20)")
    check.add_argument("--memory", type=int, default=2048, metavar="MIB", help="its memory limit (default 2048)")
    check.set_defaults(run=_check)
    sheet = commands.add_parser("sheet", help="write the tasks as Markdown, LaTeX and notebooks")
    sheet.add_argument("--out", type=path_of, required=True, metavar="DIR", help="the folder to write")
    sheet.add_argument("--solutions", action="store_true", help="also write the solutions")
    _add_seed(sheet)
    sheet.set_defaults(run=_sheet)
    explore = commands.add_parser(
        "explore", help="write an interactive page: both operators, and gradients through time"
    )
    explore.add_argument("--out", type=path_of, required=True, metavar="PAGE.html", help="the file to write")
    explore.set_defaults(run=_explore)
    return top


def _add_seed(command: argparse.ArgumentParser) -> None:
    text = "a number that chooses the inputs, for example the matriculation number (default 0)"
    command.add_argument("--seed", type=_seed, default=0, help=text)


def _seed(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at most 18 digits")
    return int(text)


def _list(_: argparse.Namespace) -> int:
    from pipeline.exercise.printing import listing
    from pipeline.exercise.registry import EXERCISES

    print(listing(list(EXERCISES.values())))
    print(f"\nNext: {PROG} show {next(iter(EXERCISES))}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from pipeline.exercise.printing import task
    from pipeline.exercise.registry import find

    print(task(find(arguments.name), arguments.seed))
    print(f"\nNext: {PROG} check {arguments.name} FILE.py")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from pipeline.core.files import write_text
    from pipeline.exercise import printing
    from pipeline.exercise.checking import check, check_class
    from pipeline.exercise.registry import find
    from pipeline.exercise.running import Limits

    exercise, limits = find(arguments.name), _limits(arguments, Limits)
    is_class = arguments.answer.is_dir()
    if is_class:
        progress = lambda line: print(line, file=sys.stderr, flush=True)  # noqa: E731
        checked = check_class(exercise, arguments.answer, arguments.seed, limits, progress)
    else:
        checked = [check(exercise, arguments.answer, arguments.seed, limits)]
    if arguments.csv is not None:
        write_text(arguments.csv, printing.as_csv(checked))
    if arguments.format == "json":
        print(printing.as_json(exercise, arguments.seed, checked))
    else:
        print(printing.class_table(checked) if is_class else printing.text(exercise, checked[0]))
    return 0 if all(c.verdict.right for c in checked) else 1


def _sheet(arguments: argparse.Namespace) -> int:
    from pipeline.exercise.sheets.write import write_sheets

    written = write_sheets(arguments.out, arguments.seed, arguments.solutions)
    print("\n".join(f"wrote {path}" for path in written))
    print(f"Next: read {written[0]}, compile {written[1].name}, or open a notebook with: jupyter notebook")
    return 0


def _explore(arguments: argparse.Namespace) -> int:
    from pipeline.exercise.explorer.page import write_page

    print(f"wrote {write_page(arguments.out)}; open it in a browser")
    return 0


def _limits(arguments: argparse.Namespace, limits: type):
    if not 0 < arguments.seconds <= 3600:
        raise UserError(f"--seconds is {arguments.seconds:g}; give a number above 0 and up to 3600")
    if not 256 <= arguments.memory <= 2**20:
        raise UserError(f"--memory is {arguments.memory}; give 256 to 1048576 MiB (a library alone needs about 200)")
    return limits(seconds=arguments.seconds, memory=arguments.memory)
