"""The CSV files of a competition folder: the stored solution, and the sample for participants."""

from __future__ import annotations

import numpy as np

from leaderboard.scoring.solution import USAGES, Solution
from leaderboard.table import words


def solution_csv(solution: Solution) -> bytes:
    """The solution as id,label,usage; the label of an ignored row is empty."""
    names = np.array([*solution.classes, ""])
    rows = zip(words.decode(solution.ids), names[solution.truth], solution.split, strict=True)
    quoted = any("," in name or '"' in name for name in solution.classes)
    return _csv(["id,label,usage", *(f"{i},{_cell(n, quoted)},{USAGES[u]}" for i, n, u in rows)])


def sample_csv(solution: Solution) -> bytes:
    """A sample submission: every id, and the classes in turn, so that it shows all class names and reveals no label."""
    quoted = any("," in name or '"' in name for name in solution.classes)
    count = len(solution.classes)
    ids = enumerate(words.decode(solution.ids))
    return _csv(["id,label", *(f"{i},{_cell(solution.classes[n % count], quoted)}" for n, i in ids)])


def _cell(text: str, quoted: bool) -> str:
    return '"' + text.replace('"', '""') + '"' if quoted else text


def _csv(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
