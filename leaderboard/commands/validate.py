"""`validate`: check a file on the participant's machine, without labels."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from leaderboard.commands import arguments
from leaderboard.commands.output import FORMATS
from leaderboard.commands.verdict import print_report, require_file


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `validate`."""
    validate = commands.add_parser("validate", help="check a submission against the sample; needs no labels")
    validate.add_argument("file", type=Path, metavar="FILE", help="the submission CSV")
    validate.add_argument("--sample", type=Path, help="sample submission (default: the competition's)")
    validate.add_argument("--classes", help="class names, comma-separated, if the sample does not show them all")
    validate.add_argument("--probabilities", action="store_true", help="also accept one probability column per class")
    validate.add_argument("--competition", type=Path, help="competition folder, instead of --sample")
    arguments.add_server(validate)
    validate.add_argument("--format", choices=FORMATS, default="table", help="how the result is printed")
    validate.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 0 for a valid file, 1 for an invalid one."""
    require_file(args.file)
    server = None if args.sample and args.server is None else arguments.find_server(args)
    if server is not None:
        from leaderboard.commands import remote

        return remote.validate(server, args)
    from leaderboard.submission import read_sample, validate_file

    classes = tuple(args.classes.split(",")) if args.classes else None
    sample, probabilities = args.sample, args.probabilities
    if sample is None:
        from leaderboard.competition.sample import find_sample

        found = find_sample(args.competition, os.environ)
        sample, classes, probabilities = found.path, classes or found.classes, probabilities or found.probabilities
    submission = validate_file(args.file, read_sample(sample, classes, probabilities))
    return print_report(args.file, submission.report, args.format)
