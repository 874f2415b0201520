"""A command in a fork of this process: a process of its own that need not import everything again."""

import os
import sys
import traceback
from collections.abc import Callable
from io import FileIO, TextIOWrapper
from pathlib import Path


def run_in_fork(work: Callable[[], int], folder: Path, encoding: str = "utf-8") -> tuple[int, bytes, str]:
    """Run `work` in `folder`, with output in `encoding`: the exit code (70: a traceback), output and errors."""
    places = [folder / "stdout.txt", folder / "stderr.txt"]
    child = os.fork()
    if child == 0:
        code = 70
        try:
            for number, place in enumerate(places, 1):
                os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdout = TextIOWrapper(FileIO(1, "w", closefd=False), encoding)
            sys.stderr = TextIOWrapper(FileIO(2, "w", closefd=False), encoding, errors="backslashreplace")
            os.chdir(folder)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, places[0].read_bytes(), places[1].read_text()


def without(*packages: str) -> None:
    """Forget these packages, in a fork: a script then imports them as in a fresh process."""
    for name in [name for name in sys.modules if name.split(".")[0] in packages]:
        del sys.modules[name]
