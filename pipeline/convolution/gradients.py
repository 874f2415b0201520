"""The adjoint and the gradients of a layer in closed form, without autograd (and differentiable themselves).

With y = A x the layer without bias, g the gradient at its output, w its kernel:

    correlation layer   A' g  = full convolution(g, w)      dL/dw = valid correlation(x, g)
    convolution layer   A' g  = full correlation(g, w)      dL/dw = flip(valid correlation(x, g))

with channels exchanged in A', zeros between the samples of g for a stride, zeros between the taps for a dilation, and
then the transposed padding. For complex kernels A' takes the conjugate.
"""

from collections.abc import Sequence
from typing import Any

import torch

from .checks import Operation, check_layer, check_operation
from .errors import ConvolutionError
from .functional import conv_nd, conv_transpose_nd, flip
from .geometry import Anchor, Padding, resolve
from .padding import pad, pad_transpose


def adjoint(
    gradient: torch.Tensor,
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
) -> torch.Tensor:
    """A' g of the layer: <A x, g> = <x, A' g> for every x (N, C, *input_size) and g (N, O, *output).

    Args:
        gradient: (N, O, *output), of the layer's output shape.
        weight: (O, C/groups, *kernel); the remaining arguments are those of `conv_nd`.
        input_size: the spatial shape of the layer's input.

    Returns:
        (N, C, *input_size).

    Raises:
        ConvolutionError: the gradient does not have the shape of the layer's output.
    """
    check_operation(operation)
    geometry = resolve(
        weight.shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups, anchor=anchor,
        padding_mode=padding_mode,
    )  # fmt: skip
    expected = (weight.shape[0], *geometry.output_size(input_size))
    if tuple(gradient.shape[1:]) != expected:
        raise ConvolutionError(
            f"the gradient {tuple(gradient.shape)} does not fit the layer's output "
            f"(N, {', '.join(map(str, expected))}) on an input of size {tuple(input_size)}: give dL/dy of that layer"
        )
    padded = [n + before + after for n, (before, after) in zip(input_size, geometry.pads, strict=True)]
    reached = [(n - 1) * s + e for n, s, e in zip(expected[1:], geometry.stride, geometry.extents, strict=True)]
    unread = [n - r for n, r in zip(padded, reached, strict=True)]  # samples past the last stride
    full = conv_transpose_nd(
        gradient, weight.conj(), None, geometry.stride, 0, unread, groups, geometry.dilation, operation=operation
    )
    return pad_transpose(full, tuple(input_size), geometry)


def input_gradient(gradient: torch.Tensor, weight: torch.Tensor, input_size: Sequence[int], *args, **kwargs):
    """dL/dx (N, C, *input_size) from dL/dy: the `adjoint`, with the same arguments (also complex: torch conjugates)."""
    return adjoint(gradient, weight, input_size, *args, **kwargs)


def weight_gradient(
    input: torch.Tensor,
    gradient: torch.Tensor,
    kernel_size: Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    *,
    operation: Operation = "cross_correlation",
    anchor: Anchor = "trail",
    padding_mode: str = "zeros",
) -> torch.Tensor:
    """dL/dw (O, C/groups, *kernel_size) from the layer's input (N, C, *spatial) and dL/dy (N, O, *output).

    Tap m of a correlation sums conj(x[stride * n + dilation * m]) g[n] over the batch and n: a correlation of input and
    gradient with stride and dilation exchanged. For a convolution it is flipped.
    """
    check_operation(operation)
    like = input.new_empty(gradient.shape[1], input.shape[1] // max(groups, 1), *kernel_size)
    geometry = check_layer(input, like, stride, padding, dilation, groups, anchor, padding_mode)
    if geometry.output_size(input.shape[2:]) != tuple(gradient.shape[2:]) or len(input) != len(gradient):
        raise ConvolutionError(
            f"the gradient {tuple(gradient.shape)} does not fit the input {tuple(input.shape)}: the output is "
            f"{geometry.output_size(input.shape[2:])} on {len(input)} images"
        )
    if not len(input):
        return torch.zeros_like(like)
    x = pad(input, geometry)
    x = x.conj() if x.is_complex() else x
    # The channels of each group become the batch, and the batch becomes the channels to sum over.
    x = x.unflatten(1, (groups, -1)).permute(2, 1, 0, *range(3, x.ndim + 1)).flatten(1, 2)
    result = conv_nd(x, gradient.transpose(0, 1), None, geometry.dilation, 0, geometry.stride, groups).transpose(0, 1)
    taps: Any = (..., *map(slice, kernel_size))  # a stride that leaves samples unread gives extra taps
    result = result[taps]
    return flip(result) if operation == "convolution" else result
