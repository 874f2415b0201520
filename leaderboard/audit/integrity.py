"""What a tutor may want to look at: near-copies, copied labels, chance level. This is evidence, not a verdict.

These checks read labels, so their results are never published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from leaderboard.competition.competition import Competition
from leaderboard.competition.stored_files import stored_codes
from leaderboard.scoring.score import wilson
from leaderboard.standings import ranking
from leaderboard.storage import database

# Share of identical errors above which two entries are called near-copies; two CIFAR-10 networks trained apart
# with one recipe share about a third.
NEAR_COPY = 0.7
# Fewer errors than these say nothing about copying.
FEWEST_ERRORS = 10
# A row is disputed for a team if this share of the others, at least five of them, agree on one wrong class.
AGREEMENT, FEWEST_OTHERS = 0.8, 5
# An honest team has the official label on at most about the share of rows that AGREEMENT leaves; doubled.
HONEST_SHARE, COPIER_LEVEL = 2 * (1 - AGREEMENT), 1e-3

# Two teams' names: the share of identical errors, and how many errors that is a share of.
Pairs = dict[tuple[str, str], tuple[float, int]]


@dataclass(frozen=True)
class Finding:
    """One finding: its kind, the teams, and the figure behind it."""

    kind: str
    teams: tuple[str, ...]
    detail: str


def find_suspicious(competition: Competition) -> list[Finding]:
    """Findings on each ranked team's best public entry and on the entries that count for its private place."""
    names, predicted, truth = _predictions(competition)
    if not names:
        return []
    above = ~at_chance(predicted, truth)
    best = _firsts(names)
    chance = [Finding("chance level", (names[i],), _share(predicted[i] == truth)) for i in best if not above[i]]
    names_above = [names[i] for i in np.flatnonzero(above)]
    pairs = _pairs(names_above, predicted[above], truth)
    found = _perfect(names_above, predicted[above], truth) + _copies(pairs)
    return found + _copiers(names_above, predicted[above], truth, pairs) + chance


def _predictions(competition: Competition) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Teams' names, a row an entry, the best public one of each team first; entries x rows; the truth."""
    rules = competition.rules
    with competition.read_transaction() as connection:
        revision = ranking.current_revision(connection)
        places = ranking.public_standings(connection, ranking.public_entries(connection), rules.tie)
        private = ranking.private_entries(connection)
        files = database.select_dict(connection, sa.select(database.submissions.c.id, database.submissions.c.sha256))
    solution = competition.solution(revision)
    teams = {place.team.id: place.team.name for place in places if place.rank is not None}
    entries = [(place.team.id, place.entry.number) for place in places if place.team.id in teams]
    for team in teams:
        picks = ranking.final_picks([entry for entry in private if entry.team_id == team], rules.picks)
        entries += [(team, pick.number) for pick in picks if (team, pick.number) not in entries]
    codes = [stored_codes(competition, solution, number, files[number]) for _, number in entries]
    scored = solution.scored
    rows = np.array([code[scored] for code in codes])
    return [teams[team] for team, _ in entries], rows, solution.truth[scored]


def _firsts(names: list[str]) -> list[int]:
    """The first row of each name."""
    return [row for row, name in enumerate(names) if name not in names[:row]]


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


def _perfect(names: list[str], predicted: np.ndarray, truth: np.ndarray) -> list[Finding]:
    perfect = dict.fromkeys(name for name, codes in zip(names, predicted, strict=True) if (codes == truth).all())
    return [Finding("no errors", (name,), f"all {len(truth):,} rows have the official label") for name in perfect]


