"""Correlation and convolution of two arrays: scipy.signal's semantics for torch tensors, in any number of dimensions.

    convolve    z[n] = sum_m x[n - m] y[m]
    correlate   z[n] = sum_m x[n + m] conj(y[m])      the lags n are those of `correlation_lags`

`correlate(x, y)` is `convolve(x, conj(flip(y)))`: everything here is a convolution, of which a mode keeps a window.
"""

import torch

from .choice import fastest_signal_method
from .dtypes import KNOWN, cast_result, computed_in, fill_value, result_dtype
from .errors import ConvolutionError
from .padding import source_indices
from .windows import METHODS, Window

MODES = ("full", "same", "valid")
BOUNDARIES = {"fill": "zeros", "wrap": "circular", "symm": "symmetric"}


def convolve(
    in1: torch.Tensor,
    in2: torch.Tensor,
    mode: str = "full",
    method: str = "auto",
    *,
    axes: int | tuple[int, ...] | None = None,
    boundary: str = "fill",
    fillvalue: complex = 0,
    anchor: str = "lead",
) -> torch.Tensor:
    """N-D convolution, like scipy.signal's convolve, convolve2d, fftconvolve and oaconvolve.

    Args:
        in1, in2: tensors with the same number of axes; real, complex, integer or boolean.
        mode: "full", n1 + n2 - 1 values; "same", the n1 central ones; "valid", those at which one covers the other.
        method: "direct", "fft", "overlap_add" (FFTs of blocks of the longer one), or "auto", the fastest as measured.
        axes: the axes to convolve, by default all; along the others the inputs must match, or one is 1 and broadcasts.
        boundary: the values outside in1: "fill" with `fillvalue`, "wrap" or "symm" (edge sample repeated).
        anchor: the side to which "same" shifts for an even in2: "lead" (scipy's convolve, correlate) or "trail"
            (its correlate2d).

    Returns:
        a tensor of numpy's promoted dtype (uint16 with int8 is int32, float16 with int64 is float64); integers are
        exact (by FFT, as long as a double can represent them) and wrap around at the dtype's limits.

    Raises:
        ConvolutionError: shapes, dtypes or arguments that do not fit.
    """
    return _combine(in1, in2, mode, method, axes, boundary, fillvalue, anchor)


def correlate(
    in1: torch.Tensor,
    in2: torch.Tensor,
    mode: str = "full",
    method: str = "auto",
    *,
    conjugate: bool = True,
    axes: int | tuple[int, ...] | None = None,
    boundary: str = "fill",
    fillvalue: complex = 0,
    anchor: str = "lead",
) -> torch.Tensor:
    """N-D cross-correlation, like scipy.signal's correlate and (with anchor="trail") correlate2d.

    With `conjugate`, it takes the complex conjugate of in2, as signal processing does; deep learning's layers do not.
    The other arguments, the result and the errors are those of `convolve`.
    """
    return _combine(in1, in2, mode, method, axes, boundary, fillvalue, anchor, flip=True, conjugate=conjugate)


def correlation_lags(in1_length: int, in2_length: int, mode: str = "full") -> torch.Tensor:
    """The lag (int64) of each value of a 1-D `correlate` of inputs with these lengths."""
    if mode not in MODES:
        raise ConvolutionError(f"Mode {mode} is invalid; choose one of {', '.join(MODES)}")
    if mode == "valid" and in2_length > in1_length:
        return torch.arange(in1_length - in2_length, 1)
    window = Window.of(in1_length, in2_length, mode, "lead")
    return torch.arange(window.start, window.stop) - (in2_length - 1)


def _combine(in1, in2, mode, method, axes, boundary, fillvalue, anchor, *, flip=False, conjugate=False):
    """The window of in1 * in2 that the mode keeps; in2 is flipped and conjugated first, if asked for."""
    _check_tensors(in1, in2)
    _check(in1, in2, mode, method, boundary, anchor)
    axes = _axes(in1, in2, axes)
    _check_shapes(in1, in2, axes)
    dtype = result_dtype(in1.dtype, in2.dtype)
    fill = fill_value(fillvalue, dtype)
    computed = computed_in(dtype, exact=method in ("direct", "auto"))
    x, y = _to_last(in1.to(computed), axes), _to_last(in2.to(computed), axes)
    y = y.conj() if conjugate else y
    y = y.flip(tuple(range(-len(axes), 0))) if flip and axes else y
    if mode == "valid" and _swap_needed(in1, in2, axes):
        x, y = y, x
    first = len(x.shape) - len(axes)
    windows = tuple(Window.of(n, k, mode, anchor) for n, k in zip(x.shape[first:], y.shape[first:], strict=True))
    if mode != "valid" and (boundary != "fill" or fill):
        x = _extend(x, windows, BOUNDARIES[boundary], fill)
        windows = tuple(Window.of(w.length + w.kernel - 1, w.kernel, "valid", anchor) for w in windows)
    result = cast_result(_from_last(_compute(x, y, windows, method), axes), dtype)
    return _centre(result, in1.shape) if mode == "same" else result


