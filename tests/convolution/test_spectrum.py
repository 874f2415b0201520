"""Singular values by frequency against the SVD of the whole matrix."""

import pytest
import torch
from torch import nn

from pipeline import convolution as C

F64 = torch.float64


def random(*shape):
    return torch.randn(shape, dtype=F64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("shape", "size", "options"),
    [
        ((3, 2, 3), (8,), {}),
        ((4, 2, 3), (9,), {"groups": 2, "dilation": 2}),
        ((3, 2, 3), (8,), {"stride": 2}),
        ((3, 4, 2, 3), (4, 6), {}),
        ((4, 3, 3, 3), (6, 4), {"stride": (3, 2)}),
        ((2, 2, 2, 2, 2), (3, 4, 3), {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["cross_correlation", "convolution"])
def test_values_are_those_of_the_whole_matrix(shape, size, options, operation):
    w = random(*shape)
    matrix = C.convolution_matrix(w, size, padding="same", padding_mode="circular", operation=operation, **options)
    expected = torch.linalg.svdvals(matrix)
    values = C.singular_values(w, size, **options).flatten().sort(descending=True).values
    torch.testing.assert_close(values, expected[: len(values)], rtol=1e-12, atol=1e-12)
    assert expected[len(values) :].abs().sum() < 1e-10
    other = C.convolution_matrix(w, size, padding="same", operation=operation, **options)
    assert (torch.linalg.svdvals(other)[: len(values)] - values).abs().max() > 1e-3  # zero padding is not circular


@pytest.mark.parametrize("mode", ["zeros", "circular", "reflect", "replicate"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("cls", [nn.Conv2d, C.Convolution2d])
def test_lipschitz_constant_is_the_largest_singular_value(cls, stride, mode):
    torch.manual_seed(0)
    layer = cls(2, 3, 3, padding=1, stride=stride, padding_mode=mode)
    matrix = C.convolution_matrix(
        layer.weight.detach().double(), (6, 4), stride, 1, padding_mode=mode,
        operation=getattr(layer, "operation", "cross_correlation"),
    )  # fmt: skip
    expected = torch.linalg.matrix_norm(matrix, 2).item()
    assert C.lipschitz_constant(layer, (6, 4)) == pytest.approx(expected, rel=1e-6)


def test_stride_must_divide():
    with pytest.raises(C.ConvolutionError, match=r"stride \(2,\) must divide the input \(7,\)"):
        C.singular_values(random(1, 1, 3), (7,), stride=2)


@pytest.mark.parametrize("padding", [{"padding": 1, "padding_mode": "circular"}, {"padding": 1}])
def test_a_complex_layers_constant_is_that_of_its_matrix(padding):
    torch.manual_seed(0)
    layer = C.Convolution1d(2, 3, 3, bias=False, dtype=torch.complex128, **padding)
    columns = [layer(basis[None])[0].flatten() for basis in torch.eye(16, dtype=torch.complex128).reshape(16, 2, 8)]
    expected = torch.linalg.matrix_norm(torch.stack(columns, dim=1).detach(), 2).item()
    assert C.lipschitz_constant(layer, (8,)) == pytest.approx(expected, rel=1e-6)


def test_a_transposed_layer_is_refused():
    with pytest.raises(C.ConvolutionError, match="ConvolutionTranspose1d is no"):
        C.lipschitz_constant(C.ConvolutionTranspose1d(3, 3, 4), (8,))
