"""Recipes on a simulated GPU: all their tensors meet there, and no step waits for it.

Not the recurrent ones: torch's LSTM asks the driver itself.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from pipeline.config import read_recipe
from pipeline.training.recipe import LogConfig
from pipeline.training.settings import LookaheadConfig, SelectionConfig
from tests import tiny
from tests.fake_gpu import fake_gpu
from tests.tiny import train

CONFIGS = Path(__file__).parents[1] / "configs"
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Lightning's and torch's, on drivers that are not there
    pytest.mark.skipif(not torch.backends.cuda.is_built(), reason="the simulated GPU needs a torch built with CUDA"),
]


def cut(name, **changes):
    """The recipe as it stands, but for two epochs on few images, not compiled, and with fewer residual blocks."""
    recipe = read_recipe(CONFIGS / f"{name}.yaml")
    recipe = replace(recipe, model=replace(recipe.model, wide_resnet=replace(recipe.model.wide_resnet, depth=10)))
    recipe = replace(recipe, data=replace(recipe.data, validation=6), log=LogConfig(wandb="off"))
    return replace(recipe, train=replace(recipe.train, length="2 epochs", compile=False), **changes)


def waits(monkeypatch, folder, recipe, batch_size, extra=()):
    """Where the run waits for the GPU, how often; of 12 images."""
    recipe = replace(recipe, train=replace(recipe.train, batch_size=batch_size))
    with fake_gpu(monkeypatch) as gpu:
        train(recipe, tiny.dataset(18, test=6), folder / str(batch_size), extra=list(extra))
    return Counter(gpu.waits)


WITH_LOOKAHEAD = {"lookahead": LookaheadConfig(every=2), "selection": SelectionConfig(share=0.5, proxy="self")}


@pytest.mark.parametrize(
    ("name", "changes"),
    [(name, {}) for name in ("fast", "strongest", "best", "resnet18", "convolution")] + [("fast", WITH_LOOKAHEAD)],
    ids=["fast", "strongest", "best", "resnet18", "convolution", "lookahead and selection by itself"],
)
def test_twice_as_many_steps_wait_no_more_often_for_the_gpu(name, changes, tmp_path, monkeypatch):
    few, many = (waits(monkeypatch, tmp_path, cut(name, **changes), size) for size in (12, 6))
    assert sum(few.values()) > 0, "an epoch's end reads its figures"
    assert many - few == Counter()


class ReadsEveryLoss(pl.Callback):
    """What must not be done."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        float(outputs["loss"])


class AddsFromTheCPU(pl.Callback):
    """Nor this."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        batch[0] + torch.zeros(3, 1, 1)


class AddsListsFromTheCPU(pl.Callback):
    """Nor this, all at once."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        torch._foreach_add([batch[0]], [torch.zeros(3, 1, 1)])


class IndexesFromTheCPU(pl.Callback):
    """This is allowed, but copies first."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        batch[0][torch.tensor([0, 1])]


class CopiesEveryStep(pl.Callback):
    """Nor that: a copy from memory that is not pinned."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        torch.zeros(3, 1, 1).to(pl_module.device)


@pytest.mark.parametrize("mistake", [ReadsEveryLoss, IndexesFromTheCPU, CopiesEveryStep])
def test_a_wait_at_every_step_is_seen(mistake, tmp_path, monkeypatch):
    few, many = (waits(monkeypatch, tmp_path, cut("fast"), size, [mistake()]) for size in (12, 6))
    assert sum((many - few).values()) == 2
    assert all(place.startswith("test_gpu.py") for place in many - few)


@pytest.mark.parametrize("mistake", [AddsFromTheCPU, AddsListsFromTheCPU])
def test_a_tensor_left_on_the_cpu_is_refused(mistake, tmp_path, monkeypatch):
    with pytest.raises(Exception, match=r"same device|found two different devices"):
        waits(monkeypatch, tmp_path, cut("fast"), 4, [mistake()])
