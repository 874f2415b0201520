"""Errors that a user can act on: each is printed as one line, and the program ends with its exit code."""

from __future__ import annotations

EXIT_CODES = {
    0: "done",
    1: "the file is not valid, or the audit found a change: the reasons are printed",
    2: "the command cannot run as written: wrong argument, missing file or folder",
    3: "refused by the rules: quota used up, deadline passed, competition frozen, team disabled",
    4: "a bug in this program: report the printed traceback",
}


class LeaderboardError(Exception):
    """A user's mistake: one line that says what, with the value, and what to do."""

    exit_code = 2

    def __init__(self, text: str, *, code: str = "", until: int | None = None) -> None:
        """`code` names the cause for programs; `until` is when the cause ends, in microseconds since 1970."""
        super().__init__(text)
        self.code, self.until = code, until


class RefusedError(LeaderboardError):
    """The request is well formed, but the rules of the competition do not allow it now."""

    exit_code = 3
