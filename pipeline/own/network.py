"""A participant's own network, from a file or package."""

from typing import Any

from torch import nn

from pipeline.core.errors import UserError
from pipeline.own import calls, parts

KEY = "model.own"


def own_network(name: str, values: dict[str, Any], classes: int) -> nn.Module:
    """The network that the class or function `name` returns for `values`; it gets the number of classes.

    An argument called classes, num_classes, n_classes or class_count gets that number. Raises UserError if the name
    is not a class or function that makes a network, or if an argument is unknown or has the wrong type.
    """
    target = parts.load(name, "model.name")
    if isinstance(target, nn.Module):
        raise UserError(f"model.name is {name!r}, a network that is built already; name its class, or a function")
    if not callable(target):
        raise UserError(f"model.name is {name!r}, which is a {type(target).__name__}; name a class or a function")
    given = dict.fromkeys(calls.CLASSES, classes)
    if calls.is_open(target) and not {*given} & {*calls.parameters(target)}:
        values = {"num_classes": classes} | values  # torchvision's functions pass it on
    network = calls.call(target, KEY, values, given)
    if not isinstance(network, nn.Module):
        raise UserError(
            f"model.name is {name!r}, which gives a {type(network).__name__}; it must give a torch.nn.Module"
        )
    return network
