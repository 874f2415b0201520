"""The mutants of a file: one change each, in expressions that run, and valid Python."""

import ast

from tests.test_beside import ROOT
from tests.tools import mutation

SOURCE = '''"""Docs."""
from __future__ import annotations

LIMIT: int = 3


def clipped(x: int | None, on: bool = True) -> int:
    if x is not None and x < LIMIT:
        return min(x, -1) if not on else x + 1
    return f"{x + 1}"
'''


def mutants_of(tmp_path, text=SOURCE):
    path = tmp_path / "source.py"
    path.write_text(text)
    return list(mutation.mutants(path))


def test_every_operator_constant_and_name_is_changed_once(tmp_path):
    changes = {(mutant.line, mutant.before, mutant.after) for mutant in mutants_of(tmp_path)}
    assert changes == {
        (4, "3", "4"),
        (7, "True", "False"),
        (8, "x is not None and x < LIMIT", "x is not None or x < LIMIT"),
        (8, "x is not None", "x is None"),
        (8, "x < LIMIT", "x <= LIMIT"),
        (9, "min(x, -1) if not on else x + 1", "x + 1 if not on else min(x, -1)"),
        (9, "min", "max"),
        (9, "1", "2"),
        (9, "not on", "on"),
        (9, "x + 1", "x - 1"),
    }


def test_a_mutant_is_the_file_with_one_expression_replaced(tmp_path):
    for mutant in mutants_of(tmp_path):
        ast.parse(mutant.text)
        lines = zip(SOURCE.splitlines(), mutant.text.splitlines(), strict=True)
        assert [number for number, (old, new) in enumerate(lines, 1) if old != new] == [mutant.line]


def test_letters_beyond_ascii_do_not_move_the_change(tmp_path):
    (mutant,) = mutants_of(tmp_path, 'name = "é" if a else "b"  # ü\n')
    assert mutant.text == "name = ('b' if a else 'é')  # ü\n"


def test_a_module_is_judged_by_the_test_beside_it_first():
    module = mutation.Path("leaderboard/scoring/solution.py")
    tests = mutation.tests_of(module)
    assert tests[0] == "tests/leaderboard/scoring/test_solution.py"
    assert all((ROOT / test).is_file() for test in tests)


def test_tests_fail_for_a_mutant_that_they_notice(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_one():\n    assert 1 + 1 == 2\n")
    assert mutation.run_tests(tmp_path, ["test_one.py"])
    (tmp_path / "test_one.py").write_text("def test_one():\n    assert 1 - 1 == 2\n")
    assert not mutation.run_tests(tmp_path, ["test_one.py"])
