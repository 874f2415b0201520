"""The named parameter groups of the optimizers."""

from torch import nn

from pipeline.models.protocols import early_parameters
from pipeline.optim.config import OptimConfig

Named = list[tuple[str, nn.Parameter]]


def trained_parameters(network: nn.Module) -> tuple[Named, list[nn.Parameter]]:
    """The named trainable parameters, and separately those that are frozen early."""
    early = early_parameters(network)
    apart = {id(parameter) for parameter in early}
    return [(n, p) for n, p in network.named_parameters() if p.requires_grad and id(p) not in apart], early


def muon_groups(network: nn.Module, config: OptimConfig) -> list[dict]:
    """Muon for the filters; SGD with separate rates for biases, the classifier and what is frozen early."""
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
    for group in groups:  # so that a step's decay, rate times weight_decay, does not depend on the group's rate
        group["weight_decay"] = config.weight_decay / group["lr"]
    groups.append({
        "name": "filters", "params": filters, "kind": "muon", "lr": config.lr, "momentum": config.momentum,
        "newton_schulz_steps": config.newton_schulz_steps,
    })  # fmt: skip
    return [group for group in groups if group["params"]]


def decay_groups(network: nn.Module, config: OptimConfig) -> list[dict]:
    """Weight decay for matrices and filters; none for biases, norms and what is frozen early."""
    named, early = trained_parameters(network)
    groups = [
        {"name": "weights", "params": [p for n, p in named if _is_matrix(n, p)], "weight_decay": config.weight_decay},
        {"name": "vectors", "params": [p for n, p in named if not _is_matrix(n, p)], "weight_decay": 0.0},
        {"name": "whiten_bias", "params": early, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Whether this is the weight of a layer; position embeddings and class tokens have several axes too, but are not.

    Recurrent weights such as weight_hh_l0 are excluded: decay would shorten the memory, and Muon would treat four gates
    as one matrix.
    """
    return parameter.ndim >= 2 and name.endswith("weight")


def _head_names(network: nn.Module) -> set[str]:
    """Names of the last linear layer's parameters: the classifier, in every network of the registry."""
    linear = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    return {f"{linear[-1]}.weight", f"{linear[-1]}.bias"} if linear else set()
