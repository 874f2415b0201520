"""Compare the anchor file with the log: which lines were removed, and which a crash or a full disk left unwritten.

A crash leaves the lines of at most one transaction unwritten. A full disk can leave more unwritten; each later
transaction then records this in the log. Any other missing line was removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from leaderboard.storage.audit_log import Head, parse_head

Event = tuple[str, int, dict]
FILLED_IN, SHARED = "anchor filled in", "shared"


@dataclass(frozen=True)
class Anchors:
    """The heads in the file in order, faults in its lines, and damage that a crash explains."""

    heads: list[Head]
    faults: list[str]
    notes: list[str]


def read(path: Path) -> Anchors:
    """The heads in the file."""
    if not path.exists():
        return Anchors([], [f"{path.name} is missing: a cut at the end of the log could not be seen"], [])
    heads, faults, notes = [], [], []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(keepends=True), 1):
        if not line.endswith("\n"):
            notes.append(f"{path.name} ends in a torn line; the next command that changes something cuts it off")
            break
        try:
            heads.append(parse_head(line.rstrip("\n")))
        except ValueError:
            faults.append(f"{path.name} line {number} is not count:hash: bring the file back from a backup")
    if not faults:
        faults += _order_faults(path.name, heads)
    return Anchors(heads, faults, notes)


def _order_faults(name: str, heads: list[Head]) -> Iterator[str]:
    for number, head in enumerate(heads, 1):
        if head.count != number:
            yield f"{name} line {number} is of entry {head.count}: a line was taken out, added or moved"
            return


def shortened_faults(name: str, logged: Sequence[Event], last: int) -> Iterator[str]:
    """Faults if the file was too short: now, when it ends at entry `last`, or at the moment it was filled in.

    Not for machines that share a competition: each writes its own file, with a delay.
    """
    if any(event == SHARED for event, _, _ in logged):
        return
    ends = {last: len(logged)}
    for number, (event, _, payload) in enumerate(logged, 1):
        if event == FILLED_IN:
            ends[payload["after"]] = max(number - 1, ends.get(payload["after"], 0))
    for after, end in sorted(ends.items()):
        written = _surely_written(logged, after, end)
        if not after:  # the first line is written before the folder appears
            yield f"{name} was emptied: it had lines, and then held none"
        elif written > after:
            yield f"{name} was shortened: it once had the line of entry {written}, and then ended at entry {after}"


def _surely_written(logged: Sequence[Event], after: int, end: int) -> int:
    """The last entry after `after` whose line was in the file when a later entry, up to `end`, was logged."""
    transactions = [list(group) for _, group in groupby(logged[after:end], key=lambda event: event[1])]
    number, written = after, after
    for index, transaction in enumerate(transactions):
        saw_it_lacking = any(event == FILLED_IN and payload["after"] == after for event, _, payload in transaction)
        if index and not saw_it_lacking:
            written = number
        number += len(transaction)
    return written


def lag_notes(name: str, logged: Sequence[Event], last: int) -> Iterator[str]:
    """Notes on the points at which the file was behind the log."""
    if last < len(logged):
        yield f"{name} ends at entry {last} of {len(logged)}; the next command that changes something fills it in"
    for event, _, payload in logged:
        if event == FILLED_IN:
            yield f"{name} lacked {payload['entries']} entries after entry {payload['after']}, and was filled in"
