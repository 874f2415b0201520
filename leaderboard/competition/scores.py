"""The scores of an entry on both parts: computed, kept in the tables, and as the audit log has them."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
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

# Built once: they take longer to build than to run.
_PUBLIC, _PRIVATE = database.public_scores.insert(), database.private_scores.insert()
# The digest of row hits in logs of older versions: shorter, and without the length that keeps the parts apart.
OLDER_DIGITS = 16


@dataclass(frozen=True)
class PartScores:
    """Hits of one file on each part, with their packed rows. Tutor's eyes only."""

    public: Score
    private: Score
    public_rows: bytes
    private_rows: bytes


def score_codes(solution: Solution, codes: np.ndarray, metric: str) -> PartScores:
    """Score class codes (one a row of the solution) on the public and the private part."""
    hits = score_rows(metric, solution.truth, codes, len(solution.classes))
    public, private = hits[solution.part(PUBLIC)], hits[solution.part(PRIVATE)]
    return PartScores(_count_hits(public), _count_hits(private), paired.pack(public), paired.pack(private))


def _count_hits(part: np.ndarray) -> Score:
    return Score(int(np.count_nonzero(part)), len(part))


def insert_scores(work: Transaction, number: int, revision: int, parts: PartScores, counts: bool) -> None:
    """Keep the scores of an entry under a revision of the solution."""
    key = {"submission_id": number, "revision": revision}
    public = {"hits": parts.public.hits, "rows": parts.public.rows, "row_hits": parts.public_rows, "counts": counts}
    private = {"hits": parts.private.hits, "rows": parts.private.rows, "row_hits": parts.private_rows}
    work.execute(_PUBLIC, key | public)
    work.execute(_PRIVATE, key | private)


def score_record(revision: int, parts: PartScores, counts: bool) -> list:
    """What the audit log keeps of scores: revision, hits, rows, whether they count, and a digest of the row hits."""
    digest = _digest(parts.public_rows, parts.private_rows)
    return [revision, parts.public.hits, parts.public.rows, parts.private.hits, parts.private.rows, counts, digest]


def _digest(public_rows: bytes, private_rows: bytes) -> str:
    """With the length of the first part: a byte that moves from one part to the other changes it."""
    return hashlib.sha256(b"%d:" % len(public_rows) + public_rows + private_rows).hexdigest()


def _older_digest(public_rows: bytes, private_rows: bytes) -> str:
    return hashlib.sha256(public_rows + private_rows).hexdigest()[:OLDER_DIGITS]


def stored_scores(
    connection: sa.Connection, older: Container[tuple[int, int]] = frozenset()
) -> dict[tuple[int, int], list]:
    """What `score_record` gave for each (entry, revision), from the tables; for `older` ones as older versions did."""
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
    """Scores of one part alone, and those whose rows are not the hits that are counted."""
    keys = []
    for part, table in (("public", database.public_scores), ("private", database.private_scores)):
        found = set()
        for number, revision, hits, rows, row_hits in connection.execute(sa.select(*list(table.c)[:5])):
            found.add((number, revision))
            if len(row_hits) != -(-rows // 8) or int.from_bytes(row_hits).bit_count() != hits:
                yield f"the {part} rows of entry {number} (revision {revision}) are not its {hits} hits of {rows}"
        keys.append(found)
    for number, revision in sorted(keys[0] ^ keys[1]):
        yield f"entry {number} (revision {revision}) has scores for one part alone"


def best_counting(connection: sa.Connection, team_id: int, revision: int) -> tuple[Score, bytes] | None:
    """The team's best counting public score and its packed rows; the earlier of equals."""
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
