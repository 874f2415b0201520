"""What a network may offer beside its forward pass; training asks for it by these protocols."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class InitialisedFromImages(Protocol):
    """A network whose first weights are computed from training images, before the first step."""

    def initialise_from(self, images: Tensor) -> None:
        """Take normalised images N x 3 x H x W, float32: the first few thousand of the training set."""


@runtime_checkable
class FrozenEarly(Protocol):
    """A network with parameters that are trained for `optim.whiten_bias` only: without them a step costs less."""

    def early_parameters(self) -> list[nn.Parameter]:
        """The parameters that are then frozen; the optimizer has them in a group of their own."""


def early_parameters(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of a network that are frozen early; none for most networks."""
    return network.early_parameters() if isinstance(network, FrozenEarly) else []
