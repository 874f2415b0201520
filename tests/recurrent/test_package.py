"""The folder can be lifted out: it needs torch alone, and importing it costs nothing."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

import pipeline.recurrent
from tests.forked import run_in_fork, without

FOLDER = Path(pipeline.recurrent.__file__).parent

IMPORTED = """
import sys
import lifted
assert "torch" not in sys.modules, "importing the package imports torch"
"""

LIFTED = """
import sys
import torch
from lifted import decompose, diagnose, record
from lifted.notes.slips import SLIPS
recording = record(torch.nn.LSTM(3, 4), torch.randn(6, 2, 3), lambda out, _: out.square().sum())
assert decompose(recording).check().ok
print(diagnose(recording).text(), SLIPS[22].measure().confirmed)
assert not [name for name in sys.modules if name.split(".")[0] == "pipeline"]
assert "matplotlib" not in sys.modules
assert "pytorch_lightning" not in sys.modules
"""


@pytest.fixture
def lifted(tmp_path):
    """Another project with a copy of the folder."""
    shutil.copytree(FOLDER, tmp_path / "lifted")
    return tmp_path


def test_importing_it_does_not_import_torch(lifted):
    command = [sys.executable, "-W", "error", "-c", IMPORTED]
    done = subprocess.run(command, cwd=lifted, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_lifted_into_another_project(lifted):
    def work() -> int:
        without("pipeline", "matplotlib", "pytorch_lightning")
        warnings.simplefilter("error")
        sys.path.insert(0, str(lifted))
        exec(LIFTED, {"__name__": "__main__"})
        return 0

    code, output, error = run_in_fork(work, lifted)
    assert code == 0, error
    assert output.decode().rstrip().endswith("True")


def test_no_file_knows_the_rest_of_the_project():
    knows = [path.name for path in FOLDER.rglob("*.py") if "from pipeline" in path.read_text(encoding="utf-8")]
    assert knows == []


def test_every_public_name_exists():
    for name in pipeline.recurrent.__all__:  # each in a process where other modules have been imported before
        assert getattr(pipeline.recurrent, name) is not None
        assert not isinstance(getattr(pipeline.recurrent, name), ModuleType), f"{name} is a module"
        assert not (FOLDER / f"{name}.py").exists(), f"importing {name}.py would hide the name"
        assert not (FOLDER / name).exists(), f"importing {name}/ would hide the name"
    assert not hasattr(pipeline.recurrent, "frobnicate")
