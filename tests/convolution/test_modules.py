"""The layers: real subclasses of torch's, exact, and unwilling to take weights of the other operator."""

import copy
import pickle

import pytest
import torch
from torch import nn

from pipeline import convolution as C

# torch's own layers say so once a process for an even kernel; ours pad by themselves.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")

LAYERS = [
    (getattr(C, f"{name}{d}d"), getattr(nn, f"Conv{d}d"), d)
    for name in ("Convolution", "CrossCorrelation")
    for d in (1, 2, 3)
]
TRANSPOSED = [
    (getattr(C, f"{name}Transpose{d}d"), getattr(nn, f"ConvTranspose{d}d"), d)
    for name in ("Convolution", "CrossCorrelation")
    for d in (1, 2, 3)
]
OPTIONS = [
    {"kernel_size": 3},
    {"kernel_size": 4, "padding": "same"},
    {"kernel_size": 4, "stride": 2, "padding": 1, "dilation": 2, "groups": 2},
    {"kernel_size": 3, "padding": 1, "padding_mode": "reflect", "bias": False},
    {"kernel_size": 2, "padding": 1, "padding_mode": "circular"},
    {"kernel_size": 1},
]


def flipped(weight):
    """Written without the package's flip: index arithmetic on every spatial axis."""
    for axis in range(2, weight.ndim):
        weight = weight.index_select(axis, torch.arange(weight.shape[axis] - 1, -1, -1))
    return weight


@pytest.mark.parametrize(("ours", "theirs", "dims"), LAYERS)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_layer_equals_torch_bit_for_bit(ours, theirs, dims, options):
    torch.manual_seed(0)
    layer, reference = ours(4, 6, **options), theirs(4, 6, **options)
    reference.load_state_dict(dict(layer.state_dict()))
    x = torch.randn(2, 4, *[9] * dims)
    before_flip = reference(x)
    if layer.operation == "convolution":
        reference.weight.data = flipped(reference.weight.data)
        if layer.kernel_size[0] > 1:
            assert not torch.equal(layer(x), before_flip)
    assert torch.equal(layer(x), reference(x))
    assert isinstance(layer, theirs)
    assert list(layer.state_dict()) == list(reference.state_dict())


@pytest.mark.parametrize(("ours", "theirs", "dims"), TRANSPOSED)
def test_transposed_layer_equals_torch_bit_for_bit(ours, theirs, dims):
    torch.manual_seed(0)
    options = {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2}
    layer, reference = ours(4, 6, 3, **options), theirs(4, 6, 3, **options)
    reference.load_state_dict(dict(layer.state_dict()))
    x = torch.randn(2, 4, *[5] * dims)
    if layer.operation == "convolution":
        assert not torch.equal(layer(x), reference(x))
        reference.weight.data = flipped(reference.weight.data)
    assert torch.equal(layer(x), reference(x))


@pytest.mark.parametrize("operation", ["Convolution", "CrossCorrelation"])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_transposed_layer_is_the_adjoint_of_the_layer(operation, dims):
    torch.manual_seed(0)
    layer = getattr(C, f"{operation}{dims}d")(3, 5, 3, stride=2, padding=1, bias=False, dtype=torch.float64)
    transposed = getattr(C, f"{operation}Transpose{dims}d")(
        5, 3, 3, stride=2, padding=1, bias=False, dtype=torch.float64
    )
    transposed.weight.data = layer.weight.data
    x = torch.randn(1, 3, *[7] * dims, dtype=torch.float64)
    y = torch.randn_like(layer(x))
    torch.testing.assert_close((layer(x) * y).sum(), (x * transposed(y)).sum(), rtol=1e-12, atol=0)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_fft_layer_equals_direct_layer(dims):
    torch.manual_seed(0)
    fft = getattr(C, f"FFTConvolution{dims}d")(3, 5, 5, padding="same", dtype=torch.float64)
    direct = getattr(C, f"Convolution{dims}d")(3, 5, 5, padding="same", dtype=torch.float64)
    direct.load_state_dict(fft.state_dict())
    x = torch.randn(2, 3, *[8] * dims, dtype=torch.float64)
    torch.testing.assert_close(fft(x), direct(x), rtol=0, atol=1e-13)
    assert "method='fft'" in repr(fft)


