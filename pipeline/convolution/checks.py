"""What a layer's call may be: each mistake is refused in one line that names the shapes and the fix."""

from typing import Literal, get_args

import torch

from .errors import ConvolutionError
from .geometry import Geometry, check_kernel, per_axis, resolve

Operation = Literal["cross_correlation", "convolution"]
OPERATIONS: tuple[str, ...] = get_args(Operation)


def check_operation(operation: str) -> None:
    """Raise `ConvolutionError` for a name that is not an operator."""
    if operation not in OPERATIONS:
        raise ConvolutionError(f"operation is {operation!r}; choose one of {', '.join(OPERATIONS)}")


def check_layer(input, weight, stride, padding, dilation, groups, anchor, padding_mode) -> Geometry:
    """The geometry of a layer call, after its shapes and dtypes were found to fit together."""
    _check_tensors(input, weight)
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
    _check_samples(input, dims)
    geometry.output_size(input.shape[-dims:])
    return geometry


def check_transposed(input, weight, bias, stride, padding, output_padding, groups, dilation) -> list[tuple[int, ...]]:
    """Stride, padding, output_padding and dilation by axis, after the call's shapes and dtypes were found to fit."""
    _check_tensors(input, weight)
    dims = weight.ndim - 2
    if dims not in (1, 2, 3) or input.ndim not in (dims + 1, dims + 2):
        raise ConvolutionError(
            f"transposed layer: the input {tuple(input.shape)} does not fit the weight {tuple(weight.shape)}: "
            "give (N, C, *axes) or (C, *axes), and (in, out / groups, *kernel) with as many axes, 1 to 3"
        )
    if isinstance(padding, str):
        raise ConvolutionError(f"padding {padding!r} is not defined for a transposed layer: give numbers")
    _check_dtypes(input, weight)
    _check_transposed_channels(input.shape[-dims - 1], input, weight, groups)
    check_bias(bias, weight, weight.shape[1] * groups)
    check_kernel(weight.shape[2:])
    _check_samples(input, dims)
    places = [per_axis(value, dims, name, least) for value, name, least in (
        (stride, "stride", 1), (padding, "padding", 0), (output_padding, "output_padding", 0), (dilation, "dilation", 1)
    )]  # fmt: skip
    _check_output_size(input.shape[-dims:], weight.shape[2:], *places)
    return places


def check_bias(bias, weight: torch.Tensor, outputs: int) -> None:
    """Raise `ConvolutionError` for a bias that is not one number per output channel in the weight's dtype."""
    if bias is None:
        return
    if not isinstance(bias, torch.Tensor):
        raise ConvolutionError(f"the bias is a {type(bias).__name__}, not a tensor: give torch.as_tensor(bias) or None")
    if tuple(bias.shape) != (outputs,):
        raise ConvolutionError(
            f"the bias has shape {tuple(bias.shape)}; give ({outputs},), one number for each output channel"
        )
    if bias.device != weight.device:
        raise ConvolutionError(f"the bias is on {bias.device} and the weight on {weight.device}: move one")
    if bias.dtype != weight.dtype and not _autocast(weight):
        raise ConvolutionError(f"the bias is {bias.dtype} and the weight {weight.dtype}: convert one, or use autocast")


def _check_tensors(input, weight) -> None:
    for name, value in (("input", input), ("weight", weight)):
        if not isinstance(value, torch.Tensor):
            raise ConvolutionError(
                f"the {name} is a {type(value).__name__}, not a tensor: give torch.as_tensor({name})"
            )
    if input.device != weight.device:
        raise ConvolutionError(f"the input is on {input.device} and the weight on {weight.device}: move one")


def _check_channels(channels: int, input, weight, groups: int) -> None:
    outputs, width = weight.shape[:2]
    _check_groups(groups)
    if channels != width * groups or outputs % groups or not channels or not outputs:
        raise ConvolutionError(
            f"the input {tuple(input.shape)} has {channels} channels and the weight {tuple(weight.shape)} with "
            f"groups={groups} takes {width * groups} and gives {outputs}: both must be multiples of groups, "
            f"at least 1, the weight's layout (out, in / groups, *kernel)"
        )


def _check_transposed_channels(channels: int, input, weight, groups: int) -> None:
    _check_groups(groups)
    takes, width = weight.shape[:2]
    if channels != takes or takes % groups or not takes or not width:
        raise ConvolutionError(
            f"transposed layer: the input {tuple(input.shape)} has {channels} channels and the weight "
            f"{tuple(weight.shape)} takes {takes} in {groups} groups and gives {width * groups}: its layout is "
            "(in, out / groups, *kernel), in must be a multiple of groups, and no channel count may be 0"
        )


def _check_groups(groups) -> None:
    if type(groups) is not int or groups < 1:
        raise ConvolutionError(f"groups is {groups!r}: give a whole number, at least 1")


def _check_samples(input, dims: int) -> None:
    if 0 in input.shape[-dims:]:
        raise ConvolutionError(f"the input {tuple(input.shape)} has an axis without samples: give at least 1 on each")


def _check_output_size(size, kernel, stride, padding, output_padding, dilation) -> None:
    if any(extra >= max(s, d) for extra, s, d in zip(output_padding, stride, dilation, strict=True)):
        raise ConvolutionError(
            f"output_padding is {output_padding}; it must be below the larger of stride {stride} and "
            f"dilation {dilation} on each axis: it only chooses among the sizes that a stride allows"
        )
    axes = zip(size, kernel, stride, padding, output_padding, dilation, strict=True)
    result = tuple((n - 1) * s - 2 * p + d * (k - 1) + extra + 1 for n, k, s, p, extra, d in axes)
    if min(result) < 1:
        raise ConvolutionError(
            f"the output of the transposed layer would have the size {result}: padding {padding} takes more away than "
            f"the input {tuple(size)} and the kernel {tuple(kernel)} give; pad less"
        )


def _check_dtypes(input: torch.Tensor, weight: torch.Tensor) -> None:
    for name, tensor in (("input", input), ("weight", weight)):
        if not (tensor.is_floating_point() or tensor.is_complex()):
            raise ConvolutionError(
                f"the {name} is {tensor.dtype}: layers take floating-point or complex; call .float() first"
            )
    if input.dtype != weight.dtype and not _autocast(input):
        raise ConvolutionError(
            f"the input is {input.dtype} and the weight {weight.dtype}: convert one, or use autocast"
        )


def _autocast(tensor: torch.Tensor) -> bool:
    kind = tensor.device.type
    return torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
