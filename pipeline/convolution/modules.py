"""Layers named after the operator they compute: subclasses of torch's, with the same parameters and state_dict keys.

The operator is recorded in the state_dict's metadata, and weights of the other operator are refused: with them every
kernel would be flipped, and predictions would be wrong without any error.
"""

import math
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from .checks import Operation
from .errors import ConvolutionError
from .functional import conv_nd, conv_transpose_nd, flip
from .geometry import Anchor, Padding, resolve

METADATA_KEY = "operation"


class _Recorded(nn.Module):
    """Records the operator in the state_dict's metadata and checks it when weights are loaded."""

    operation: ClassVar[Operation]
    if TYPE_CHECKING:  # attributes of torch's layers
        kernel_size: tuple[int, ...]
        stride: tuple[int, ...]
        padding: Any
        dilation: tuple[int, ...]
        groups: int
        padding_mode: Any
        weight: torch.Tensor
        bias: torch.Tensor | None
        _conv_forward: Any
        _output_padding: Any

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        metadata = getattr(destination, "_metadata", None)
        if metadata is not None:
            metadata.setdefault(prefix[:-1], {})[METADATA_KEY] = self.operation

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing, unexpected, errors):
        recorded = recorded_operation(local_metadata)
        if math.prod(self.kernel_size) > 1 and recorded != self.operation:
            if recorded is not None:
                errors.append(_refusal(prefix, recorded, self.operation))
                return
            _warn_unrecorded(self.operation)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing, unexpected, errors)


class _Layer(_Recorded):
    """A convolution layer of torch, computed by `conv_nd`."""

    anchor: Anchor = "trail"
    method: str = "direct"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: Padding = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device=None,
        dtype=None,
        *,
        anchor: Anchor | None = None,
        method: str | None = None,
    ):
        """The arguments of torch's layer, and `padding`, `anchor` and `method` as in `conv_nd`."""
        if isinstance(padding, float):
            raise ConvolutionError(f"padding is {padding!r}: give a whole number, or one for each axis")
        plain = isinstance(padding, int) or (not isinstance(padding, str) and all(isinstance(p, int) for p in padding))
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding if plain else 0, dilation, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip
        if not plain:
            self.padding = padding
        if anchor is not None:
            self.anchor = anchor
        if method is not None:
            self.method = method
        resolve(self.kernel_size, padding=self.padding, dilation=self.dilation, anchor=self.anchor)

    def _conv_forward(self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        plain = isinstance(self.padding, tuple) and all(type(p) is int for p in self.padding)
        if self.method == "direct" and plain:
            try:  # torch's own path, which has less overhead for small batches
                return super()._conv_forward(input, flip(weight) if self.operation == "convolution" else weight, bias)
            except RuntimeError:
                pass  # refused below, with the fix
        return conv_nd(
            input, weight, bias, self.stride, self.padding, self.dilation, self.groups, operation=self.operation,
            anchor=self.anchor, padding_mode=self.padding_mode, method=self.method,
        )  # fmt: skip

    def extra_repr(self) -> str:
        changed = [
            f", {name}={getattr(self, name)!r}"
            for name in ("anchor", "method")
            if getattr(self, name) != getattr(_Layer, name)
        ]
        return super().extra_repr() + "".join(changed)


class _TransposedLayer(_Recorded):
    """A transposed layer of torch, computed by `conv_transpose_nd`."""

    def forward(self, input: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        """As torch's layer; `output_size` selects one of the sizes that a stride allows."""
        dims = len(self.kernel_size)
        output_padding = self._output_padding(
            input, output_size, self.stride, self.padding, self.kernel_size, dims, self.dilation
        )
        return conv_transpose_nd(
            input, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation,
            operation=self.operation,
        )  # fmt: skip


class CrossCorrelation1d(_Layer, nn.Conv1d):
    """nn.Conv1d under its proper name: input (N, C, L)."""

    operation = "cross_correlation"


class CrossCorrelation2d(_Layer, nn.Conv2d):
    """nn.Conv2d under its proper name: input (N, C, H, W)."""

    operation = "cross_correlation"


class CrossCorrelation3d(_Layer, nn.Conv3d):
    """nn.Conv3d under its proper name: input (N, C, D, H, W)."""

    operation = "cross_correlation"


class Convolution1d(_Layer, nn.Conv1d):
    """True convolution: nn.Conv1d with its kernels reversed. Input (N, C, L)."""

    operation = "convolution"


class Convolution2d(_Layer, nn.Conv2d):
    """True convolution: nn.Conv2d with kernels rotated by 180 degrees. Input (N, C, H, W)."""

    operation = "convolution"


class Convolution3d(_Layer, nn.Conv3d):
    """True convolution: nn.Conv3d with its kernels point-reflected. Input (N, C, D, H, W)."""

    operation = "convolution"


class FFTConvolution1d(Convolution1d):
    """True convolution by FFT: faster for long kernels."""

    method = "fft"


class FFTConvolution2d(Convolution2d):
    """True convolution by FFT: faster for large dense kernels."""

    method = "fft"


class FFTConvolution3d(Convolution3d):
    """True convolution by FFT: faster for large dense kernels."""

    method = "fft"


class CrossCorrelationTranspose1d(_TransposedLayer, nn.ConvTranspose1d):
    """Transpose of CrossCorrelation1d: nn.ConvTranspose1d under its proper name."""

    operation = "cross_correlation"


class CrossCorrelationTranspose2d(_TransposedLayer, nn.ConvTranspose2d):
    """Transpose of CrossCorrelation2d: nn.ConvTranspose2d under its proper name."""

    operation = "cross_correlation"


class CrossCorrelationTranspose3d(_TransposedLayer, nn.ConvTranspose3d):
    """Transpose of CrossCorrelation3d: nn.ConvTranspose3d under its proper name."""

    operation = "cross_correlation"


class ConvolutionTranspose1d(_TransposedLayer, nn.ConvTranspose1d):
    """Transpose of Convolution1d with the same weight: it correlates."""

    operation = "convolution"


class ConvolutionTranspose2d(_TransposedLayer, nn.ConvTranspose2d):
    """Transpose of Convolution2d with the same weight: it correlates."""

    operation = "convolution"


class ConvolutionTranspose3d(_TransposedLayer, nn.ConvTranspose3d):
    """Transpose of Convolution3d with the same weight: it correlates."""

    operation = "convolution"


def recorded_operation(local_metadata: dict) -> Operation | None:
    """The operator recorded in a module's metadata.

    Cross-correlation for torch's own layers, which record a version.
    """
    return local_metadata.get(METADATA_KEY, "cross_correlation" if "version" in local_metadata else None)


def _refusal(prefix: str, recorded: str, computed: str) -> str:
    return (
        f"{prefix}weight belongs to {recorded} and this layer computes {computed}, so its kernels would be used "
        f"flipped: load convert_convention(state_dict, to={computed!r}, model=network) instead"
    )


def _warn_unrecorded(operation: str) -> None:
    if operation == "convolution":
        warnings.warn(
            "this state_dict records no operator, so its kernels are taken as convolution's; if they come from torch "
            "or timm, load convert_convention(state_dict, to='convolution', model=network) instead",
            stacklevel=5,
        )