def _usual_errors(names: list[str], predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Rows on which most teams other than any two make the same error: usually the label is wrong, not the teams."""
    best = predicted[_firsts(names)]
    if len(best) - 2 < FEWEST_OTHERS:
        return np.zeros(len(truth), bool)
    votes = _votes(best, _classes(predicted, truth))
    votes[truth, np.arange(len(truth))] = 0
    return votes.max(axis=0) - 2 >= (len(best) - 2) / 2


def _pairs(names: list[str], predicted: np.ndarray, truth: np.ndarray) -> Pairs:
    """For each pair of teams, the largest share of identical errors of their entries, and the number of errors."""
    own = ~_usual_errors(names, predicted, truth)
    wrong = (predicted != truth)[:, own].astype(np.float32)
    counts = wrong.sum(axis=1)
    errors = counts[:, None] + counts[None, :] - wrong @ wrong.T
    contents = np.unique([hash(codes.tobytes()) for codes in predicted], return_inverse=True)[1]
    share = np.where(errors >= FEWEST_ERRORS, error_overlap(predicted[:, own], truth[own]), 0.0)
    share[contents[:, None] == contents[None, :]] = 1.0
    found: Pairs = {}
    for i, j in zip(*np.triu_indices(len(names), 1), strict=True):
        if names[i] != names[j]:
            pair = (names[i], names[j]) if (names[j], names[i]) not in found else (names[j], names[i])
            found[pair] = max(found.get(pair, (0.0, 0)), (float(share[i, j]), int(errors[i, j])))
    return found


def _copies(pairs: Pairs) -> list[Finding]:
    usual = float(np.median([share for share, _ in pairs.values()])) if pairs else 0.0
    near = sorted((-share, pair, errors) for pair, (share, errors) in pairs.items() if share >= NEAR_COPY)
    return [
        Finding(
            "near-copy",
            pair,
            f"{-share:.0%} of their {errors:,} unusual errors are identical (median of all pairs {usual:.0%})"
            if errors
            else "their predictions are identical",
        )
        for share, pair, errors in near
    ]


def _classes(predicted: np.ndarray, truth: np.ndarray) -> int:
    return int(max(predicted.max(), truth.max())) + 1


def _votes(predicted: np.ndarray, classes: int) -> np.ndarray:
    """Classes x rows: how many entries predict the class."""
    return np.stack([(predicted == code).sum(axis=0) for code in range(classes)])


def _copiers(names: list[str], predicted: np.ndarray, truth: np.ndarray, pairs: Pairs) -> list[Finding]:
    """Do not count near-copies of an entry's team among the others: accomplices would hide one another."""
    best = {names[row]: row for row in _firsts(names)}
    total, rows = _votes(predicted[list(best.values())], _classes(predicted, truth)), np.arange(len(truth))
    alike = [pair for pair, (share, _) in pairs.items() if share >= NEAR_COPY]
    strongest: dict[str, tuple[float, Finding]] = {}
    for row, name in enumerate(names):
        left_out = {name} | {other for pair in alike if name in pair for other in pair}
        if len(best) - len(left_out) < FEWEST_OTHERS:
            continue
        votes = total.copy()
        for other in left_out:
            votes[predicted[best[other]], rows] -= 1
        agreed = votes.max(axis=0) >= AGREEMENT * (len(best) - len(left_out))
        disputed = agreed & (votes.argmax(axis=0) != truth)
        count, matched = int(disputed.sum()), int((predicted[row] == truth)[disputed].sum())
        chance = binomial_tail(matched, count, HONEST_SHARE) if count else 1.0
        if chance < COPIER_LEVEL and chance < strongest.get(name, (1.0,))[0]:
            text = f"has the official label on {matched} of {count} rows where the other teams agree on another"
            strongest[name] = (chance, Finding("copied labels", (name,), text))
    return [finding for _, finding in strongest.values()]


def binomial_tail(hits: int, rows: int, share: float) -> float:
    """Probability of at least this many hits."""
    k = np.arange(hits, rows + 1)
    choose = [math.lgamma(rows + 1) - math.lgamma(i + 1) - math.lgamma(rows - i + 1) for i in k]
    return float(min(1.0, np.exp(np.array(choose) + k * math.log(share) + (rows - k) * math.log1p(-share)).sum()))


def _share(hits: np.ndarray) -> str:
    return f"accuracy {hits.mean():.4f}: not above the commonest class"
