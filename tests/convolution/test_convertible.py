"""Conversion is all or nothing: what would be left half done, or turned twice, is refused and nothing has changed."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.nn.utils import prune

from pipeline import convolution as C

IMAGES = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(1))


class Functional(nn.Module):
    """A convolution in words of its own."""

    def __init__(self, weight=None):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(3, 3, 3, 3)) if weight is None else weight

    def forward(self, x):
        return F.conv2d(x, self.kernel)


class Tied(nn.Module):
    """A decoder that takes the encoder's kernel into a functional call."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return F.conv_transpose2d(self.encoder(x), self.encoder.weight)


class Blur(nn.Module):
    """A fixed filter: no kernel that is trained, so nothing to convert."""

    def __init__(self):
        super().__init__()
        self.register_buffer("filter", torch.full((3, 1, 2, 2), 0.25))

    def forward(self, x):
        return F.conv2d(x, self.filter, groups=3)


def shared_outside():
    layer = nn.Conv2d(3, 3, 3)
    return nn.Sequential(layer, nn.ParameterList([layer.weight]))


def overlapping():
    first, second = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)
    second.weight.data = first.weight.data.transpose(0, 1)
    return nn.Sequential(first, second)


def shifted():
    memory = torch.randn(3 * 3 * 3 * 3 + 5)
    first, second = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)
    first.weight.data, second.weight.data = memory[:81].view(3, 3, 3, 3), memory[5:].view(3, 3, 3, 3)
    return nn.Sequential(first, second)


def expanded():
    layer = nn.Conv2d(3, 3, 3)
    layer.weight = nn.Parameter(torch.randn(1, 3, 3, 3).expand(3, 3, 3, 3))
    return nn.Sequential(nn.Conv2d(3, 3, 3), layer)


def pruned():
    model = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    prune.l1_unstructured(model[1], "weight", 0.5)
    return model


def quantised():
    model = nn.Sequential(torch.ao.quantization.QuantStub(), nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    model.qconfig = torch.ao.quantization.get_default_qconfig("x86")
    prepared = torch.ao.quantization.prepare(model.eval())
    prepared(IMAGES)
    converted = torch.ao.quantization.convert(prepared)
    return nn.Sequential(nn.Conv2d(3, 3, 3), converted)


REFUSED = {
    "a later layer is lazy": (lambda: nn.Sequential(nn.Conv2d(3, 3, 3), nn.LazyConv2d(3, 3)), "no weight yet"),
    "a later layer is computed": (
        lambda: nn.Sequential(nn.Conv2d(3, 3, 3), nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 3, 3))),
        r"1\.weight is computed",
    ),
    "pruned": (pruned, r"1\.weight is computed .*prune\.remove"),
    "a parameter of another module": (shared_outside, r"0\.weight shares its memory with 1\.0"),
    "overlapping views": (overlapping, r"0\.weight shares its memory with 1\.weight"),
    "shifted views": (shifted, r"shares its memory"),
    "an expanded kernel": (expanded, r"1\.weight is expanded.*contiguous"),
    "functional": (lambda: nn.Sequential(nn.Conv2d(3, 3, 3), Functional()), "1 .Functional. calls a functional"),
    "a tied decoder": (Tied, "the network .Tied. calls a functional"),
    "traced": (lambda: nn.Sequential(nn.Conv2d(3, 3, 3), torch.jit.trace(nn.Conv2d(3, 3, 3), IMAGES)), "traced"),
    "scripted": (lambda: nn.Sequential(nn.Conv2d(3, 3, 3), torch.jit.script(nn.Conv2d(3, 3, 3))), "scripted"),
    "a graph with a functional call": (lambda: fx.symbolic_trace(Functional()), "in its graph"),
    "quantised": (quantised, "is quantised"),
}  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore")  # torch's own, about its quantisation and tracing


def state_of(model):
    return [(type(m), [p.detach().clone() for p in m._parameters.values() if p is not None and not
                       isinstance(p, nn.UninitializedParameter)]) for m in model.modules()]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_seen_is_refused_and_nothing_has_changed(name):
    make, message = REFUSED[name]
    model = make()
    before = state_of(model)
    with pytest.raises(C.ConvolutionError, match=message) as caught:
        C.convert_convention(model, to="convolution")
    assert "\n" not in str(caught.value)
    for (kind, values), (kind_before, values_before) in zip(state_of(model), before, strict=True):
        assert kind is kind_before
        assert all(torch.equal(a, b) for a, b in zip(values, values_before, strict=True))


@pytest.mark.parametrize("name", ["functional", "traced", "scripted", "quantised", "a tied decoder"])
def test_reinterpretation_refuses_them_too(name):
    make, message = REFUSED[name]
    with pytest.raises(C.ConvolutionError, match=message):
        C.with_operation(make(), "convolution")


