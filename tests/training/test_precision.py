"""Precision: what the hardware is fast at, and float16 with a scaled loss, on a CPU and on a simulated Turing."""

from collections import Counter

import pytest
import torch

from pipeline.core import hardware
from pipeline.core.errors import UserError
from pipeline.optim.muon import orthogonalise
from pipeline.training import checks, devices, settings
from pipeline.training.devices import half_type, precision_of
from pipeline.training.settings import CheckpointConfig, SelectionConfig, TrainConfig
from pipeline.training.trainer import build_trainer
from tests import tiny
from tests.fake_gpu import fake_gpu
from tests.kernels.test_session import PowerCut

CUDA = torch.device("cuda")


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ((9, 0), torch.bfloat16),
        ((8, 0), torch.bfloat16),
        ((7, 5), torch.float16),
        ((7, 0), torch.float16),
        ((6, 1), None),
    ],
)
def test_auto_is_the_half_type_of_the_gpus_generation(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(devices, "device_of", lambda config: CUDA)
    assert hardware.half_type(CUDA) is expected
    assert half_type(TrainConfig()) is expected
    assert half_type(TrainConfig(precision="fp32")) is None
    assert precision_of(TrainConfig(precision="fp16")) == "fp16"


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_on_mps_half_types_are_refused_and_auto_is_float32(monkeypatch, precision):
    monkeypatch.setattr(checks, "accelerator", lambda config: "gpu")
    for module in (checks, devices):
        monkeypatch.setattr(module, "device_of", lambda config: torch.device("mps"))
    with pytest.raises(UserError, match=rf"train.precision is '{precision}', which is not tested on MPS: use fp32"):
        checks.check_devices(TrainConfig(precision=precision))
    assert half_type(TrainConfig()) is None


def scale(folder) -> dict:
    """The scaler's state in the last checkpoint."""
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["MixedPrecision"]


def half_recipe(**changes):
    return tiny.recipe(train={"precision": "fp16"}, checkpoint=CheckpointConfig(every=1, seconds=0), **changes)


def test_in_float16_a_run_learns_as_in_float32(tmp_path):
    plain = tiny.train(tiny.recipe(), tiny.dataset(), tmp_path / "plain").model.state_dict()
    half = tiny.train(half_recipe(), tiny.dataset(), tmp_path / "half").model.state_dict()
    assert scale(tmp_path / "half")["scale"] == 65536
    for name, value in half.items():
        assert value.dtype == plain[name].dtype
        if value.dtype.is_floating_point:
            assert (value - plain[name]).norm() <= 0.2 * plain[name].norm() + 0.02


def test_a_resumed_run_has_the_scalers_state_and_ends_with_the_same_bits(tmp_path):
    straight = tiny.train(half_recipe(), tiny.dataset(), tmp_path / "straight").model.state_dict()
    with pytest.raises(EOFError):
        tiny.train(half_recipe(), tiny.dataset(), tmp_path / "cut", extra=[PowerCut()])
    assert scale(tmp_path / "cut")["_growth_tracker"] == 3
    resumed = tiny.train(half_recipe(), tiny.dataset(), tmp_path / "cut", resume=True).model.state_dict()
    assert all(torch.equal(value, straight[name]) for name, value in resumed.items())
    assert scale(tmp_path / "cut") == scale(tmp_path / "straight")
    assert scale(tmp_path / "cut")["_growth_tracker"] == 10


def test_a_step_whose_gradients_overflow_is_skipped_and_the_scale_halved(tmp_path, monkeypatch):
    recipe = half_recipe()
    recipe_run = settings.lengths(recipe.train, 50)
    scaler = build_trainer(recipe, recipe_run, tmp_path, [], []).precision_plugin.scaler
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scaler.scale(weight.sum() * 1e38).backward()
    scaler.step(optimizer)
    scaler.update()
    assert weight.tolist() == [1, 1, 1]
    assert scaler.get_scale() == 32768


@pytest.mark.parametrize("size", [1e-6, 1.0, 1000.0])
def test_muons_iteration_stays_finite_in_float16(size):
    draw = torch.Generator().manual_seed(0)
    matrix = torch.randn(256, 600, generator=draw)
    half = orthogonalise((size * matrix).half())
    exact = orthogonalise((size * matrix).half().float())
    assert half.dtype == torch.float16
    assert half.isfinite().all()
    assert (half.float() - exact).norm() <= 0.02 * exact.norm()


@pytest.mark.filterwarnings("ignore")  # Lightning's and torch's, on drivers that are not there
@pytest.mark.skipif(not torch.backends.cuda.is_built(), reason="the simulated GPU needs a torch built with CUDA")
@pytest.mark.parametrize("selection", [SelectionConfig(), SelectionConfig(share=0.5)])
def test_a_simulated_turing_trains_in_float16_and_waits_once_a_step_for_the_scaler(tmp_path, monkeypatch, selection):
    waits = []
    for size in (20, 10):
        recipe = tiny.recipe(train={"batch_size": size, "precision": "auto", "device": "auto"}, selection=selection)
        with fake_gpu(monkeypatch, capability=(7, 5)) as gpu:
            assert precision_of(recipe.train) == "fp16"
            tiny.train(recipe, tiny.dataset(), tmp_path / str(size))
        waits.append(Counter(gpu.waits))
    more = waits[1] - waits[0]
    assert sum(more.values()) <= 6
    assert all("optimizer_step" in place for place in more), more
