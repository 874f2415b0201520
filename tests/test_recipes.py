"""The recipes that want a GPU or published weights, cut to two steps on tiny images."""

from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl
import timm
import torch

from pipeline.config import read_recipe
from pipeline.models.settings import TimmConfig, WideResNetConfig
from pipeline.runs import folder as runs
from pipeline.training.recipe import LogConfig
from tests import tiny
from tests.tiny import train

CONFIGS = Path(__file__).parents[1] / "configs"


class Start(pl.Callback):
    """Keeps the weights before the first step."""

    def on_train_start(self, trainer, pl_module) -> None:
        self.weights = {name: value.clone() for name, value in pl_module.model.state_dict().items()}


def cut(recipe_name, **model):
    """The recipe with another network, two steps of ten images, on the CPU."""
    recipe = read_recipe(CONFIGS / f"{recipe_name}.yaml")
    small = {
        "length": "2 steps",
        "batch_size": 10,
        "device": "cpu",
        "precision": "fp32",
        "compile": False,
        "kernels": "torch",
    }
    return replace(
        recipe,
        data=replace(recipe.data, validation=10),
        model=replace(recipe.model, **model),
        train=replace(recipe.train, **small),
        log=LogConfig(wandb="off"),
    )


def run(recipe, folder):
    """Train; the weights before and after, and the logits of the network that predicts."""
    start = Start()
    trained = train(recipe, tiny.dataset(), folder, extra=[start])
    network = runs.load_network(folder, recipe)
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return start.weights, trained.model.state_dict(), network(images)


def test_best_trains_a_wide_residual_network(tmp_path):
    recipe = cut("best", wide_resnet=WideResNetConfig(depth=10, width=1))
    before, after, logits = run(recipe, tmp_path)
    assert (recipe.model.name, recipe.averaging.kind, recipe.augment.cutmix) == ("wide_resnet", "ema", 1.0)
    assert not torch.equal(before["blocks.1.conv1.weight"], after["blocks.1.conv1.weight"])
    assert logits.isfinite().all()


def test_finetune_starts_from_a_local_files_weights_with_a_new_classifier(tmp_path):
    file = tmp_path / "weights.pth"
    torch.manual_seed(5)
    source = timm.create_model("test_convnext", num_classes=1000).state_dict()
    torch.save(source, file)
    timm_config = replace(read_recipe(CONFIGS / "finetune.yaml").model.timm, pretrained=False, weights=str(file))
    assert timm_config.image_size > TimmConfig().image_size
    recipe = cut("finetune", name="timm:test_convnext", timm=timm_config)
    before, after, logits = run(recipe, tmp_path)
    head = {"network.head.fc.weight", "network.head.fc.bias"}
    assert set(before) - head == {f"network.{name}" for name in source} - head
    assert all(torch.equal(before[f"network.{n}"], v) for n, v in source.items() if f"network.{n}" not in head)
    assert before["network.head.fc.weight"].shape[0] == 10
    assert not torch.equal(before["network.stem.0.weight"], after["network.stem.0.weight"])
    assert logits.isfinite().all()


def test_a_finetuned_run_predicts_without_the_file_it_began_from(tmp_path):
    file = tmp_path / "weights.pth"
    torch.save(timm.create_model("test_resnet", num_classes=1000).state_dict(), file)
    config = TimmConfig(weights=str(file), image_size=64)
    recipe = cut("finetune", name="timm:test_resnet", timm=config)
    train(recipe, tiny.dataset(), tmp_path)
    file.unlink()
    assert runs.load_network(tmp_path, recipe)(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
