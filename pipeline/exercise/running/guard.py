"""Runs a student's process under limits, and ends it with all processes it started. A script without dependencies.

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
_MORE_TASKS = 64
"""Processes and threads that an answer may start, in addition to those of its user."""
# Of Linux's prctl: PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER.
_DIE_WITH_PARENT, _BECOME_SUBREAPER = 1, 36


def main(work: str, function: str, seconds: float, memory: int) -> dict:
    """Run the process, wait, and end it; return whether it exceeded the time and which signal ended it."""
    _adopt_orphans()
    tasks = _tasks_of_user()
    command = [sys.executable, "-I", "-B", str(Path(__file__).with_name("call.py")), work, function]
    with (Path(work) / "output.txt").open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: _set_limits(seconds, memory, tasks),
        )
        try:
            late = _is_late(child, seconds)
        finally:
            _end(child)
    return {"late": late or child.returncode == -signal.SIGXCPU, "signal": max(0, -child.returncode) * (not late)}


def _adopt_orphans() -> None:
    """On Linux, adopt processes whose parent has ended, so that none can keep running unnoticed."""
    _prctl(_BECOME_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _tasks_of_user() -> int | None:
    """Number of processes and threads of our user from Linux's process table; None on other systems."""
    if sys.platform != "linux":
        return None
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # a process can end while we look
            count += len(list((process / "task").iterdir())) if process.stat().st_uid == os.getuid() else 0
    return count


def _set_limits(seconds: float, memory: int, tasks: int | None) -> None:
    _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    limits = {
        "RLIMIT_CPU": int(seconds) + 1,
        # RLIMIT_DATA counts memory that is written; RLIMIT_AS would also count the gigabytes that libraries only map.
        "RLIMIT_DATA": memory,
        "RLIMIT_FSIZE": _LARGEST_FILE,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 256,
    }
    if tasks is not None:
        limits["RLIMIT_NPROC"] = tasks + _MORE_TASKS  # the kernel does not enforce it for the superuser
    for name, value in limits.items():
        with contextlib.suppress(OSError, ValueError):  # not every system has or enforces all of them
            resource.setrlimit(getattr(resource, name), (value, value))


def _is_late(child: subprocess.Popen, seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _end(child: subprocess.Popen) -> None:
    """Kill the process group, then every adopted process."""
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
    """Our children from Linux's process table; empty on other systems."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [int(word) for word in path.read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))))
