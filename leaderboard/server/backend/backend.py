"""The backend: it checks the credential of each call from a web process, and answers it or raises Refusal."""

from __future__ import annotations

import errno
import logging
from typing import Any

from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.server.backend import participant, public, tutor
from leaderboard.server.backend.state import Answer, State
from leaderboard.server.core.refusal import CODES, Refusal

log = logging.getLogger(__name__)
METHODS = {
    **{name: (None, method) for name, method in public.METHODS.items()},
    **{name: ("team", method) for name, method in participant.METHODS.items()},
    **{name: ("tutor", method) for name, method in tutor.METHODS.items()},
}
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Backend(State):
    """Answers calls about one open competition."""

    def call(self, method: str, credential: Any, arguments: dict[str, Any], blob: bytes) -> Answer:
        """Run one of METHODS. Raises Refusal, with a text that the sender of the request may see."""
        if method not in METHODS:
            raise Refusal("not_found", "this call does not exist")
        role, function = METHODS[method]
        try:
            actor = self.actors.authenticate(credential, role) if role else credential
            return function(self, actor, blob, **arguments)
        except RefusedError as error:
            raise self._refusal(error, role, "conflict") from None
        except LeaderboardError as error:
            raise self._refusal(error, role, "invalid") from None
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise Refusal("no_space", "the server's disk is full: the file was not accepted") from None

    def _refusal(self, error: LeaderboardError, role: str | None, code_for_tutor: str) -> Refusal:
        if error.code in CODES:
            wait = None if error.until is None else max(1, (error.until - self.competition.clock()) // 1_000_000 + 1)
            return Refusal(error.code, self._without_paths(str(error)), wait)
        if role == "tutor":
            return Refusal(code_for_tutor, self._without_paths(str(error)))
        # This text is meant for the tutor: it may name folders.
        log.warning("%s", error)
        return Refusal("unavailable", "the competition cannot answer now")

    def _without_paths(self, text: str) -> str:
        root = self.competition.root
        for path in (str(root.resolve()), str(root)):
            text = text.replace(f"{path}/", "") if len(path) > 1 else text
        return text
