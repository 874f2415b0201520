"""Which parameters an optimizer treats alike: its named groups."""

from torch import nn

from pipeline.models.protocols import early_parameters
from pipeline.optim.config import OptimConfig

Named = list[tuple[str, nn.Parameter]]


def trained_parameters(network: nn.Module) -> tuple[Named, list[nn.Parameter]]:
    """The named parameters that need a gradient, and apart from them those that are frozen early."""
    early = early_parameters(network)
    apart = {id(parameter) for parameter in early}
    return [(n, p) for n, p in network.named_parameters() if p.requires_grad and id(p) not in apart], early


def muon_groups(network: nn.Module, config: OptimConfig) -> list[dict]:
    """Muon for the filters; SGD, each with its own rate, for biases, the classifier and what is frozen early."""
    named, early = trained_parameters(network)
    head = _head_names(network)
    filters = [p for n, p in named if _is_matrix(n, p) and n not in head]
    vectors = [p for n, p in named if not _is_matrix(n, p) and n not in head]
    classifier = [p for n, p in named if n in head]
    side = {"kind": "sgd", "momentum": config.side_momentum}
    groups = [
        {"name": "whiten_bias", "params": early, **side, "lr": config.bias_lr},
        {"name": "biases", "params": vectors, **side, "lr": config.bias_lr},
        {"name": "head", "params": classifier, **side, "lr": config.head_lr},
    ]
    for group in groups:  # decay is of the weights' scale, so it does not grow with a group's rate
        group["weight_decay"] = config.weight_decay / group["lr"]
    groups.append({
        "name": "filters", "params": filters, "kind": "muon", "lr": config.lr, "momentum": config.momentum,
        "newton_schulz_steps": config.newton_schulz_steps,
    })  # fmt: skip
    return [group for group in groups if group["params"]]


def decay_groups(network: nn.Module, config: OptimConfig) -> list[dict]:
    """Weight decay on matrices and filters, none on biases, norms and what is frozen early."""
    named, early = trained_parameters(network)
    groups = [
        {"name": "weights", "params": [p for n, p in named if _is_matrix(n, p)], "weight_decay": config.weight_decay},
        {"name": "vectors", "params": [p for n, p in named if not _is_matrix(n, p)], "weight_decay": 0.0},
        {"name": "whiten_bias", "params": early, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """A layer's weight; position embeddings and class tokens have axes too, but map nothing to anything.

    A recurrent module's weight_hh_l0 and its like are not: decay would shorten the memory, and Muon would take four
    gates for one matrix.
    """
    return parameter.ndim >= 2 and name.endswith("weight")


def _head_names(network: nn.Module) -> set[str]:
    """Names of the last linear layer's parameters: the classifier, in every network of the registry."""
    linear = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    return {f"{linear[-1]}.weight", f"{linear[-1]}.bias"} if linear else set()
