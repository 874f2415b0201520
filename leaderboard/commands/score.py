"""`score`: score a file where the labels are, without a competition."""

from __future__ import annotations

import argparse
from pathlib import Path

from leaderboard.commands.details import print_details
from leaderboard.commands.output import FORMATS, print_rows
from leaderboard.commands.verdict import print_report, require_file


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `score`."""
    score = commands.add_parser("score", help="validate, then score a file against a solution you hold")
    score.add_argument("file", type=Path, metavar="FILE", help="the submission CSV")
    score.add_argument("--solution", type=Path, required=True, help="CSV: id,label and optionally usage")
    score.add_argument("--metric", default="accuracy", help="accuracy, or module:function")
    score.add_argument("--details", action="store_true", help="accuracy of each class, confusion, calibration")
    score.add_argument("--probabilities", action="store_true", help="also accept one probability column per class")
    score.add_argument("--format", choices=FORMATS, default="table", help="how the result is printed")
    score.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the score with its interval, and what else was asked for."""
    from leaderboard.scoring.parts import score_parts
    from leaderboard.scoring.solution import dataset_name, read_solution
    from leaderboard.submission import validate_file

    require_file(args.file)
    solution = read_solution(args.solution)
    report = validate_file(args.file, solution.expected(args.probabilities)).report
    if report.codes is None:
        return print_report(args.file, report, args.format)
    _print_scores(args, dataset_name(args.solution), score_parts(solution, report.codes, args.metric))
    if args.details:
        print_details(solution, report, args.format)
    return 0


def _print_scores(args: argparse.Namespace, dataset: str | None, scores: dict) -> None:
    metric = args.metric.rpartition(":")[2]
    if args.format == "table":
        for part, score in scores.items():
            where = "" if part == "all" else f"{part} "
            print(f"{dataset}: {where}{metric} {score}" if dataset else f"{where}{metric} {score}")
        return
    columns: tuple[str, ...] = ("dataset", "metric", "part", "score", "hits", "rows", "low", "high")
    values = [(dataset, metric, part, s.value, s.hits, s.rows, *s.interval) for part, s in scores.items()]
    print_rows([dict(zip(columns, row, strict=True)) for row in values], list(columns), args.format)
