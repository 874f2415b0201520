"""A layer as a matrix T with T vec(x) = vec(y): Toeplitz, doubly block Toeplitz in 2-D, circulant on a circle."""

from collections.abc import Sequence

import torch

from .checks import Operation, check_operation
from .errors import ConvolutionError
from .functional import flip
from .geometry import Anchor, Geometry, Padding, resolve
from .padding import check_wraps, source_indices


def convolution_matrix(
    weight: torch.Tensor,
    input_size: Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    *,
    operation: Operation = "cross_correlation",
    anchor: Anchor = "trail",
    padding_mode: str = "zeros",
    sparse: bool = False,
) -> torch.Tensor:
    """The matrix (O * outputs, C * inputs) of the layer with this weight (O, C/groups, *kernel).

    Its transpose is the `adjoint` of a real layer. The structure depends on the padding: "valid", "same" and "full"
    with zeros give Toeplitz blocks, circular "same" gives circulant ones. It has any number of spatial axes and is
    differentiable in the weight.

    A circulant block (one channel, stride and dilation 1, an axis of length n, padding (before, after)) has these
    eigenvalues, where W(f) is the n-point DFT of the kernel:

        convolution                         W(f) exp(2 pi i f after / n): the bare DFT for padding (k - 1, 0)
        cross-correlation, real kernel      conj(W(f)) exp(-2 pi i f before / n)

    Args:
        input_size: the spatial shape of the input; the other arguments are those of `conv_nd`.
        sparse: whether to return a sparse COO tensor (coalesced) instead of a dense one.

    Raises:
        ConvolutionError: arguments do not fit.
    """
    check_operation(operation)
    if groups < 1 or weight.shape[0] % groups:
        raise ConvolutionError(
            f"groups={groups} does not divide the {weight.shape[0]} outputs of {tuple(weight.shape)}"
        )
    geometry = resolve(
        weight.shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups, anchor=anchor,
        padding_mode=padding_mode,
    )  # fmt: skip
    out = geometry.output_size(input_size)
    check_wraps(tuple(input_size), geometry)
    kernel = flip(weight) if operation == "convolution" else weight
    rows, columns, values = _entries(kernel, tuple(input_size), out, geometry)
    shape = (len(weight) * torch.Size(out).numel(), weight.shape[1] * groups * torch.Size(input_size).numel())
    if sparse:
        with torch.sparse.check_sparse_tensor_invariants(True):
            return torch.sparse_coo_tensor(torch.stack([rows, columns]), values, shape).coalesce()
    return values.new_zeros(shape).index_put((rows, columns), values, accumulate=True)


def _entries(kernel: torch.Tensor, size: tuple[int, ...], out: tuple[int, ...], geometry: Geometry):
    """Row, column and value of every product in the layer; several can share an entry (replicate)."""
    outputs, width = kernel.shape[:2]
    sources, inside = _sources(size, out, geometry)  # (places, taps)
    places, taps = inside.nonzero(as_tuple=True)
    o = torch.arange(outputs)[:, None, None]
    c = torch.arange(width)[None, :, None]
    channel = o // (outputs // geometry.groups) * width + c
    rows = (o * inside.shape[0] + places).expand(outputs, width, -1)
    columns = channel * torch.Size(size).numel() + sources[places, taps]
    values = kernel.flatten(2)[:, :, taps.to(kernel.device)]
    return rows.flatten().to(kernel.device), columns.flatten().to(kernel.device), values.flatten()


def _sources(size: tuple[int, ...], out: tuple[int, ...], geometry: Geometry) -> tuple[torch.Tensor, torch.Tensor]:
    """The flat input index that each output reads at each tap, and whether it is inside the input."""
    sources, inside = torch.zeros(1, 1, dtype=torch.int64), torch.ones(1, 1, dtype=torch.bool)
    for n, m, k, s, d, (before, after) in zip(
        size, out, geometry.kernel, geometry.stride, geometry.dilation, geometry.pads, strict=True
    ):
        line = source_indices(n, before, after, geometry.padding_mode)
        read = line[torch.arange(m)[:, None] * s + torch.arange(k) * d]  # (m, k)
        sources = (sources[:, None, :, None] * n + read[None, :, None, :]).flatten(2).flatten(0, 1)
        inside = (inside[:, None, :, None] & (read >= 0)[None, :, None, :]).flatten(2).flatten(0, 1)
    return sources, inside
