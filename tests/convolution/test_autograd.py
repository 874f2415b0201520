"""conv_nd under torch's machinery: gradients twice, autocast, memory formats, compile and functional transforms."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from pipeline import convolution as C

F64 = torch.float64
METHODS = ["direct", "fft", "unfold"]
OPERATIONS = ["cross_correlation", "convolution"]
CASES = {
    "1-D even, strided same": ((1, 2, 5), (2, 2, 2), {"stride": 2, "padding": "same"}),
    "2-D dilated groups": ((1, 2, 4, 3), (2, 1, 2, 1), {"dilation": 2, "groups": 2, "padding": ((1, 0), (0, 1))}),
    "2-D reflect": ((1, 1, 3, 3), (1, 1, 3, 2), {"padding": 1, "padding_mode": "reflect"}),
    "2-D replicate": ((1, 1, 3, 2), (1, 1, 2, 2), {"padding": 1, "padding_mode": "replicate"}),
    "2-D circular": ((1, 1, 3, 2), (1, 1, 2, 2), {"padding": 1, "padding_mode": "circular"}),
    "3-D full": ((1, 1, 2, 2, 2), (1, 1, 2, 1, 2), {"padding": "full"}),
}


def random(shape, dtype=F64, seed=0):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("case", CASES)
def test_gradients_and_second_gradients(case, operation, method):
    input_shape, weight_shape, options = CASES[case]
    inputs = [random(s, seed=i).requires_grad_() for i, s in enumerate((input_shape, weight_shape, weight_shape[:1]))]

    def apply(x, w, b):
        return C.conv_nd(x, w, b, operation=operation, method=method, **options)

    assert gradcheck(apply, inputs)
    assert gradgradcheck(apply, inputs)


@pytest.mark.parametrize("method", METHODS)
def test_complex_gradients(method):
    inputs = [random(s, torch.complex128).requires_grad_() for s in ((1, 1, 4), (1, 1, 2))]

    def apply(x, w):
        return C.conv_nd(x, w, operation="convolution", method=method, conjugate=True)

    assert gradcheck(apply, inputs)
    assert gradgradcheck(apply, inputs)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_transposed_gradients(operation):
    inputs = [random(s).requires_grad_() for s in ((1, 2, 3, 3), (2, 1, 2, 3))]

    def apply(x, w):
        return C.conv_transpose_nd(x, w, stride=2, padding=1, operation=operation)

    assert gradcheck(apply, inputs)
    assert gradgradcheck(apply, inputs)


@pytest.mark.parametrize("method", METHODS)
def test_autocast_gives_its_dtype(method):
    x, w = random((2, 3, 8, 8), torch.float32), random((4, 3, 3, 3), torch.float32, seed=1)
    expected = C.conv_nd(x, w, operation="convolution")
    with torch.autocast("cpu", torch.bfloat16):
        result = C.conv_nd(x, w, operation="convolution", method=method)
        again = C.conv_nd(result, random((2, 4, 3, 3), torch.float32), method=method)
    assert result.dtype == again.dtype == torch.bfloat16
    torch.testing.assert_close(result.float(), expected, rtol=0.05, atol=0.1)


def test_channels_last_is_kept_and_exact():
    layer = C.Convolution2d(8, 16, 3, padding="same").to(memory_format=torch.channels_last)
    x = random((2, 8, 8, 8), torch.float32).to(memory_format=torch.channels_last)
    result = layer(x)
    assert result.is_contiguous(memory_format=torch.channels_last)
    expected = torch.nn.functional.conv2d(x, layer.weight.flip(2, 3), layer.bias, padding=1)
    torch.testing.assert_close(result, expected, rtol=1e-5, atol=1e-5)


# torch's own forward-mode rules are still scripted.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:FutureWarning")
@pytest.mark.parametrize("method", METHODS)
def test_functional_transforms(method):
    x, weights = random((3, 2, 6, 6)), random((3, 4, 2, 3, 3), seed=1)

    def apply(image, weight):
        return C.conv_nd(
            image, weight, padding=1, dilation=2, operation="convolution", method=method, padding_mode="reflect"
        )

    looped = torch.stack([apply(image, weight) for image, weight in zip(x, weights, strict=True)])
    torch.testing.assert_close(torch.func.vmap(apply)(x, weights), looped, rtol=1e-12, atol=1e-12)
    gradient = torch.func.grad(lambda w: apply(x, w).square().sum())(weights[0])
    leaf = weights[0].clone().requires_grad_()
    apply(x, leaf).square().sum().backward()
    torch.testing.assert_close(gradient, leaf.grad, rtol=1e-12, atol=1e-12)
    jacobian = torch.func.jacrev(apply)(x[0], weights[0])
    torch.testing.assert_close(jacobian, torch.func.jacfwd(apply)(x[0], weights[0]), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("padding", ["same", 1])
@pytest.mark.parametrize("method", METHODS)
def test_compiles_without_a_graph_break(method, padding):
    layer = C.Convolution2d(2, 4, 4, stride=2, padding=padding, method=method)
    x = random((2, 2, 9, 9), torch.float32)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), layer(x), rtol=1e-5, atol=1e-5)
    gradient = torch.autograd.grad(compiled(x).sum(), layer.weight)[0]
    torch.testing.assert_close(gradient, torch.autograd.grad(layer(x).sum(), layer.weight)[0], rtol=1e-5, atol=1e-4)
