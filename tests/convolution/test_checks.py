"""What a layer call cannot be: one `ConvolutionError`, the same by every method, for each kind of mistake."""

import pytest
import torch

from pipeline import convolution as C

METHODS = ["direct", "fft", "unfold", "auto"]
X, W = torch.ones(2, 4, 8, 8), torch.ones(6, 4, 3, 3)

MISTAKES = {
    "bias of one number": ((X, W, torch.ones(1)), {}, r"bias has shape \(1,\); give \(6,\)"),
    "bias without axes": ((X, W, torch.tensor(1.0)), {}, r"bias has shape \(\); give \(6,\)"),
    "bias as a column": ((X, W, torch.ones(6, 1)), {}, r"bias has shape \(6, 1\)"),
    "bias for each image": ((X, W, torch.ones(2, 6)), {}, r"bias has shape \(2, 6\)"),
    "bias of another dtype": (
        (X, W, torch.ones(6).double()),
        {},
        r"bias is torch.float64 and the weight torch.float32",
    ),
    "complex bias": ((X, W, torch.ones(6).cfloat()), {}, "bias is torch.complex64"),
    "bias in a list": ((X, W, [0.0] * 6), {}, "bias is a list, not a tensor"),
    "bias elsewhere": ((X, W, torch.ones(6, device="meta")), {}, "bias is on meta and the weight on cpu"),
    "weight elsewhere": ((X, W.to("meta")), {}, "input is on cpu and the weight on meta"),
    "no groups": ((X, W), {"groups": 0}, "groups is 0: give a whole number"),
    "negative groups": ((X, W), {"groups": -2}, "groups is -2: give a whole number"),
    "half groups": ((X, W), {"groups": 1.5}, "groups is 1.5: give a whole number"),
    "groups in words": ((X, W), {"groups": "two"}, "groups is 'two': give a whole number"),
    "groups that do not divide": ((X, W), {"groups": 3}, "groups=3 takes 12"),
    "no input channels": ((X[:, :0], W[:, :0]), {}, "0 channels"),
    "no output channels": ((X, W[:0]), {}, "gives 0"),
    "kernel without taps": ((X, W[..., :0]), {}, r"kernel has the size \(3, 0\): give at least 1 tap"),
    "input without samples": ((X[..., :0], W[..., :1]), {"padding": 1}, "an axis without samples"),
    "an array": ((X.numpy(), W), {}, "input is a ndarray, not a tensor: give torch.as_tensor"),
    "a list": ((X, [1.0]), {}, "weight is a list, not a tensor"),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_by_every_method(name, method):
    arguments, options, message = MISTAKES[name]
    with pytest.raises(C.ConvolutionError, match=message) as caught:
        C.conv_nd(*arguments, method=method, **options)
    assert "\n" not in str(caught.value)


TRANSPOSED = {
    "output_padding without a stride": ((X, torch.ones(4, 6, 3, 3)), {"output_padding": 1}, r"is \(1, 1\)"),
    "output_padding of a stride": ((X, torch.ones(4, 6, 3, 3)), {"output_padding": 2, "stride": 2}, "must be below"),
    "no groups": ((X, torch.ones(4, 6, 3, 3)), {"groups": 0}, "groups is 0"),
    "groups that do not divide": ((X, torch.ones(4, 6, 3, 3)), {"groups": 3}, "multiple of groups"),
    "no channels": ((X[:, :0], torch.ones(0, 6, 3, 3)), {}, "no channel count may be 0"),
    "no outputs": ((X, torch.ones(4, 0, 3, 3)), {}, "no channel count may be 0"),
    "kernel without taps": ((X, torch.ones(4, 6, 0, 3)), {}, "at least 1 tap"),
    "too much padding": ((X, torch.ones(4, 6, 3, 3)), {"padding": 9}, r"size \(-8, -8\).*pad less"),
    "padding that leaves nothing": ((X, torch.ones(4, 6, 3, 3)), {"padding": 5}, r"size \(0, 0\).*pad less"),
    "bias of one number": ((X, torch.ones(4, 6, 3, 3), torch.ones(1)), {}, r"bias has shape \(1,\); give \(6,\)"),
    "elsewhere": ((X, torch.ones(4, 6, 3, 3, device="meta")), {}, "weight on meta"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSPOSED)
def test_a_mistake_of_a_transposed_layer_is_one_line(name):
    arguments, options, message = TRANSPOSED[name]
    with pytest.raises(C.ConvolutionError, match=message) as caught:
        C.conv_transpose_nd(*arguments, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", METHODS)
def test_meta_tensors_give_the_shape(method):
    x, w, bias = X.to("meta"), W.to("meta"), torch.ones(6, device="meta")
    assert C.conv_nd(x, w, bias, method=method).shape == (2, 6, 6, 6)
    assert C.conv_transpose_nd(x, W[:4].to("meta"), stride=2, output_padding=1).shape == (2, 4, 18, 18)


def test_meta_signals_give_the_shape():
    x, y = torch.ones(9, device="meta"), torch.ones(4, device="meta")
    for method in ("direct", "fft", "overlap_add"):
        assert C.convolve(x, y, method=method).shape == (12,)


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_batch_is_no_mistake(method):
    assert C.conv_nd(X[:0], W, torch.ones(6), method=method).shape == (0, 6, 6, 6)
    gradient = C.weight_gradient(X[:0], torch.ones(0, 6, 6, 6), (3, 3))
    assert torch.equal(gradient, torch.zeros_like(W))


def test_autocast_casts_the_bias_as_torch_does():
    with torch.autocast("cpu", torch.bfloat16):
        for method in METHODS:
            assert C.conv_nd(X.bfloat16(), W, torch.ones(6), method=method).dtype == torch.bfloat16
