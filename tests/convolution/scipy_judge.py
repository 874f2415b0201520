"""A pytest plugin that puts this package in place of scipy.signal's functions, for scipy's own tests to judge.

Loaded with `-p scipy_judge` before scipy's test module is imported. JUDGE_REPLACE names the functions to replace
(comma-separated); JUDGE_UNFLIPPED=1 removes the flip, to see that the judge sees.
"""

import os

import numpy as np
import scipy.signal
import torch

from pipeline import convolution as C

UNFLIPPED = os.environ.get("JUDGE_UNFLIPPED") == "1"
LONG = {np.longdouble: np.float64, np.clongdouble: np.complex128}  # which torch lacks


def to_torch(array):
    """The array as a tensor of its own dtype, or of the nearest that torch has."""
    return torch.from_numpy(np.array(array, dtype=LONG.get(array.dtype.type, array.dtype)))


def judged(function, *, floating=False, dims=None, **fixed):
    """A scipy-like function on arrays: only dtypes are translated."""

    def apply(in1, in2, mode="full", *positional, **named):
        named = {
            **fixed,
            **dict(zip(("boundary", "fillvalue") if dims else ("method",), positional, strict=False)),
            **named,
        }
        a, b = np.asarray(in1), np.asarray(in2)
        if dims and not a.ndim == b.ndim == dims:
            raise ValueError(f"inputs must both be {dims}-D arrays")
        dtype = np.result_type(a, b)
        if floating and max(a.size, b.size) > 1 and dtype.kind in "bui":  # scipy multiplies two single integers
            a, b, dtype = a.astype(np.float64), b.astype(np.float64), np.dtype(np.float64)
        result = function(to_torch(a), to_torch(b), mode, **named).numpy()
        assert dtype.type in LONG or result.dtype == dtype
        return result.astype(dtype)[()]

    return apply


def unflipped(in1, in2, *args, **kwargs):
    """A convolution that forgot its flip: correlation in the other direction."""
    return C.convolve(in1, in2.flip(tuple(range(in2.ndim))), *args, **kwargs)


def unflipped_correlate(in1, in2, *args, conjugate=True, **kwargs):
    """A correlation that flipped where it should not."""
    return C.convolve(in1, in2.conj() if in2.is_complex() else in2, *args, **kwargs)


convolve, correlate = (unflipped, unflipped_correlate) if UNFLIPPED else (C.convolve, C.correlate)
FUNCTIONS = {
    "convolve": judged(convolve),
    "convolve2d": judged(convolve, dims=2),
    "correlate": judged(correlate),
    "correlate2d": judged(correlate, dims=2, anchor="trail"),
    "fftconvolve": judged(convolve, floating=True, method="fft"),
    "oaconvolve": judged(convolve, floating=True, method="overlap_add"),
    "correlation_lags": lambda *args, **kwargs: C.correlation_lags(*args, **kwargs).numpy(),
}


def replace(name):
    """Put our function where scipy.signal's was, known to scipy's test helpers by the same capabilities."""
    original, ours = getattr(scipy.signal, name), FUNCTIONS[name]
    from scipy._lib import _array_api

    table = getattr(_array_api, "xp_capabilities_table", {})
    if original in table:
        table[ours] = table[original]
    setattr(scipy.signal, name, ours)


for name in os.environ["JUDGE_REPLACE"].split(","):
    replace(name)
