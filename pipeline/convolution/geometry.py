"""How a kernel is placed on its input: stride, dilation, padding and anchor, resolved to plain numbers.

Correlation reads x[stride * n + dilation * m - before] for output n and tap m. The methods, the adjoints and the matrix
form all use the `Geometry` computed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ConvolutionError

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
Padding = str | int | Sequence[int] | Sequence[tuple[int, int]]
Anchor = str | int | Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """The numbers that place a kernel on its input, one entry per spatial axis."""

    kernel: tuple[int, ...]
    """Number of taps."""
    stride: tuple[int, ...]
    """Distance between two outputs, in input samples."""
    dilation: tuple[int, ...]
    """Distance between two taps, in input samples."""
    pads: tuple[tuple[int, int], ...]
    """Samples added (before, after)."""
    groups: int
    """Independent groups of channels."""
    padding_mode: str
    """The values of the added samples."""

    @property
    def extents(self) -> tuple[int, ...]:
        """Number of samples that the dilated kernel spans."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def output_size(self, input_size: Sequence[int]) -> tuple[int, ...]:
        """Outputs along each axis; raises `ConvolutionError` if the kernel is larger than the padded input."""
        padded = [n + before + after for n, (before, after) in zip(input_size, self.pads, strict=True)]
        if any(n < e for n, e in zip(padded, self.extents, strict=True)):
            raise ConvolutionError(
                f"the kernel {self.kernel} with dilation {self.dilation} spans {self.extents}, more than the padded "
                f"input {tuple(padded)} (input {tuple(input_size)}): pad more, or use a smaller kernel or dilation"
            )
        return tuple((n - e) // s + 1 for n, e, s in zip(padded, self.extents, self.stride, strict=True))


def resolve(
    kernel: Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    padding: Padding = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    anchor: Anchor = "trail",
    padding_mode: str = "zeros",
) -> Geometry:
    """The geometry of a kernel of this spatial shape; arguments as in `conv_nd`."""
    check_kernel(kernel)
    dims = len(kernel)
    if padding_mode not in PADDING_MODES:
        raise ConvolutionError(f"padding_mode is {padding_mode!r}; choose one of {', '.join(PADDING_MODES)}")
    dilations = per_axis(dilation, dims, "dilation")
    return Geometry(
        kernel=tuple(kernel),
        stride=per_axis(stride, dims, "stride"),
        dilation=dilations,
        pads=_pads(padding, tuple(d * (k - 1) for k, d in zip(kernel, dilations, strict=True)), dilations, anchor),
        groups=groups,
        padding_mode=padding_mode,
    )


def check_kernel(kernel: Sequence[int]) -> None:
    """Raise `ConvolutionError` for a kernel without taps."""
    if 0 in kernel:
        raise ConvolutionError(f"the kernel has the size {tuple(kernel)}: give at least 1 tap on each axis")


def per_axis(value: int | Sequence[int], dims: int, name: str, least: int = 1) -> tuple[int, ...]:
    """The value once for each axis; `ConvolutionError` for a wrong count or a value below `least`."""
    values = tuple(value) if isinstance(value, Sequence) else (value,) * dims
    if not all(isinstance(v, int) for v in values):
        raise ConvolutionError(f"{name} is {value!r}: give a whole number, or one for each axis")
    if len(values) not in (1, dims):
        raise ConvolutionError(f"{name} has {len(values)} entries {values} for {dims} spatial axes: give 1 or {dims}")
    if any(v < least for v in values):
        raise ConvolutionError(f"{name} is {values}; every entry must be at least {least}")
    return values if len(values) == dims else values * dims


def _pads(padding: Padding, totals: tuple[int, ...], dilation: tuple[int, ...], anchor: Anchor):
    dims = len(totals)
    if padding == "valid":
        return ((0, 0),) * dims
    if padding == "full":
        return tuple((total, total) for total in totals)
    if padding == "same":
        befores = _same_before(totals, dilation, anchor)
        return tuple((before, total - before) for before, total in zip(befores, totals, strict=True))
    if isinstance(padding, str):
        raise ConvolutionError(
            f"padding is {padding!r}; choose 'valid', 'same', 'full', a number, or (before, after) pairs"
        )
    if not isinstance(padding, int) and any(isinstance(entry, Sequence) for entry in padding):
        return _pairs(padding, dims)
    same: Any = padding
    return tuple((p, p) for p in per_axis(same, dims, "padding", least=0))


def _pairs(padding, dims: int) -> tuple[tuple[int, int], ...]:
    pairs = tuple(tuple(entry) if isinstance(entry, Sequence) else (entry, entry) for entry in padding)
    if len(pairs) != dims or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        raise ConvolutionError(
            f"padding is {padding}; give one (before, after) pair, 0 or more, for each of {dims} axes"
        )
    return pairs


def _same_before(totals: tuple[int, ...], dilation: tuple[int, ...], anchor: Anchor) -> tuple[int, ...]:
    if anchor == "trail":
        return tuple(total // 2 for total in totals)
    if anchor == "lead":
        return tuple(total - total // 2 for total in totals)
    if isinstance(anchor, str):
        raise ConvolutionError(f"anchor is {anchor!r}; choose 'lead', 'trail' or the number of taps before the output")
    befores = tuple(a * d for a, d in zip(per_axis(anchor, len(totals), "anchor", least=0), dilation, strict=True))
    if any(before > total for before, total in zip(befores, totals, strict=True)):
        taps = tuple(total // d + 1 for total, d in zip(totals, dilation, strict=True))
        raise ConvolutionError(f"anchor {anchor} lies outside the kernel {taps}: it must be 0 to {min(taps) - 1}")
    return befores
