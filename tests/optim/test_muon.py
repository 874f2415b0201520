"""Muon against the singular value decomposition and a step by hand; its SGD against torch.optim's."""

import io

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from pipeline.core import hardware
from pipeline.optim import muon
from pipeline.optim.muon import Muon, orthogonalise, orthogonalise_all

SHAPES = [(8, 27), (27, 8), (16, 16), (1, 9)]


@pytest.fixture(params=["each alone", "few calls"])
def either_path(request, monkeypatch):
    """Each test once on the path of a CPU and once on that of a GPU, here on the CPU."""
    few = request.param == "few calls"
    monkeypatch.setattr(hardware, "calls_cost_time", lambda device: few)


def matrix(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES)
def test_five_steps_bring_every_singular_value_into_the_known_band(shape):
    values = np.linalg.svd(orthogonalise(matrix(shape), steps=5).numpy(), compute_uv=False)
    assert values.min() > 0.65
    assert values.max() < 1.25


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("steps", [1, 3, 5])
def test_the_singular_vectors_stay_and_each_value_goes_through_the_quintic(shape, steps):
    u, values, vt = np.linalg.svd(matrix(shape).numpy(), full_matrices=False)
    values = values / np.sqrt((values**2).sum())
    for _ in range(steps):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    np.testing.assert_allclose(orthogonalise(matrix(shape), steps).numpy(), u * values @ vt, atol=1e-6)


def test_one_step_is_far_from_orthogonal_on_an_ill_conditioned_matrix():
    u, _, v = torch.linalg.svd(matrix((8, 8)))
    poor = u @ torch.diag(torch.logspace(0, -6, 8, dtype=torch.float64)) @ v
    assert np.linalg.svd(orthogonalise(poor, steps=1).numpy(), compute_uv=False).min() < 0.1


def test_the_result_does_not_depend_on_the_scale_of_the_matrix():
    one, thousand = orthogonalise(matrix((8, 27))), orthogonalise(1000 * matrix((8, 27)))
    torch.testing.assert_close(one, thousand, rtol=1e-5, atol=1e-6)


def test_a_zero_matrix_and_bfloat16_give_finite_results_of_the_same_type():
    assert orthogonalise(torch.zeros(4, 9)).abs().max() == 0
    half = orthogonalise(matrix((8, 27)).bfloat16())
    assert half.dtype == torch.bfloat16
    assert half.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_matrices_of_several_sizes_at_once_are_as_each_alone(dtype):
    shapes = [*SHAPES, (8, 40), (50, 8), (16, 17)]  # smaller sides 8, 16, 1; some tall
    matrices = [matrix(shape, seed).to(dtype) for seed, shape in enumerate(shapes)]
    for together, given in zip(orthogonalise_all(matrices), matrices, strict=True):
        assert together.shape == given.shape
        torch.testing.assert_close(
            together, orthogonalise(given), rtol=0, atol=0.02 if dtype == torch.bfloat16 else 1e-12
        )


def polar(a, steps=3):
    """The quintic iteration by numpy's SVD: an independent way to the same matrix."""
    u, values, vt = np.linalg.svd(a, full_matrices=False)
    values = values / np.sqrt((values**2).sum())
    for _ in range(steps):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return u * values @ vt


def test_three_steps_are_taken_unless_asked_otherwise():
    for result in (orthogonalise(matrix((8, 27))), *orthogonalise_all([matrix((8, 27))])):
        np.testing.assert_allclose(result.numpy(), polar(matrix((8, 27)).numpy(), steps=3), atol=1e-6)


def test_a_ten_millionth_is_added_to_the_norm():
    """So that a gradient of zero is not divided by zero: a number of this size becomes one half."""
    half = 3.4445 / 2 - 4.7750 / 8 + 2.0315 / 32
    assert orthogonalise(torch.tensor([[1e-7]], dtype=torch.float64), 1).item() == pytest.approx(half)


def test_a_norm_beyond_the_range_of_float16_is_taken():
    large = 5000 * matrix((8, 27))
    assert large.norm() > torch.finfo(torch.float16).max
    result = orthogonalise(large.half())
    assert result.dtype == torch.float16
    np.testing.assert_allclose(result.double().numpy(), polar(large.numpy()), atol=0.02)


