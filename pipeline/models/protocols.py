"""Optional methods of a network that training uses, as protocols."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class InitialisedFromImages(Protocol):
    """A network some of whose initial weights are computed from training images."""

    def initialise_from(self, images: Tensor) -> None:
        """Set the weights from normalised images N x 3 x H x W, float32: the first few thousand of the training set."""


@runtime_checkable
class FrozenEarly(Protocol):
    """A network with parameters that are trained only for `optim.whiten_bias`, which makes later steps cheaper."""

    def early_parameters(self) -> list[nn.Parameter]:
        """The parameters that are frozen then; the optimizer puts them into a separate group."""


def early_parameters(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of a network that are frozen early; empty for most networks."""
    return network.early_parameters() if isinstance(network, FrozenEarly) else []
