"""Closed-form adjoints and gradients against autograd and the inner-product identity."""

import itertools

import pytest
import torch
from torch.autograd import gradcheck

from pipeline import convolution as C

F64 = torch.float64
OPERATIONS = ["cross_correlation", "convolution"]
MODES = ["zeros", "reflect", "replicate", "circular"]
KERNELS = {1: [(3,), (4,)], 2: [(3, 3), (2, 4)], 3: [(2, 3, 2)]}


def random(shape, seed, dtype=F64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def relative(result, expected):
    assert result.shape == expected.shape
    return ((result - expected).abs().max() / expected.abs().max()).item()


def grid(dims):
    for kernel, stride, dilation, groups, mode in itertools.product(KERNELS[dims], (1, 2, 3), (1, 2), (1, 2), MODES):
        options = {"stride": stride, "dilation": dilation, "groups": groups, "padding_mode": mode}
        yield kernel, {**options, "padding": [(2, 1)] * dims}
    yield kernel, {"padding": "same", "anchor": "lead", "stride": 2}
    yield kernel, {"padding": "full"}


@pytest.mark.parametrize("dtype", [F64, torch.complex128, torch.float32])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_gradients_equal_autograds(dims, operation, dtype):
    bound = 1e-5 if dtype == torch.float32 else 1e-12
    for kernel, options in grid(dims):
        x = random((2, 4, *[7] * dims), 0, dtype).requires_grad_()
        w = random((6, 4 // options.get("groups", 1), *kernel), 1, dtype).requires_grad_()
        y = C.conv_nd(x, w, operation=operation, **options)
        g = random(y.shape, 2, dtype)
        dx, dw = torch.autograd.grad(y, (x, w), g)
        assert relative(C.input_gradient(g, w.detach(), x.shape[2:], operation=operation, **options), dx) < bound, (
            options
        )
        assert relative(C.weight_gradient(x.detach(), g, kernel, operation=operation, **options), dw) < bound, options


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("mode", MODES)
def test_inner_products_agree_and_wrong_adjoints_do_not(operation, mode):
    options = {"stride": 2, "padding": ((1, 0), (2, 1)), "padding_mode": mode}
    x, w = random((1, 2, 5, 6), 0, torch.complex128), random((3, 2, 3, 2), 1, torch.complex128)
    y = C.conv_nd(x, w, operation=operation, **options)
    g = random(y.shape, 2, torch.complex128)
    expected = torch.vdot(y.flatten(), g.flatten())

    def error(kernel, operation):
        back = C.adjoint(g, kernel, x.shape[2:], operation=operation, **options)
        return ((torch.vdot(x.flatten(), back.flatten()) - expected).abs() / expected.abs()).item()

    assert error(w, operation) < 1e-12
    assert error(w.conj(), operation) > 0.01  # the conjugate forgotten
    assert error(C.flip(w), operation) > 0.01  # flipped once too often
    assert error(w.flip(1), operation) > 0.01  # channels flipped


@pytest.mark.parametrize("operation", OPERATIONS)
def test_closed_forms_are_differentiable(operation):
    g, w, x = random((1, 2, 2, 2), 0), random((2, 1, 2, 2), 1), random((1, 1, 3, 3), 2)
    for tensor in (g, w, x):
        tensor.requires_grad_()
    options = {"operation": operation, "padding": ((1, 0), (0, 1)), "stride": 2, "padding_mode": "replicate"}
    assert gradcheck(lambda g, w: C.adjoint(g, w, (3, 3), **options), (g, w))
    assert gradcheck(lambda x, g: C.weight_gradient(x, g, (2, 2), **options), (x, g))


def test_errors_name_the_expected_shape():
    with pytest.raises(C.ConvolutionError, match=r"gradient \(1, 2, 3, 3\) does not fit .*\(N, 2, 4, 4\)"):
        C.adjoint(torch.ones(1, 2, 3, 3), torch.ones(2, 1, 2, 2), (5, 5))
    with pytest.raises(C.ConvolutionError, match=r"gradient \(2, 2, 4, 4\) does not fit .* on 1 images"):
        C.weight_gradient(torch.ones(1, 1, 5, 5), torch.ones(2, 2, 4, 4), (2, 2))