@pytest.mark.usefixtures("either_path")
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("nesterov", [True, False])
def test_two_muon_steps_on_a_filter_bank_by_hand(memory, nesterov):
    lr, momentum, decay = 0.2, 0.6, 0.1
    start, *gradients = (matrix((6, 4, 3, 3), seed).numpy() for seed in range(3))
    parameter = nn.Parameter(torch.tensor(start).to(memory_format=memory))
    optimizer = Muon([{"params": [parameter], "kind": "muon", "lr": lr, "momentum": momentum, "nesterov": nesterov,
                       "weight_decay": decay}])  # fmt: skip
    weights, buffer = start.copy(), np.zeros_like(start)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient).to(memory_format=memory)
        optimizer.step()
        buffer = momentum * buffer + gradient
        direction = gradient + momentum * buffer if nesterov else buffer
        weights = weights * np.sqrt(6) / np.linalg.norm(weights) * (1 - lr * decay)
        weights = weights - lr * polar(direction.reshape(6, -1)).reshape(start.shape)
        np.testing.assert_allclose(parameter.detach().numpy(), weights, atol=1e-6)


def steps_of_muon(half, monkeypatch, steps=3):
    """Float32 weights after some steps on a filter bank, with the iteration in bfloat16 or not."""
    monkeypatch.setattr(muon, "bf16_is_fast", lambda device: half)
    start, *gradients = (matrix((16, 4, 3, 3), seed).float() for seed in range(1 + steps))
    parameter = nn.Parameter(start.clone())
    optimizer = Muon([{"params": [parameter], "kind": "muon", "lr": 0.2, "momentum": 0.6}])
    for gradient in gradients:
        parameter.grad = gradient
        optimizer.step()
    assert parameter.dtype == optimizer.state[parameter]["momentum_buffer"].dtype == torch.float32
    return parameter.detach()


@pytest.mark.usefixtures("either_path")
def test_where_bfloat16_is_fast_a_step_is_that_of_float32_to_two_digits(monkeypatch):
    half, single = (steps_of_muon(half, monkeypatch) for half in (True, False))
    distance = (half - single).norm() / single.norm()
    assert 0 < distance < 0.01  # of steps that change the weights by a fifth each


def test_a_checkpoint_that_calls_bfloat16_otherwise_goes_on_the_same():
    after = []
    for known in ("bf16", "half", None):
        parameter = nn.Parameter(matrix((16, 4, 3, 3), 0).float())
        optimizer = Muon([{"params": [parameter], "kind": "muon"}])
        state = optimizer.state_dict()
        for group in state["param_groups"]:
            assert group.pop("bf16")
            if known:
                group[known] = True
        optimizer.load_state_dict(state)
        parameter.grad = matrix((16, 4, 3, 3), 1).float()
        optimizer.step()
        after.append(parameter.detach())
    assert torch.equal(after[0], after[1])
    assert torch.equal(after[0], after[2])


@pytest.mark.parametrize(("known", "bf16"), [({"bf16": False}, False), ({"half": False}, False), ({}, True)])
def test_a_checkpoint_says_whether_bfloat16_is_allowed(known, bf16):
    optimizer = Muon([{"params": [nn.Parameter(torch.ones(2, 2))], "kind": "muon"}])
    state = optimizer.state_dict()
    for group in state["param_groups"]:
        del group["bf16"]
        group.update(known)
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["bf16"] == bf16


def test_a_group_can_forbid_bfloat16(monkeypatch):
    monkeypatch.setattr(muon, "bf16_is_fast", lambda device: True)
    seen = []
    monkeypatch.setattr(muon, "orthogonalise_all", lambda flat, steps: seen.append(flat[0].dtype) or flat)
    parameter = nn.Parameter(matrix((16, 4, 3, 3), 0).float())
    for half in (True, False):
        parameter.grad = torch.ones_like(parameter)
        Muon([{"params": [parameter], "kind": "muon"}], bf16=half).step()
    parameter = nn.Parameter(matrix((16, 4, 3, 3), 0))
    parameter.grad = torch.ones_like(parameter)
    Muon([{"params": [parameter], "kind": "muon"}]).step()
    # Double precision is asked for where it matters.
    assert seen == [torch.bfloat16, torch.float32, torch.float64]


def small_network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5))


def train(network, optimizer, steps, first=0, schedule=None):
    for step in range(first, first + steps):
        images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), torch.arange(6) % 5).backward()
        optimizer.step()
        if schedule:
            schedule.step()
    return torch.cat([p.detach().flatten() for p in network.parameters()])


@pytest.mark.usefixtures("either_path")
@pytest.mark.parametrize(("momentum", "nesterov", "decay"), [(0.9, True, 5e-4), (0.9, False, 0.1), (0.0, False, 0.0)])
def test_sgd_is_torchs_sgd_over_several_steps(momentum, nesterov, decay):
    ours, theirs = small_network(), small_network()
    group = {"params": list(ours.parameters()), "kind": "sgd", "momentum": momentum, "nesterov": nesterov}
    reference = torch.optim.SGD(
        theirs.parameters(), lr=0.05, momentum=momentum, nesterov=nesterov, weight_decay=decay, foreach=True
    )
    got = train(ours, Muon([group | {"lr": 0.05, "weight_decay": decay}]), 6)
    torch.testing.assert_close(got, train(theirs, reference, 6), rtol=1e-6, atol=1e-7)


