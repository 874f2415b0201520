"""The convolution package for numpy arrays. torch is imported on first use, so that `list` and `show` are quick."""

import numpy as np


def convolve(x: np.ndarray, w: np.ndarray, mode: str = "full", anchor: str = "lead") -> np.ndarray:
    """`pipeline.convolution.convolve` of two arrays."""
    return _two_arrays("convolve", x, w, mode, anchor=anchor)


def correlate(
    x: np.ndarray, w: np.ndarray, mode: str = "full", anchor: str = "lead", conjugate: bool = True
) -> np.ndarray:
    """`pipeline.convolution.correlate` of two arrays."""
    return _two_arrays("correlate", x, w, mode, anchor=anchor, conjugate=conjugate)


def layer(x: np.ndarray, w: np.ndarray, bias: np.ndarray | None = None, **options) -> np.ndarray:
    """`pipeline.convolution.conv_nd`: (N, C, *spatial) or (C, *spatial) with (O, C, *kernel)."""
    from pipeline.convolution import conv_nd

    return conv_nd(_tensor(x), _tensor(w), None if bias is None else _tensor(bias), **options).numpy()


def weight_gradient(x: np.ndarray, g: np.ndarray, kernel: tuple[int, ...], operation: str) -> np.ndarray:
    """`pipeline.convolution.weight_gradient` of a layer without padding."""
    from pipeline.convolution import weight_gradient as of_tensors

    return of_tensors(_tensor(x), _tensor(g), kernel, operation=operation).numpy()


def input_gradient(g: np.ndarray, w: np.ndarray, size: tuple[int, ...], operation: str) -> np.ndarray:
    """`pipeline.convolution.input_gradient` of a layer without padding."""
    from pipeline.convolution import input_gradient as of_tensors

    return of_tensors(_tensor(g), _tensor(w), size, operation=operation).numpy()


def _two_arrays(name: str, x: np.ndarray, w: np.ndarray, mode: str, **options) -> np.ndarray:
    import pipeline.convolution

    return getattr(pipeline.convolution, name)(_tensor(x), _tensor(w), mode, "direct", **options).resolve_conj().numpy()


def _tensor(array: np.ndarray):
    import torch

    return torch.from_numpy(np.ascontiguousarray(array))
