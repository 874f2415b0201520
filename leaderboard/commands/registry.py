"""The registry of commands: a new command is a file here and a line in COMMANDS."""

from __future__ import annotations

import argparse
from typing import Protocol

from leaderboard.commands import (
    audit,
    backup,
    benchmark,
    demo,
    entry,
    export,
    freeze,
    gradebook,
    init,
    inspect,
    join,
    login,
    publish,
    quota,
    rehearse,
    report,
    rescore,
    reveal,
    rules,
    score,
    select,
    serve,
    share,
    standings,
    submissions,
    submit,
    team,
    tutor_token,
    validate,
)


class Command(Protocol):
    """What the module of a command provides.

    `add_parser` adds one parser and sets its default `run`: a function from the parsed arguments to the exit code. The
    module is imported for every `--help`, so it imports heavy packages (NumPy, SQLAlchemy) only when the command runs.
    """

    def add_parser(self, commands: argparse._SubParsersAction) -> None: ...


# In the order of `leaderboard --help`.
COMMANDS: tuple[Command, ...] = (
    validate,
    score,
    submit,
    submissions,
    standings,
    select,
    entry,
    quota,
    login,
    init,
    team,
    freeze,
    reveal,
    rescore,
    rules,
    publish,
    serve,
    tutor_token,
    share,
    join,
    demo,
    rehearse,
    audit,
    inspect,
    export,
    gradebook,
    report,
    backup,
    benchmark,
)
