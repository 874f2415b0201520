"""What a user can do about it: every error here is printed as one line and ends with its exit code."""

from __future__ import annotations

EXIT_CODES = {
    0: "done",
    1: "the file is not valid, or the audit found a change: the reasons are printed",
    2: "the command cannot be done as written: wrong argument, missing file or folder",
    3: "refused by the rules: quota used up, deadline passed, competition frozen, team disabled",
    4: "a mistake of this program, with a traceback to report",
}


class LeaderboardError(Exception):
    """A user's mistake: one line that says what, with the value, and what to do."""

    exit_code = 2

    def __init__(self, text: str, *, code: str = "", until: int | None = None) -> None:
        """`code` names the cause to programs; `until` is the moment (microseconds since 1970) when it passes."""
        super().__init__(text)
        self.code, self.until = code, until


class RefusedError(LeaderboardError):
    """The request is well formed, and the rules of the competition do not allow it now."""

    exit_code = 3
