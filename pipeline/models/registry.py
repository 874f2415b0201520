"""The registry of networks."""

from collections.abc import Callable

from torch import nn

from pipeline.core.errors import UserError
from pipeline.models.resnet import resnet18
from pipeline.models.sequence import READINGS, SequenceClassifier
from pipeline.models.settings import ModelConfig
from pipeline.models.timm_nets import check_timm_name, timm_network
from pipeline.models.whitened import WhitenedNet
from pipeline.models.wide_resnet import WideResNet
from pipeline.own import parts
from pipeline.own.network import own_network

# To add a network: write a module beside this one, add its options, if it has any, to settings.py, and list it here.
BUILDERS: dict[str, Callable[[ModelConfig, int], nn.Module]] = {
    "whitened": lambda config, classes: WhitenedNet(config.whitened, classes),
    "resnet18": lambda config, classes: resnet18(classes),
    "wide_resnet": lambda config, classes: WideResNet(config.wide_resnet, classes),
    **{
        f"sequence_{reading}": lambda config, classes, reading=reading: SequenceClassifier(
            config.sequence, reading, classes
        )
        for reading in READINGS
    },
}


def check_name(name: str) -> None:
    """Raise UserError, with the known names, for an unknown network."""
    if name.startswith("timm:"):
        check_timm_name(name.removeprefix("timm:"))
    elif parts.is_own(name):
        parts.load(name, "model.name")
    elif name not in BUILDERS:
        allowed = f"{', '.join(BUILDERS)}, timm:NAME, or your own as ./FILE.py:CLASS"
        raise UserError(f"model.name is {name!r}; allowed: {allowed}")


def build(config: ModelConfig, classes: int = 10) -> nn.Module:
    """The network of a config: normalised images N x 3 x 32 x 32 to logits N x classes, float32, on the CPU.

    Random initial weights come from torch's global generator. Raises UserError for an unknown name.
    """
    check_name(config.name)
    if config.name in BUILDERS:
        network = BUILDERS[config.name](config, classes)
    elif parts.is_own(config.name):
        network = own_network(config.name, config.own, classes)
    else:
        network = timm_network(config.name.removeprefix("timm:"), config.timm, classes)
    return true_convolution(network, config) if config.operation == "convolution" else network


def true_convolution(network: nn.Module, config: ModelConfig) -> nn.Module:
    """The network with true convolution in every layer; published weights are flipped, so that the result is the same.

    Raises UserError if a layer has a forward pass of its own.
    """
    from pipeline.convolution import ConvolutionError, convert_convention, with_operation

    published = config.name.startswith("timm:") and (config.timm.pretrained or config.timm.weights)
    try:
        return convert_convention(network, to="convolution") if published else with_operation(network, "convolution")
    except ConvolutionError as error:
        raise UserError(f"model.operation is 'convolution', which {config.name} cannot compute: {error}") from error
