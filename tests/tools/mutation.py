"""Mutation testing: change one operator or constant of a room at a time and see whether the room's tests notice.

`python -m tests.tools.mutation leaderboard/scoring --mutants 25 --seed 0` prints the mutants that survived.
Tests run in a copy of the repository, so the files here stay as they are.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.test_beside import ROOT, covered, expected_test

# A mutant that takes more CPU seconds, for example in an endless loop, is ended; so is one that waits for ever.
CPU_LIMIT, WAIT_LIMIT = 60, 1800
# Loaded once, before the fork: their import takes longer than most tests.
LIBRARIES = ("numpy", "sqlalchemy", "hypothesis", "pytest", "scipy.stats", "torch", "torchvision", "pytorch_lightning")

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One changed expression of a file: its line, before and after, and the whole changed text."""

    path: Path
    line: int
    before: str
    after: str
    text: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    text = path.read_text()
    lines = text.encode().splitlines(keepends=True)
    for node in expressions(ast.parse(text)):
        for changed in changes(node):
            start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
            end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
            before, after = ast.unparse(node), ast.unparse(changed)
            whole = text.encode()[:start] + f"({after})".encode() + text.encode()[end:]
            yield Mutant(path, node.lineno, before, after, whole.decode())


def expressions(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that run: no annotations, and no text that only parts of an f-string are."""
    for name, value in ast.iter_fields(tree):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or name in ("annotation", "returns", "decorator_list"):
                continue
            if isinstance(child, ast.JoinedStr):
                continue
            if isinstance(child, ast.expr):
                yield child
            yield from expressions(child)


def changes(node: ast.expr) -> Iterator[ast.expr]:
    """The expression with one operator, constant or name replaced."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if type(operator) in OPERATORS:
                changed = copy.deepcopy(node)
                changed.ops[place] = OPERATORS[type(operator)]()
                yield changed
    elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in OPERATORS:
        changed = copy.deepcopy(node)
        changed.op = OPERATORS[type(node.op)]()
        yield changed
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id])


def survives(mutant: Mutant, copied: Path) -> bool:
    """Whether all tests pass on the mutant."""
    target = copied / mutant.path.relative_to(ROOT)
    target.write_text(mutant.text)
    try:
        return run_tests(copied, tests_of(mutant.path.relative_to(ROOT)))
    finally:
        target.write_text(mutant.path.read_text())


def run_tests(copied: Path, tests: list[str]) -> bool:
    """Run tests in a fork and say whether they all passed."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
        signal.alarm(WAIT_LIMIT)
        code = 1
        with contextlib.suppress(BaseException):
            code = _pytest(copied, tests)
        os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def _pytest(copied: Path, tests: list[str]) -> int:
    import pytest

    os.chdir(copied)
    os.environ["PYTHONPATH"] = str(copied)
    sys.path.insert(0, str(copied))
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "leaderboard", "pipeline")]:
        del sys.modules[name]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return int(pytest.main(["-q", "-x", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))


def tests_of(module: Path) -> list[str]:
    """The test file beside a module, or the one that covers it, then the others of its room."""
    beside = expected_test(module)
    name = ".".join(module.with_suffix("").parts)
    first = beside if (ROOT / beside).is_file() else Path("tests", f"{covered()[name]}.py")
    room = sorted(path.relative_to(ROOT) for path in (ROOT / beside.parent).glob("test_*.py"))
    return [str(path) for path in dict.fromkeys([first, *room])]


def copy_of_repository(folder: Path) -> Path:
    """A copy of the files that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in listed.stdout.decode().split("\0")[:-1]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def main(arguments: list[str] | None = None) -> None:
    """Run a sample of a room's mutants and print the survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.mutation", description=__doc__)
    parser.add_argument("room", help="such as leaderboard/scoring")
    parser.add_argument("--mutants", type=int, default=25, help="how many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    # Compiled files could be older than the mutant.
    os.environ.update(OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = True
    everything = [mutant for path in sorted((ROOT / given.room).glob("*.py")) for mutant in mutants(path)]
    drawn = random.Random(given.seed).sample(everything, min(given.mutants, len(everything)))
    for name in LIBRARIES:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        copied = copy_of_repository(Path(folder))
        tests = {test: None for mutant in drawn for test in tests_of(mutant.path.relative_to(ROOT))}
        if not run_tests(copied, list(tests)):
            sys.exit("error: the tests fail without any mutant: mend them first")
        survivors = 0
        for each in drawn:
            if survives(each, copied):
                survivors += 1
                print(f"{each.path.relative_to(ROOT)}:{each.line}: {each.before}  ->  {each.after}", flush=True)
    print(f"{given.room}: {len(drawn) - survivors} of {len(drawn)} killed, of {len(everything)} mutants in all")


if __name__ == "__main__":
    main()
