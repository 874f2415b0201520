"""The layers of a network for which there are several algorithms, and a layer that uses the fastest ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.kernels.algorithms import Algorithm, Shape, algorithm


class AutotunedConv2d(nn.Conv2d):
    """A convolution that, in training, computes maps of each size by the algorithm chosen for it, else as torch."""

    algorithms: Mapping[tuple[int, int], Algorithm]

    def forward(self, images: Tensor) -> Tensor:
        fastest = self.algorithm_for(images)
        return fastest.run(images, self.weight) if fastest and not fastest.pools else super().forward(images)

    def algorithm_for(self, images: Tensor) -> Algorithm | None:
        """The algorithm for these images N x C x H x W; None for torch's own."""
        return self.algorithms.get(tuple(images.shape[2:])) if self.training and torch.is_grad_enabled() else None


def convolve_and_max_pool(layer: nn.Module, images: Tensor) -> Tensor:
    """max_pool2d(layer(images), 2), in one kernel if the chosen algorithm includes the pooling."""
    fastest = layer.algorithm_for(images) if isinstance(layer, AutotunedConv2d) else None
    if fastest and fastest.pools:
        return fastest.run(images, layer.weight)
    return F.max_pool2d(layer(images), 2)


def plain_convolutions(network: nn.Module) -> Iterator[nn.Conv2d]:
    """The plain 3x3 'same' convolutions; layers with a forward pass or a weight of another kind stay as they are."""
    for layer in network.modules():
        plain = isinstance(layer, nn.Conv2d) and type(layer).forward in (nn.Conv2d.forward, AutotunedConv2d.forward)
        plain = plain and type(layer)._conv_forward is nn.Conv2d._conv_forward and "weight" in layer._parameters
        if plain and layer.bias is None and layer.groups == 1 and layer.padding_mode == "zeros":
            settings = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
            if settings in (((3, 3), (1, 1), pad, (1, 1)) for pad in ((1, 1), "same")):
                yield layer


def shapes(network: nn.Module, sizes: Iterable[int]) -> dict[nn.Conv2d, dict[tuple[int, int], Shape]]:
    """The shapes that each plain convolution meets when the network sees one image of each size; its mode stays."""
    by_layer = {layer: {} for layer in plain_convolutions(network)}

    def note(layer: nn.Conv2d, inputs: tuple[Tensor]) -> None:
        size = tuple(inputs[0].shape[2:])
        pooled = getattr(layer, "pooled", False)
        by_layer[layer][size] = Shape(layer.in_channels, layer.out_channels, *size, pooled=pooled)

    run_with_hooks(network, by_layer, note, sizes)
    return by_layer


def run_with_hooks(network: nn.Module, layers: Iterable[nn.Module], note: Callable, sizes: Iterable[int]) -> None:
    """Run the network on one black image of each size, and call `note` for each layer with its inputs."""
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    training = network.training
    network.eval()
    with torch.no_grad():
        for size in sizes:
            network(torch.zeros(1, 3, size, size))
    network.train(training)
    for hook in hooks:
        hook.remove()


def install(by_layer: dict[nn.Conv2d, dict[tuple[int, int], Shape]], choice: Mapping[str, str]) -> None:
    """Let each layer use the algorithms that `choice` names by shape; parameters and their names stay."""
    for layer, by_size in by_layer.items():
        algorithms = {size: algorithm(choice[str(shape)]) for size, shape in by_size.items()}
        layer.algorithms = {size: one for size, one in algorithms.items() if one}
        layer.__class__ = AutotunedConv2d
