"""A participant's own augmentation of whole batches, from a file or package."""

import functools
import inspect
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import UserError
from pipeline.data.augment import MEAN, STD, normalise
from pipeline.data.augment_settings import AugmentConfig
from pipeline.own import parts

KEY = "augment.own"


def own_augment(images: Tensor, config: AugmentConfig, draw: torch.Generator) -> Tensor:
    """The images after `augment.own`, or unchanged if there is none.

    The generators of torch, NumPy and albumentations are seeded from `draw`. Raises UserError if it fails or returns
    another shape.
    """
    if config.own is None:
        return images
    change, seed = _transform(config.own), int(torch.randint(2**31, (1,), generator=draw))
    devices = [images.device] if images.device.type == "cuda" else []
    numpy_state = np.random.get_state()
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            changed = change(images, seed)
        except Exception as error:  # anything that somebody's code may raise
            raise UserError(f"{KEY} {config.own} raised {type(error).__name__}: {error}") from error
        finally:
            np.random.set_state(numpy_state)
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        shape = tuple(changed.shape) if isinstance(changed, Tensor) else type(changed).__name__
        raise UserError(f"{KEY} {config.own} made {shape} of images {tuple(images.shape)}; the shape must stay")
    return changed


@functools.cache
def _transform(name: str) -> Callable[[Tensor, int], Tensor]:
    """The part as a function of (normalised images N x 3 x S x S, seed)."""
    target = parts.load(name, KEY)
    if inspect.isclass(target) or (inspect.isfunction(target) and not inspect.signature(target).parameters):
        target = target()  # a class, or a function that makes the transform
    if hasattr(target, "set_random_seed") and hasattr(target, "transforms"):
        return functools.partial(_composed, target)
    if not callable(target):
        raise UserError(f"{KEY} is {name!r}, which is a {type(target).__name__}; name a function or a transform")
    return lambda images, seed: target(images)


def _composed(compose, images: Tensor, seed: int) -> Tensor:
    """Apply an albumentations Compose to each image as uint8 H x W x 3, and normalise again."""
    mean, std = (torch.tensor(v, device=images.device).view(3, 1, 1) for v in (MEAN, STD))
    pixels = ((images * std + mean) * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    compose.set_random_seed(seed)
    changed = np.stack([compose(image=np.ascontiguousarray(image))["image"] for image in pixels])
    return normalise(torch.from_numpy(changed).to(images.device))
