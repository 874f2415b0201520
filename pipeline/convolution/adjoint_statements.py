"""Identities of adjoints, gradients, matrices and spectra, each with a mistake that must not satisfy it."""

import torch

from .checks import OPERATIONS
from .functional import conv_nd, flip
from .geometry import resolve
from .gradients import adjoint, input_gradient, weight_gradient
from .grid import MODES, Draw, Register, layers
from .matrix import convolution_matrix
from .padding import pad_transpose
from .spectrum import singular_values

statement = Register()


@statement("<A x, g> = <x, A' g>, complex, every padding", "conjugate forgotten")
def _adjoint(draw):
    draw = Draw(draw.dtype.to_complex(), draw.device, draw.seed)
    for operation in OPERATIONS:
        for x, w, options in layers(draw):
            y = conv_nd(x, w, operation=operation, **options)
            g = draw(*y.shape)
            back, wrong = (adjoint(g, k, x.shape[2:], operation=operation, **options) for k in (w, w.conj()))
            yield (_inner(x, back), _inner(y, g)), (_inner(x, wrong), _inner(y, g))


def _inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The inner products <a, b> of the images of a batch."""
    return (a.conj() * b).flatten(1).sum(1)


@statement("A' of correlation = full convolution, channels swapped", "full correlation")
def _adjoint_is_full(draw):
    for x, w, dilation in _dense(draw):
        y = conv_nd(x, w, dilation=dilation)
        right, wrong = (
            conv_nd(y, w.transpose(0, 1), padding="full", dilation=dilation, operation=o) for o in reversed(OPERATIONS)
        )
        expected = adjoint(y, w, x.shape[2:], dilation=dilation)
        yield (right, expected), (wrong, expected)


def _dense(draw):
    for x, w, options in layers(draw):
        if options["groups"] == options["stride"] == 1 and options["padding_mode"] == "zeros":
            yield x, w, options["dilation"]


@statement("correlation layer: dL/dx = pad'(full convolution)", "convolution layer's")
def _correlation_input_gradient(draw):
    yield from _input_gradients(draw, "cross_correlation")


@statement("convolution layer: dL/dx = pad'(full correlation)", "correlation layer's")
def _convolution_input_gradient(draw):
    yield from _input_gradients(draw, "convolution")


def _input_gradients(draw, operation):
    other = OPERATIONS[operation == OPERATIONS[0]]
    for x, w, options in layers(draw):
        x.requires_grad_()
        y = conv_nd(x, w, operation=operation, **options)
        g = draw(*y.shape)
        expected = torch.autograd.grad(y, x, g)[0]
        right, wrong = (input_gradient(g, w, x.shape[2:], operation=o, **options) for o in (operation, other))
        yield (right, expected), (wrong, expected)


@statement("correlation layer: dL/dw = valid correlation(x, g)", "flipped")
def _correlation_weight_gradient(draw):
    yield from _weight_gradients(draw, "cross_correlation")


@statement("convolution layer: dL/dw = flip(correlation(x, g))", "not flipped")
def _convolution_weight_gradient(draw):
    yield from _weight_gradients(draw, "convolution")


def _weight_gradients(draw, operation):
    for x, w, options in layers(draw):
        w.requires_grad_()
        y = conv_nd(x, w, operation=operation, **options)
        g = draw(*y.shape)
        expected = torch.autograd.grad(y, w, g)[0]
        right = weight_gradient(x, g, w.shape[2:], operation=operation, **options)
        yield (right, expected), (flip(right), expected)


@statement("any padding: A' = pad' after A' of 'valid'", "zero padding's")
def _padding_transposed(draw):
    for x, w, options in layers(draw):
        if options["padding_mode"] == "zeros":
            continue
        geometry = resolve(w.shape[2:], **options)
        g = draw(*conv_nd(x, w, **options).shape)
        padded = [n + sum(pair) for n, pair in zip(x.shape[2:], geometry.pads, strict=True)]
        valid = adjoint(g, w, padded, **{**options, "padding": 0})
        expected = adjoint(g, w, x.shape[2:], **options)
        wrong = adjoint(g, w, x.shape[2:], **{**options, "padding_mode": "zeros"})
        yield (pad_transpose(valid, x.shape[2:], geometry), expected), (wrong, expected)


@statement("T vec(x) = vec(y)", "kernel flipped")
def _matrix_product(draw):
    for x, w, options in _small(draw):
        y = conv_nd(x, w, **options).flatten(1).T
        right, wrong = (convolution_matrix(k, x.shape[2:], **options) @ x.flatten(1).T for k in (w, flip(w)))
        yield (right, y), (wrong, y)


@statement("T' vec(g) = vec(A' g)", "the other operator's T")
def _matrix_transpose(draw):
    for x, w, options in _small(draw):
        g = draw(*conv_nd(x, w, **options).shape)
        expected = adjoint(g, w, x.shape[2:], **options).flatten(1).T
        matrices = [convolution_matrix(w, x.shape[2:], operation=o, **options) for o in OPERATIONS]
        right, wrong = (matrix.T @ g.flatten(1).T for matrix in matrices)
        yield (right, expected), (wrong, expected)


def _small(draw):
    for kernel in ((3,), (4,), (2, 3)):
        for mode in MODES:
            options = {
                "stride": 2,
                "dilation": 1,
                "groups": 2,
                "padding": ((2, 1),) * len(kernel),
                "padding_mode": mode,
            }
            yield draw(2, 4, *range(5, 5 + len(kernel))), draw(6, 2, *kernel), options


@statement("circle: eigenvalues of T = DFT of the kernel", "zero padding")
def _eigenvalues(draw):
    for k in (3, 4):
        w = draw(1, 1, k)
        spectrum = torch.fft.fft(w.flatten(), 9)
        sides = []
        for mode in ("circular", "zeros"):
            matrix = convolution_matrix(w, [9], padding=[(k - 1, 0)], padding_mode=mode, operation="convolution")
            nearest = (torch.linalg.eigvals(matrix)[:, None] - spectrum).abs().argmin(0)
            sides.append((torch.linalg.eigvals(matrix)[nearest], spectrum))
        yield tuple(sides)


@statement("circle: singular values of T = those by frequency", "zero padding")
def _singular_values(draw):
    for kernel, stride in (((3,), 1), ((4,), 2), ((3, 3), 1), ((2, 4), 2), ((2, 2, 3), 1)):
        w, size = draw(3, 2, *kernel), (6, 4, 4)[: len(kernel)]
        values = singular_values(w, size, stride).flatten().sort(descending=True).values
        sides = []
        for mode in ("circular", "zeros"):
            matrix = convolution_matrix(w, size, stride, "same", padding_mode=mode)
            sides.append((torch.linalg.svdvals(matrix)[: len(values)], values))
        yield tuple(sides)
