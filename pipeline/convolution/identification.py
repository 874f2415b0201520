"""Find out what a function of a signal and a kernel computes, by calling it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from .errors import ConvolutionError
from .padding import OUTSIDE, source_indices
from .probing import NOWHERE, IndexMaps, Probe, find_probe, index_maps

_BOUNDARIES = ("zeros", "reflect", "replicate", "circular", "symmetric")


@dataclass(frozen=True, kw_only=True)
class Identified:
    """What a function computes; one entry per spatial axis."""

    operation: str
    """"cross_correlation", "convolution", or "mixed" if some axes are flipped and others are not."""
    flipped_axes: tuple[int, ...]
    """The axes along which the kernel is flipped: all of them for convolution, none for cross-correlation."""
    kernel_axes: tuple[int, ...]
    """Which axis of the kernel runs along each axis of the signal; (1, 0) is a transposed kernel."""
    padding: tuple[tuple[int, int], ...]
    """Samples before and after the signal that are read; with a stride, there may be more after it that are not."""
    boundary: str | None
    """The values outside: a padding mode of torch, or "symmetric" (edge repeated); None if nothing outside is read."""
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    conjugates: str | None
    """"nothing", "kernel", "signal" or "both"; None if the function does not accept complex numbers."""
    scale: complex
    """The factor on each product."""
    normalizes: bool
    """Whether the kernel is divided by its sum first."""
    bias: float
    """The number added to every output."""
    kernel: tuple[int, ...]
    """The kernel size on which this was found."""

    @property
    def mode(self) -> str | None:
        """ "valid", "same" or "full" by the padding, None if it is none of them (or for a stride above 1)."""
        if any(s > 1 for s in self.stride):
            return None
        totals = [before + after for before, after in self.padding]
        extents = [d * (self.kernel[axis] - 1) for d, axis in zip(self.dilation, self.kernel_axes, strict=True)]
        if all(pair == (e, e) for pair, e in zip(self.padding, extents, strict=True)):
            return "full"
        if not any(map(any, self.padding)):
            return "valid"
        return "same" if totals == extents else None

    @property
    def anchor(self) -> str | None:
        """Where "same" puts the odd sample of an even kernel, "lead" or "trail"; None if that is unknown."""
        odd = [before - after for before, after in self.padding if before != after]
        if self.mode != "same" or not odd:
            return None
        return "lead" if all(n > 0 for n in odd) else "trail" if all(n < 0 for n in odd) else None

    def __str__(self) -> str:
        parts = [self.operation.replace("_", "-") + self._flips()]
        parts.append(f"stride {_joined(self.stride)}, dilation {_joined(self.dilation)}")
        mode = f'"{self.mode}" ' if self.mode else ""
        pads = ", ".join(f"{before} before and {after} after" for before, after in dict.fromkeys(self.padding))
        anchor = f', anchor "{self.anchor}"' if self.anchor else ""
        parts.append(f"padding {mode}({pads}){anchor}" + (f", {self.boundary}" if self.boundary else ""))
        if self.conjugates not in (None, "nothing"):
            parts.append(f"conjugates the {self.conjugates}" if self.conjugates != "both" else "conjugates both")
        if self.scale != 1:
            parts.append(f"times {self.scale:g}")
        if self.normalizes:
            parts.append("kernel divided by its sum")
        if self.bias:
            parts.append(f"plus {self.bias:g}")
        return "; ".join(parts)

    def _flips(self) -> str:
        transposed = " with a transposed kernel" if self.kernel_axes != tuple(sorted(self.kernel_axes)) else ""
        axes = f" (only axis {_joined(self.flipped_axes)} flipped)" if self.operation == "mixed" else ""
        return axes + transposed


def identify(function: Callable | nn.Module, dims: int | None = None) -> Identified:
    """What a function of (signal, kernel), or a layer of torch, computes.

    Args:
        function: called as function(signal, kernel) with tensors, then with numpy arrays, in double and single
            precision, without and with channel axes (N, C, ...) and (O, C, ...). For a layer with a weight
            (O, C, *kernel): the path from input channel 0 to output channel 0.
        dims: number of spatial axes, 1 to 3; by default 2, 1 and 3 are tried.

    Returns:
        the findings, which reproduce the function's output on a random signal and kernel.

    Raises:
        ConvolutionError: the function cannot be called like that, or computes something else; the message says what.
    """
    probe = find_probe(function, dims)
    maps = index_maps(probe)
    steps = _kernel_steps(maps, probe)
    kernel_axes = _kernel_axes(steps)
    dilation = tuple(abs(steps[axis][k]) for axis, k in enumerate(kernel_axes))
    flipped = tuple(axis for axis, k in enumerate(kernel_axes) if steps[axis][k] < 0)
    stride, padding = _strides_and_padding(maps, probe, kernel_axes, dilation, flipped)
    layout = _Layout(kernel_axes=kernel_axes, dilation=dilation, flipped=flipped, stride=stride, padding=padding)
    return Identified(
        operation=("cross_correlation", "convolution")[bool(flipped)] if len(flipped) in (0, len(stride)) else "mixed",
        flipped_axes=flipped,
        kernel_axes=kernel_axes,
        padding=padding,
        boundary=_boundary(maps, probe, layout),
        stride=stride,
        dilation=dilation,
        conjugates=_conjugates(probe, maps),
        scale=maps.scale,
        normalizes=_normalizes(probe, maps),
        bias=_bias(maps),
        kernel=probe.kernel,
    )


@dataclass(frozen=True, kw_only=True)
class _Layout:
    kernel_axes: tuple[int, ...]
    dilation: tuple[int, ...]
    flipped: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]


def _coordinates(maps: IndexMaps, probe: Probe) -> list[torch.Tensor]:
    """For each axis of the signal, the coordinate that is read, (*kernel, *output); NOWHERE if nothing is read."""
    index = maps.index.reshape(*probe.kernel, *maps.output)
    parts = torch.unravel_index(index.clamp(min=0), probe.signal)
    return [torch.where(index < 0, NOWHERE, part) for part in parts]


def _usual_step(coordinate: torch.Tensor, axis: int) -> int:
    """The most frequent difference of neighbours along an axis, 0 if the axis has one entry."""
    n = coordinate.shape[axis]
    first, second = coordinate.narrow(axis, 0, n - 1), coordinate.narrow(axis, 1, n - 1)
    both = (first >= 0) & (second >= 0)
    return int((second - first)[both].mode().values) if both.any() else 0


def _kernel_steps(maps: IndexMaps, probe: Probe) -> list[list[int]]:
    """How far the sample moves along each signal axis for a step along each kernel axis."""
    dims = range(len(probe.kernel))
    return [[_usual_step(coordinate, k) for k in dims] for coordinate in _coordinates(maps, probe)]


def _kernel_axes(steps: list[list[int]]) -> tuple[int, ...]:
    """The one kernel axis that moves the sample along each signal axis."""
    movers = [[k for k, step in enumerate(row) if step] for row in steps]
    if any(len(m) > 1 for m in movers):
        raise ConvolutionError(
            f"the taps do not run along the signal's axes (steps {steps}): this is not a correlation"
        )
    free = [k for k in range(len(steps)) if [k] not in movers]
    return tuple(m[0] if m else free.pop(0) for m in movers)  # a kernel axis of length 1 does not move the sample


def _strides_and_padding(maps, probe, kernel_axes, dilation, flipped):
    dims, strides, padding = len(probe.kernel), [], []
    for axis, coordinate in enumerate(_coordinates(maps, probe)):
        stride = _usual_step(coordinate, dims + axis) if maps.output[axis] > 1 else 1
        if stride < 1:
            raise ConvolutionError(
                f"neighbouring outputs read samples {stride} apart along axis {axis}: this is not a correlation"
            )
        places = _places(axis, probe, maps, kernel_axes, dilation, flipped, stride)
        offset = int((coordinate - places)[coordinate >= 0].mode().values)
        reach = dilation[axis] * (probe.kernel[kernel_axes[axis]] - 1)
        last = stride * (maps.output[axis] - 1) + offset + reach
        strides.append(stride)
        padding.append((-offset, last + 1 - probe.signal[axis]))
    return tuple(strides), tuple(padding)


def _places(axis, probe, maps, kernel_axes, dilation, flipped, stride) -> torch.Tensor:
    """stride * n + dilation * m along one axis, m counted from the end if the kernel is flipped; (*kernel, *output)."""
    dims, k = len(probe.kernel), kernel_axes[axis]
    tap = torch.arange(probe.kernel[k])
    tap = (tap.flip(0) if axis in flipped else tap).reshape([-1 if a == k else 1 for a in range(2 * dims)])
    output = torch.arange(maps.output[axis]).reshape([-1 if a == dims + axis else 1 for a in range(2 * dims)])
    return (dilation[axis] * tap + stride * output).expand(*probe.kernel, *maps.output)


def _boundary(maps: IndexMaps, probe: Probe, layout: _Layout) -> str | None:
    """The padding mode that explains every index; None if nothing outside the signal is read."""
    if all(before <= 0 and after <= 0 for before, after in layout.padding):
        if not torch.equal(_predicted(maps, probe, layout, "zeros"), maps.index):
            raise ConvolutionError("the samples that the taps read do not follow one stride and one dilation")
        return None
    for mode in _BOUNDARIES:
        if torch.equal(_predicted(maps, probe, layout, mode), maps.index):
            return mode
    raise ConvolutionError("what the function reads outside the signal does not follow a known padding")


def _predicted(maps: IndexMaps, probe: Probe, layout: _Layout, mode: str) -> torch.Tensor:
    flat, outside = torch.zeros((), dtype=torch.int64), torch.zeros((), dtype=torch.bool)
    for axis, (size, (before, after)) in enumerate(zip(probe.signal, layout.padding, strict=True)):
        sources = source_indices(size, before, after, mode)
        places = _places(axis, probe, maps, layout.kernel_axes, layout.dilation, layout.flipped, layout.stride[axis])
        source = sources[places]
        flat, outside = flat * size + source, outside | (source == OUTSIDE)
    return torch.where(outside, NOWHERE, flat).reshape(maps.index.shape)


def _conjugates(probe: Probe, maps: IndexMaps) -> str | None:
    """Which arguments are conjugated, from i times the signal and i times the kernel."""
    x, w = probe.random_signal(1).to(torch.complex128), probe.random_kernel(2).to(torch.complex128)
    try:
        plain, signal, kernel = (probe.call(*pair) for pair in ((x, w), (1j * x, w), (x, 1j * w)))
    except Exception:  # whatever the function raises, it does not accept complex numbers
        return None
    bias = torch.nan_to_num(maps.bias)
    plain, signal, kernel = plain - bias, signal - bias, kernel - bias
    factors = []
    for turned in (signal, kernel):
        factor = ((turned * plain.conj()).sum() / (plain * plain.conj()).sum()).item()
        if min(abs(factor - 1j), abs(factor + 1j)) > 1e-3:
            return None  # the imaginary part was dropped
        factors.append(factor.imag < 0)
    signal_too, kernel_too = factors
    if signal_too and kernel_too:
        return "both"
    return "signal" if signal_too else "kernel" if kernel_too else "nothing"


def _normalizes(probe: Probe, maps: IndexMaps) -> bool:
    """Compare a random signal and kernel with what was found, with and without division by the kernel's sum."""
    x, w = probe.random_signal(5), probe.random_kernel(6)
    samples = torch.where(maps.index < 0, 0, x.flatten()[maps.index.clamp(min=0)])
    products = (w.flatten() @ samples).reshape(maps.output) * maps.scale
    found = probe.call(x, w) - torch.nan_to_num(maps.bias)
    for normalizes, expected in ((False, products), (True, products / w.sum())):
        if (found - expected).abs().max() <= 100 * probe.tolerance * expected.abs().max():
            return normalizes
    raise ConvolutionError("the output is not the sum of the taps' outputs: the function is not linear in the kernel")


def _bias(maps: IndexMaps) -> float:
    bias = torch.nan_to_num(maps.bias).real
    if (bias - bias.flatten()[0]).abs().max() > 1e-6 * (1 + bias.abs().max()):
        raise ConvolutionError("what the function adds differs from output to output")
    return float(bias.flatten()[0])


def _joined(values: tuple[int, ...]) -> str:
    """The values as text, or one number if all are equal."""
    return str(values[0]) if len(set(values)) == 1 else " x ".join(map(str, values))
