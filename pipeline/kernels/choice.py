"""Choose the fastest algorithm for each shape, by measurement on random images, once, in a few seconds at most."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from pipeline.core.streams import generator
from pipeline.kernels.algorithms import TORCH, Shape, algorithm_names
from pipeline.kernels.layers import convolve_and_max_pool, install

# The most seconds of CPU time for all shapes together (the last step can exceed it), and the most rounds per shape.
SECONDS, ROUNDS = 2.5, 5
# Total pixels of the maps to measure with: about the same work for each shape, less in float32.
PIXELS = {True: 1500, False: 500}
# An algorithm must take less than this share of torch's time, so that noise does not decide.
GAIN = 0.95
# An algorithm that takes this many times as long as the fastest one after a round is dropped.
HOPELESS = 1.5

Times = dict[str, dict[str, float]]


def measure_times(shapes: Iterable[Shape], dtype: torch.dtype, images: int, seconds: float = SECONDS) -> Times:
    """The fewest milliseconds of forward and backward, by name of the shape and of the algorithm.

    Weights are float32, computation is in `dtype` (under autocast if that differs), on one thread, in CPU time, which
    other programs hardly affect. The algorithms of a shape take turns, round after round. Narrow maps come first, as
    they gain most. Shapes for which no time is left are omitted.
    """
    undecided = {shape for shape in shapes if len(algorithm_names(shape, dtype)) > 1}
    end, times = time.thread_time() + seconds, {}
    with one_thread():
        for place, shape in enumerate(sorted(undecided, key=lambda shape: shape.width)):
            share = (end - time.thread_time()) / (len(undecided) - place)
            if share > 0:
                times[str(shape)] = time_in_turn(training_steps(shape, dtype, images), share)
    return times


@contextmanager
def one_thread() -> Iterator[None]:
    """While the block runs, torch computes on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def time_in_turn(steps: dict[str, Callable[[], None]], seconds: float) -> dict[str, float]:
    """The fewest milliseconds of each step; hopelessly slow ones are dropped after the first round."""
    end = time.thread_time() + seconds
    for step in steps.values():
        step()  # warm up: primitives are created and cached
    least = {name: cpu_milliseconds(step) for name, step in steps.items()}
    remaining = [name for name, ms in least.items() if name == TORCH or ms <= HOPELESS * min(least.values())]
    for _ in range(1, ROUNDS):
        if time.thread_time() > end:
            break
        least |= {name: min(least[name], cpu_milliseconds(steps[name])) for name in remaining}
    return least


def fastest(shapes: Iterable[Shape], times: Times) -> dict[str, str]:
    """The algorithm's name by the shape's name; torch's own unless another one is clearly faster."""
    choice = {}
    for name in map(str, shapes):
        milliseconds = times.get(name) or {TORCH: 0.0}
        best = min(milliseconds, key=milliseconds.get)
        choice[name] = best if milliseconds[best] < GAIN * milliseconds[TORCH] else TORCH
    return choice


def training_steps(shape: Shape, dtype: torch.dtype, images: int) -> dict[str, Callable[[], None]]:
    """A training step of a layer of this shape with each algorithm, on at most this many images of noise."""
    images = max(1, min(images, PIXELS[dtype.itemsize < 4] // (shape.height * shape.width)))
    maps = noise(images, shape.inputs, shape.height, shape.width).to(dtype).requires_grad_()
    weight = noise(shape.outputs, shape.inputs, 3, 3)
    return {name: layer_step(shape, name, maps, weight) for name in algorithm_names(shape, dtype)}


def noise(*shape: int) -> Tensor:
    """Normal random numbers in channels_last memory format.

    They repeat, since drawing them takes longer than using them.
    """
    numbers = torch.randn(4099, generator=generator(0))
    count = math.prod(shape)
    whole = numbers.repeat(-(-count // len(numbers)))[:count].view(shape)
    return whole.contiguous(memory_format=torch.channels_last)


def layer_step(shape: Shape, name: str, maps: Tensor, weight: Tensor) -> Callable[[], None]:
    """A function that runs forward and backward of a layer with this algorithm."""
    layer = torch.nn.Conv2d(shape.inputs, shape.outputs, 3, padding=1, bias=False, device="meta")
    layer.weight = torch.nn.Parameter(weight)
    install({layer: {(shape.height, shape.width): shape}}, {str(shape): name})
    half = maps.dtype != torch.float32
    size = (shape.height // 2, shape.width // 2) if shape.pooled else (shape.height, shape.width)
    gradient = noise(len(maps), shape.outputs, *size).to(maps.dtype)

    def step() -> None:
        with torch.autocast("cpu", maps.dtype if half else torch.bfloat16, enabled=half):
            outputs = convolve_and_max_pool(layer, maps) if shape.pooled else layer(maps)
        torch.autograd.grad(outputs, (maps, layer.weight), gradient)

    return step


def cpu_milliseconds(step: Callable[[], None]) -> float:
    """Milliseconds of CPU time of one call on this thread."""
    start = time.thread_time()
    step()
    return 1000 * (time.thread_time() - start)
