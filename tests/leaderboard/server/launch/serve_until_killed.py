"""Serve a competition, and die by SIGKILL at the Nth moment that could leave something half done.

Run as a script: folder, port, the moment to die at (0: never), counted from the first answer on.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from leaderboard.competition.competition import Competition
from leaderboard.server.backend.backend import Backend
from leaderboard.server.core.settings import Settings
from leaderboard.server.launch.run import Server
from tests.leaderboard.competition.submit_until_killed import Countdown


def main(folder: str, port: str, moment: str) -> None:
    competition = Competition(Path(folder), long_running=True)
    countdown = Countdown(0)
    countdown.watch(competition.store.engine)

    def ready() -> None:
        countdown.left = int(moment)
        print("ready", flush=True)

    Server(competition.root, lambda: Backend(competition), Settings(port=int(port)), 1).run(ready)


if __name__ == "__main__":
    main(*sys.argv[1:])
