"""A folded network is plain torch wherever torch has its padding, anchor and method."""

import copy

import pytest
import torch
from torch import fx, nn

from pipeline import convolution as C

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's own, about scripting and quantisation
IMAGES = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(1))


def network():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
                           nn.Conv2d(8, 8, 4, stride=2, groups=2, padding_mode="reflect", padding=1),
                           nn.ConvTranspose2d(8, 3, 3, stride=2))  # fmt: skip
    return C.convert_convention(layers.eval(), to="convolution")


def test_every_layer_is_torchs_own():
    folded = C.fold_flips(network())
    assert [type(m) for m in folded if "Conv" in type(m).__name__] == [nn.Conv2d, nn.Conv2d, nn.ConvTranspose2d]
    assert torch.equal(folded(IMAGES), network()(IMAGES))
    plain = nn.Conv2d(3, 8, 3, padding=1)
    assert set(vars(folded[0])) == set(vars(plain))


@pytest.mark.parametrize("make", [torch.jit.script, fx.symbolic_trace, lambda m: torch.jit.trace(m, IMAGES)])
def test_it_is_scripted_and_traced_like_any_other(make):
    folded = C.fold_flips(network())
    torch.testing.assert_close(make(folded)(IMAGES), network()(IMAGES))


def test_it_is_quantised_like_any_other():
    quantization = torch.ao.quantization
    model = nn.Sequential(quantization.QuantStub(), *network()[:3], quantization.DeQuantStub()).eval()
    folded = C.fold_flips(model)
    folded.qconfig = quantization.get_default_qconfig("x86")
    prepared = quantization.prepare(folded)
    prepared(IMAGES)
    quantised = quantization.convert(prepared)
    assert "quantized" in type(quantised[1]).__module__
    error = (quantised(IMAGES) - model(IMAGES)).abs().max() / model(IMAGES).abs().max()
    assert error < 0.05


def test_it_is_fused_like_any_other():
    folded = C.fold_flips(network())
    fused = torch.ao.quantization.fuse_modules(copy.deepcopy(folded), ["0", "1", "2"])
    assert isinstance(fused[1], nn.Identity)
    torch.testing.assert_close(fused(IMAGES), folded(IMAGES))


def test_a_subclass_gets_its_own_class_back():
    class Named(nn.Conv2d):
        pass

    folded = C.fold_flips(C.convert_convention(nn.Sequential(Named(3, 3, 3)), to="convolution"))
    assert type(folded[0]) is Named


@pytest.mark.parametrize(
    ("options", "plain"),
    [
        ({"padding": "same"}, True),
        ({"padding": "valid"}, True),
        ({"padding": (1, 0)}, True),
        ({"padding": "same", "anchor": "lead"}, False),
        ({"padding": "full"}, False),
        ({"padding": "same", "stride": 2}, False),
        ({"padding": ((1, 0), (0, 1))}, False),
        ({"method": "fft"}, False),
    ],
)
def test_what_torch_does_not_have_stays_ours(options, plain):
    model = nn.Sequential(C.Convolution2d(3, 4, 4, **options))
    folded = C.fold_flips(model)
    assert (type(folded[0]) is nn.Conv2d) == plain
    torch.testing.assert_close(folded(IMAGES), model(IMAGES))


def test_a_folded_state_dict_says_that_it_correlates():
    other = network()
    with pytest.raises(RuntimeError, match="belongs to cross_correlation"):
        other.load_state_dict(C.fold_flips(other).state_dict())
