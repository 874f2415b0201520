"""torch's own samples of its convolutions (OpInfo, module_db), run against this package from outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALL = ["float64", "float32", "float16", "bfloat16", "complex64", "complex128"]


def judge(*arguments):
    command = [sys.executable, str(Path(__file__).with_name("torch_judge.py")), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_one_dtype():
    found = judge("float64")
    assert {name: part["failed"] for name, part in found.items()} == {"functions": [], "errors": [], "layers": []}
    assert found["functions"]["tried"] >= 200
    assert found["errors"]["tried"] >= 27
    assert found["layers"]["tried"] >= 18


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_dtype():
    found = judge(*ALL)
    assert {name: part["failed"] for name, part in found.items()} == {"functions": [], "errors": [], "layers": []}
    assert sum(part["tried"] for part in found.values()) >= 1000


@pytest.mark.slow
def test_a_forgotten_flip_is_seen():
    found = judge("float64", "flipped")
    assert len(found["functions"]["failed"]) >= 0.4 * found["functions"]["tried"]
    assert len(found["layers"]["failed"]) >= 0.5 * found["layers"]["tried"]
