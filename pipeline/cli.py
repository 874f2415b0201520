"""The command line: finds the command, calls it, and reports a user's mistake in one line.

Nothing heavy is imported before the command is known, so `--help` answers at once.
"""

import importlib
import os
import sys

from pipeline.core.errors import UserError
from pipeline.core.signals import described, terminate_as_interrupt
from pipeline.core.terminal import printable, show_everything

# A command is a module with parser(), which returns its options, and main(arguments), which returns the exit code.
COMMANDS = {
    "train": ("pipeline.commands.train", "train a network and write its submission CSV"),
    "new": ("pipeline.commands.new", "write a starting file for a network of your own, which trains as it is"),
    "find-lr": ("pipeline.commands.find_lr", "try rising learning rates on training images, and suggest one"),
    "predict": ("pipeline.commands.predict", "write a submission CSV from one finished run or the mean of several"),
    "runs": ("pipeline.commands.runs", "list the runs of this machine, sorted and filtered"),
    "report": ("pipeline.commands.report", "compare runs on one page: curves, recipes, classes, mistakes, calibration"),
    "submit": ("pipeline.commands.submit", "send a run's CSV to the practice competition and see its rank"),
    "standings": ("pipeline.commands.standings", "show the practice competition's standings and write its page"),
    "baseline": ("pipeline.commands.baseline", "write the submission of a linear classifier on pixels"),
    "prepare": ("pipeline.commands.prepare", "write the competition's public files and its private solution"),
    "sweep": ("pipeline.commands.sweep", "train several seeds or folds; ensemble them; search hyper-parameters"),
    "benchmark": ("pipeline.commands.benchmark", "measure throughput, overhead and time to accuracy"),
    "convolution": ("pipeline.commands.convolution", "correlation and convolution: verify, explain, benchmark"),
    "exercise": ("pipeline.commands.exercise", "exercises on both: show, check a student's answer, write sheets"),
    "recurrent": ("pipeline.commands.recurrent", "recurrent gradients: diagnose, notes, benchmark"),
}


def usage() -> str:
    """The help text: one line per command."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(
        ["usage: python -m pipeline COMMAND [OPTIONS]", "", *lines, "", "python -m pipeline COMMAND --help tells more."]
    )


def main(argv: list[str] | None = None) -> int:
    """Run `python -m pipeline` with these arguments; return the exit code (2 for a user's mistake)."""
    show_everything()
    arguments = sys.argv[1:] if argv is None else argv
    try:
        return _flushed(arguments)
    except UserError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] in ("pipeline", "leaderboard"):
            raise
        print(f"error: {error.name} is not installed; pip install '.[pipeline]' brings it", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader (head, less) went away, which is not a mistake: keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt as stop:
        code, reason = described(stop)
        print(f"stopped by {reason}", file=sys.stderr)
        return code


def _flushed(arguments: list[str]) -> int:
    """Write all output before the end of Python, where a reader that went away would be a mistake."""
    try:
        code = _run(arguments)
    except SystemExit:  # after the help of a command's parser
        print(end="", flush=True)
        raise
    print(end="", flush=True)  # unlike sys.stdout.flush(), also right if the output is closed
    return code


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(usage())
        return 0
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(f"cifar10-pipeline {version('cifar10-competition-kit')}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        raise UserError(f"unknown command {name!r}; choose one of: {', '.join(COMMANDS)}")
    with terminate_as_interrupt():
        return importlib.import_module(COMMANDS[name][0]).main(rest)