@pytest.mark.parametrize(("ours", "theirs", "dims"), LAYERS)
def test_padding_may_become_a_number_after_the_layer_is_made(ours, theirs, dims):
    layer, reference = ours(3, 4, 3), theirs(3, 4, 3)
    reference.load_state_dict(dict(layer.state_dict()))
    if layer.operation == "convolution":
        reference.weight.data = flipped(reference.weight.data)
    x = torch.randn(2, 3, *[6] * dims)
    unpadded = layer(x)
    layer.padding = reference.padding = 1
    assert layer(x).shape != unpadded.shape
    assert torch.equal(layer(x), reference(x))


def test_padding_that_torch_refuses_works_in_layers():
    x = torch.randn(1, 2, 9, 9)
    assert C.Convolution2d(2, 3, 3, stride=2, padding="same")(x).shape[2:] == (5, 5)
    assert C.Convolution2d(2, 3, 3, padding="full")(x).shape[2:] == (11, 11)
    assert C.Convolution2d(2, 3, 3, padding=((2, 0), (0, 1)))(x).shape[2:] == (9, 8)


@pytest.mark.parametrize("layer", [C.Convolution2d, C.CrossCorrelation2d])
@pytest.mark.parametrize(
    ("options", "shape", "message"),
    [
        ({}, (1, 3, 8, 8), r"input \(1, 3, 8, 8\) has 3 channels and the weight \(6, 4, 3, 3\).*takes 4"),
        ({}, (1, 4, 2, 2), r"kernel \(3, 3\).*more than the padded input \(2, 2\).*pad more"),
        ({}, (8, 8), r"input \(8, 8\) has 2 axes"),
        ({"padding": 8, "padding_mode": "reflect"}, (1, 4, 8, 8), r"reflect padding .* wraps more than once"),
        ({"padding": 9, "padding_mode": "circular"}, (1, 4, 8, 8), "circular padding .* wraps more than once"),
    ],
)  # fmt: skip
def test_layers_say_in_one_line_what_torch_refuses(layer, options, shape, message):
    with pytest.raises(C.ConvolutionError, match=message) as caught:
        layer(4, 6, 3, **options)(torch.ones(shape))
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None  # torch's own words are not shown besides
    with pytest.raises(C.ConvolutionError, match=r"call .float\(\) first"):
        layer(4, 6, 3)(torch.ones(1, 4, 8, 8, dtype=torch.int64))


def test_padding_that_means_nothing_is_refused_when_the_layer_is_made():
    with pytest.raises(C.ConvolutionError, match=r"padding is \(-1, -1\); every entry must be at least 0"):
        C.Convolution2d(1, 1, 3, padding=-1, padding_mode="reflect")  # torch would crop
    with pytest.raises(C.ConvolutionError, match="choose 'lead', 'trail'"):
        C.Convolution2d(1, 1, 3, padding="same", anchor="middle")


def test_weights_of_the_other_operator_are_refused_with_the_fix():
    convolution, correlation, torchs = C.Convolution2d(1, 1, 3), C.CrossCorrelation2d(1, 1, 3), nn.Conv2d(1, 1, 3)
    before = convolution.weight.clone()
    for source, target in ((correlation, convolution), (torchs, convolution), (convolution, correlation)):
        with pytest.raises(RuntimeError, match=r"used flipped: load convert_convention\(state_dict, to="):
            target.load_state_dict(source.state_dict())
    assert torch.equal(convolution.weight, before)
    correlation.load_state_dict(torchs.state_dict())
    assert torch.equal(correlation.weight, torchs.weight)


def test_one_by_one_kernels_load_either_way():
    plain, turned = nn.Conv2d(1, 1, 1), C.Convolution2d(1, 1, 1)
    turned.load_state_dict(plain.state_dict())
    assert torch.equal(turned.weight, plain.weight)


def test_unrecorded_weights_are_taken_with_a_warning():
    with pytest.warns(UserWarning, match="records no operator"):
        C.Convolution2d(1, 1, 3).load_state_dict(dict(nn.Conv2d(1, 1, 3).state_dict()))


def test_the_record_survives_a_checkpoint_file(tmp_path):
    torch.save(C.Convolution2d(1, 1, 3).state_dict(), tmp_path / "weights.pt")
    state = torch.load(tmp_path / "weights.pt", weights_only=True)
    C.Convolution2d(1, 1, 3).load_state_dict(state)
    with pytest.raises(RuntimeError, match="belongs to convolution"):
        C.CrossCorrelation2d(1, 1, 3).load_state_dict(state)


def test_layers_copy_and_pickle():
    layer = C.FFTConvolution2d(2, 3, 5, anchor="lead", padding="same")
    x = torch.randn(1, 2, 8, 8)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(other(x), layer(x))
