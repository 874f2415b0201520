"""`audit`: verify that nothing was edited, and show the log."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from leaderboard.commands import arguments
from leaderboard.commands.output import print_json, print_rows

if TYPE_CHECKING:
    import sqlalchemy as sa

    from leaderboard.competition.competition import Competition


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `audit`."""
    audit = arguments.add(commands, "audit", run, "verify that nothing was edited, deleted or reordered")
    audit.add_argument("action", choices=("verify", "log"), help="verify: check everything; log: print the log")
    audit.add_argument("--head", help="count:hash that was noted earlier, such as from the published page")
    audit.add_argument("--scores", action="store_true", help="also score every stored file again; milliseconds each")


def run(args: argparse.Namespace) -> int:
    """Exit code 1 when something was changed."""
    from leaderboard.audit.verification import verify
    from leaderboard.core.errors import LeaderboardError
    from leaderboard.storage import audit_log

    # An edit in the database must not prevent the report of that edit.
    competition = arguments.open_competition(args, checked=args.action != "verify")
    if args.action == "log":
        return _print_log(competition, args.format)
    try:
        noted = audit_log.parse_head(args.head) if args.head else None
    except ValueError as error:
        raise LeaderboardError(f"--head: {error}") from None
    verdict = verify(competition, noted, again=args.scores)
    if not verdict.faults:
        competition.require_classes()
    if args.format == "json":
        fields = {"intact": not verdict.faults, "faults": verdict.faults, "notes": verdict.notes}
        print_json({**fields, "head": str(verdict.head)})
    else:
        for line in [*(f"note: {note}" for note in verdict.notes), *(f"FAULT: {fault}" for fault in verdict.faults)]:
            print(line)
        state = f"{len(verdict.faults)} faults" if verdict.faults else "intact"
        print(f"{state}: {verdict.head.count} log entries, {verdict.entries} submissions; head {verdict.head}")
    return 1 if verdict.faults else 0


def _payload_lines(events: list[sa.Row]) -> list[str]:
    """The payloads for people; for the rules, one line that says what changed."""
    from leaderboard.competition.rules import changes

    payloads, rules = [], ""
    for event in events:
        payload = json.loads(event.payload)
        text = payload.pop("rules", None)
        if event.event == "rules" and isinstance(text, str):
            payloads.append("; ".join(changes(rules, text)) or "comments or their layout alone")
        else:
            payloads.append(json.dumps(payload, ensure_ascii=False, sort_keys=True))
        rules = text if isinstance(text, str) else rules
    return payloads


def _print_log(competition: Competition, form: str) -> int:
    from leaderboard.core.clock import format_time
    from leaderboard.storage import audit_log

    with competition.read_transaction() as connection:
        events = audit_log.events(connection)
    zone = competition.rules.timezone
    payloads = [event.payload for event in events] if form != "table" else _payload_lines(events)
    rows = [
        {"number": event.number, "date": format_time(event.at, zone), "event": event.event, "payload": payload}
        for event, payload in zip(events, payloads, strict=True)
    ]
    print_rows(rows, ("number", "date", "event", "payload"), form)
    return 0
