"""Print where a file is wrong, for every command that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leaderboard.commands.output import print_rows

if TYPE_CHECKING:
    from leaderboard.scoring.solution import Solution
    from leaderboard.submission import Report


def print_details(solution: Solution, report: Report, form: str) -> None:
    """Accuracy of each class with its row of the confusion matrix; calibration if there are probabilities."""
    from leaderboard.scoring.details import calibration, class_rows

    assert report.codes is not None, "only a valid file has details"
    columns, rows = class_rows(solution, report.codes)
    print_rows(rows, columns, form)
    if report.probabilities is not None:
        scored = solution.scored
        result = calibration(solution.truth[scored], report.probabilities[scored])
        values = {"nll": result.nll, "brier": result.brier, "ece": result.ece}
        print_rows([values], tuple(values), form)
