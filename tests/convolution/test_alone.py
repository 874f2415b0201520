"""The folder can be lifted out: it works where neither `pipeline` nor anything but torch is at hand."""

import shutil
import subprocess
import sys
from pathlib import Path

import pipeline.convolution

SCRIPT = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pipeline", "scipy", "matplotlib", "timm", "pytorch_lightning"}:
            raise ImportError(f"{name} must not be needed")

sys.meta_path.insert(0, Refuse())
import itertools
import torch
import lifted
from lifted import identities

assert all(hasattr(lifted, name) for name in lifted.__all__)
measure = identities._measure  # of all cases, this would take seconds
identities._measure = lambda name, wrong, cases, dtype: measure(name, wrong, itertools.islice(cases, 5), dtype)
assert all(row.holds for row in lifted.verify_identities(torch.float32))
print(lifted.Convolution2d(1, 1, 3))
"""


def test_the_folder_works_elsewhere(tmp_path):
    folder = Path(pipeline.convolution.__file__).parent
    shutil.copytree(folder, tmp_path / "lifted", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Convolution2d(1, 1")


def test_help_imports_no_torch():
    code = "import sys; from pipeline.convolution.commands.cli import main\n"
    code += "try: main(['--help'])\nfinally: assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "explain" in done.stdout
