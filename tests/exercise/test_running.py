"""A student's file in a process of its own: hostile, endless and broken ones do no harm and say why."""

import contextlib
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import UserError
from pipeline.exercise.judging import FailedCall
from pipeline.exercise.registry import find
from pipeline.exercise.running import Limits, run
from pipeline.exercise.running.run import LARGEST_ANSWER, printable, read_answer

CASES = find("convolve-by-hand").cases(0)[:2]


def outcome(tmp_path, body, head="", seconds=20.0, memory=1024):
    file = tmp_path / "ada.py"
    file.write_text(f"{head}\ndef convolve_by_hand(x, w):\n    {body}\n")
    return run(file, "convolve_by_hand", CASES, Limits(seconds=seconds, memory=memory))


def test_the_answers_come_back(tmp_path):
    answers = outcome(tmp_path, "return 2 * x").answers
    assert all((answer == 2 * case["x"]).all() for answer, case in zip(answers, CASES, strict=True))


def test_torch_and_complex_answers(tmp_path):
    done = outcome(tmp_path, "return torch.tensor(x, requires_grad=True) * 1j", "import torch")
    assert (done.answers[0] == 1j * CASES[0]["x"]).all()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return x[9]", "IndexError: index 9 is out of bounds for axis 0 with size 3 (line 3)"),
        ("x", "TypeError: the function returns None; does it end with `return`?"),
        ("return {1: 2}", "TypeError: the function returns dict, not numbers"),
        ("return [object()]", "TypeError: the function returns list, not numbers"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("import os; os._exit(0)", "the process ended without an answer"),
        ("import os; os.system('true')", "may not start programs or use the network (os.system)"),
        ("import subprocess; subprocess.run(['true'])", "may not start programs"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "may not start programs or use the network"),
        ("import os; os.fork()", "may not start programs"),
        ("import os; os.kill(os.getppid(), 9)", "may not start programs"),
        ("import pipeline.exercise.registry", "may not be used in an answer"),
        ("open(r'{path}', 'w')", "may not change files"),
        ("import os; os.remove(r'{path}')", "may not change files"),
        ("import os; os.rename('student.py', r'{path}')", "may not change files"),
        ("import os; os.mkdir(r'{path}x')", "may not change files"),
        ("import shutil; shutil.rmtree(r'{path}')", "may not change files"),
        ("return bytearray(2**31)", "MemoryError"),
        ("return convolve_by_hand(x, w)", "RecursionError"),
        ("raise ValueError('\\x1b[2J\\n' * 3)", "ValueError: ?[2J ?[2J ?[2J"),
    ],
)
def test_a_call_that_fails_says_why(tmp_path, body, reason):
    kept = tmp_path / "kept"
    kept.write_text("kept")
    done = outcome(tmp_path, body.replace("{path}", str(kept)))
    assert isinstance(done.answers[0], FailedCall)
    assert reason in done.answers[0].reason
    assert kept.read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ada.py", "kept"]


def test_an_endless_answer_is_stopped(tmp_path):
    start = time.monotonic()
    done = outcome(tmp_path, "while True: pass", seconds=1.0)
    assert done.stopped == "stopped after 1 seconds"
    assert done.answers[0] == FailedCall(reason="stopped after 1 seconds")
    assert time.monotonic() - start < 10


def test_a_process_that_hides_is_ended_too(tmp_path):
    """By the C library, behind the fence's back, in a session of its own."""
    body = "import ctypes; c = ctypes.CDLL(None)\n    if c.fork() == 0: c.setsid(); c.pause()\n    return x"
    before = _python_processes()
    assert not outcome(tmp_path, body).stopped
    assert _python_processes() <= before


def _python_processes() -> set[str]:
    """Processes of `call.py`, by Linux's process table."""
    if not Path("/proc/self").is_dir():
        pytest.skip("the process table is read from /proc, which this system lacks")
    found = set()
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # a process may end while we look
            if b"exercise/running/call.py" in command.read_bytes():
                found.add(command.parent.name)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the limits and the death with the parent are Linux's")
def test_an_answer_that_ends_its_guard_ends_with_it(tmp_path):
    body = "import ctypes, os; c = ctypes.CDLL(None); c.kill(os.getppid(), 9); c.pause(); return x"
    before = _python_processes()
    assert outcome(tmp_path, body).stopped == "it ended the process that watches it (signal 9)"
    deadline = time.monotonic() + 10
    while not _python_processes() <= before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _python_processes() <= before


@pytest.mark.skipif(sys.platform != "linux", reason="the limits and the death with the parent are Linux's")
def test_the_limits_are_set(tmp_path):
    names = ("CPU", "DATA", "FSIZE", "CORE", "NOFILE", "NPROC")
    body = f"return [resource.getrlimit(getattr(resource, 'RLIMIT_' + n))[1] for n in {names}]"
    limits = dict(zip(names, outcome(tmp_path, body, "import resource", seconds=3).answers[0].tolist(), strict=True))
    assert (limits["CPU"], limits["DATA"], limits["CORE"]) == (4, 1024 * 2**20, 0)
    assert limits["FSIZE"] == 2**24
    assert 64 <= limits["NPROC"] < 100_000


def test_a_missing_file_and_a_missing_function(tmp_path):
    with pytest.raises(UserError, match=r"none\.py: No such file or directory"):
        run(tmp_path / "none.py", "f", CASES, Limits())
    (tmp_path / "a.py").write_text("def g(): pass")
    assert run(tmp_path / "a.py", "f", CASES, Limits()).answers[1] == FailedCall(
        reason="NameError: there is no function f"
    )
    (tmp_path / "a.py").write_text("def g(:")
    assert "SyntaxError" in run(tmp_path / "a.py", "f", CASES, Limits()).answers[0].reason


def test_an_answer_file_of_a_stranger_is_not_unpickled(tmp_path):
    with (tmp_path / "000.npy").open("wb") as file:
        np.lib.format.write_array(file, np.array([{}], dtype=object), version=(1, 0))
    assert read_answer(tmp_path, 0) == FailedCall(reason="the answer's dtype is object; give numbers")
    (tmp_path / "001.npy").write_bytes(b"\x80\x04.")
    assert read_answer(tmp_path, 1) == FailedCall(reason="the answer is not an array")
    (tmp_path / "002.npy").symlink_to("/dev/zero")
    assert read_answer(tmp_path, 2) == FailedCall(reason="the process ended without an answer")
    (tmp_path / "003.txt").write_bytes(b"\xff" * 10**5)
    assert len(read_answer(tmp_path, 3).reason) == 300


def test_an_answer_that_claims_to_be_huge_is_not_allocated(tmp_path):
    with (tmp_path / "000.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**9)}
        np.lib.format.write_array_header_1_0(file, header)
    assert read_answer(tmp_path, 0) == FailedCall(reason=f"the answer has more than {LARGEST_ANSWER >> 20} MiB")


def test_what_is_printed_is_one_line():
    assert printable("a\x1b[31m\nb\u202ec") == "a?[31m b?c"
