"""The scores of an entry on both parts: computing them, storing them, and their form in the audit log."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from leaderboard.competition.competition import Transaction
from leaderboard.scoring import paired
from leaderboard.scoring.metrics import score_rows
from leaderboard.scoring.score import Score
from leaderboard.scoring.solution import PRIVATE, PUBLIC, Solution
from leaderboard.standings.excluded import is_ranked
from leaderboard.storage import database

# Built only once: they take longer to build than to run.
_PUBLIC, _PRIVATE = database.public_scores.insert(), database.private_scores.insert()
# Length of the digest of row hits in logs of older versions, where it also lacks the length of the public part.
OLDER_DIGITS = 16


@dataclass(frozen=True)
class PartScores:
    """The scores of one file on each part, and the hit of each row as packed bits. Only the tutor may see it."""

    public: Score
    private: Score
    public_rows: bytes
    private_rows: bytes


def score_codes(solution: Solution, codes: np.ndarray, metric: str) -> PartScores:
    """Score class codes (int16, one per row of the solution) on the public and the private part."""
    hits = score_rows(metric, solution.truth, codes, len(solution.classes))
    public, private = hits[solution.part(PUBLIC)], hits[solution.part(PRIVATE)]
    return PartScores(_count_hits(public), _count_hits(private), paired.pack(public), paired.pack(private))


def _count_hits(part: np.ndarray) -> Score:
    return Score(int(np.count_nonzero(part)), len(part))


def insert_scores(work: Transaction, number: int, revision: int, parts: PartScores, counts: bool) -> None:
    """Store the scores of an entry under a revision of the solution."""
    insert_all_scores(work, revision, [(number, parts, counts)])


def insert_all_scores(work: Transaction, revision: int, scores: Iterable[tuple[int, PartScores, bool]]) -> None:
    """Store the scores of many entries (number, scores, whether they count) under a revision of the solution."""
    public, private = [], []
    for number, parts, counts in scores:
        key = {"submission_id": number, "revision": revision}
        hits, rows = parts.public.hits, parts.public.rows
        public.append({**key, "hits": hits, "rows": rows, "row_hits": parts.public_rows, "counts": counts})
        hits, rows = parts.private.hits, parts.private.rows
        private.append({**key, "hits": hits, "rows": rows, "row_hits": parts.private_rows})
    if public:
        work.execute(_PUBLIC, public)
        work.execute(_PRIVATE, private)


def score_record(revision: int, parts: PartScores, counts: bool) -> list:
    """Scores as in the audit log: revision, hits and rows of both parts, whether they count, a hash of the row hits."""
    digest = _digest(parts.public_rows, parts.private_rows)
    return [revision, parts.public.hits, parts.public.rows, parts.private.hits, parts.private.rows, counts, digest]


def _digest(public_rows: bytes, private_rows: bytes) -> str:
    """It covers the length of the public part: a byte that moves from one part to the other changes the hash."""
    return hashlib.sha256(b"%d:" % len(public_rows) + public_rows + private_rows).hexdigest()


def _older_digest(public_rows: bytes, private_rows: bytes) -> str:
    return hashlib.sha256(public_rows + private_rows).hexdigest()[:OLDER_DIGITS]


def stored_scores(
    connection: sa.Connection, older: Container[tuple[int, int]] = frozenset()
) -> dict[tuple[int, int], list]:
    """The `score_record` of each (entry, revision), from the tables; for those in `older` in the older form."""
    public, private = database.public_scores, database.private_scores
    same = (public.c.submission_id == private.c.submission_id) & (public.c.revision == private.c.revision)
    statement = sa.select(
        public,
        private.c.hits.label("private_hits"),
        private.c.rows.label("private_rows"),
        private.c.row_hits.label("private_row_hits"),
    ).join(private, same)
    out = {}
    for row in connection.execute(statement):
        counts = [row.hits, row.rows, row.private_hits, row.private_rows]
        key = row.submission_id, row.revision
        digest = (_older_digest if key in older else _digest)(row.row_hits, row.private_row_hits)
        out[key] = [row.revision, *counts, row.counts, digest]
    return out


def score_faults(connection: sa.Connection) -> Iterator[str]:
    """Entries with scores for only one part, or whose row hits do not add up to the stored number of hits."""
    keys = []
    for part, table in (("public", database.public_scores), ("private", database.private_scores)):
        found = set()
        for number, revision, hits, rows, row_hits in connection.execute(sa.select(*list(table.c)[:5])):
            found.add((number, revision))
            if len(row_hits) != -(-rows // 8) or int.from_bytes(row_hits).bit_count() != hits:
                yield f"the {part} rows of entry {number} (revision {revision}) are not its {hits} hits of {rows}"
        keys.append(found)
    for number, revision in sorted(keys[0] ^ keys[1]):
        yield f"entry {number} (revision {revision}) has scores for only one part"


def best_counting(connection: sa.Connection, team_id: int, revision: int) -> tuple[Score, bytes] | None:
    """The team's best public score that counts, with its packed row hits; of equal scores the earlier one."""
    table = database.public_scores
    statement = (
        sa.select(table)
        .join(database.submissions, database.submissions.c.id == table.c.submission_id)
        .where((database.submissions.c.team_id == team_id) & (table.c.revision == revision) & table.c.counts)
        .where(is_ranked())
        .order_by(table.c.hits.desc(), table.c.submission_id)
        .limit(1)
    )
    row = connection.execute(statement).first()
    return None if row is None else (Score(row.hits, row.rows), row.row_hits)
