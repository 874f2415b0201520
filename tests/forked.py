"""A command in a fork of this process: a process of its own that need not import everything again."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path


def run_in_fork(work: Callable[[], int], folder: Path, encoding: str = "utf-8") -> tuple[int, bytes, str]:
    """Run `work` in `folder`, with standard output in `encoding`: the exit code (70: a traceback), output and errors."""
    places = [folder / "stdout.txt", folder / "stderr.txt"]
    child = os.fork()
    if child == 0:
        code = 70
        try:
            for number, place in enumerate(places, 1):
                os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdout = open(1, "w", encoding=encoding, closefd=False)
            sys.stderr = open(2, "w", encoding=encoding, errors="backslashreplace", closefd=False)
            os.chdir(folder)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, places[0].read_bytes(), places[1].read_text()
