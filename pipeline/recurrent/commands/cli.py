"""The commands `diagnose`, `notes` and `benchmark`: they parse, call and print."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import RecurrentError

PROG = "python -m pipeline recurrent"


class _Parser(argparse.ArgumentParser):
    """Says a mistake in one line."""

    def error(self, message: str):
        raise RecurrentError(f"{message} (see {self.prog} --help)")


# Measures and prints, given repeats, scale and threads (None: torch's choice); gives the exit code.
Benchmark = Callable[[int, float, int | None], int]


def parser(record_run: Callable | None = None, benchmark: Benchmark | None = None) -> argparse.ArgumentParser:
    """The commands and their options; `diagnose` and `benchmark` only if the caller can do them."""
    top = _Parser(prog=PROG, description="Recurrent gradients: where they come from, and what is wrong with them.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    if record_run is not None:
        diagnose = commands.add_parser("diagnose", help="write a report (HTML, pictures, text) of a finished run")
        diagnose.add_argument("run", type=Path, metavar="RUN", help="a folder runs/<recipe>/<time-seed>")
        diagnose.add_argument("--examples", type=int, default=16, help="held-out images to look at (16)")
        diagnose.add_argument("--output", type=Path, help="where to write; by default RUN/figures/recurrent")
        diagnose.add_argument("--format", choices=("png", "svg", "pdf"), default="png", help="of the pictures (png)")
        diagnose.add_argument("--initial", action="store_true", help="diagnose the network before training")
        diagnose.set_defaults(action=run_diagnose, record_run=record_run)
    notes = commands.add_parser("notes", help="the course notes' exercises with numbers; their slips corrected")
    alone = notes.add_mutually_exclusive_group()
    alone.add_argument("--slip", type=int, metavar="N", help="one passage in full, 1 to 28")
    alone.add_argument("--latex", type=int, metavar="T", help="print dL/dW over steps 0..T as LaTeX, and stop")
    notes.set_defaults(action=run_notes)
    if benchmark is not None:
        timing = commands.add_parser("benchmark", help="seconds and memory of each way to compute")
        timing.add_argument("--repeats", type=int, default=5, help="medians of this many rounds (5)")
        timing.add_argument("--scale", type=float, default=1.0, help="shorter sequences for a trial, in (0, 1] (1)")
        timing.add_argument("--threads", type=int, help="number of torch threads; by default torch's choice")
        timing.set_defaults(action=run_benchmark, benchmark=benchmark)
    return top


def main(argv: list[str], record_run: Callable | None = None, benchmark: Benchmark | None = None) -> int:
    """Run one command; 0, 1 if a check failed, 2 for a user's mistake (one line on stderr).

    record_run: called with a run's folder, the number of images and initial=True or False, gives a Recording and a line
    that says what was recorded. Without it there is no command `diagnose`, and without `benchmark` none of that name.
    """
    try:
        options = parser(record_run, benchmark).parse_args(argv or ["--help"])
        return options.action(options)
    except BrokenPipeError:  # the reader (head, less) went away
        raise
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}" if error.filename else f"error: {error}", file=sys.stderr)
        return 2
    except RecurrentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # argparse after --help
        return int(stop.code or 0)


def run_diagnose(options: argparse.Namespace) -> int:
    """Record one pass over held-out images of a run and write its report."""
    from ..diagnosis.reporting import write_report

    if options.examples < 1:
        raise RecurrentError(f"--examples is {options.examples}; give at least 1")
    if options.output is not None and options.output.exists() and not options.output.is_dir():
        raise RecurrentError(f"--output is {options.output}, a file; give a folder")
    recording, note = options.record_run(options.run, options.examples, initial=options.initial)
    name = "recurrent_initial" if options.initial else "recurrent"
    folder = options.output or options.run / "figures" / name
    title = f"Recurrent gradients of {options.run.resolve().name}"
    diagnosis = write_report(recording, folder, title, note, options.format)
    print(note)
    print(diagnosis.text())
    print(f"report: {folder / 'report.html'} (one file, pictures included)")
    return 0


def run_notes(options: argparse.Namespace) -> int:
    """Print the walk through the notes; 1 if a slip is not shown."""
    from ..analysis.expansion import expand
    from ..notes import walk

    if options.latex is not None:
        print(expand(options.latex).latex())
        return 0
    if options.slip is not None:
        if not 1 <= options.slip <= len(walk.SLIPS):
            raise RecurrentError(f"--slip is {options.slip}; there are slips 1 to {len(walk.SLIPS)}")
        print(walk.slip_text(options.slip))
        return 0
    print(walk.exercises(), end="\n\n")
    text, shown = walk.slip_table()
    print(f"{text}\n\none slip in full: {PROG} notes --slip 23")
    return 0 if shown else 1


def run_benchmark(options: argparse.Namespace) -> int:
    """Measure and print; 1 if a target is missed at full scale."""
    if options.threads is not None and options.threads < 1:
        raise RecurrentError(f"--threads is {options.threads}; give at least 1")
    if options.repeats < 1:
        raise RecurrentError(f"--repeats is {options.repeats}; give at least 1")
    if not 0 < options.scale <= 1:
        raise RecurrentError(f"--scale is {options.scale:g}; give a number above 0, up to 1")
    return options.benchmark(options.repeats, options.scale, options.threads)
