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


def main(folder: str, moment: str, *files: str) -> None:
    countdown = [int(moment)]

    def tick() -> None:
        countdown[0] -= 1
        if countdown[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(call: Callable) -> Callable:
        def wrapped(*args: object, **kwargs: object) -> object:
            tick()
            result = call(*args, **kwargs)
            tick()
            return result

        return wrapped

    for name in ("fsync", "replace", "write"):
        setattr(os, name, around(getattr(os, name)))
    competition = Competition(Path(folder))
    dialect = competition.store.engine.dialect
    dialect.do_commit = around(dialect.do_commit)
    sa.event.listen(competition.store.engine, "before_cursor_execute", lambda *_: tick())
    for file in files:
        receipt = entries.submit(competition, "a", Path(file))
        # Not os.write: what is printed has been promised.
        sys.stdout.write(f"{receipt.submission}\n")
        sys.stdout.flush()
    print("done", -countdown[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
