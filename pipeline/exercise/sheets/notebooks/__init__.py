"""Four notebooks that run from top to bottom: layouts, flip, BPTT, LSTM."""

from . import bptt, flip, layouts, lstm
from .notebook import Notebook, as_json

NOTEBOOKS: tuple[Notebook, ...] = (layouts.NOTEBOOK, flip.NOTEBOOK, bptt.NOTEBOOK, lstm.NOTEBOOK)

__all__ = ["NOTEBOOKS", "Notebook", "as_json"]
