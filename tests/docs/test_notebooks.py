"""The notebook for a hosted GPU, executed in a real kernel with the stand-in; progress bars and threads there."""

import re
from pathlib import Path

import pytest

nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
pytestmark = pytest.mark.timeout(400)
ROOT = Path(__file__).parents[2]
QUICK = {
    "data.source": "stand-in", "data.train_limit": 300, "data.validation": 100, "train.batch_size": 50,
    "train.length": "2 steps", "train.kernels": "torch", "predict.views": 1, "log.wandb": "off",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder beside the kit; what is trusted later is remembered there too."""
    (tmp_path / "kit").symlink_to(ROOT)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def executed(notebook, folder):
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


def text_of(notebook) -> str:
    """All outputs as text."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(output.get("text", "") + str(output.get("data", "")) for output in outputs)


@pytest.mark.slow
def test_the_notebook_for_a_hosted_gpu_runs_from_top_to_bottom(folder):
    notebook = nbformat.read(ROOT / "docs" / "notebooks" / "hosted_gpu.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    (parameters,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    names = re.findall(r"^(\w+) =", parameters.source, re.MULTILINE)
    assert names == ["DATA_DIR", "SETTINGS", "TEAM"]
    parameters.source = f'DATA_DIR = "data"\nSETTINGS = {QUICK}\nTEAM = "me"'
    said = text_of(executed(notebook, folder))
    assert (folder / "submission.csv").read_text().startswith("id,label\n")
    assert "Rank 1 of 1" in said
    assert said.count("image/png") == 3
    assert 'value="2" max="2"></progress> training steps: 2 of 2' in said
    assert "Traceback" not in said


def test_training_in_a_kernel_and_in_a_thread_of_it(folder):
    """With `from pipeline import Recipe, train, predict` alone."""
    cells = [
        "from pipeline import Recipe, predict, train\nfrom tests import tiny\nfrom pipeline.data import sources\n"
        "sources.load = lambda config: tiny.dataset()\nsources.exact_config = lambda config, taken: config\n"
        "from pipeline.runs import figures\nfor name in ('curves', 'confusion', 'mistakes'):\n"
        "    setattr(figures, name, lambda *_: figures.new_figure(figsize=(1, 1)))",
        "run = train(tiny.recipe(), {'train.length': '3 steps', 'predict.views': 1})\n"
        "isinstance(tiny.recipe(), Recipe)",
        "import threading\nthread = threading.Thread(target=train, args=(tiny.recipe(), {'train.length': '2 steps'}))\n"
        "thread.start(); thread.join()",
        "predict(run).shape",
        "import sys; 'ipywidgets' in sys.modules",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    done = executed(notebook, folder)
    said = [text_of(nbformat.v4.new_notebook(cells=[cell])) for cell in done.cells]
    assert 'value="3" max="3"></progress> training steps: 3 of 3' in said[1]
    assert "predicting: 20 of 20" in said[1]
    assert "True" in said[1]
    assert 'value="2" max="2"></progress> training steps: 2 of 2' in said[2]
    assert "(20, 12)" in said[3]
    assert "False" in said[4]