def _compute(x: torch.Tensor, y: torch.Tensor, windows: tuple[Window, ...], method: str) -> torch.Tensor:
    if not windows or 0 in x.shape or 0 in y.shape:
        return x * y if not windows else _empty(x, y, windows)
    if method == "auto":
        method = fastest_signal_method(x, y, windows)
    return METHODS[method](x, y, windows)


def _centre(result: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Cut to in1's shape for 'same', as scipy does: the central entry of an axis along which in1 was broadcast."""
    if 0 in result.shape:
        return result
    for axis, (n, wanted) in enumerate(zip(result.shape, shape, strict=True)):
        result = result.narrow(axis, (n - wanted) // 2, wanted)
    return result


def _empty(x: torch.Tensor, y: torch.Tensor, windows: tuple[Window, ...]) -> torch.Tensor:
    batch = torch.broadcast_shapes(x.shape[: -len(windows)], y.shape[: -len(windows)])
    return x.new_zeros(*batch, *(w.length if 0 not in (w.signal, w.kernel) else 0 for w in windows))


def _extend(x: torch.Tensor, windows: tuple[Window, ...], mode: str, fill: complex) -> torch.Tensor:
    """in1, padded by as much as the kernel extends beyond its borders."""
    for axis, w in enumerate(windows, start=x.ndim - len(windows)):
        sources = source_indices(w.signal, w.kernel - 1 - w.start, w.stop - w.signal, mode).to(x.device)
        shape = [-1 if a == axis else 1 for a in range(x.ndim)]
        x = torch.where((sources < 0).view(shape), fill, x.index_select(axis, sources.clamp(min=0)))
    return x


def _axes(in1: torch.Tensor, in2: torch.Tensor, axes) -> tuple[int, ...]:
    if in1.ndim != in2.ndim:
        raise ConvolutionError(
            f"in1 and in2 should have the same dimensionality; the shapes are {tuple(in1.shape)} and {tuple(in2.shape)}"
        )
    if axes is None:
        return tuple(range(in1.ndim))
    chosen = (axes,) if isinstance(axes, int) else tuple(axes)
    if not chosen:
        raise ConvolutionError("when provided, axes cannot be empty; leave it out to take all")
    if not all(isinstance(a, int) for a in chosen):
        raise ConvolutionError(f"axes must be a scalar or iterable of integers; it is {axes}")
    if any(not -in1.ndim <= a < in1.ndim for a in chosen):
        raise ConvolutionError(f"axes exceeds dimensionality of input: {chosen} for {in1.ndim} axes")
    positive = tuple(a % in1.ndim for a in chosen)
    if len(set(positive)) < len(positive):
        raise ConvolutionError(f"all axes must be unique; they are {chosen}")
    return positive


def _check_tensors(in1, in2) -> None:
    for name, value in (("in1", in1), ("in2", in2)):
        if not isinstance(value, torch.Tensor):
            raise ConvolutionError(f"{name} is a {type(value).__name__}, not a tensor: give torch.as_tensor({name})")
        if value.layout != torch.strided:
            raise ConvolutionError(f"{name} has the layout {value.layout}: give {name}.to_dense()")
        if value.dtype not in KNOWN:
            raise ConvolutionError(f"{name} is {value.dtype}, which cannot be convolved: give {name}.float()")


def _check(in1, in2, mode: str, method: str, boundary: str, anchor: str) -> None:
    if mode not in MODES:
        raise ConvolutionError(f"mode is {mode!r}; acceptable mode flags are 'valid', 'same', or 'full'")
    choices = {"method": ("auto", *METHODS), "boundary": BOUNDARIES, "anchor": ("lead", "trail")}
    for (name, allowed), value in zip(choices.items(), (method, boundary, anchor), strict=True):
        if value not in allowed:
            raise ConvolutionError(f"{name} is {value!r}; choose one of {', '.join(allowed)}")
    if in1.device != in2.device:
        raise ConvolutionError(f"in1 is on {in1.device} and in2 on {in2.device}: move one")


def _check_shapes(in1: torch.Tensor, in2: torch.Tensor, axes: tuple[int, ...]) -> None:
    others = [a for a in range(in1.ndim) if a not in axes]
    if any(in1.shape[a] != in2.shape[a] and 1 not in (in1.shape[a], in2.shape[a]) for a in others):
        raise ConvolutionError(
            f"incompatible shapes for in1 and in2: {tuple(in1.shape)} and {tuple(in2.shape)} "
            f"must agree, or be 1, along the axes {others} that are not convolved"
        )


def _swap_needed(in1: torch.Tensor, in2: torch.Tensor, axes: tuple[int, ...]) -> bool:
    if all(in1.shape[a] >= in2.shape[a] for a in axes):
        return False
    if all(in2.shape[a] >= in1.shape[a] for a in axes):
        return True
    raise ConvolutionError(
        f"For 'valid' mode, one must be at least as large as the other in every dimension; "
        f"the shapes are {tuple(in1.shape)} and {tuple(in2.shape)}"
    )


def _to_last(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return x.movedim(axes, tuple(range(-len(axes), 0))) if axes else x


def _from_last(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return x.movedim(tuple(range(-len(axes), 0)), axes) if axes else x
