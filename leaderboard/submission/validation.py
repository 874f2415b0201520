"""Check a submission: with the fast reader if it is canonical, else with the exact one. Both give the same result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leaderboard.submission.canonical import read_canonical
from leaderboard.submission.encoding import plain_lines
from leaderboard.submission.expected import Expected
from leaderboard.submission.problems import Report
from leaderboard.submission.rows import read_exactly
from leaderboard.submission.systematic_errors import order_notes
from leaderboard.submission.untrusted import read_untrusted


@dataclass(frozen=True)
class Submission:
    """The bytes of a file (None if it could not be read), and the report on it."""

    data: bytes | None
    report: Report


def validate_bytes(data: bytes, expected: Expected, *, fast: bool = True) -> Report:
    """The report on the bytes of a submission; `fast=False` skips the fast reader."""
    report = Report()
    if not data:
        report.add("EMPTY")
        return report
    plain = plain_lines(data, report)
    if plain is None:
        return report
    canonical = read_canonical(plain, expected) if fast else None
    if canonical is None:
        read_exactly(plain.decode(), expected, report)
    else:
        codes, positions = canonical
        report.accept(codes, order_notes(expected, codes, positions))
    return report


def validate_data(data: bytes, expected: Expected) -> Submission:
    """Check bytes in memory; more than `expected.max_bytes` is a problem, and the bytes are not read."""
    report = Report()
    if len(data) > expected.max_bytes:
        report.add("TOO_LARGE", value=f"{len(data):,} bytes", hint=f"{expected.max_bytes:,} bytes")
        return Submission(data, report)
    return Submission(data, validate_bytes(data, expected))


def validate_file(path: Path, expected: Expected) -> Submission:
    """Read and check an untrusted file: no links, no pipes, at most `expected.max_bytes`."""
    report = Report()
    data = read_untrusted(path, expected.max_bytes, report)
    return Submission(data, report if data is None else validate_bytes(data, expected))
