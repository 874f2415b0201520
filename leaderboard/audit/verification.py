"""Compare the audit log, the tables, the stored files and the solution with each other."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from leaderboard.audit import anchors, replay, tables
from leaderboard.audit.anchors import Event
from leaderboard.competition.competition import Competition
from leaderboard.competition.scores import OLDER_DIGITS, score_codes, score_faults, score_record, stored_scores
from leaderboard.competition.stored_files import stored_codes
from leaderboard.core.errors import LeaderboardError
from leaderboard.storage import audit_log, database, database_errors
from leaderboard.storage.files import file_sha256
from leaderboard.storage.upgrade import version

_INCOMPLETE = "the log, tables and files were not compared, since the tables are not as this program makes them"


@dataclass(frozen=True)
class Verdict:
    """Faults, one sentence each (empty if nothing was changed), notes, and the head to write down elsewhere."""

    faults: list[str]
    notes: list[str]
    head: audit_log.Head
    entries: int


def verify(competition: Competition, noted: audit_log.Head | None = None, *, again: bool = False) -> Verdict:
    """Check everything; `noted` is a head that someone wrote down or read on the published page.

    With `again`, every stored file is scored again, which takes some milliseconds per file.
    """
    # Read the file before the log, because the file must not be ahead of the log.
    anchor = anchors.read(competition.anchor)
    with competition.read_transaction() as connection:
        faults = [*anchor.faults, *tables.schema_faults(connection)]
        if version(connection) is None:
            raise LeaderboardError(database_errors.EMPTIED)
        if not tables.are_readable(connection):
            return Verdict(faults, [*anchor.notes, _INCOMPLETE], audit_log.Head(0, audit_log.GENESIS), 0)
        wrong = list(tables.type_faults(connection))
        if wrong:
            return Verdict(faults + wrong, [*anchor.notes, _INCOMPLETE], audit_log.head(connection), 0)
        faults += tables.orphan_faults(connection)
        chain = audit_log.chain_faults(connection, anchor.heads + ([noted] if noted else []))
        # Only an intact log can be compared with the tables and the solution.
        logged = [] if chain else _events(connection)
        faults += chain
        if not chain:
            faults += [*replay.faults(connection, logged), *_score_faults(connection, logged)]
        files = database.select_dict(connection, sa.select(database.submissions.c.id, database.submissions.c.sha256))
        state = connection.execute(sa.select(database.competition.c.rules, database.competition.c.revision)).first()
        head = audit_log.head(connection)
        stored = stored_scores(connection) if again else {}
    # Check files outside the transaction, which would keep entries waiting.
    broken = [*_logged_file_faults(competition, logged), *_file_faults(competition, files)]
    faults += broken
    notes = list(anchor.notes)
    if logged and competition.anchor.exists():
        # Read the file again after the log: at most one transaction committed before is still being written to it.
        last = max((head.count for head in anchors.read(competition.anchor).heads), default=0)
        faults += anchors.shortened_faults(competition.anchor.name, logged, last)
        notes += anchors.lag_notes(competition.anchor.name, logged, last)
    if again and (chain or broken or state is None):
        notes.append("the files were not scored again, since the log, files or the solution are not as they were")
    elif again and state is not None:
        faults += _scoring_faults(competition, state.revision, files, stored)
    if state and not competition.shared and competition.rules_text() != state.rules:
        notes.append(
            "rules.toml was edited since the last command that logs it: publish, or any that changes something"
        )
    return Verdict(faults, notes, head, len(files))


def _events(connection: sa.Connection) -> list[Event]:
    rows = connection.execute(sa.select(database.audit).order_by(database.audit.c.number))
    return [(row.event, row.at, json.loads(row.payload)) for row in rows]


def _score_faults(connection: sa.Connection, logged: list[Event]) -> Iterator[str]:
    """Each score in the tables must be in the log exactly once, and each score in the log must be in the tables."""
    scores: dict[tuple[int, int], list] = {}
    for _, _, payload in logged:
        if "scores" in payload:
            key = payload["submission"], payload["scores"][0]
            if key in scores:
                yield f"the scores of entry {key[0]} (revision {key[1]}) were logged a second time"
            scores.setdefault(key, payload["scores"])
    older = {key for key, record in scores.items() if len(str(record[-1])) == OLDER_DIGITS}
    stored = stored_scores(connection, older)
    yield from score_faults(connection)
    for key in sorted(scores.keys() | stored.keys()):
        if scores.get(key) != stored.get(key):
            yield f"the scores of entry {key[0]} (revision {key[1]}) are not those that were logged"


def _scoring_faults(competition: Competition, revision: int, files: dict[int, str], stored: dict) -> Iterator[str]:
    """The current scores must equal those computed from the stored files, the solution and the metric."""
    try:
        competition.require_classes()
        solution = competition.solution(revision)
        for number, sha256 in _with_progress(files.items()):
            codes = stored_codes(competition, solution, number, sha256)
            parts = score_codes(solution, codes, competition.rules.metric)
            # Whether a score counts depends on the rules at that time, which the log records.
            record = stored.get((number, revision))
            if record is None or record != score_record(revision, parts, record[-2]):
                text = f"entry {number} has other scores than its file and the solution give"
                yield f"{text}: leaderboard rescore mends it"
    except LeaderboardError as error:
        yield f"the files cannot be scored again: {error}"


def _with_progress(items: Collection) -> Iterable:
    """The items, with a progress bar while the user waits at a terminal."""
    if not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, "scoring again", console=Console(stderr=True), transient=True)


def _file_faults(competition: Competition, files: dict[int, str]) -> Iterator[str]:
    for number, sha256 in files.items():
        fault = competition.archive.fault(sha256)
        if fault is not None:
            yield f"the file of entry {number} {fault}: {competition.archive.path(sha256).name}"


def _logged_file_faults(competition: Competition, logged: list[Event]) -> Iterator[str]:
    """The solutions and the sample, which logs of older versions do not mention."""
    for _, _, payload in logged:
        if "solution_sha256" in payload:
            path = competition.solution_file(payload.get("revision", 0))
            yield from _file_fault(path, payload["solution_sha256"], "use leaderboard rescore for a label fix")
        if "sample_sha256" in payload:
            advice = "bring it back from a backup, and hand it out again"
            yield from _file_fault(competition.sample, payload["sample_sha256"], advice)


def _file_fault(path: Path, sha256: str, advice: str) -> Iterator[str]:
    try:
        if file_sha256(path) != sha256:
            yield f"{path.name} was changed by hand: {advice}"
    except FileNotFoundError:
        yield f"{path.name} is missing: {advice}"
    except OSError as error:
        yield f"{path.name} cannot be read ({error.strerror}); it may be unchanged"