def test_gradients_of_other_strides_are_not_fused(monkeypatch):
    """A class token's may have them: torch ignores the strides of axes of length one."""
    calls = []
    monkeypatch.setattr(hardware, "calls_cost_time", lambda device: True)
    monkeypatch.setattr(muon.sgd, "sgd", lambda *lists, **options: calls.append(options["fused"]))
    token = nn.Parameter(torch.zeros(1, 1, 5))
    optimizer = Muon([{"params": [token], "momentum": 0.5, "lr": 0.1}])
    token.grad = torch.ones(5).as_strided((1, 1, 5), (7, 7, 1))
    optimizer.step()
    assert calls == []
    np.testing.assert_allclose(token.detach().flatten().numpy(), 5 * [-0.15], rtol=1e-6)
    token.grad = torch.ones(1, 1, 5)
    optimizer.step()
    assert calls == [True]


def mixed(network):
    """Groups of both rules."""
    filters, bias, *head = network.parameters()
    return Muon([
        {"params": [filters], "kind": "muon", "lr": 0.1},
        {"params": [bias], "kind": "sgd", "lr": 0.05},
        {"params": head, "kind": "sgd", "lr": 0.01, "weight_decay": 0.1},
    ])  # fmt: skip


@pytest.mark.usefixtures("either_path")
def test_a_saved_and_loaded_optimizer_goes_on_bit_identically():
    straight, stopped = small_network(), small_network()
    expected = train(straight, mixed(straight), 7)
    optimizer = mixed(stopped)
    train(stopped, optimizer, 4)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    resumed = mixed(stopped)
    resumed.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(train(stopped, resumed, 3, first=4), expected)
    forgetful = small_network()
    train(forgetful, mixed(forgetful), 4)
    assert not torch.equal(train(forgetful, mixed(forgetful), 3, first=4), expected)


@pytest.mark.parametrize("first", [True, False])
def test_a_run_can_go_on_on_the_other_kind_of_device(first, monkeypatch):
    after = []
    for second in (first, not first):
        network = small_network()
        monkeypatch.setattr(hardware, "calls_cost_time", lambda device: first)
        optimizer = mixed(network)
        train(network, optimizer, 3)
        resumed = mixed(network)
        resumed.load_state_dict(optimizer.state_dict())
        monkeypatch.setattr(hardware, "calls_cost_time", lambda device, second=second: second)
        after.append(train(network, resumed, 2, first=3))
    torch.testing.assert_close(*after, rtol=1e-4, atol=1e-5)


def test_torchs_schedulers_move_the_rate_of_every_group():
    network = small_network()
    optimizer = mixed(network)
    train(network, optimizer, 3, schedule=LambdaLR(optimizer, lambda step: 1 - step / 4))
    np.testing.assert_allclose([g["lr"] for g in optimizer.param_groups], [0.025, 0.0125, 0.0025])


def test_a_closure_is_called_and_its_loss_comes_back():
    network = small_network()
    optimizer = mixed(network)

    def closure():
        optimizer.zero_grad()
        loss = network(torch.ones(2, 3, 8, 8)).square().mean()
        loss.backward()
        return loss

    before = network[0].weight.detach().clone()
    assert optimizer.step(closure).item() > 0
    assert not torch.equal(network[0].weight, before)


@pytest.mark.usefixtures("either_path")
def test_a_parameter_without_gradient_is_left_alone():
    network = small_network()
    network[0].weight.requires_grad_(False)
    before = network[0].weight.clone()
    train(network, mixed(network), 2)
    assert torch.equal(network[0].weight, before)


def test_an_unknown_rule_is_refused_by_name():
    with pytest.raises(ValueError, match="'lion'; allowed: muon, sgd"):
        Muon([{"params": [nn.Parameter(torch.ones(2))], "kind": "lion"}])


def test_without_options_it_is_sgd_with_nesterov_momentum_and_no_decay():
    group = Muon([{"params": [nn.Parameter(torch.zeros(2))]}]).param_groups[0]
    del group["params"]
    assert group == {
        "kind": "sgd", "lr": 0.1, "weight_decay": 0.0, "momentum": 0.9, "nesterov": True, "newton_schulz_steps": 3,
        "normalise": True, "bf16": True,
    }  # fmt: skip
