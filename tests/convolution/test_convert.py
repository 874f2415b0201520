"""Conversion keeps the function; reinterpretation keeps the values."""

import copy
import pickle

import pytest
import torch
from torch import nn

from pipeline import convolution as C

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
IMAGES = torch.randn(2, 3, 24, 24, generator=torch.Generator().manual_seed(1))


def test_converted_network_has_the_same_logits_bit_for_bit(network):
    model = network().eval()
    with torch.no_grad():
        expected = model(IMAGES)
        converted = C.convert_convention(copy.deepcopy(model), to="convolution")
        assert torch.equal(converted(IMAGES), expected)
        back = C.convert_convention(copy.deepcopy(converted), to="cross_correlation")
        assert torch.equal(back(IMAGES), expected)
    kernels = [p for p in model.parameters() if p.ndim == 4]
    assert all(torch.equal(a, b) for a, b in zip(kernels, [p for p in back.parameters() if p.ndim == 4], strict=True))
    assert list(converted.state_dict()) == list(model.state_dict())


def test_reinterpreted_network_keeps_values_and_changes_logits(network):
    model = network().eval()
    other = C.with_operation(copy.deepcopy(model), "convolution")
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    with torch.no_grad():
        assert (other(IMAGES) - model(IMAGES)).abs().max() > 1e-3


@pytest.mark.parametrize("recorded", [True, False])
def test_converted_state_dict_loads_and_gives_the_same_logits(network, recorded):
    model = network().eval()
    other = C.with_operation(network().eval(), "convolution")
    state = model.state_dict() if recorded else dict(model.state_dict())
    other.load_state_dict(C.convert_convention(state, to="convolution", model=other))
    with torch.no_grad():
        assert torch.equal(other(IMAGES), model(IMAGES))
    again = C.convert_convention(other.state_dict(), to="cross_correlation")  # the record tells the kernels
    model.load_state_dict(again)
    assert all(torch.equal(again[key], value) for key, value in state.items())


def test_converting_twice_changes_nothing(residual):
    model = C.convert_convention(residual().eval(), to="convolution")
    state = model.state_dict()
    twice = C.convert_convention(C.convert_convention(state, to="convolution"), to="convolution")
    assert all(torch.equal(twice[key], value) for key, value in state.items())


def test_folded_network_is_exact_and_leaves_the_model_alone(residual):
    model = C.convert_convention(residual().eval(), to="convolution")
    before = copy.deepcopy(model.state_dict())
    folded = C.fold_flips(model)
    with torch.no_grad():
        assert torch.equal(folded(IMAGES), model(IMAGES))
    assert not any(getattr(layer, "operation", None) == "convolution" for layer in folded.modules())
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_parameters_hooks_and_subclasses_survive_reinterpretation():
    class Named(nn.Conv2d):
        def double(self):
            return 2 * self.weight

    model = nn.Sequential(Named(3, 4, 3), nn.Conv2d(4, 4, 3))
    calls = []
    model[1].register_forward_hook(lambda *_: calls.append(1))
    identities = [id(p) for p in model.parameters()]
    C.with_operation(model, "convolution")
    model(IMAGES)
    assert calls == [1]
    assert [id(p) for p in model.parameters()] == identities
    assert isinstance(model[0], Named)
    assert isinstance(model[0], C.Convolution2d)
    assert torch.equal(model[0].double(), 2 * model[0].weight)
    assert type(C.with_operation(model, "cross_correlation")[1]) is C.CrossCorrelation2d


def test_the_method_survives_conversion():
    layer = C.FFTConvolution2d(3, 4, 5, dtype=torch.float64)
    x = IMAGES.double()
    converted = C.convert_convention(copy.deepcopy(layer), to="cross_correlation")
    assert converted.method == "fft"
    torch.testing.assert_close(converted(x), layer(x), rtol=0, atol=1e-12)


class Standardised(nn.Conv2d):
    def forward(self, x):
        return torch.nn.functional.conv2d(x, self.weight - self.weight.mean())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Sequential(Standardised(1, 1, 3)), "0 .Standardised. has a forward of its own"),
        (lambda: nn.LazyConv2d(1, 3), "has no weight yet"),
    ],
)
def test_layers_that_cannot_change_are_refused_untouched(make, message):
    with pytest.raises(C.ConvolutionError, match=message):
        C.with_operation(make(), "convolution")


def test_conversion_errors_tell_the_fix(residual):
    with pytest.raises(C.ConvolutionError, match="give its network as model="):
        C.convert_convention(residual().eval().state_dict(), to="convolution")
    with pytest.raises(C.ConvolutionError, match="none of the network's kernels"):
        C.convert_convention({"other": torch.ones(1)}, to="convolution", model=residual().eval())
    with pytest.raises(C.ConvolutionError, match="choose one of cross_correlation, convolution"):
        C.convert_convention(residual().eval(), to="correlation")
    weighted = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 3, 3))
    with pytest.raises(C.ConvolutionError, match="weight is computed"):
        C.convert_convention(weighted, to="convolution")


def test_parametrized_layers_can_still_be_reinterpreted():
    weighted = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 3, 3))
    plain = nn.functional.conv2d(IMAGES, weighted.weight.flip(2, 3), weighted.bias)
    assert torch.equal(C.with_operation(weighted, "convolution")(IMAGES), plain)


