"""The layers of a network for which there are several ways, and a layer that uses the chosen ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.kernels.ways import Shape, Way, way


class ChosenConv2d(nn.Conv2d):
    """A convolution that, in training, computes maps of each size in the way chosen for it; otherwise as torch does."""

    ways: Mapping[tuple[int, int], Way]

    def forward(self, images: Tensor) -> Tensor:
        chosen = self.chosen(images)
        return chosen.run(images, self.weight) if chosen and not chosen.pools else super().forward(images)

    def chosen(self, images: Tensor) -> Way | None:
        """The way for these images N x C x H x W; None for torch's own."""
        return self.ways.get(tuple(images.shape[2:])) if self.training and torch.is_grad_enabled() else None


def max_pooled(layer: nn.Module, images: Tensor) -> Tensor:
    """max_pool2d(layer(images), 2), in one kernel if the chosen way includes the pooling."""
    chosen = layer.chosen(images) if isinstance(layer, ChosenConv2d) else None
    if chosen and chosen.pools:
        return chosen.run(images, layer.weight)
    return F.max_pool2d(layer(images), 2)


def candidates(network: nn.Module) -> Iterator[nn.Conv2d]:
    """The plain 3x3 'same' convolutions; layers with a forward pass or a weight of another kind keep their own way."""
    for layer in network.modules():
        plain = isinstance(layer, nn.Conv2d) and type(layer).forward in (nn.Conv2d.forward, ChosenConv2d.forward)
        plain = plain and type(layer)._conv_forward is nn.Conv2d._conv_forward and "weight" in layer._parameters
        if plain and layer.bias is None and layer.groups == 1 and layer.padding_mode == "zeros":
            settings = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
            if settings in (((3, 3), (1, 1), pad, (1, 1)) for pad in ((1, 1), "same")):
                yield layer


def shapes(network: nn.Module, sizes: Iterable[int]) -> dict[nn.Conv2d, dict[tuple[int, int], Shape]]:
    """The shapes that each candidate meets when the network sees one image of each size; its mode stays."""
    found = {layer: {} for layer in candidates(network)}

    def note(layer: nn.Conv2d, inputs: tuple[Tensor]) -> None:
        size = tuple(inputs[0].shape[2:])
        pooled = getattr(layer, "pooled", False)
        found[layer][size] = Shape(layer.in_channels, layer.out_channels, *size, pooled=pooled)

    run_with_hooks(network, found, note, sizes)
    return found


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


def install(found: dict[nn.Conv2d, dict[tuple[int, int], Shape]], chosen: Mapping[str, str]) -> None:
    """Let each layer compute in the ways chosen, by the names of shapes; parameters and their names stay."""
    for layer, of in found.items():
        ways = {size: way(chosen[str(shape)]) for size, shape in of.items()}
        layer.ways = {size: one for size, one in ways.items() if one}
        layer.__class__ = ChosenConv2d
