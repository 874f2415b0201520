"""Submit files to a competition, and die by SIGKILL at the Nth moment that could leave something half done.

Run as a script: folder, the moment to die at (0: never), files. Prints the number of each entry once accepted; the
moments are before and after each write to a file, flush, rename and commit.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from leaderboard.competition import entries
from leaderboard.competition.competition import Competition


class Countdown:
    """Counts the moments of this process, and kills it at one of them."""

    def __init__(self, moment: int) -> None:
        self.left = moment
        for name in ("fsync", "replace", "write"):
            setattr(os, name, self._around(getattr(os, name)))

    def watch(self, engine: sa.Engine) -> None:
        """Count the statements and commits of a database too."""
        engine.dialect.do_commit = self._around(engine.dialect.do_commit)  # type: ignore[method-assign]
        sa.event.listen(engine, "before_cursor_execute", lambda *_: self._tick())

    def _tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _around(self, call: Callable) -> Callable:
        def wrapped(*args: object, **kwargs: object) -> object:
            self._tick()
            result = call(*args, **kwargs)
            self._tick()
            return result

        return wrapped


def main(folder: str, moment: str, *files: str) -> None:
    countdown = Countdown(int(moment))
    competition = Competition(Path(folder))
    countdown.watch(competition.store.engine)
    for file in files:
        receipt = entries.submit(competition, "a", Path(file))
        # Not os.write: what is printed has been promised.
        sys.stdout.write(f"{receipt.submission}\n")
        sys.stdout.flush()
    print("done", -countdown.left)


if __name__ == "__main__":
    main(*sys.argv[1:])
