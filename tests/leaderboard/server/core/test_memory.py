"""Memory of large files goes back to the system."""

import subprocess
import sys
from pathlib import Path

import pytest

from leaderboard.server.core import memory

CODE = """
import sys
from leaderboard.server.core import memory
if sys.argv[1] == "set":
    assert memory.return_freed_memory()
def resident():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1]) // 1024
before = resident()
files = [bytes(bytearray(b"x" * 1024) * 4000) for _ in range(20)]
files, kept = None, bytes(bytearray(100_000))
files = [bytes(bytearray(b"x" * 1024) * 4000) for _ in range(20)]
small = bytes(bytearray(b"y" * 1000))
files = None
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells a process's memory there")
def test_large_files_leave_nothing_behind() -> None:
    if not memory.return_freed_memory():
        pytest.skip("this C library has no mallopt")
    command = [sys.executable, "-c", CODE, "set"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10, "megabytes kept of 80"
