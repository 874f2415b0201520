"""Start the guarded process, pass it the inputs, and read its answers. Nothing is unpickled."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.errors import UserError

from ..exercise import Inputs
from ..judging import Answer, FailedCall

_HERE = Path(__file__).parent
LARGEST_ANSWER = 2**24
"""Bytes. The answers to the exercises are far smaller."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a student's file may use, for all its calls together."""

    seconds: float = 20.0
    memory: int = 2048
    """MiB of memory that the process may write to."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """The answers of one file."""

    answers: list[Answer]
    stopped: str = ""
    """Why the process was stopped before its last answer; empty if it was not."""


def run(file: Path, function: str, cases: Sequence[Inputs], limits: Limits) -> Run:
    """Call `function` of a student's file on every case, in a separate process.

    Raises:
        UserError: a file that cannot be read.
    """
    try:
        source = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}; give the student's Python file") from None
    with tempfile.TemporaryDirectory(prefix="exercise-") as folder:
        work = Path(folder).resolve()
        (work / "student.py").write_bytes(source)
        _write_inputs(work, cases)
        stopped = _run_guard(work, function, limits)
        answers = [read_answer(work, number) for number in range(len(cases))]
    if stopped:
        answers = [FailedCall(reason=stopped) if a == FailedCall(reason=_NO_ANSWER) else a for a in answers]
    return Run(answers=answers, stopped=stopped)


_NO_ANSWER = "the process ended without an answer"


def _write_inputs(work: Path, cases: Sequence[Inputs]) -> None:
    arrays: dict[str, Any] = {
        f"{number:03d}.{name}": value for number, case in enumerate(cases) for name, value in case.items()
    }
    np.savez(work / "inputs.npz", **arrays)


def _run_guard(work: Path, function: str, limits: Limits) -> str:
    """Run the guard, which runs the student's file; return why it was stopped, or an empty string."""
    command = [sys.executable, "-I", "-B", str(_HERE / "guard.py")]
    command += [str(work), function, str(limits.seconds), str(limits.memory * 2**20)]
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    # One thread, since several students are judged at once, and idle threads take memory.
    environment |= {"HOME": str(work), "TMPDIR": str(work), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, cwd=work, capture_output=True, text=True)
    if done.returncode < 0:
        return f"it ended the process that watches it (signal {-done.returncode})"
    if done.returncode:
        raise RuntimeError(f"the guard of a student's process failed: {done.stderr}")
    report = json.loads(done.stdout)
    if report["late"]:
        return f"stopped after {limits.seconds:g} seconds"
    if report["signal"]:
        return f"ended by signal {report['signal']}"
    return ""


def read_answer(work: Path, number: int) -> Answer:
    """The answer to one case: an array of numbers or words, or the reason why there is none.

    The file is untrusted: it is read as a plain array of at most LARGEST_ANSWER bytes, and never unpickled.
    """
    message, array = work / f"{number:03d}.txt", work / f"{number:03d}.npy"
    if _plain(array):
        return _array(array)
    if _plain(message):
        return FailedCall(reason=printable(_head(message).decode("utf-8", errors="replace")))
    return FailedCall(reason=_NO_ANSWER)


def printable(text: str, longest: int = 300) -> str:
    """The text as one line without control characters, so that a student's program cannot control the terminal."""
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else "?" for c in line)[:longest]


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST_ANSWER + 1)


def _array(path: Path) -> Answer:
    with path.open("rb") as stream:
        try:
            np.lib.format.read_magic(stream)
            shape, column_first, dtype = np.lib.format.read_array_header_1_0(stream)
        except ValueError:
            return FailedCall(reason="the answer is not an array")
        if dtype.hasobject or dtype.kind not in "biufcU":
            return FailedCall(reason=f"the answer's dtype is {dtype}; give numbers")
        data = stream.read(LARGEST_ANSWER + 1)
    if len(data) != np.prod(shape, dtype=object) * dtype.itemsize:
        return FailedCall(reason=f"the answer has more than {LARGEST_ANSWER >> 20} MiB")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if column_first else "C")
