"""What the operators cost: our layers and nn.Conv2d, FFT and the direct method, and how well `auto` chooses.

Medians of interleaved rounds in float32 on the CPU. On a machine shared with others, ratios are more reliable than
milliseconds.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import torch
from rich.table import Table
from torch import nn

from pipeline.benchmark.printing import measured_table
from pipeline.benchmark.timing import Medians, medians
from pipeline.convolution.choice import fastest_layer_method, fastest_signal_method
from pipeline.convolution.convert import convert_convention, fold_flips
from pipeline.convolution.functional import conv_nd
from pipeline.convolution.geometry import resolve
from pipeline.convolution.modules import Convolution2d
from pipeline.convolution.signal import convolve
from pipeline.convolution.windows import METHODS, Window

# (inputs, outputs, kernel, pixels per side, padding): the whitened network's layers, then ResNet-18's.
LAYERS = (
    (3, 24, 2, 32, 0), (24, 64, 3, 31, 1), (64, 64, 3, 15, 1), (64, 256, 3, 15, 1), (256, 256, 3, 7, 1),
    (256, 256, 3, 3, 1), (64, 64, 3, 32, 1), (128, 128, 3, 16, 1), (256, 256, 3, 8, 1), (512, 512, 3, 4, 1),
)  # fmt: skip
BATCHES = (8, 128)
DENSE_KERNELS = (3, 7, 11, 13, 15, 19, 25, 31)
DEPTHWISE_KERNELS = (3, 7, 15, 31)
LONG_KERNELS = (9, 33, 65, 129, 257, 513)
SIGNALS = (
    ((1000,), (10,)), ((1000,), (100,)), ((10_000,), (100,)), ((10_000,), (1000,)), ((100_000,), (50,)),
    ((100_000,), (1000,)), ((10_000,), (10_000,)), ((64, 64), (3, 3)), ((64, 64), (15, 15)), ((256, 256), (9, 9)),
    ((256, 256), (31, 31)), ((512, 512), (101, 101)), ((32, 32, 32), (3, 3, 3)), ((32, 32, 32), (9, 9, 9)),
)  # fmt: skip


def tables(repeats: int = 15) -> Iterator[Table]:
    """The tables, each as soon as it is measured."""
    torch.manual_seed(0)
    yield measured_table(
        "True convolution relative to nn.Conv2d (folded: the flip done once; training: forward and backward)",
        ("layer", "batch", "forward ms", "convolution", "folded", "training ms", "convolution"),
        _layers(repeats),
        len(BATCHES) * (len(LAYERS) + 1),
    )
    yield measured_table(
        "Direct against FFT (ms), and what `auto` takes",
        ("layer", "direct", "fft", "auto", "auto / best"),
        _layer_methods(repeats),
        len(DENSE_KERNELS) + len(DEPTHWISE_KERNELS) + 2 * len(LONG_KERNELS),
    )
    yield measured_table(
        "convolve(): direct, FFT, overlap-add (ms), and what `auto` takes",
        ("arrays", *METHODS, "auto", "auto / best"),
        _signal_methods(repeats),
        len(SIGNALS),
    )


def _layers(repeats: int) -> Iterator[tuple[str, ...]]:
    totals: dict[int, Counter] = {batch: Counter() for batch in BATCHES}
    for inputs, outputs, kernel, pixels, padding in LAYERS:
        for batch in BATCHES:
            plain = nn.Conv2d(inputs, outputs, kernel, padding=padding)
            turned = Convolution2d(inputs, outputs, kernel, padding=padding)
            turned.load_state_dict(convert_convention(plain.state_dict(), to="convolution", model=plain))
            x = torch.randn(batch, inputs, pixels, pixels)
            forward = _forward(x, {"plain": plain, "turned": turned, "folded": fold_flips(turned)}, repeats)
            training = _training(x, {"plain": plain, "turned": turned}, repeats)
            times = {**forward, **{f"train {name}": seconds for name, seconds in training.items()}}
            totals[batch].update(times)
            yield f"{inputs:>3} -> {outputs:<3} {kernel}x{kernel} at {pixels}", str(batch), *_ratios(times)
    for (
        batch,
        total,
    ) in totals.items():  # the noise of single layers exceeds the cost of the flip; that of their sum is smaller
        yield "all of them", str(batch), *_ratios(total)


def _ratios(times: Mapping[str, float]) -> tuple[str, ...]:
    plain, train = times["plain"], times["train plain"]
    return (
        _ms(plain), f"{times['turned'] / plain:.3f}", f"{times['folded'] / plain:.3f}",
        _ms(train), f"{times['train turned'] / train:.3f}",
    )  # fmt: skip


def _forward(x: torch.Tensor, layers: dict[str, nn.Module], repeats: int) -> Medians:
    with torch.no_grad():
        return medians({name: partial(layer, x) for name, layer in layers.items()}, repeats)


def _training(x: torch.Tensor, layers: dict[str, nn.Module], repeats: int) -> Medians:
    x = x.clone().requires_grad_()
    gradient = torch.randn_like(layers["plain"](x))
    steps = {
        name: (lambda layer=layer: torch.autograd.grad(layer(x), [x, *layer.parameters()], gradient))
        for name, layer in layers.items()
    }
    return medians(steps, repeats)


def layer_cases() -> Iterator[tuple[str, torch.Tensor, torch.Tensor, int]]:
    """(name, input, weight, groups) over kernel sizes: dense and depthwise, two axes and one."""
    for k in DENSE_KERNELS:
        yield f"dense 64 -> 64, {k}x{k}", torch.randn(8, 64, 31 + k, 31 + k), torch.randn(64, 64, k, k), 1
    for k in DEPTHWISE_KERNELS:
        yield f"depthwise 64, {k}x{k}", torch.randn(8, 64, 31 + k, 31 + k), torch.randn(64, 1, k, k), 64
    for k in LONG_KERNELS:
        yield f"depthwise 64, {k}", torch.randn(8, 64, 1023 + k), torch.randn(64, 1, k), 64
    for k in LONG_KERNELS:
        yield f"dense 16 -> 16, {k}", torch.randn(8, 16, 1023 + k), torch.randn(16, 16, k), 1


def _layer_methods(repeats: int) -> Iterator[tuple[str, ...]]:
    for name, x, w, groups in layer_cases():
        chosen = fastest_layer_method(x, w, resolve(w.shape[2:], groups=groups))

        def run(method: str, x=x, w=w, groups=groups) -> Callable[[], torch.Tensor]:
            return lambda: conv_nd(x, w, groups=groups, method=method)

        times = medians({method: run(method) for method in ("direct", "fft")}, repeats)
        yield name, *map(_ms, times.values()), chosen, f"{times[chosen] / min(times.values()):.2f}"


def _signal_methods(repeats: int) -> Iterator[tuple[str, ...]]:
    for left, right in SIGNALS:
        x, y = torch.randn(left), torch.randn(right)
        windows = tuple(Window.of(n, k, "full", "lead") for n, k in zip(left, right, strict=True))
        chosen = fastest_signal_method(x, y, windows)

        def run(method: str, x=x, y=y) -> Callable[[], torch.Tensor]:
            return lambda: convolve(x, y, "full", method)

        times = medians({method: run(method) for method in METHODS}, repeats)
        name = f"{'x'.join(map(str, left))} * {'x'.join(map(str, right))}"
        yield name, *map(_ms, times.values()), chosen, f"{times[chosen] / min(times.values()):.2f}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3f}"
