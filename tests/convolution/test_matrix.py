"""The matrix of a layer: its product, its transpose and its structure."""

import itertools

import pytest
import scipy.linalg
import torch

from pipeline import convolution as C

F64 = torch.float64
OPERATIONS = ["cross_correlation", "convolution"]


def random(*shape, seed=0):
    return torch.randn(shape, dtype=F64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_product_is_the_layer_and_transpose_the_adjoint(dims, mode, operation):
    for stride, dilation, groups in itertools.product((1, 2), (1, 2), (1, 2)):
        options = {"stride": stride, "dilation": dilation, "groups": groups, "padding": [(2, 1)] * dims}
        options |= {"padding_mode": mode, "operation": operation}
        w = random(4, 4 // groups, *(2, 3, 2)[:dims], seed=1)
        x = random(1, 4, *(5, 4, 4)[:dims])
        y = C.conv_nd(x, w, **options)
        dense = C.convolution_matrix(w, x.shape[2:], **options)
        sparse = C.convolution_matrix(w, x.shape[2:], **options, sparse=True)
        torch.testing.assert_close(dense @ x.flatten(), y.flatten(), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(sparse.to_dense(), dense, rtol=1e-12, atol=1e-13)
        back = C.adjoint(y, w, x.shape[2:], **options)
        torch.testing.assert_close(dense.T @ y.flatten(), back.flatten(), rtol=1e-12, atol=1e-11)


def test_one_axis_is_toeplitz():
    kernel = random(1, 1, 3)
    full = C.convolution_matrix(kernel, [6], padding="full", operation="convolution")
    expected = scipy.linalg.convolution_matrix(kernel.flatten().numpy(), 6, mode="full")
    torch.testing.assert_close(full, torch.from_numpy(expected))
    correlation = C.convolution_matrix(kernel, [6], padding="full")
    assert (correlation - torch.from_numpy(expected)).abs().max() > 0.1


def test_two_axes_are_doubly_block_toeplitz():
    matrix = C.convolution_matrix(random(1, 1, 2, 3), (4, 5), padding="full", operation="convolution")
    blocks = matrix.view(5, 7, 4, 5)  # (row out, column out, row in, column in)
    for i, j in itertools.product(range(4), range(3)):
        torch.testing.assert_close(
            blocks[i + 1, :, j + 1], blocks[i, :, j]
        )  # the same block along a diagonal of blocks
    block = blocks[1, :, 0]
    torch.testing.assert_close(block, torch.from_numpy(scipy.linalg.toeplitz(block[:, 0], block[0])))


def test_a_circle_is_circulant_with_the_kernels_spectrum():
    kernel = random(1, 1, 3)
    options = {"padding": [(2, 0)], "padding_mode": "circular", "operation": "convolution"}
    matrix = C.convolution_matrix(kernel, [7], **options)
    torch.testing.assert_close(matrix, torch.from_numpy(scipy.linalg.circulant(matrix[:, 0].numpy())))
    spectrum = torch.fft.fft(torch.nn.functional.pad(kernel.flatten(), (0, 4)))
    eigenvalues = torch.linalg.eigvals(matrix)
    distances = (eigenvalues[:, None] - spectrum).abs()
    assert distances.min(0).values.max() < 1e-12
    wrong = torch.linalg.eigvals(C.convolution_matrix(kernel, [7], padding=[(2, 0)], operation="convolution"))
    assert (wrong[:, None] - spectrum).abs().min(0).values.max() > 0.1


@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_circular_same_has_the_spectrum_up_to_a_phase(operation, k):
    n, kernel = 9, random(1, 1, k)
    before, after = (k - 1) // 2, k // 2
    matrix = C.convolution_matrix(kernel, [n], padding="same", padding_mode="circular", operation=operation)
    f = torch.arange(n, dtype=F64)
    waves = torch.exp(2j * torch.pi * f * f[:, None] / n)  # a column for each f
    eigenvalues = (waves.conj() * (matrix.to(waves.dtype) @ waves)).sum(0) / n
    torch.testing.assert_close(matrix.to(waves.dtype) @ waves, waves * eigenvalues)
    spectrum = torch.fft.fft(kernel.flatten(), n)
    torch.testing.assert_close(eigenvalues.abs(), spectrum.abs())
    turned = spectrum * torch.exp(2j * torch.pi * f * after / n)
    if operation == "cross_correlation":
        turned = spectrum.conj() * torch.exp(-2j * torch.pi * f * before / n)
    torch.testing.assert_close(eigenvalues, turned)
    assert (eigenvalues - spectrum).abs().max() > 0.1


def test_gradient_in_the_weight():
    w = random(2, 1, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: C.convolution_matrix(w, [4], padding=1, padding_mode="replicate"), w)


def test_errors():
    with pytest.raises(C.ConvolutionError, match="groups=2 does not divide the 3 outputs"):
        C.convolution_matrix(random(3, 1, 2), [4], groups=2)
    with pytest.raises(C.ConvolutionError, match="wraps more than once"):
        C.convolution_matrix(random(1, 1, 2), [2], padding=2, padding_mode="reflect")
