"""Correlation and convolution of layers: torch's semantics, with the operator said aloud.

    cross_correlation   y[n] = sum_m x[n + m] w[m]     what torch.nn.functional.conv2d computes
    convolution         y[n] = sum_m x[n - m] w[m]     the kernel makes a half turn first

The half turn is over the spatial axes alone: no transpose, and never over channels.
"""

import math
from collections.abc import Sequence
from typing import Literal, get_args

import torch
import torch.nn.functional as F

from .choice import fastest_layer_method
from .errors import ConvolutionError
from .geometry import Anchor, Geometry, Padding, per_axis, resolve
from .methods import METHODS

Operation = Literal["cross_correlation", "convolution"]
OPERATIONS: tuple[str, ...] = get_args(Operation)

_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def flip(weight: torch.Tensor) -> torch.Tensor:
    """The kernels (O, C, *kernel) turned by half a turn: reversed along every spatial axis, channels untouched."""
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
        padding: samples on both sides, one number or one an axis; (before, after) pairs; "valid"; "full", every place
            where kernel and input overlap; "same", the stride-1 output as large as the input, of which `stride` keeps
            every s-th (TensorFlow's strided SAME pads less before: give it as pairs).
        operation: "cross_correlation" (torch, all of deep learning) or "convolution" (signal processing).
        anchor: where "same" puts the odd sample of an even kernel: "trail" after (torch), "lead" before
            (scipy.signal.convolve), or the number of taps before the output. It sets the padding, so it means the same
            for both operators.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        method: "direct" (torch's kernels), "fft", "unfold" (windows times matrix), or "auto", the quickest as measured.
        conjugate: conjugate a complex kernel, as signal processing's correlation does and torch does not.

    Returns:
        (N, O, *output), the dtype of the input (that of autocast where it is on).

    Raises:
        ConvolutionError: shapes, dtypes or arguments that do not fit; the message says what to do.
    """
    check_operation(operation)
    geometry = check_layer(input, weight, stride, padding, dilation, groups, anchor, padding_mode)
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

    `operation` names the operator whose transpose it is: torch's conv_transpose2d is that of cross-correlation (it
    convolves), and the transpose of convolution correlates. For real kernels it is the adjoint; for complex ones see
    `adjoint`, which takes the conjugate.
    """
    check_operation(operation)
    dims = weight.ndim - 2
    if dims not in _TRANSPOSED or input.ndim not in (dims + 1, dims + 2):
        raise ConvolutionError(
            f"transposed {operation}: the input {tuple(input.shape)} does not fit the weight {tuple(weight.shape)}: "
            "give (N, C, *axes) or (C, *axes), and (in, out / groups, *kernel) with as many axes, 1 to 3"
        )
    if isinstance(padding, str):
        raise ConvolutionError(f"padding {padding!r} is not defined for a transposed {operation}: give numbers")
    _check_dtypes(input, weight)
    if input.shape[-dims - 1] != weight.shape[0]:
        raise ConvolutionError(
            f"transposed {operation}: the input {tuple(input.shape)} has {input.shape[-dims - 1]} channels and the "
            f"weight {tuple(weight.shape)} takes {weight.shape[0]}: its layout is (in, out / groups, *kernel)"
        )
    if operation == "convolution":
        weight = flip(weight)
    places = [per_axis(value, dims, name, least) for value, name, least in (
        (stride, "stride", 1), (padding, "padding", 0), (output_padding, "output_padding", 0), (dilation, "dilation", 1)
    )]  # fmt: skip
    return _TRANSPOSED[dims](input, weight, bias, *places[:3], groups, places[3])


def check_operation(operation: str) -> None:
    """Raise `ConvolutionError` for a name that is no operator."""
    if operation not in OPERATIONS:
        raise ConvolutionError(f"operation is {operation!r}; choose one of {', '.join(OPERATIONS)}")


def check_layer(input, weight, stride, padding, dilation, groups, anchor, padding_mode) -> Geometry:
    """The geometry of a layer call, after its shapes and dtypes were found to fit together."""
    dims = weight.ndim - 2
    if dims not in (1, 2, 3):
        raise ConvolutionError(
            f"the weight has shape {tuple(weight.shape)}; conv_nd takes (O, C/groups, *kernel) with 1 to 3 axes"
        )
    if input.ndim not in (dims + 1, dims + 2):
        raise ConvolutionError(
            f"the input {tuple(input.shape)} has {input.ndim} axes and the weight {tuple(weight.shape)} is {dims}-D: "
            f"give (N, C, *{dims} axes) or (C, *{dims} axes)"
        )
    _check_dtypes(input, weight)
    _check_channels(input.shape[-dims - 1], input, weight, groups)
    geometry = resolve(
        weight.shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups, anchor=anchor,
        padding_mode=padding_mode,
    )  # fmt: skip
    geometry.output_size(input.shape[-dims:])
    return geometry


def _check_channels(channels: int, input, weight, groups: int) -> None:
    outputs, width = weight.shape[:2]
    if groups < 1 or channels != width * groups or outputs % groups:
        raise ConvolutionError(
            f"the input {tuple(input.shape)} has {channels} channels and the weight {tuple(weight.shape)} with "
            f"groups={groups} takes {width * groups} and gives {outputs}: both must be multiples of groups, "
            f"the weight's layout (out, in / groups, *kernel)"
        )


def _check_dtypes(input: torch.Tensor, weight: torch.Tensor) -> None:
    for name, tensor in (("input", input), ("weight", weight)):
        if not (tensor.is_floating_point() or tensor.is_complex()):
            raise ConvolutionError(
                f"the {name} is {tensor.dtype}: layers take floating-point or complex; call .float() first"
            )
    if input.dtype != weight.dtype and not torch.is_autocast_enabled(input.device.type):
        raise ConvolutionError(
            f"the input is {input.dtype} and the weight {weight.dtype}: convert one, or use autocast"
        )
