"""The choice of a way for each shape, by measurement on random images, once and for a few seconds at most."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from pipeline.core.streams import generator
from pipeline.kernels.layers import install, max_pooled
from pipeline.kernels.ways import TORCH, Shape, names

# Seconds of processor time for all shapes together (the last step may end later), and rounds of each at most.
SECONDS, ROUNDS = 2.5, 5
# Pixels of the maps to measure with, over all images: about the same work for each shape, less of it in float32.
PIXELS = {True: 1500, False: 500}
# A way must be faster than torch's own by this, so that noise does not decide.
GAIN = 0.95
# A way that after a round takes this many times the fastest one's time is given up.
HOPELESS = 1.5

Times = dict[str, dict[str, float]]


def measured(shapes: Iterable[Shape], dtype: torch.dtype, images: int, seconds: float = SECONDS) -> Times:
    """Least milliseconds of forward and backward of each way, by the shape's name and the way's.

    float32 weights, computing in `dtype` (under autocast if it is another), on one thread and in its processor time:
    so other programs hardly count. The ways of a shape take turns, round after round; narrow maps come first, where
    most is to gain. A shape that the time does not reach is left out.
    """
    open_ones = sorted({shape for shape in shapes if len(names(shape, dtype)) > 1}, key=lambda shape: shape.width)
    end, times = time.thread_time() + seconds, {}
    with one_thread():
        for place, shape in enumerate(open_ones):
            share = (end - time.thread_time()) / (len(open_ones) - place)
            if share > 0:
                times[str(shape)] = in_turn(contenders(shape, dtype, images), share)
    return times


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, torch computes on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def in_turn(steps: dict[str, Callable[[], None]], seconds: float) -> dict[str, float]:
    """Least milliseconds of each step; those that are hopeless after a round take no part in further ones."""
    end = time.thread_time() + seconds
    for step in steps.values():
        step()  # prepares: primitives are made and kept
    least = {name: timed(step) for name, step in steps.items()}
    going = [name for name, ms in least.items() if name == TORCH or ms <= HOPELESS * min(least.values())]
    for _ in range(1, ROUNDS):
        if time.thread_time() > end:
            break
        least |= {name: min(least[name], timed(steps[name])) for name in going}
    return least


def fastest(shapes: Iterable[Shape], times: Times) -> dict[str, str]:
    """The way chosen for each shape, by the shape's name; torch's own unless another one is clearly faster."""
    chosen = {}
    for name in map(str, shapes):
        of = times.get(name) or {TORCH: 0.0}
        best = min(of, key=of.get)
        chosen[name] = best if of[best] < GAIN * of[TORCH] else TORCH
    return chosen


def contenders(shape: Shape, dtype: torch.dtype, images: int) -> dict[str, Callable[[], None]]:
    """A training step of one layer of this shape in each way, on noise, of at most this many images."""
    images = max(1, min(images, PIXELS[dtype.itemsize < 4] // (shape.height * shape.width)))
    maps = noise(images, shape.inputs, shape.height, shape.width).to(dtype).requires_grad_()
    weight = noise(shape.outputs, shape.inputs, 3, 3)
    return {name: layer_step(shape, name, maps, weight) for name in names(shape, dtype)}


def noise(*shape: int) -> Tensor:
    """Normal numbers in channels_last memory; they repeat, since drawing takes longer than computing with them."""
    numbers = torch.randn(4099, generator=generator(0))
    count = math.prod(shape)
    whole = numbers.repeat(-(-count // len(numbers)))[:count].view(shape)
    return whole.contiguous(memory_format=torch.channels_last)


def layer_step(shape: Shape, name: str, maps: Tensor, weight: Tensor) -> Callable[[], None]:
    """Forward and backward of one layer in the way of this name."""
    layer = torch.nn.Conv2d(shape.inputs, shape.outputs, 3, padding=1, bias=False, device="meta")
    layer.weight = torch.nn.Parameter(weight)
    install({layer: {(shape.height, shape.width): shape}}, {str(shape): name})
    half = maps.dtype != torch.float32
    size = (shape.height // 2, shape.width // 2) if shape.pooled else (shape.height, shape.width)
    gradient = noise(len(maps), shape.outputs, *size).to(maps.dtype)

    def step() -> None:
        with torch.autocast("cpu", maps.dtype if half else torch.bfloat16, enabled=half):
            outputs = max_pooled(layer, maps) if shape.pooled else layer(maps)
        torch.autograd.grad(outputs, (maps, layer.weight), gradient)

    return step


def timed(step: Callable[[], None]) -> float:
    """Milliseconds of processor time of one call on this thread."""
    start = time.thread_time()
    step()
    return 1000 * (time.thread_time() - start)
