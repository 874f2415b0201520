"""Commands that need no competition: `validate` at the participant's desk, `score` where the labels are."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboard.output import FORMATS, print_json, print_rows

if TYPE_CHECKING:
    from leaderboard.solution import Solution
    from leaderboard.submission import Report


def add_parsers(commands: argparse._SubParsersAction) -> None:
    """Add this group's commands to the parser."""
    validate = commands.add_parser("validate", help="check a submission against the sample; needs no labels")
    validate.add_argument("file", type=Path)
    validate.add_argument("--sample", type=Path, help="sample submission (default: the competition's)")
    validate.add_argument("--classes", help="class names, comma-separated, where the sample does not show them all")
    validate.add_argument("--probabilities", action="store_true", help="also allow one probability column a class")
    validate.add_argument("--competition", type=Path, help="competition folder, instead of --sample")
    validate.add_argument("--format", choices=FORMATS, default="table")
    validate.set_defaults(run=run_validate)

    score = commands.add_parser("score", help="validate, then score a file against a solution you hold")
    score.add_argument("file", type=Path)
    score.add_argument("--solution", type=Path, required=True, help="CSV: id,label and optionally usage")
    score.add_argument("--metric", default="accuracy", help="accuracy, or module:function")
    score.add_argument("--details", action="store_true", help="accuracy of each class, confusion, calibration")
    score.add_argument("--probabilities", action="store_true", help="also allow one probability column a class")
    score.add_argument("--format", choices=FORMATS, default="table")
    score.set_defaults(run=run_score)


def run_validate(args: argparse.Namespace) -> int:
    """Exit code 0 for a valid file, 1 for one that is not."""
    from leaderboard.errors import LeaderboardError
    from leaderboard.submission import read_sample, validate_file

    classes = tuple(args.classes.split(",")) if args.classes else None
    if args.sample is None:
        from leaderboard import folder
        from leaderboard.rules import read_rules

        try:
            root = folder.find(args.competition, os.environ)
        except LeaderboardError as error:
            raise LeaderboardError(f"{error}; at home: --sample sample_submission.csv") from None
        rules = read_rules(root / folder.RULES)
        args.sample, classes = root / folder.SAMPLE, classes or rules.classes
        args.probabilities = args.probabilities or rules.probabilities
    if not args.file.exists() and not args.file.is_symlink():
        raise LeaderboardError(f"there is no file {args.file}")
    submission = validate_file(args.file, read_sample(args.sample, classes, args.probabilities))
    return print_report(args.file, submission.report, args.format)


def print_report(path: Path, report: Report, form: str) -> int:
    """Print the verdict on a file; the exit code that goes with it."""
    if form == "json":
        print_json({"file": str(path), **report.as_dict()})
    elif form == "csv":
        print_rows(report.as_dict()["problems"], ("code", "line", "value", "what", "fix"), form)
    else:
        for line in [*(f"note: {note}" for note in report.notes), *report.lines()]:
            print(line)
        total = sum(report.counts.values())
        problems = f"{total:,} problem" if total == 1 else f"{total:,} problems"
        print(f"{path}: valid" if report.valid else f"{path}: not valid: {problems}; it was not scored")
    return 0 if report.valid else 1


def run_score(args: argparse.Namespace) -> int:
    """Print accuracy with its interval, and what else was asked for."""
    import numpy as np

    from leaderboard.errors import LeaderboardError
    from leaderboard.scoring import Score, find_metric
    from leaderboard.solution import PRIVATE, PUBLIC, dataset_name, read_solution
    from leaderboard.submission import validate_file

    if not args.file.exists() and not args.file.is_symlink():
        raise LeaderboardError(f"there is no file {args.file}")
    solution = read_solution(args.solution)
    report = validate_file(args.file, solution.expected(args.probabilities)).report
    if report.codes is None:
        return print_report(args.file, report, args.format)
    hits = find_metric(args.metric)(solution.truth, report.codes)
    parts = {"all": solution.scored}
    if solution.usage is not None and (solution.usage == PUBLIC).any() and (solution.usage == PRIVATE).any():
        parts |= {"public": solution.part(PUBLIC), "private": solution.part(PRIVATE)}
    scores = {name: Score(int(np.count_nonzero(hits[mask])), int(mask.sum())) for name, mask in parts.items()}
    _print_scores(args, dataset_name(args.solution), scores)
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


def print_details(solution: Solution, report: Report, form: str) -> None:
    """Accuracy of each class with its row of the confusion matrix; calibration where there are probabilities."""
    import numpy as np

    from leaderboard.scoring import Score, calibration, confusion

    scored = solution.scored
    truth, predicted = solution.truth[scored], report.codes[scored]  # type: ignore[index]
    counts = confusion(truth, predicted, len(solution.classes))
    rows, true, share_column = [], _unlike(solution.classes, "true"), _unlike(solution.classes, "accuracy")
    for name, row, right in zip(solution.classes, counts, np.diag(counts), strict=True):
        share = Score(int(right), int(row.sum())).value if row.sum() else None
        rows.append({true: name, share_column: share, **dict(zip(solution.classes, map(int, row), strict=True))})
    print_rows(rows, (true, share_column, *solution.classes), form)
    if report.probabilities is not None:
        result = calibration(truth, report.probabilities[scored])
        values = {"nll": result.nll, "brier": result.brier, "ece": result.ece}
        print_rows([values], tuple(values), form)


def _unlike(classes: tuple[str, ...], name: str) -> str:
    """A column's name that is no class's."""
    while name in classes:
        name += "_"
    return name
