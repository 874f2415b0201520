"""Correlation and convolution of layers: torch's semantics, with the operator named explicitly.

    cross_correlation   y[n] = sum_m x[n + m] w[m]     what torch.nn.functional.conv2d computes
    convolution         y[n] = sum_m x[n - m] w[m]     the kernel is flipped first

The flip is a half turn over the spatial axes: no transpose, and never over channels.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from .checks import Operation, check_bias, check_layer, check_operation, check_transposed
from .choice import fastest_layer_method
from .errors import ConvolutionError
from .geometry import Anchor, Padding
from .methods import METHODS

_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def flip(weight: torch.Tensor) -> torch.Tensor:
    """The kernels (O, C, *kernel) rotated by 180 degrees: reversed along every spatial axis, but not over channels."""
    return weight.flip(tuple(range(2, weight.ndim))) if math.prod(weight.shape[2:]) > 1 else weight


def conv_nd(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    *,
    operation: Operation = "cross_correlation",
    anchor: Anchor = "trail",
    padding_mode: str = "zeros",
    method: str = "direct",
    conjugate: bool = False,
) -> torch.Tensor:
    """Correlate or convolve (N, C, *spatial) or (C, *spatial) with (O, C/groups, *kernel); 1, 2 or 3 spatial axes.

    Args:
        bias: (O,) or None.
        padding: samples on both sides, one number or one per axis; (before, after) pairs; "valid"; "full", all
            positions at which kernel and input overlap; "same", an output as large as the input for stride 1, of which
            `stride` keeps every s-th (TensorFlow's strided SAME pads less before: give it as pairs).
        operation: "cross_correlation" (torch, all of deep learning) or "convolution" (signal processing).
        anchor: on which side "same" puts the odd sample of an even kernel: "trail", after (torch), "lead", before
            (scipy.signal.convolve), or the number of taps before the output. As it sets the padding, it has the same
            meaning for both operators.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        method: "direct" (torch's kernels), "fft", "unfold" (a matrix product), or "auto", the fastest as measured.
        conjugate: conjugate a complex kernel, as signal processing's correlation does and torch does not.

    Returns:
        (N, O, *output), the dtype of the input (that of autocast if it is on).

    Raises:
        ConvolutionError: shapes, dtypes or arguments do not fit; the message says what to do.
    """
    check_operation(operation)
    geometry = check_layer(input, weight, stride, padding, dilation, groups, anchor, padding_mode)
    check_bias(bias, weight, len(weight))
    if conjugate:
        weight = weight.conj()
    if operation == "convolution":
        weight = flip(weight)
    batched = input.ndim == weight.ndim
    x = input if batched else input.unsqueeze(0)
    if method == "auto":
        method = fastest_layer_method(x, weight, geometry)
    if method not in METHODS:
        raise ConvolutionError(f"method is {method!r}; choose one of {', '.join(METHODS)}, auto")
    result = METHODS[method](x, weight, bias, geometry)
    return result if batched else result.squeeze(0)


def conv_transpose_nd(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
    *,
    operation: Operation = "cross_correlation",
) -> torch.Tensor:
    """The transpose of `conv_nd` with zero padding: (N, C, *spatial) and (C, O/groups, *kernel) to (N, O, *out).

    `operation` names the operator that is transposed: torch's conv_transpose2d is the transpose of cross-correlation
    (it convolves), and the transpose of convolution correlates. For real kernels it is the adjoint; for complex ones
    use `adjoint`, which takes the conjugate.
    """
    check_operation(operation)
    places = check_transposed(input, weight, bias, stride, padding, output_padding, groups, dilation)
    if operation == "convolution":
        weight = flip(weight)
    transposed: Any = _TRANSPOSED[weight.ndim - 2]
    return transposed(input, weight, bias, *places[:3], groups, places[3])