NORMED = {
    "parametrized": nn.utils.parametrizations.weight_norm,
    "hooked": nn.utils.weight_norm,
    "spectral": nn.utils.parametrizations.spectral_norm,
    "spectral, hooked": nn.utils.spectral_norm,
}


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("norm", NORMED.values(), ids=NORMED)
@pytest.mark.parametrize("given", [True, False])
def test_a_state_dict_with_a_computed_kernel_is_refused(norm, given):
    """Marked as converted and not turned it would load without a word."""
    model = nn.Sequential(C.CrossCorrelation2d(3, 4, 3), norm(C.CrossCorrelation2d(4, 2, 3)))
    with pytest.raises(C.ConvolutionError, match=r"1\.weight is computed"):
        C.convert_convention(model.state_dict(), to="convolution", model=model if given else None)


def test_what_is_not_there_is_not_marked_as_converted():
    model = nn.Sequential(C.CrossCorrelation2d(3, 4, 3), C.CrossCorrelation2d(4, 2, 3))
    state = model.state_dict()
    del state["1.weight"]
    converted = C.convert_convention(state, to="convolution")
    assert [converted._metadata[name]["operation"] for name in "01"] == ["convolution", "cross_correlation"]


class Twice(nn.Module):
    """One layer under two names."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a = self.b = nn.Conv2d(3, 3, 3)

    def forward(self, x):
        return self.b(self.a(x))


@pytest.mark.parametrize("recorded", [True, False])
def test_a_layer_under_two_names_is_turned_under_both(recorded):
    model, other = Twice(), C.with_operation(Twice(), "convolution")
    state = model.state_dict()
    converted = C.convert_convention(state if recorded else dict(state), to="convolution", model=model)
    other.load_state_dict(converted)
    assert torch.equal(other(IMAGES), model(IMAGES))


def test_two_parameters_over_the_same_numbers_are_turned_once():
    model = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    model[1].weight.data = model[0].weight.data
    expected = model(IMAGES)
    assert torch.equal(C.convert_convention(model, to="convolution")(IMAGES), expected)


def test_a_kernel_of_both_conventions_is_refused_untouched():
    model = nn.Sequential(nn.Conv2d(3, 3, 3), C.Convolution2d(3, 3, 3))
    model[1].weight = model[0].weight
    before = model[0].weight.clone()
    with pytest.raises(C.ConvolutionError, match=r"0\.weight is also that of a layer that computes convolution"):
        C.convert_convention(model, to="convolution")
    assert torch.equal(model[0].weight, before)
    assert type(model[0]) is nn.Conv2d


class OwnForward(C.Convolution2d):
    def forward(self, x):
        return torch.nn.functional.conv2d(x, (self.weight - self.weight.mean()).flip(2, 3), self.bias)


def test_a_forward_of_its_own_is_refused_in_a_layer_of_ours_and_on_the_layer_itself():
    patched = nn.Conv2d(3, 3, 3)
    patched.forward = lambda x: x
    for layer in (OwnForward(3, 3, 3), patched):
        to = "cross_correlation" if isinstance(layer, OwnForward) else "convolution"
        with pytest.raises(C.ConvolutionError, match="forward of its own"):
            C.convert_convention(nn.Sequential(layer), to=to)
    assert C.convert_convention(OwnForward(3, 3, 3), to="convolution"), "nothing is to be changed"


class Named(nn.Conv2d):
    """A subclass such as users have."""


def test_converted_subclasses_can_be_saved_copied_and_converted_again(tmp_path):
    model = nn.Sequential(Named(3, 3, 3), nn.Conv2d(3, 3, 1))
    expected = model(IMAGES)
    for _ in range(2):
        C.convert_convention(model, to="convolution")
        torch.save(model, tmp_path / "model.pt")
        loaded = torch.load(tmp_path / "model.pt", weights_only=False)
        for other in (loaded, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert torch.equal(other(IMAGES), expected)
            assert isinstance(other[0], Named)
            assert other[0].operation == "convolution"
        assert type(model[0]).__name__ == "Convolution2dNamed"
        C.convert_convention(model, to="cross_correlation")
        assert type(model[0]).__name__ == "CrossCorrelation2dNamed"


@pytest.mark.parametrize("plain", [nn.Conv2d, Named])
def test_a_parametrization_can_be_removed_after_reinterpretation(plain):
    layer = nn.utils.parametrizations.weight_norm(plain(3, 4, 3))
    model = C.with_operation(nn.Sequential(layer), "convolution")
    expected = model(IMAGES)
    assert torch.equal(copy.deepcopy(model)(IMAGES), expected)
    nn.utils.parametrize.remove_parametrizations(layer, "weight")
    torch.testing.assert_close(model(IMAGES), expected)
    torch.testing.assert_close(C.fold_flips(model)(IMAGES), expected)


def test_a_model_without_convolutions_is_said():
    with pytest.raises(C.ConvolutionError, match="Linear without convolutions"):
        C.convert_convention({"weight": torch.ones(1)}, to="convolution", model=nn.Linear(1, 1))
