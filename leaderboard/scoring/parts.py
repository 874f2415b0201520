"""The scores of one file on the public and private parts of a solution."""

from __future__ import annotations

import numpy as np

from leaderboard.scoring.metrics import score_rows
from leaderboard.scoring.score import Score
from leaderboard.scoring.solution import PRIVATE, PUBLIC, Solution


def score_parts(solution: Solution, codes: np.ndarray, metric: str) -> dict[str, Score]:
    """Scores of class codes (int16, one per row) by part: "all" scored rows; if split, also "public" and "private"."""
    hits = score_rows(metric, solution.truth, codes, len(solution.classes))
    parts = {"all": solution.scored}
    if solution.usage is not None and (solution.usage == PUBLIC).any() and (solution.usage == PRIVATE).any():
        parts |= {"public": solution.part(PUBLIC), "private": solution.part(PRIVATE)}
    return {name: Score(int(np.count_nonzero(hits[mask])), int(mask.sum())) for name, mask in parts.items()}
