"""torch's own samples of its convolutions (OpInfo, module_db), run against this package from outside."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from tests.forked import run_in_fork

JUDGE = Path(__file__).with_name("torch_judge.py")
ALL = ["float64", "float32", "float16", "bfloat16", "complex64", "complex128"]


def judge(folder, *arguments):
    def work():
        sys.argv = [str(JUDGE), *arguments]
        runpy.run_path(str(JUDGE), run_name="__main__")
        return 0

    code, output, errors = run_in_fork(work, folder)
    assert code == 0, errors[-2000:]
    return json.loads(output.splitlines()[-1])


def test_one_dtype(tmp_path):
    found = judge(tmp_path, "float64")
    assert {name: part["failed"] for name, part in found.items()} == {"functions": [], "errors": [], "layers": []}
    assert found["functions"]["tried"] >= 200
    assert found["errors"]["tried"] >= 27
    assert found["layers"]["tried"] >= 18


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_dtype(tmp_path):
    found = judge(tmp_path, *ALL)
    assert {name: part["failed"] for name, part in found.items()} == {"functions": [], "errors": [], "layers": []}
    assert sum(part["tried"] for part in found.values()) >= 1000


@pytest.mark.slow
def test_a_forgotten_flip_is_seen(tmp_path):
    found = judge(tmp_path, "float64", "flipped")
    assert len(found["functions"]["failed"]) >= 0.4 * found["functions"]["tried"]
    assert len(found["layers"]["failed"]) >= 0.5 * found["layers"]["tried"]
