"""Why a request was refused; both sides of the pipe use this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# code: (HTTP status, what to do). Participants get only errors with these codes.
CODES: dict[str, tuple[int, str]] = {
    "malformed": (400, "send what /openapi.json describes"),
    "host": (400, "use the address that the tutor gave you"),
    "token": (401, "ask the tutor for your team's token, and send it as: Authorization: Bearer TOKEN"),
    "session": (401, "log in again"),
    "link": (401, "ask the tutor for a new link, or log in with your team's token"),
    "cross_site": (403, "send the form from the server's own page"),
    "disabled": (403, "ask the tutor"),
    "merged": (403, "use the token of the team into which yours was merged"),
    "role": (403, "log in with the token that this page needs"),
    "not_found": (404, "look at the address; /openapi.json lists all of them"),
    "method": (405, "look at /openapi.json for the methods of this address"),
    "slow": (408, "send it again, over a faster connection"),
    "frozen": (409, "the competition has ended: look at the standings"),
    "closed": (409, "only the tutor can grant your team a later deadline"),
    "conflict": (409, "look at the current state, and choose again"),
    "too_large": (413, "send one line for each id of the sample submission"),
    "invalid_file": (422, "correct the lines named here, and send the file again; it used no quota"),
    "invalid": (422, "correct the value, and send it again"),
    "quota": (429, "wait for the next day of the competition"),
    "busy": (429, "send one file after the other"),
    "attempts": (429, "wait, then copy the token again from the tutor's message"),
    "unavailable": (503, "try again in a minute; the tutor's log says why"),
    "no_space": (507, "tell the tutor that the server's disk is full, and send the file again later"),
}


@dataclass
class Refusal(Exception):
    """A code of CODES, one sentence for the reader, seconds to wait before a retry, and more values for the answer."""

    code: str
    text: str
    retry_after: int | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return CODES[self.code][0]

    @property
    def fix(self) -> str:
        return CODES[self.code][1]

    def as_dict(self) -> dict[str, Any]:
        """The body of the answer, for JSON."""
        error: dict[str, Any] = {"code": self.code, "text": self.text, "fix": self.fix}
        if self.retry_after is not None:
            error["retry_after"] = self.retry_after
        return {"error": error, **self.more}
