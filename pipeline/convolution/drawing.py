"""The picture of `explain` (matplotlib, imported when drawing): inputs above, results below on one colour scale."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from .errors import ConvolutionError
from .text import numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
MOST_NUMBERS = 13
"""Pictures with at most this many rows and columns show their numbers."""


def check_name(output: Path) -> None:
    """Raise `ConvolutionError` for a file name without one of FORMATS."""
    if output.suffix.lower() not in FORMATS:
        raise ConvolutionError(f"the output {output} must end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")


def draw(inputs: dict[str, torch.Tensor], results: dict[str, torch.Tensor], caption: str, output: Path) -> None:
    """Three inputs and three results as a picture, written under a temporary name and then renamed."""
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + ".partial")
    figure(inputs, results, caption).savefig(partial, format=output.suffix.lower()[1:], dpi=160)
    partial.replace(output)


def figure(inputs: dict[str, torch.Tensor], results: dict[str, torch.Tensor], caption: str) -> "Figure":
    """Inputs above, results below; the results have one colour scale, each input its own."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(11, 7.4), layout="constrained")
    drawn.suptitle(caption.replace("\n", " "), fontsize=11, wrap=True)
    panels = drawn.subplots(2, 3)
    for axes, (name, array) in zip(panels[0], inputs.items(), strict=True):
        _panel(axes, name, array, _limit(array))
    limit = max(_limit(array) for array in results.values())
    for axes, (name, array) in zip(panels[1], results.items(), strict=True):
        image = _panel(axes, name, array, limit)
    drawn.colorbar(image, ax=panels[1].tolist(), shrink=0.9, label="one scale for the three results")
    return drawn


def _limit(array: torch.Tensor) -> float:
    return array.abs().max().clamp(min=1e-12).item()


def _panel(axes, name: str, array: torch.Tensor, limit: float):
    """Red is positive, blue negative, white zero."""
    image = axes.imshow(array.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set_title(name, fontsize=11)
    axes.set_xticks([n - 0.5 for n in range(1, array.shape[1])], [])
    axes.set_yticks([n - 0.5 for n in range(1, array.shape[0])], [])
    axes.tick_params(length=0)
    if max(array.shape) <= MOST_NUMBERS:
        axes.grid(color="0.85", linewidth=0.5)
        _write_numbers(axes, array, limit)
    return image


def _write_numbers(axes, array: torch.Tensor, limit: float) -> None:
    for i, row in enumerate(numbers(array)):
        for j, text in enumerate(row):
            dark = abs(array[i, j].item()) > 0.6 * limit
            if array[i, j] != 0:
                axes.text(j, i, text, ha="center", va="center", fontsize=8, color="white" if dark else "black")
