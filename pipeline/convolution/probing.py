"""Which sample of the signal a function reads for each tap and each output, and with which factor.

With a kernel of a single tap, every output is a multiple of one sample. Two random signals identify the sample: only
for the right one do both ratios agree.
"""

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import torch
from torch import nn

from .errors import ConvolutionError

# Even, different sizes, to detect the anchor and a transpose; then odd ones, for functions that need them.
SHAPES = {
    2: (((11, 14), (2, 4)), ((11, 14), (3, 5)), ((14, 15), (3, 3))),
    1: (((17,), (4,)), ((17,), (3,))),
    3: (((7, 8, 9), (2, 3, 4)),),
}
NOWHERE = -1
"""In an index map: the output does not depend on the signal."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A working way to call the function, with the shapes that were tried."""

    call: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """(signal, kernel) to output, in float64 or complex128 whatever the function itself uses."""
    signal: tuple[int, ...]
    kernel: tuple[int, ...]
    single: bool
    """Whether it computes in single precision."""

    @property
    def tolerance(self) -> float:
        """The relative tolerance for comparing two outputs."""
        return 2e-5 if self.single else 1e-9

    def random_signal(self, seed: int) -> torch.Tensor:
        """A signal with samples from 1 to 2, so that none is near 0."""
        return 1 + torch.rand(self.signal, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    def random_kernel(self, seed: int) -> torch.Tensor:
        """A kernel with taps from 1 to 2."""
        return 1 + torch.rand(self.kernel, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    def tap(self, place: tuple[int, ...]) -> torch.Tensor:
        """The kernel that is 1 at one position and 0 elsewhere."""
        kernel = torch.zeros(self.kernel, dtype=torch.float64)
        kernel[place] = 1
        return kernel


def find_probe(function: Callable | nn.Module, dims: int | None) -> Probe:
    """Find out how to call it: with tensors or numpy arrays, in single or double precision, with or without channels.

    Raises:
        ConvolutionError: no way works; the last error is in the message.
    """
    reason = "it was not called"
    for shapes, call, single in _ways(function, dims):
        try:
            output = call(torch.rand(shapes[0], dtype=torch.float64), torch.rand(shapes[1], dtype=torch.float64))
        except Exception as error:  # any error means that this way to call it does not work
            reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
            continue
        if output.ndim == len(shapes[0]) and output.numel():
            return Probe(call=call, signal=shapes[0], kernel=shapes[1], single=single)
        reason = f"the result has shape {tuple(output.shape)} for a signal of {shapes[0]}"
    raise ConvolutionError(
        f"the function does not take a signal and a kernel ({reason}): give a callable of two arrays that returns one, "
        "or a layer of torch"
    )


def _ways(function, dims: int | None):
    if isinstance(function, nn.Module) and isinstance(getattr(function, "weight", None), nn.Parameter):
        yield from _layer_ways(function)
        return
    for d in (2, 1, 3) if dims is None else (dims,):
        for shapes, dress, single in product(SHAPES[d], _DRESSES, (False, True)):
            yield shapes, _caller(function, dress, single, d), single


def _as_is(x, w):
    return x, w


def _with_channels(x, w):
    return x[None, None], w[None, None]


def _with_batch_of_kernels(x, w):
    return x[None, None], w[None]


def _as_numpy(x, w):
    return x.numpy(), w.numpy()


_DRESSES = (_as_is, _as_numpy, _with_channels, _with_batch_of_kernels)


def _caller(function, dress, single: bool, dims: int):
    def call(x, w):
        if single:
            x, w = (t.to(torch.complex64 if t.is_complex() else torch.float32) for t in (x, w))
        with _quiet():
            return _plain(function(*dress(x, w)), dims)

    return call


@contextlib.contextmanager
def _quiet():
    """Silence the function's warnings, which would be repeated a hundred times."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _plain(output, dims: int) -> torch.Tensor:
    """The output as a double tensor with `dims` axes; leading axes of length 1 are dropped."""
    output = torch.as_tensor(output).detach().cpu()
    while output.ndim > dims and output.shape[0] == 1:
        output = output[0]
    return output.to(torch.complex128 if output.is_complex() else torch.float64)


def _layer_ways(layer: nn.Module):
    """Call a layer of torch: the kernel is its weight from input channel 0 to output channel 0; the others are 0."""
    weight = layer.get_parameter("weight").detach()
    dims, kernel = weight.ndim - 2, tuple(weight.shape[2:])
    if dims not in SHAPES:
        raise ConvolutionError(f"the layer's weight has shape {tuple(weight.shape)}, not (out, in, *kernel)")
    channels = getattr(layer, "in_channels", weight.shape[1])
    # Long enough for large strides and dilations, and for the border to be a small part of the signal.
    reach = [(k - 1) * 3 + 9 + axis for axis, k in enumerate(kernel)]
    single = weight.dtype in (torch.float32, torch.float16, torch.bfloat16)

    def call(x, w):
        values, images = torch.zeros_like(weight), weight.new_zeros(1, channels, *x.shape)
        with torch.no_grad(), _quiet():
            values[0, 0], images[0, 0] = w.to(weight), x.to(weight)
            return _plain(torch.func.functional_call(layer, {"weight": values}, (images,))[0, :1], dims)

    yield (tuple(reach), kernel), call, single


@dataclass(frozen=True, kw_only=True)
class IndexMaps:
    """The sample that each output reads."""

    index: torch.Tensor
    """(taps, outputs): the flat index of the sample, or NOWHERE."""
    scale: complex
    """The factor on a sample for a tap of 1."""
    bias: torch.Tensor
    """The output for a kernel of zeros; NaN if the function does not accept one (it divides by the kernel's sum)."""
    output: tuple[int, ...]


def index_maps(probe: Probe) -> IndexMaps:
    """Probe every tap.

    Raises:
        ConvolutionError: an output is not a multiple of one sample.
    """
    signals = [probe.random_signal(1), probe.random_signal(2)]
    bias = [probe.call(x, torch.zeros(probe.kernel, dtype=torch.float64)) for x in signals]
    subtracted = [b if b.isfinite().all() else torch.zeros_like(b) for b in bias]
    if not _close(subtracted[0], subtracted[1], probe.tolerance):
        raise ConvolutionError("with a kernel of zeros the output depends on the signal: this is not a correlation")
    places = list(product(*map(range, probe.kernel)))
    ratios = []
    for place in places:
        outputs = [(probe.call(x, probe.tap(place)) - b).flatten() for x, b in zip(signals, subtracted, strict=True)]
        ratios.append([o[:, None] / x.flatten() for o, x in zip(outputs, signals, strict=True)])
    scale = _common_scale(ratios, probe.tolerance)
    rows = [_samples(pair, scale, probe.tolerance, place) for pair, place in zip(ratios, places, strict=True)]
    return IndexMaps(index=torch.stack(rows), scale=scale, bias=bias[0], output=tuple(bias[0].shape))


def _close(a: torch.Tensor, b: torch.Tensor, tolerance: float) -> bool:
    return a.shape == b.shape and (a - b).abs().max().item() <= tolerance * (1 + a.abs().max().item())


def _common_scale(ratios, tolerance: float) -> complex:
    """The ratio on which most outputs agree."""
    found = []
    for first, second in ratios:
        agree = ((first - second).abs() <= tolerance * first.abs()) & (first.abs() > 1e-12)
        found.append(first[agree])
    values = torch.cat(found)
    if not len(values):
        raise ConvolutionError("no output is a multiple of one sample of the signal: this is not a correlation")
    counts = [(values - v).abs().le(10 * tolerance * v.abs()).sum().item() for v in values[:64]]
    value, digits = values[counts.index(max(counts))].item(), 5 if tolerance > 1e-6 else 12
    return round(value, digits) if isinstance(value, float) else value


def _samples(pair, scale: complex, tolerance: float, place) -> torch.Tensor:
    first, second = pair
    size = abs(scale)
    hit = ((first - scale).abs() <= 10 * tolerance * size) & ((second - scale).abs() <= 10 * tolerance * size)
    silent = (first.abs() <= tolerance * size).all(1)
    if not (hit.any(1) | silent).all():
        raise ConvolutionError(
            f"with a kernel that is 1 at {place} an output is not {scale:g} times one sample: the function adds, mixes "
            "or rescales more than a correlation does"
        )
    return torch.where(hit.any(1), hit.to(torch.int8).argmax(1), NOWHERE)
