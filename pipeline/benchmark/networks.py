"""Training throughput of networks: images per second, and share of the fastest convolution on this machine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from pipeline.benchmark.machine import synchronise
from pipeline.benchmark.timing import medians
from pipeline.kernels.session import choose
from pipeline.models import registry
from pipeline.models.settings import ModelConfig

# The network to compare the recipe's with.
BASELINE = ModelConfig(name="resnet18")
# (channels, pixels per side), large enough to keep every core busy; the fastest one depends on the machine.
CEILINGS = ((64, 32), (128, 16), (256, 16), (512, 8))


@dataclass(frozen=True)
class Rate:
    """One network's training speed."""

    name: str
    pixels: int
    images_per_second: float
    flops_per_image: float
    """Of forward and backward, from torch's counter: a multiplication and an addition are two."""

    @property
    def flops_per_second(self) -> float:
        """Operations per second, as counted for the direct algorithm; a kernel may do fewer."""
        return self.images_per_second * self.flops_per_image


def training_rates(
    networks: Sequence[tuple[ModelConfig, int]], device: torch.device, dtype: torch.dtype, batch: int, repeats: int
) -> tuple[list[Rate], float]:
    """Rates of (network, pixels per side) in float32 or under autocast in a 16-bit type, and the convolution ceiling.

    A rate covers forward and backward, and is the median over rounds in which all take turns; the ceiling is in
    operations per second.
    """
    found = list(contenders(networks, device, dtype, batch))
    steps = {key: step for key, step, _ in found}
    operations = {key: count_flops(step) / batch for key, step in steps.items()}
    for (_, pixels), _, network in found if device.type == "cpu" else ():
        if network is not None:  # after counting, which is for the direct algorithm
            choose(network, (pixels,), batch, dtype)
    seconds = medians({key: synchronised(step, device) for key, step in steps.items()}, repeats)
    rates = [Rate(*key, batch / seconds[key], operations[key]) for key in steps]
    ceiling = max(rate.flops_per_second for rate in rates if rate.name == "convolution")
    return [rate for rate in rates if rate.name != "convolution"], ceiling


def contenders(
    networks: Sequence[tuple[ModelConfig, int]], device: torch.device, dtype: torch.dtype, batch: int
) -> Iterator[tuple[tuple[str, int], Callable[[], None], nn.Module | None]]:
    """((name, pixels), a training step, the network if it is one) of single convolutions and of networks."""
    for channels, pixels in CEILINGS:
        yield ("convolution", pixels * 1000 + channels), convolution_step(channels, pixels, batch, device, dtype), None
    for model, pixels in networks:
        network = registry.build(model).to(device, memory_format=torch.channels_last)
        yield (model.name, pixels), network_step(network, pixels, batch, device, dtype), network


def network_step(network: nn.Module, pixels: int, batch: int, device, dtype) -> Callable[[], None]:
    """Forward and backward of the network under cross-entropy, weights in float32."""
    images = torch.randn(batch, 3, pixels, pixels, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (batch,), device=device)

    half = dtype.itemsize < 4

    def step() -> None:
        with torch.autocast(device.type, dtype if half else torch.bfloat16, enabled=half):
            logits = network(images)
        F.cross_entropy(logits.float(), labels).backward()
        network.zero_grad()

    return step


def convolution_step(channels: int, pixels: int, batch: int, device, dtype) -> Callable[[], None]:
    """Forward and backward of one 3x3 convolution with nothing around it, everything in `dtype`."""
    layout = {"device": device, "dtype": dtype}
    layer = nn.Conv2d(channels, channels, 3, padding=1, bias=False, **layout).to(memory_format=torch.channels_last)
    images = torch.randn(batch, channels, pixels, pixels, **layout).contiguous(memory_format=torch.channels_last)
    images.requires_grad_()
    gradient = torch.randn_like(images)

    def step() -> None:
        layer(images).backward(gradient)
        images.grad = layer.weight.grad = None

    return step


def count_flops(step: Callable[[], object]) -> int:
    """Floating-point operations of one call."""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def synchronised(step: Callable[[], object], device: torch.device) -> Callable[[], None]:
    """The step, including the wait until the device has finished."""

    def whole() -> None:
        step()
        synchronise(device)

    return whole
