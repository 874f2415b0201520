"""Which method is quickest: constants measured by `python -m pipeline convolution benchmark`, not borrowed."""

import math

from .geometry import Geometry


def fastest_layer_method(input_shape: tuple[int, ...], weight_shape: tuple[int, ...], geometry: Geometry) -> str:
    """ "direct" or "fft" for a layer call of these shapes."""
    taps = math.prod(geometry.kernel)
    return "fft" if weight_shape[1] > 1 and taps >= 225 else "direct"


def fastest_signal_method(x, y, windows) -> str:
    return "direct"
