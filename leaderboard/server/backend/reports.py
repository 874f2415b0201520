"""The report on a file as plain values."""

from __future__ import annotations

from collections import Counter
from typing import Any

from leaderboard.submission import Report


def report_values(report: Report) -> dict[str, Any]:
    """valid, problems (the first of each code), how many more of each code there are, notes."""
    values = report.as_dict()
    shown = Counter(problem["code"] for problem in values["problems"])
    more = {code: count - shown[code] for code, count in values["counts"].items() if count > shown[code]}
    problems = [known | {"hint": p.hint} for known, p in zip(values["problems"], report.problems, strict=True)]
    return values | {"problems": problems, "more": more}
