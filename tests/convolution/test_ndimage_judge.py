"""scipy.ndimage as a judge: every boundary, one to three axes, odd and even kernels, both operators, several dtypes."""

import itertools

import numpy as np
import pytest
import scipy.ndimage
import torch

from pipeline import convolution as C

SHAPES = {1: [(11,), (6,)], 2: [(7, 9), (5, 6)], 3: [(5, 6, 4)]}
KERNELS = {
    1: [(k,) for k in range(1, 6)],
    2: [(1, 1), (3, 3), (2, 2), (3, 2), (1, 4), (4, 3), (5, 5)],
    3: [(1, 1, 1), (3, 3, 3), (2, 3, 4), (2, 2, 2)],
}
SIGNAL = {"wrap": ("wrap", 0.0), "symm": ("reflect", 0.0), "fill": ("constant", 0.7)}
LAYER = {"reflect": "mirror", "replicate": "nearest", "circular": "wrap", "zeros": "constant"}
OPERATORS = (("correlate", "cross_correlation", "lead"), ("convolve", "convolution", "trail"))
CASES = [(s, k) for dims in SHAPES for s, k in itertools.product(SHAPES[dims], KERNELS[dims])]


def drawn(shape, dtype, seed):
    random = np.random.default_rng(seed).standard_normal(shape)
    return random if dtype == "float64" else (random + 1j * np.random.default_rng(seed + 9).standard_normal(shape))


def close(found, expected):
    return np.abs(np.asarray(found) - expected).max() <= 1e-12 * max(np.abs(expected).max(), 1)


def wrong_signals(cases, dtype):
    """The cases in which convolve or correlate gives something else than scipy.ndimage, and how many were tried."""
    wrong, tried = [], 0
    for (shape, kernel), boundary, method in itertools.product(cases, SIGNAL, ("direct", "fft", "overlap_add")):
        x, w = drawn(shape, dtype, 0), drawn(kernel, dtype, 1)
        mode, cval = SIGNAL[boundary]
        options = {"mode": "same", "method": method, "boundary": boundary, "fillvalue": cval}
        for name, anchor in (("convolve", "trail"), ("correlate", "lead")):
            given = {"conjugate": False} if name == "correlate" else {}
            expected = by_parts(getattr(scipy.ndimage, name), x, w, mode, cval)
            found = getattr(C, name)(torch.from_numpy(x), torch.from_numpy(w), anchor=anchor, **options, **given)
            tried += 1
            if not close(found, expected):
                wrong.append((name, shape, kernel, boundary, method))
    return wrong, tried


def by_parts(function, x, w, mode, cval):
    """ndimage on real and imaginary parts, which leaves nothing to its convention for complex kernels."""
    if not np.iscomplexobj(x):
        return function(x, w, mode=mode, cval=cval)
    part = lambda a, b, c: function(a, b, mode=mode, cval=c)  # noqa: E731
    real = part(x.real, w.real, cval) - part(x.imag, w.imag, 0.0)
    return real + 1j * (part(x.real, w.imag, cval) + part(x.imag, w.real, 0.0))


def wrong_layers(cases):
    """The cases in which conv_nd gives something else than scipy.ndimage, and how many were tried."""
    wrong, tried = [], 0
    for (shape, kernel), mode, method in itertools.product(cases, LAYER, ("direct", "fft", "unfold")):
        if mode == "reflect" and any(k // 2 >= n for n, k in zip(shape, kernel, strict=True)):
            continue
        x, w = drawn(shape, "float64", 0), drawn(kernel, "float64", 1)
        image, weight = torch.from_numpy(x)[None, None], torch.from_numpy(w)[None, None]
        for name, operation, anchor in (
            ("correlate", "cross_correlation", "lead"),
            ("convolve", "convolution", "trail"),
        ):
            expected = getattr(scipy.ndimage, name)(x, w, mode=LAYER[mode])
            found = C.conv_nd(image, weight, padding="same", padding_mode=mode, operation=operation, anchor=anchor,
                              method=method)  # fmt: skip
            tried += 1
            if not close(found[0, 0], expected):
                wrong.append((name, shape, kernel, mode, method))
    return wrong, tried


def test_some_cases():
    assert wrong_signals(CASES[::4], "float64") == ([], 18 * len(CASES[::4]))
    assert wrong_layers(CASES[::4])[0] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_cases():
    found = [wrong_signals(CASES, "float64"), wrong_signals(CASES, "complex128"), wrong_layers(CASES)]
    assert [wrong for wrong, _ in found] == [[], [], []]
    assert sum(tried for _, tried in found) >= 1500
