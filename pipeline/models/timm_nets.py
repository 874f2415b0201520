"""Any timm network by name, with its stem adapted to 32x32 or the images enlarged to the size its weights expect."""

from difflib import get_close_matches
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.errors import UserError
from pipeline.data.augment import MEAN, STD
from pipeline.models.resnet import adapt_stem
from pipeline.models.settings import NATIVE, TimmConfig


def check_timm_name(name: str) -> None:
    """Raise UserError, with similar names, for a network that timm does not have."""
    import timm

    if not timm.is_model(name.split(".")[0]):
        near = get_close_matches(name, timm.list_models(), n=3, cutoff=0.3)
        raise UserError(
            f"model.name: timm has no {name!r}; did you mean {' or '.join(near)}? `timm.list_models()` lists all"
        )


class Enlarged(nn.Module):
    """A timm network whose images are normalised as its published weights expect, then enlarged.

    Takes images N x 3 x H x W normalised by CIFAR-10's mean and standard deviation, like every network here.
    """

    def __init__(self, network: nn.Module, size: int) -> None:
        super().__init__()
        self.network, self.size = network, size
        ours, theirs = (torch.tensor(v).view(2, 3, 1, 1) for v in ((MEAN, STD), _statistics(network)))
        self.register_buffer("scale", ours[1] / theirs[1], persistent=False)
        self.register_buffer("shift", (ours[0] - theirs[0]) / theirs[1], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        images = images * self.scale + self.shift
        return self.network(F.interpolate(images, size=(self.size, self.size), mode="bicubic", align_corners=False))


def _statistics(network: nn.Module) -> tuple:
    return network.pretrained_cfg["mean"], network.pretrained_cfg["std"]


def timm_network(name: str, config: TimmConfig, classes: int = 10) -> nn.Module:
    """timm's network `name` with a new classifier for `classes` classes.

    Raises UserError if weights are not available or do not fit.
    """
    if config.weights:
        network = _from_file(name, config, classes)
    elif config.pretrained:
        network = _from_hub(name, config, classes)
    else:
        network = _create(name, config, classes)
    if config.image_size != NATIVE:
        return Enlarged(network, config.image_size)
    resnet = hasattr(network, "conv1") and hasattr(network, "maxpool")
    return adapt_stem(network) if config.adapt_stem and resnet else network


def _create(name: str, config: TimmConfig, classes: int, **options) -> nn.Module:
    """timm's network for the images' size, which only some families accept as an argument."""
    import timm

    size = {"img_size": config.image_size}
    small = [size | {"patch_size": 4}] if config.adapt_stem and config.image_size == NATIVE else []
    for each in (*small, size):
        try:
            return timm.create_model(name, num_classes=classes, drop_rate=config.drop_rate, **each, **options)
        except TypeError:
            continue
    return timm.create_model(name, num_classes=classes, drop_rate=config.drop_rate, **options)


def _from_hub(name: str, config: TimmConfig, classes: int) -> nn.Module:
    """The network with published weights, from the hub or its cache; with HF_HUB_OFFLINE set, only from the cache."""
    from huggingface_hub import constants

    try:
        return _create(name, config, classes, pretrained=True)
    except Exception as error:  # timm and the hub raise a dozen types here, all with the same meaning
        way = "unset HF_HUB_OFFLINE" if constants.HF_HUB_OFFLINE else "connect to the network"
        raise UserError(
            f"model.timm: no weights for {name!r} from the hub ({_first_line(error)}); {way}, "
            "name a local file with --model.timm.weights FILE, or train from scratch with --model.timm.pretrained false"
        ) from error


def _from_file(name: str, config: TimmConfig, classes: int) -> nn.Module:
    """The network with the weights of a file.

    timm silently accepts a file in which nothing fits. So the network is created twice from the same random state: a
    random weight that did not change was not in the file, except in the new classifier.
    """
    if not Path(config.weights).is_file():
        raise UserError(f"model.timm.weights is {config.weights!r}: no such file; name a .pth or .safetensors file")
    before = torch.get_rng_state()
    drawn = _create(name, config, classes)
    torch.set_rng_state(before)
    try:
        network = _create(name, config, classes, pretrained=True, pretrained_cfg_overlay={"file": config.weights})
    except Exception as error:  # a damaged file, one of another format, other shapes
        raise UserError(_misfit(name, config, _first_line(error))) from error
    if left := _left_as_drawn(network, drawn):
        raise UserError(_misfit(name, config, f"it lacks {len(left)} of the network's weights, such as {left[0]}"))
    return network


def _left_as_drawn(network: nn.Module, drawn: nn.Module) -> list[str]:
    """Names of random weights that are equal in two networks, without the classifier's."""
    heads = network.get_classifier()  # distilled transformers have two
    new = {id(p) for head in (heads if isinstance(heads, tuple) else (heads,)) for p in head.parameters()}
    pairs = zip(network.named_parameters(), drawn.parameters(), strict=True)
    return [n for (n, p), q in pairs if id(p) not in new and q.min() < q.max() and torch.equal(p, q)]


def _misfit(name: str, config: TimmConfig, why: str) -> str:
    return (
        f"model.timm.weights is {config.weights!r}, which does not fit {name!r} ({why}); "
        "name a file that `torch.save(network.state_dict(), FILE)` made from this timm network"
    )


def _first_line(error: Exception) -> str:
    """The first two lines of an error as one; torch names the weights that do not fit in the second."""
    lines = [line.strip() for line in str(error).strip().splitlines()]
    return " ".join(lines[:2]).rstrip(":") if lines else type(error).__name__
