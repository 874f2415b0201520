"""Any timm network by name, its stem adapted to 32x32 where it is a ResNet's."""

import os
from dataclasses import dataclass
from difflib import get_close_matches

from torch import nn

from pipeline.errors import UserError
from pipeline.models.resnet import adapt_stem


@dataclass(frozen=True, kw_only=True)
class TimmConfig:
    """Options of networks named `timm:...`."""

    pretrained: bool = False
    """Start from published ImageNet weights (needs the network, or the hub's cache)."""
    weights: str | None = None
    """A local file of weights (.pth or .safetensors) to start from instead."""
    adapt_stem: bool = True
    """Fit the first layer to 32x32: a ResNet's stem becomes 3x3, stride 1, a transformer's patches 4x4."""
    drop_rate: float = 0.0
    """Dropout before the classifier; 0 to 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.drop_rate < 1:
            raise ValueError(f"model.timm.drop_rate is {self.drop_rate}; allowed: 0 to below 1")


def check_timm_name(name: str) -> None:
    """Raise UserError, with the nearest known names, for one that timm does not know."""
    import timm

    if not timm.is_model(name.split(".")[0]):
        near = get_close_matches(name, timm.list_models(), n=3, cutoff=0.3)
        raise UserError(f"model.name: timm has no {name!r}; near it: {', '.join(near)}; `timm.list_models()` lists all")


def timm_network(name: str, config: TimmConfig, classes: int = 10) -> nn.Module:
    """The network that timm calls `name`, for `classes` classes.

    Raises UserError where weights cannot be had.
    """
    if config.pretrained:
        os.environ.pop("HF_HUB_OFFLINE", None)
    options = {
        "pretrained": config.pretrained or bool(config.weights),
        "num_classes": classes,
        "drop_rate": config.drop_rate,
        "pretrained_cfg_overlay": {"file": config.weights} if config.weights else None,
    }
    try:
        network = _for_small_images(name, config, options)
    except Exception as error:  # timm and the hub raise a dozen kinds here, all meaning the same
        if not (config.pretrained or config.weights):
            raise
        raise UserError(_no_weights(name, config, error)) from error
    stem = getattr(network, "conv1", None)
    return adapt_stem(network) if config.adapt_stem and stem is not None and hasattr(network, "maxpool") else network


def _for_small_images(name: str, config: TimmConfig, options: dict) -> nn.Module:
    """Create the network for 32x32: families that fix the image's size when built are told it, others refuse it."""
    import timm

    patches = [{"img_size": 32, "patch_size": 4}] if config.adapt_stem else []
    for size in (*patches, {"img_size": 32}):
        try:
            return timm.create_model(name, **size, **options)
        except TypeError:
            continue
    return timm.create_model(name, **options)


def _no_weights(name: str, config: TimmConfig, error: Exception) -> str:
    source = config.weights or "the hub"
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"model.timm: no weights for {name!r} from {source} ({reason}); connect to the network, "
        "name a local file with --model.timm.weights FILE, or train from scratch with --model.timm.pretrained false"
    )
