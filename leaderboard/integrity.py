"""What a tutor may want to look at: near-copies, copied labels, chance level. Evidence to ask about, no verdicts.

All of it reads labels, so none of it is ever published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from leaderboard import ranking, store
from leaderboard.competition import Competition
from leaderboard.entries import kept_report
from leaderboard.scoring import wilson

# Share of identical errors above which two entries are called near-copies; two CIFAR-10 networks trained apart
# with one recipe share about a third.
NEAR_COPY = 0.7
# A row is disputed for a team when this share of the others, at least five of them, agree on one wrong class.
AGREEMENT, FEWEST_OTHERS = 0.8, 5
# An honest team sides with the official label on no more than about the share that the others leave; doubled.
HONEST_SHARE, COPIER_LEVEL = 2 * (1 - AGREEMENT), 1e-3


@dataclass(frozen=True)
class Finding:
    """One thing to look at: its kind, the teams, the figure behind it."""

    kind: str
    teams: tuple[str, ...]
    detail: str


def review(competition: Competition) -> list[Finding]:
    """Findings on the best public entry of each ranked team."""
    names, predicted, truth = _best_predictions(competition)
    if not names:
        return []
    able = ~at_chance(predicted, truth)
    chance = [Finding("chance level", (names[i],), _share(predicted[i] == truth)) for i in np.flatnonzero(~able)]
    names_able = [names[i] for i in np.flatnonzero(able)]
    return _copies(names_able, predicted[able], truth) + _copiers(names_able, predicted[able], truth) + chance


def _best_predictions(competition: Competition) -> tuple[list[str], np.ndarray, np.ndarray]:
    with competition.reading() as connection:
        revision = ranking.current_revision(connection)
        entries = ranking.public_entries(connection)
        places = ranking.public_standings(connection, entries, competition.rules.tie)
        files = store.mapping(connection, sa.select(store.submissions.c.id, store.submissions.c.sha256))
    solution = competition.solution(revision)
    ranked = [place for place in places if place.rank is not None]
    numbers = [place.entry.number for place in ranked]
    codes = [kept_report(competition, solution, number, files[number]).codes for number in numbers]
    scored = solution.scored
    rows = np.array([code[scored] for code in codes])  # type: ignore[index]
    return [place.team.name for place in ranked], rows, solution.truth[scored]


def at_chance(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whether each entry's (entries x rows) 95 % interval reaches down to the share of the commonest class."""
    commonest = np.bincount(truth).max() / len(truth)
    hits = (predicted == truth).sum(axis=1)
    return np.array([wilson(int(hit), len(truth))[0] <= commonest for hit in hits])


def error_overlap(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Share of identical errors (entries x entries): rows both have wrong in the same way, of rows either has wrong."""
    wrong = predicted != truth
    same = np.zeros((len(predicted), len(predicted)), np.float32)
    for code in np.unique(predicted):
        chosen = (wrong & (predicted == code)).astype(np.float32)
        same += chosen @ chosen.T
    errors = wrong.sum(axis=1)
    # Errors of either = errors of one + errors of the other - rows that both have wrong.
    both = wrong.astype(np.float32) @ wrong.astype(np.float32).T
    return same / np.maximum(1, errors[:, None] + errors[None, :] - both)


def _copies(names: list[str], predicted: np.ndarray, truth: np.ndarray) -> list[Finding]:
    overlap = error_overlap(predicted, truth)
    above = np.triu_indices(len(names), 1)
    usual = float(np.median(overlap[above])) if len(above[0]) else 0.0
    pairs = [(i, j) for i, j in zip(*above, strict=True) if overlap[i, j] >= NEAR_COPY]
    return [
        Finding(
            "near-copy",
            (names[i], names[j]),
            f"{overlap[i, j]:.0%} of their errors are identical (median of all pairs {usual:.0%})",
        )
        for i, j in sorted(pairs, key=lambda pair: -overlap[pair])
    ]


def disputed_matches(predicted: np.ndarray, truth: np.ndarray, team: int) -> tuple[int, int]:
    """Rows where the others agree on one wrong class, and on how many of them the team has the official label."""
    others = np.delete(predicted, team, axis=0)
    if len(others) < FEWEST_OTHERS:
        return 0, 0
    classes = int(max(predicted.max(), truth.max())) + 1
    votes = np.stack([(others == code).sum(axis=0) for code in range(classes)])
    disputed = (votes.max(axis=0) >= AGREEMENT * len(others)) & (votes.argmax(axis=0) != truth)
    return int(disputed.sum()), int((predicted[team] == truth)[disputed].sum())


def _copiers(names: list[str], predicted: np.ndarray, truth: np.ndarray) -> list[Finding]:
    found = []
    for team, name in enumerate(names):
        disputed, matched = disputed_matches(predicted, truth, team)
        if disputed and binomial_tail(matched, disputed, HONEST_SHARE) < COPIER_LEVEL:
            text = f"has the official label on {matched} of {disputed} rows where the other teams agree on another"
            found.append(Finding("copied labels", (name,), text))
    return found


def binomial_tail(hits: int, rows: int, share: float) -> float:
    """Probability of at least this many hits."""
    k = np.arange(hits, rows + 1)
    choose = [math.lgamma(rows + 1) - math.lgamma(i + 1) - math.lgamma(rows - i + 1) for i in k]
    return float(min(1.0, np.exp(np.array(choose) + k * math.log(share) + (rows - k) * math.log1p(-share)).sum()))


def _share(hits: np.ndarray) -> str:
    return f"accuracy {hits.mean():.4f}: not above the commonest class"
