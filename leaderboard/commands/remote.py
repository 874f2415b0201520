"""The participant's commands on a server; they give the same answers as on a folder."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from leaderboard.client.connection import InvalidFileError, Server
from leaderboard.commands.output import print_json, print_rows
from leaderboard.commands.verdict import left_today, print_report
from leaderboard.core.text import printable

ENTRY_COLUMNS = ("ref", "fileName", "date", "description", "status", "publicScore", "selected", "sha256")
_STATUS = {True: "complete", False: "complete, not counted", None: "complete, score not shown"}
QUOTA_COLUMNS = ("left", "daily_quota", "granted", "invalid_left", "resets_at", "resets_in", "closed")


def submit(server: Server, args: argparse.Namespace) -> int:
    """Exit code 0 if the file is accepted, 1 if it is invalid, 3 if the rules refuse it."""
    try:
        receipt = server.submit(args.file, args.message)
    except InvalidFileError as error:
        return _print_problems(error.report, args)
    entry, quota = receipt["entry"], receipt["quota"]
    row = {
        "ref": entry["number"],
        "teamName": receipt["team"],
        "publicScore": entry["score"],
        "counts": entry["counts"],
        "late": entry["not_ranked"] == "late",
        "rank": receipt["rank"],
        "teams": receipt["teams"],
        "quotaLeft": quota["left"],
        "quotaResets": quota["resets_at"],
        "notes": receipt["notes"],
    }
    if args.format != "table":
        print_json(row) if args.format == "json" else print_rows([row], row, "csv")
        return 0
    _print_receipt(server, receipt)
    return 0


def _print_receipt(server: Server, receipt: dict[str, Any]) -> None:
    entry, quota = receipt["entry"], receipt["quota"]
    for note in receipt["notes"]:
        print(f"note: {note}")
    if receipt["repeated"]:
        print("The same file was entered before; it used no quota.")
    print(f"Entry no. {entry['number']}, by {receipt['team']}: {_score(entry)}")
    if entry["counts"] is False:
        print("It does not beat your best by the paired standard error, so your public score stays (Ladder rule).")
    if entry["not_ranked"] == "late":
        print("It came after the deadline: it is kept and scored, and does not rank unless the tutor restores it.")
    print(_place(receipt))
    print(f"{_left(quota)}. The standings: {server.address}/")


def _status(entry: dict[str, Any]) -> str:
    kind, reason = entry["not_ranked"], entry["reason"]
    if kind is None:
        return _STATUS[entry["counts"]]
    return f"{kind}, not ranked: {reason}" if reason else f"{kind}, not ranked"


def _score(entry: dict[str, Any]) -> str:
    if entry["score"] is None:
        return "kept; its score is not shown yet"
    hits = f"{entry['hits']:,} of {entry['rows']:,}; 95 % interval {entry['low']:.4f} to {entry['high']:.4f}"
    return f"public score {entry['score']:.4f} ({hits})"


def _place(receipt: dict[str, Any]) -> str:
    since, rank = receipt.get("board_still_since"), receipt["rank"]
    if since is None:
        return "A baseline: shown, not ranked." if rank is None else f"Rank {rank} of {receipt['teams']}."
    place = "Not on the board" if rank is None else f"Rank {rank} of {receipt['teams']} on the board"
    return f"{place}, which has stood still since {since} and stays so until the end."


def _left(quota: dict[str, Any]) -> str:
    from leaderboard.core.clock import MICROSECONDS, format_duration

    wait = format_duration(quota["resets_in"] * MICROSECONDS)
    return left_today(quota["left"], quota["daily_quota"], quota["invalid_left"], f"in {wait}", quota["granted"])


def _print_problems(report: dict[str, Any], args: argparse.Namespace) -> int:
    if args.format == "json":
        print_json({"file": str(args.file), **{key: report[key] for key in ("valid", "problems", "counts", "notes")}})
    elif args.format == "csv":
        print_rows(report["problems"], ("code", "line", "value", "what", "fix"), args.format)
    else:
        for problem in report["problems"]:
            line = "" if problem["line"] is None else f" line {problem['line']:,}:"
            value = "" if problem["value"] is None else f": {problem['value']}"
            print(f"{problem['code']}:{line} {problem['what']}{value}; {problem['fix']}")
        for code, more in report["more"].items():
            print(f"{code}: and {more:,} more")
        print(f"{printable(str(args.file))}: not valid; it was not scored. It cost no quota: {_left(report['quota'])}")
    return InvalidFileError.exit_code


def submissions(server: Server, args: argparse.Namespace) -> int:
    """The team's entries, with private scores after the reveal."""
    entries = server.get("entries")["entries"]
    columns: tuple[str, ...] = ENTRY_COLUMNS
    if any(entry["private_score"] is not None for entry in entries):
        columns = (*ENTRY_COLUMNS[:6], "privateScore", *ENTRY_COLUMNS[6:])
    rows = [
        {
            "ref": entry["number"],
            "fileName": entry["file_name"],
            "date": entry["at"],
            "description": entry["message"],
            "status": _status(entry),
            "publicScore": entry["score"],
            "privateScore": entry["private_score"],
            "selected": entry["picked"],
            "sha256": entry["sha256"][:12] if args.format == "table" else entry["sha256"],
        }
        for entry in entries
    ]
    print_rows(rows, columns, args.format)
    return 0


def standings(server: Server, args: argparse.Namespace) -> int:
    """The standings that the server shows to everyone."""
    board = server.get("standings")
    rows = board["standings"]
    if not rows and args.format == "table":
        print(f"No entries yet at {server.address}/: leaderboard submit -f submission.csv makes the first.")
        return 0
    print_rows(rows, list(rows[0]) if rows else (), args.format)
    return 0


def validate(server: Server, args: argparse.Namespace) -> int:
    """Check a file on this machine against the server's sample; the file itself is not sent."""
    from leaderboard.submission import read_sample, validate_file

    facts = server.get("competition")
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample_submission.csv"
        sample.write_bytes(server.sample())
        expected = read_sample(sample, tuple(facts["classes"]), facts["probabilities"] or args.probabilities)
    return print_report(args.file, validate_file(args.file, expected).report, args.format)


def select(server: Server, args: argparse.Namespace) -> int:
    """Replace the final picks."""
    chosen = server.select(args.number)["entries"]
    print(f"In the end these count for you: {', '.join(map(str, chosen)) or 'your best by public score'}.")
    return 0


def quota(server: Server, args: argparse.Namespace) -> int:
    """Entries left today."""
    left = server.get("quota")
    if args.format == "table":
        closed = left["closed"]
        print(f"{closed[0].upper()}{closed[1:]}." if closed else f"{_left(left)}.")
    else:
        print_rows([left], QUOTA_COLUMNS, args.format)
    return 0
