"""CIFAR-10 images in, a submission CSV out: data, networks, training, prediction and two teaching modules.

From Python: `from pipeline import Recipe, train, predict`, see pipeline/api.py.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.api import predict, train
    from pipeline.training.recipe import Recipe

__all__ = ["Recipe", "predict", "train"]


def __getattr__(name: str):
    """Import the functions for Python when they are first used, so that the command line starts without torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    importlib.import_module("pipeline.core.runtime").set_up()
    place = "pipeline.training.recipe" if name == "Recipe" else "pipeline.api"
    return getattr(importlib.import_module(place), name)
