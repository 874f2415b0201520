"""Hold the audit log, the tables, the kept files and the solution against each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from leaderboard import audit, store
from leaderboard.competition import Competition
from leaderboard.creation import file_sha256
from leaderboard.folder import solution_path


@dataclass(frozen=True)
class Verdict:
    """Faults, one sentence each (none: all is as it was written), and the head to note elsewhere."""

    faults: list[str]
    head: audit.Head
    entries: int


def verify(competition: Competition, noted: audit.Head | None = None) -> Verdict:
    """Check everything; `noted` is a head that someone wrote down, or read on the published page."""
    anchors, faults = audit.read_anchors(competition.anchor)
    with competition.reading() as connection:
        chain = audit.chain_faults(connection, anchors + ([noted] if noted else []))
        if not chain:
            # Only a log that is whole can testify about the tables and the solution.
            events = connection.execute(sa.select(store.audit).order_by(store.audit.c.number)).all()
            logged = [(event.event, json.loads(event.payload)) for event in events]
            faults += [*_entry_faults(connection, logged), *_solution_faults(competition, logged)]
        faults += [*chain, *_file_faults(competition, connection)]
        count = connection.execute(sa.select(sa.func.count()).select_from(store.submissions)).scalar_one()
        return Verdict(faults, audit.head(connection), count)


def _entry_faults(connection: sa.Connection, logged: list[tuple[str, dict]]) -> Iterator[str]:
    """Each entry and each of its scores must be in the log as in the tables, and the other way round."""
    written = {p["submission"]: p for event, p in logged if event == "submission"}
    scores = {(p["submission"], p["scores"][0]): p["scores"] for event, p in logged if "scores" in p}
    kept = {row.id: row for row in connection.execute(sa.select(store.submissions))}
    for number in sorted(written.keys() | kept.keys()):
        if number not in kept:
            yield f"entry {number} was accepted and is gone from the database"
        elif number not in written:
            yield f"entry {number} is in the database and was never logged"
        elif kept[number].sha256 != written[number]["sha256"]:
            yield f"entry {number} points to another file than the one accepted"
    stored = _stored_scores(connection)
    for key in sorted(scores.keys() | stored.keys()):
        if scores.get(key) != stored.get(key):
            yield f"the scores of entry {key[0]} (revision {key[1]}) are not those that were logged"


def _stored_scores(connection: sa.Connection) -> dict[tuple[int, int], list]:
    public, private = store.public_scores, store.private_scores
    same = (public.c.submission_id == private.c.submission_id) & (public.c.revision == private.c.revision)
    statement = sa.select(
        public,
        private.c.hits.label("private_hits"),
        private.c.rows.label("private_rows"),
        private.c.row_hits.label("private_row_hits"),
    ).join(private, same)
    out = {}
    for row in connection.execute(statement):
        digest = hashlib.sha256(row.row_hits + row.private_row_hits).hexdigest()[:16]
        counts = [row.hits, row.rows, row.private_hits, row.private_rows]
        out[row.submission_id, row.revision] = [row.revision, *counts, row.counts, digest]
    return out


def _file_faults(competition: Competition, connection: sa.Connection) -> Iterator[str]:
    for number, sha256 in connection.execute(sa.select(store.submissions.c.id, store.submissions.c.sha256)):
        if not competition.archive.is_intact(sha256):
            yield f"the file of entry {number} is gone or was changed: {competition.archive.path(sha256).name}"


def _solution_faults(competition: Competition, logged: list[tuple[str, dict]]) -> Iterator[str]:
    for _, payload in logged:
        if "solution_sha256" in payload:
            path = solution_path(competition.root, payload.get("revision", 0))
            if not path.exists() or file_sha256(path) != payload["solution_sha256"]:
                yield f"{path.name} is gone or was changed by hand: use leaderboard rescore for a label fix"