def test_a_change_that_fails_is_taken_back(monkeypatch):
    model = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    expected, before = model(IMAGES), copy.deepcopy(model.state_dict())
    copied, count = torch.Tensor.copy_, iter(range(99))

    def fails_once(self, other):
        if next(count) == 1:
            raise RuntimeError("no room")
        return copied(self, other)

    monkeypatch.setattr(torch.Tensor, "copy_", fails_once)
    with pytest.raises(C.ConvolutionError, match="the network stays as it was: no room"):
        C.convert_convention(model, to="convolution")
    monkeypatch.undo()
    assert all(type(layer) is nn.Conv2d for layer in model)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert torch.equal(model(IMAGES), expected)


def test_what_does_not_share_its_numbers_is_converted():
    memory = torch.randn(2 * 81)
    flat = nn.Sequential(nn.Conv2d(3, 3, 3, bias=False), Blur(), nn.Conv2d(3, 3, 3, bias=False))
    flat[0].weight.data, flat[2].weight.data = memory[:81].view(3, 3, 3, 3), memory[81:].view(3, 3, 3, 3)
    expected = flat(IMAGES)
    assert torch.equal(C.convert_convention(flat, to="convolution")(IMAGES), expected)


def test_a_kernel_of_one_tap_may_be_shared_with_anything():
    model = nn.Sequential(nn.Conv2d(3, 3, 1, bias=False), nn.Flatten(2), nn.Linear(144, 3, bias=False))
    model.append(nn.ParameterList([model[0].weight]))
    C.convert_convention(model, to="convolution")
    assert model[0].operation == "convolution"


STATES = {
    "an array": (lambda state: {**state, "0.weight": state["0.weight"].numpy()}, "is a ndarray, not a tensor"),
    "a list": (lambda state: {**state, "0.weight": [1.0]}, "is a list, not a tensor"),
    "a vector": (lambda state: {**state, "0.weight": torch.ones(3)}, r"has the shape \(3,\)"),
    "quantised": (
        lambda state: {**state, "0.weight": torch.quantize_per_tensor(state["0.weight"], 0.1, 0, torch.qint8)},
        "is quantised",
    ),
    "shared": (lambda state: {**state, "decoder": state["0.weight"]}, r"0\.weight shares its memory with decoder"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_a_state_dict_that_cannot_be_turned_is_refused(name):
    change, message = STATES[name]
    model = nn.Sequential(nn.Conv2d(3, 3, 3))
    with pytest.raises(C.ConvolutionError, match=message):
        C.convert_convention(change(model.state_dict()), to="convolution", model=model)


def test_an_uninitialised_state_dict_is_refused():
    model = nn.Sequential(nn.LazyConv2d(3, 3))
    with pytest.raises(C.ConvolutionError, match="no values yet"):
        C.convert_convention(model.state_dict(), to="convolution", model=model)


def test_numpy_arrays_beside_the_kernels_are_left_alone():
    model = nn.Sequential(nn.Conv2d(3, 3, 3))
    state = {**model.state_dict(), "mean": np.ones(3)}
    found = C.convert_convention(state, to="convolution", model=model)
    assert torch.equal(found["0.weight"], model[0].weight.flip(2, 3))


class Standardised(nn.Conv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight - self.weight.mean((1, 2, 3), keepdim=True), self.bias, padding=self.padding)


class Rewritten(nn.Conv2d):
    """As the refusal advises."""

    def forward(self, x):
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        return C.conv_nd(x, weight, self.bias, padding=self.padding, operation="convolution")


def test_the_advice_for_a_forward_of_its_own_keeps_the_function():
    model = nn.Sequential(Standardised(3, 4, 3, padding=1))
    with pytest.raises(C.ConvolutionError, match="conv_nd") as caught:
        C.convert_convention(model, to="convolution")
    assert "replace it by" not in str(caught.value)
    rewritten = nn.Sequential(Rewritten(3, 4, 3, padding=1))
    rewritten.load_state_dict(C.convert_convention(model.state_dict(), to="convolution", model=model))
    torch.testing.assert_close(rewritten(IMAGES), model(IMAGES), rtol=1e-5, atol=1e-6)  # the means' order of sums


@pytest.mark.parametrize("name", ["Conv2dSame", "StdConv2d"])
def test_timms_layers_are_refused_with_the_same_advice(name):
    layer = getattr(pytest.importorskip("timm.layers"), name)(3, 4, 3, stride=2)
    with pytest.raises(C.ConvolutionError, match="write its forward with conv_nd"):
        C.convert_convention(nn.Sequential(layer), to="convolution")
