"""The command line: parse, run, and turn every user's mistake into one line and an exit code."""

from __future__ import annotations

import argparse
import functools
import gc
import os
import sys
from collections.abc import Sequence

import leaderboard
from leaderboard.commands.registry import COMMANDS
from leaderboard.core.errors import EXIT_CODES, LeaderboardError
from leaderboard.core.text import printable


@functools.cache
def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands. Importing and building it loads neither NumPy nor SQLAlchemy."""
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in EXIT_CODES.items())
    parser = _Parser(
        prog="leaderboard",
        description=leaderboard.__doc__,
        epilog=f"exit codes:\n{codes}\n\nThe competition folder is --competition DIR, or the variable LEADERBOARD_DIR.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """An argparse parser that reports a mistake in one line."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise LeaderboardError(f"{message} (see {self.prog} --help)")


class _Version(argparse.Action):
    """Print the installed version, which is looked up only on request."""

    def __call__(self, parser: argparse.ArgumentParser, *_) -> None:
        from importlib.metadata import version

        print(f"leaderboard {version('cifar10-competition-kit')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit codes are those of `leaderboard --help`."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None if it was closed
        # A team's name must not stop a command if the terminal cannot show its letters.
        stream.reconfigure(errors="backslashreplace")
    thresholds = gc.get_threshold()
    try:
        return _flushed(argv)
    except LeaderboardError as error:
        print(f"leaderboard: {printable(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) closed the pipe, which is not a mistake; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        what = f"{error.filename or 'the system'}: {error.strerror or error}"
        print(f"leaderboard: {printable(what)}", file=sys.stderr)
        return LeaderboardError.exit_code
    except Exception:
        # Not exit code 1, which is a verdict on a file.
        import traceback

        traceback.print_exc()
        print("leaderboard: a mistake of this program; please report the lines above", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print("leaderboard: stopped; what was accepted before is kept", file=sys.stderr)
        return 130
    finally:
        gc.set_threshold(*thresholds)


def _flushed(argv: Sequence[str] | None) -> int:
    """Write all output before the end of Python, where a reader that went away would be a mistake."""
    try:
        code = _run(build_parser().parse_args(argv))
    except SystemExit:  # after the help or the version
        print(end="", flush=True)
        raise
    print(end="", flush=True)  # unlike sys.stdout.flush(), also right if the output is closed
    return code


def _run(args: argparse.Namespace) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no command gains by threads, which cost 0.1 s to start
    if args.command != "serve":  # a short command need not search the objects of its imports for cycles
        gc.set_threshold(100_000, 20, 20)
    return args.run(args)
