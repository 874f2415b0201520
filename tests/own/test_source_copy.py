"""An own network's run: its code is kept, found again after a move, and runs for others only if they trust it."""

import shutil

import pytest
import torch

from pipeline import cli
from pipeline.core.errors import UserError
from pipeline.models.settings import ModelConfig
from pipeline.optim.config import OptimConfig
from pipeline.own import source_copy
from pipeline.runs import folder as runs
from tests import tiny
from tests.own.test_parts import NET, net

__all__ = ["net"]


@pytest.fixture
def run(net, monkeypatch):
    """A finished run of mynet.py in another folder, its file gone; the same account."""
    monkeypatch.setenv("XDG_STATE_HOME", str(net / "state"))
    recipe = tiny.recipe(
        model=ModelConfig(name="./mynet.py:Net", own={"width": 5}), optim=OptimConfig(kind="adamw", lr=0.01)
    )
    folder = runs.create(net / "runs", "own", "cifar10", recipe)
    tiny.train(recipe, tiny.dataset(), folder)
    (net / "mynet.py").unlink()
    (net / "shapes.py").unlink()
    return folder.rename(net / "moved")


def weights(folder, **options):
    return runs.load_network(folder, runs.open_run(folder, **options)).state_dict()


def test_a_moved_run_predicts_with_its_own_copy(run):
    assert sorted(path.name for path in (run / "source").iterdir()) == ["mynet.py", "shapes.py"]
    saved = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    for name, value in weights(run).items():
        assert torch.equal(value, saved[f"model.{name}"])
    assert not list(run.rglob("__pycache__"))


def test_another_account_must_trust_the_code_first(run, net, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(net / "other"))
    (run / "source" / "mynet.py").write_text(f"import pathlib\npathlib.Path({str(net / 'owned')!r}).touch()\n" + NET)
    for _ in range(2):
        with pytest.raises(UserError, match=r"contains code of its own \(\./mynet\.py:Net\).*add --trust"):
            runs.open_run(run)
    assert cli.main(["predict", str(run)]) == 2
    assert cli.main(["train", "--resume", str(run)]) == 2
    assert not (net / "owned").exists()
    weights(run, trust=True)
    assert (net / "owned").exists()
    weights(run)


def test_a_name_alone_is_code_too(run, net, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(net / "other"))
    shutil.rmtree(run / "source")
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(
        config.replace("./mynet.py:Net", "os:system").replace("width: 5", f"command: touch {net}/owned")
    )
    with pytest.raises(UserError, match=r"os:system.*--trust"):
        runs.open_run(run)
    assert not (net / "owned").exists()


def test_compiled_code_in_the_folder_counts(run):
    (run / "source" / "__pycache__").mkdir()
    (run / "source" / "__pycache__" / "shapes.cpython-311.pyc").write_bytes(b"x")
    with pytest.raises(UserError, match="--trust"):
        runs.open_run(run)


def test_a_changed_file_is_said(run, net, capsys):
    (net / "mynet.py").write_text(NET + "# newer")
    weights(run)
    assert "mynet.py was changed since training; this run uses its own copy" in capsys.readouterr().err
    (run / "source" / "shapes.py").write_text("SIZE = 3  # edited\n")
    weights(run, trust=True)
    assert "shapes.py was changed since training" in capsys.readouterr().err


def test_a_recipe_without_own_parts_keeps_nothing(tmp_path):
    assert source_copy.named_parts(tiny.recipe()) == {}
    folder = runs.create(tmp_path, "plain", "cifar10", tiny.recipe())
    assert not (folder / "source").exists()


LIGHTNING = """
import pytorch_lightning as pl
import torch
from torch import nn

class Lit(pl.LightningModule):
    def __init__(self, classes: int):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(3072, classes))
    def forward(self, images):
        return self.net(images)
    def training_step(self, batch, index):
        images, targets = batch
        loss = nn.functional.multi_margin_loss(self(images), targets)
        self.log("margin", loss)
        return loss
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.001)
"""


def test_a_lightning_module_trains_with_its_own_loss_and_optimizer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lit.py").write_text(LIGHTNING)
    recipe = tiny.recipe(model=ModelConfig(name="./lit.py:Lit"))
    trained = tiny.train(recipe, tiny.dataset(), tmp_path / "run")
    assert type(trained.trainer.optimizers[0]) is torch.optim.SGD
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    assert "train_loss" in rows[0]
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(trained.model(images), runs.load_network(tmp_path / "run", recipe)(images))


CHECKED = {
    "wrong": (
        "nn.Sequential(nn.Flatten(), nn.Linear(3072, 5))",
        r"4 images gave \(4, 5\); expected logits of shape \(4, 10\)",
    ),
    "crash": ("nn.Linear(7, 10)", "its forward pass raised RuntimeError"),
    "bare": ("nn.Flatten()", "gave|no parameter"),
}


@pytest.mark.parametrize("kind", CHECKED)
def test_a_network_that_cannot_train_is_refused_before_the_first_step(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    body, message = CHECKED[kind]
    (tmp_path / "n.py").write_text(f"from torch import nn\ndef net():\n    return {body}\n")
    with pytest.raises(UserError, match=message):
        tiny.check(tiny.recipe(model=ModelConfig(name="./n.py:net"), optim=OptimConfig(kind="adamw")), tiny.dataset())


def test_what_is_unusual_is_said_and_trains(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.py").write_text(
        "import numpy as np, torch\nfrom torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a, self.unused = nn.Linear(3072, 10), nn.Linear(2, 2)\n"
        "        self.a.bias.data[0] = float(np.random.default_rng().random())\n"
        "    def forward(self, x):\n"
        "        return self.a(x.flatten(1))\n"
    )
    tiny.check(tiny.recipe(model=ModelConfig(name="./n.py:Net"), optim=OptimConfig(kind="adamw")), tiny.dataset())
    said = capsys.readouterr().err
    assert "has 2 parameters that get no gradient, such as unused.weight" in said
    assert "starts from different weights each time (a.bias) despite the seed" in said


def test_rates_of_the_whitened_network_are_refused_with_another(tmp_path):
    recipe = tiny.recipe(model=ModelConfig(name="resnet18"), optim=OptimConfig(head_lr=670, bias_lr=53))
    with pytest.raises(UserError, match=r"head_lr 670 .*use --config configs/own\.yaml --model\.name resnet18"):
        tiny.check(recipe, tiny.dataset())


def test_a_run_with_a_constant_rate_trains_longer(run):
    with pytest.raises(UserError, match=r"optim\.schedule linear was planned for its 2 epochs.*--model\.weights"):
        runs.extend_length(run, "3 epochs")
    text = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(text.replace("schedule: linear", "schedule: constant"))
    runs.extend_length(run, "3 epochs")
    assert runs.recipe_of(run).train.length == "3 epochs"
