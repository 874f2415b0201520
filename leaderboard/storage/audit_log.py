"""The append-only audit log, a hash chain: the hash of each entry covers the entry and the hash before it.

An edited, deleted or reordered entry breaks the chain. If entries are cut off at the end, the rest is still a valid
chain. The number of entries and the last hash (the head) are therefore also in the anchor file and on the published
page. The tutor cannot undo what a participant has seen on the page.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from leaderboard.storage import database

GENESIS = "0" * 64
_LOG = database.audit
# Built only once: they take longer to build than to run.
_LAST = sa.select(_LOG.c.number, _LOG.c.hash).order_by(_LOG.c.number.desc()).limit(1)
_AFTER = sa.select(_LOG.c.number, _LOG.c.hash).where(_LOG.c.number > sa.bindparam("first")).order_by(_LOG.c.number)
_ENTRY = _LOG.insert()


@dataclass(frozen=True)
class Head:
    """The number of entries, and the hash of the last one."""

    count: int
    hash: str

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"


def entry_hash(previous: str, number: int, at: int, event: str, payload: str) -> str:
    """SHA-256 of the previous hash and the entry, as a JSON list, so that the parts cannot run into each other."""
    return hashlib.sha256(json.dumps([previous, number, at, event, payload]).encode()).hexdigest()


def head(connection: sa.Connection) -> Head:
    """The head of the log, as the transaction sees it."""
    row = connection.execute(_LAST).first()
    return Head(row.number, row.hash) if row else Head(0, GENESIS)


def heads_after(connection: sa.Connection, count: int) -> list[Head]:
    """The head after each entry that follows the first `count` entries."""
    return [Head(number, digest) for number, digest in connection.execute(_AFTER, {"first": count})]


def append(connection: sa.Connection, at: int, event: str, before: Head | None = None, **payload: Any) -> Head:
    """Add an entry to the log. The caller's transaction must hold the write lock.

    `before`: the head of the log, if the caller knows it.
    """
    before = before or head(connection)
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False)
    number = before.count + 1
    after = Head(number, entry_hash(before.hash, number, at, event, text))
    values = {"number": number, "at": at, "event": event, "payload": text, "hash": after.hash}
    connection.execute(_ENTRY, values)
    return after


def events(connection: sa.Connection) -> list[sa.Row]:
    """All entries, in order."""
    return list(connection.execute(sa.select(database.audit).order_by(database.audit.c.number)))


def chain_faults(connection: sa.Connection, anchors: list[Head]) -> list[str]:
    """What is wrong with the log itself, one sentence per fault; empty if the log is intact."""
    faults, hashes, previous = [], {0: GENESIS}, GENESIS
    for expected, row in enumerate(connection.execute(sa.select(database.audit).order_by(database.audit.c.number)), 1):
        if row.number != expected:
            faults.append(f"entry {expected} is missing: entry {row.number} follows entry {expected - 1}")
            break
        if entry_hash(previous, row.number, row.at, row.event, row.payload) != row.hash:
            faults.append(f"entry {row.number} ({row.event}) was changed, or the one before it was")
        hashes[row.number] = previous = row.hash
    last = max(hashes)
    for anchor in anchors:
        if anchor.count > last:
            faults.append(f"the log ends at entry {last}; entry {anchor.count} was written and is missing")
        elif hashes.get(anchor.count) != anchor.hash:
            faults.append(f"entry {anchor.count} is not the one that was written: the anchor has another hash")
    return faults


def parse_head(text: str) -> Head:
    """A head from "count:hash". Raises ValueError."""
    count, _, digest = text.partition(":")
    if len(digest) != 64 or not count.isdecimal():
        raise ValueError(f"not count:hash: {text[:80]!r}")
    return Head(int(count), digest)
