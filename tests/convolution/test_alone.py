"""The folder can be lifted out: it works where neither `pipeline` nor anything but torch is at hand."""

import shutil
import subprocess
import sys
from pathlib import Path

import pipeline.convolution
from tests.forked import run_in_fork, without

NEEDLESS = ("pipeline", "scipy", "matplotlib", "timm", "pytorch_lightning")
SCRIPT = """
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


class Refuse:
    """Finds none of what must not be needed."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in NEEDLESS:
            raise ImportError(f"{name} must not be needed")


def test_the_folder_works_elsewhere(tmp_path):
    shutil.copytree(Path(pipeline.convolution.__file__).parent, tmp_path / "lifted")

    def work() -> int:
        without(*NEEDLESS)
        sys.meta_path.insert(0, Refuse())
        sys.path.insert(0, str(tmp_path))
        exec(SCRIPT, {"__name__": "__main__"})
        return 0

    code, output, error = run_in_fork(work, tmp_path)
    assert code == 0, error
    assert output.decode().startswith("Convolution2d(1, 1")


def test_help_imports_no_torch():
    code = "import sys; from pipeline.convolution.commands.cli import main\n"
    code += "try: main(['--help'])\nfinally: assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "explain" in done.stdout
