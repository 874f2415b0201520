"""Runs one student's process under limits and ends it with all that it started. Run as a script; needs no library.

Arguments: the working folder, the function's name, seconds, bytes of memory. Prints one line of JSON.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

_LARGEST_FILE = 2**24
_BECOME_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl


def main(work: str, function: str, seconds: float, memory: int) -> dict:
    """Run, wait, end; whether it was late and which signal ended it."""
    _adopt_orphans()
    command = [sys.executable, "-I", "-B", str(Path(__file__).with_name("call.py")), work, function]
    with (Path(work) / "output.txt").open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: _set_limits(seconds, memory),
        )
        try:
            late = _is_late(child, seconds)
        finally:
            _end(child)
    return {"late": late or child.returncode == -signal.SIGXCPU, "signal": max(0, -child.returncode) * (not late)}


def _adopt_orphans() -> None:
    """On Linux, a process whose parent ends becomes ours, so that none can run on behind our back."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)


def _set_limits(seconds: float, memory: int) -> None:
    limits = {
        "RLIMIT_CPU": int(seconds) + 1,
        # RLIMIT_DATA counts what is written to; RLIMIT_AS would count the gigabytes that libraries only map.
        "RLIMIT_DATA": memory,
        "RLIMIT_FSIZE": _LARGEST_FILE,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 256,
    }
    for name, value in limits.items():
        with contextlib.suppress(OSError, ValueError):  # not every system has or enforces each
            resource.setrlimit(getattr(resource, name), (value, value))


def _is_late(child: subprocess.Popen, seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _end(child: subprocess.Popen) -> None:
    """Kill the process group, then every process that came to us."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    while descendants := _children():
        for process in descendants:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _children() -> list[int]:
    """Our children by Linux's process table; none elsewhere."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [int(word) for word in path.read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))))
