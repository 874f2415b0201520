"""Calls a student's function on every input and writes each answer to a file. Run as a script by `guard.py`.

Arguments: the working folder and the function's name. Before the student's code runs, a fence forbids the network,
other programs, files outside the working folder, and this project, which contains the answers. The fence stops mistakes
and simple malice, but not deliberate machine code.
"""

import os
import sys
from pathlib import Path

import numpy as np

_DENIED = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.kill",
    "os.startfile",
    "pty.",
    "ftplib.",
    "urllib.",
    "webbrowser.",
)
_CHANGING = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.utime",
    "shutil.",
)
_HIDDEN = ("pipeline", "leaderboard")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def fence(work: str) -> None:
    """Forbid, for the rest of this process, what a solution does not need."""
    inside = work + os.sep

    def outside(path) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):  # a file descriptor, a mode or a time
            return False
        name = os.path.realpath(os.fsdecode(path))
        return not name.startswith(inside) and name not in (work, os.devnull)

    def hook(event: str, arguments: tuple) -> None:
        """Refuse an event of `sys.addaudithook` that a solution does not need."""
        if event == "import" and arguments[0].split(".")[0] in _HIDDEN:
            raise ImportError(f"{arguments[0]} may not be used in an answer: write the function yourself")
        if event.startswith(_DENIED):
            raise PermissionError(f"an answer may not start programs or use the network ({event})")
        paths = arguments[:1] if event == "open" and arguments[2] & _WRITES else ()
        paths = arguments[:2] if event.startswith(_CHANGING) else paths
        if any(map(outside, paths)):
            raise PermissionError(f"an answer may not change files ({event} {arguments[0]!r})")

    sys.addaudithook(hook)


def main(work: str, name: str) -> None:
    """Load the function, call it on each case, write NNN.npy or NNN.txt."""
    cases = _cases(work)
    fence(work)
    try:
        function = _function(work, name)
    except BaseException as error:
        for number in range(len(cases)):
            _say(work, number, error)
        return
    for number, case in enumerate(cases):
        try:
            _save(work, number, function(**case))
        except BaseException as error:
            _say(work, number, error)
            if isinstance(error, MemoryError):  # larger inputs would only take longer to fail
                return


def _cases(work: str) -> list[dict]:
    with np.load(Path(work, "inputs.npz"), allow_pickle=False) as file:
        cases: dict[int, dict] = {}
        for key in file.files:
            number, _, name = key.partition(".")
            value = file[key]
            cases.setdefault(int(number), {})[name] = value if value.ndim else value.item()
    return [cases[number] for number in sorted(cases)]


def _function(work: str, name: str):
    path = Path(work, "student.py")
    space = {"__name__": "student", "__file__": str(path)}
    code = compile(path.read_bytes(), "student.py", "exec")
    exec(code, space)
    if not callable(space.get(name)):
        raise NameError(f"there is no function {name}")
    return space[name]


def _save(work: str, number: int, result) -> None:
    if result is None:
        raise TypeError("the function returns None; does it end with `return`?")
    if hasattr(result, "detach"):  # a torch tensor
        result = result.detach().cpu().resolve_conj().resolve_neg().numpy()
    array = np.asarray(result)
    if array.dtype.kind not in "biufcU":
        raise TypeError(f"the function returns {type(result).__name__}, not numbers")
    with Path(work, f"{number:03d}.npy").open("wb") as file:
        np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)


def _say(work: str, number: int, error: BaseException) -> None:
    line = _line(error)
    text = f"{type(error).__name__}: {error}{f' (line {line})' if line else ''}"
    Path(work, f"{number:03d}.txt").write_text(text[:1000], encoding="utf-8", errors="replace")


def _line(error: BaseException) -> int:
    """The last line of the student's file in the error's traceback; 0 if there is none."""
    last, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "student.py":
            last = trace.tb_lineno
        trace = trace.tb_next
    return last


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
