"""`recurrent diagnose RUN` on a run folder of this project."""

import numpy as np
import pytest
import torch

from pipeline.commands import recurrent
from pipeline.commands.recurrent import record_run
from pipeline.core.images import CLASSES, Dataset
from pipeline.data import sources
from pipeline.data.settings import DataConfig
from pipeline.models import registry
from pipeline.models.settings import ModelConfig, SequenceConfig
from pipeline.recurrent.errors import RecurrentError
from pipeline.runs import folder as runs
from pipeline.training.recipe import Recipe


@pytest.fixture
def dataset(monkeypatch):
    generator = np.random.default_rng(0)
    images = generator.integers(256, size=(60, 32, 32, 3), dtype=np.uint8)
    known = Dataset(
        name="cifar10",
        origin="a test",
        classes=CLASSES,
        train_images=images,
        train_labels=np.arange(60) % 10,
        test_images=images[:2],
        test_ids=np.arange(2),
    )
    monkeypatch.setattr(sources, "load", lambda config: known)
    return known


def finished_run(tmp_path, model, validation=20):
    recipe = Recipe(model=model, data=DataConfig(validation=validation))
    folder = runs.create(tmp_path, "rows", "cifar10", recipe)
    network = registry.build(recipe.model)
    state = {f"model.{name}": value for name, value in network.state_dict().items()}
    torch.save({"state_dict": state}, folder / "checkpoints" / "last.ckpt")
    return folder, network


MODEL = ModelConfig(name="sequence_rows", sequence=SequenceConfig(hidden=4))


def test_the_trained_network_is_recorded(tmp_path, dataset):
    folder, network = finished_run(tmp_path, MODEL)
    recording, note = record_run(folder, examples=5)
    assert torch.equal(recording.module.weight_hh_l0, network.recurrent.weight_hh_l0)
    assert recording.trajectory.lengths.tolist() == [32] * 5
    assert note == "sequence_rows, trained, 5 held-out images of cifar10"


def test_the_initial_network_is_another_one(tmp_path, dataset):
    folder, network = finished_run(tmp_path, MODEL, validation=0)
    recording, note = record_run(folder, examples=5, initial=True)
    assert not torch.equal(recording.module.weight_hh_l0, network.recurrent.weight_hh_l0)
    assert note == "sequence_rows, before training, 5 training images of cifar10"


def test_the_command_writes_into_the_run(tmp_path, dataset, capsys):
    folder, _ = finished_run(tmp_path, MODEL)
    assert recurrent.main(["diagnose", str(folder), "--examples", "3"]) == 0
    assert (folder / "figures" / "recurrent" / "report.html").is_file()
    assert "l0 (lstm, T = 32): horizon" in capsys.readouterr().out


def test_a_network_without_recurrence_is_refused(tmp_path, dataset):
    folder, _ = finished_run(tmp_path, ModelConfig(name="resnet18"))
    with pytest.raises(RecurrentError, match="nothing recurs"):
        record_run(folder, examples=2)
