"""What a block of code gets while it holds the write lock of a competition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from leaderboard.storage import audit_log


@dataclass
class Transaction:
    """The connection, the time (microseconds since 1970), the competition's row, the heads of new log entries."""

    connection: sa.Connection
    at: int
    state: sa.Row
    heads: list[audit_log.Head] = field(default_factory=list)

    def record(self, event: str, **payload: Any) -> None:
        """Add an audit entry; it is committed with the work or not at all."""
        before = self.heads[-1] if self.heads else None
        self.heads.append(audit_log.append(self.connection, self.at, event, before, **payload))

    def execute(self, statement: Any, *args: Any) -> sa.CursorResult:
        return self.connection.execute(statement, *args)
