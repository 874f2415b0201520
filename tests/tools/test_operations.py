"""The count of operations against blocks whose operations are known, and that of fast.yaml below its peers'."""

from dataclasses import replace

import pytest
import torch

from pipeline.config import read_recipe, write_recipe
from pipeline.core.duration import Run
from pipeline.models import registry
from pipeline.models.settings import ModelConfig, WhitenedConfig
from pipeline.optim.build import optimizer_and_schedule
from tests.fake_gpu import DEVICE, fake_gpu
from tests.tools import operations
from tests.tools.operations import Operations

# A step of hiverge's CIFAR-10 speedrun, counted in the same way; see docs/benchmarks.md.
PEER = 127


def narrow():
    """The fast recipe with a quarter of its widths, which changes no count."""
    return replace(
        read_recipe(operations.FAST), model=ModelConfig(name="whitened", whitened=WhitenedConfig(widths=(16, 64, 64)))
    )


def test_views_and_allocations_are_not_counted_and_a_list_counts_once():
    with Operations() as counted:
        x = torch.empty(4, 6)
        x.fill_(1)
        x.T.reshape(3, 8)  # a copy
        x.view(24)[:12].unflatten(0, (3, 4)).mT.detach()
        torch._foreach_add_([x, x], 1)
        x @ x.T
    assert counted.names == {"fill_": 1, "clone": 1, "_foreach_add_": 1, "mm": 1}
    assert counted.total == 4


@pytest.mark.parametrize("early", [True, False])
def test_on_a_gpu_a_step_of_the_fast_recipe_calls_fewer_operations_than_its_peers(early):
    step = operations.count(narrow(), gpu=True, early=early)
    assert step.total == sum(part.total for part in step.counted.values()) < PEER
    assert step.counted["optimizer"].total <= 25


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not torch.backends.cuda.is_built(), reason="the simulated GPU needs a torch built with CUDA")
def test_the_optimizer_takes_the_same_path_on_a_simulated_gpu(monkeypatch):
    recipe = read_recipe(operations.FAST)
    with fake_gpu(monkeypatch):
        network = registry.build(ModelConfig(name="whitened"), 10).to(DEVICE)
        run = Run(batch_size=10, steps_per_epoch=5, total_steps=5)
        optimizer, _ = optimizer_and_schedule(network, recipe.optim, run)
        for _ in range(2):
            for parameter in network.parameters():
                parameter.grad = torch.empty_like(parameter) if parameter.requires_grad else None
            with Operations() as counted:
                optimizer.step()
    assert counted.names == operations.count(narrow(), gpu=True, early=True).counted["optimizer"].names


def test_the_command_prints_both_devices(capsys, tmp_path):
    write_recipe(narrow(), tmp_path / "narrow.yaml")
    assert operations.main(["--names", "--config", str(tmp_path / "narrow.yaml")]) == 0
    output = capsys.readouterr().out
    assert output.count("GPU, early parameters") == output.count("CPU, early parameters") == 2
    assert "_fused_sgd_" in output
