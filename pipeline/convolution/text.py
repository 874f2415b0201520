"""Tables and small arrays for the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the tables of a command must not wait for torch
    import torch

WIDTH = 100
"""Assumed width of a terminal, in columns."""
_POSITIVE, _NEGATIVE = " ░▒▓█", " .:-="


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as text; columns are as wide as their widest cell, and numbers are aligned to the right."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [all(cell[:1].isdigit() for cell in column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        parts = [c.rjust(w) if n else c.ljust(w) for c, w, n in zip(cells, widths, numeric, strict=True)]
        return "  ".join(parts).rstrip()

    return "\n".join([line(header), "  ".join("-" * w for w in widths), *map(line, rows)])


def side_by_side(arrays: "dict[str, torch.Tensor]", one_scale: bool) -> str:
    """Arrays (H, W) under their names, side by side as far as they fit: numbers if they are short, otherwise shades.

    one_scale: whether all arrays share one scale of shades.
    """
    limits = [array.abs().max().item() for array in arrays.values()]
    limits = [max(limits)] * len(limits) if one_scale else limits
    blocks = [_block(name, array, limit) for (name, array), limit in zip(arrays.items(), limits, strict=True)]
    groups: list[list[list[str]]] = [[]]
    for block in blocks:
        if groups[-1] and _width(groups[-1]) + 3 + len(block[0]) > WIDTH:
            groups.append([])
        groups[-1].append(block)
    return "\n\n".join(_joined(group) for group in groups)


def numbers(array: "torch.Tensor") -> list[list[str]]:
    """Each entry with at most two decimals, without trailing zeros."""
    return [[_number(value) for value in row] for row in array.tolist()]


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _block(name: str, array: "torch.Tensor", limit: float) -> list[str]:
    cells = numbers(array)
    width = max(len(cell) for row in cells for cell in row) + 1
    if width * array.shape[1] <= WIDTH and width <= 8:
        rows = ["".join(("·" if cell == "0" else cell).rjust(width) for cell in row) for row in cells]
    else:
        rows = _shades(array, limit)
    across = max(map(len, [name, *rows]))
    return [line.ljust(across) for line in [name, *rows]]


def _shades(array: "torch.Tensor", limit: float) -> list[str]:
    """Rows with two characters per pixel, by magnitude relative to the largest; a dot means zero."""
    steps = (array / max(limit, 1e-12) * 4).round().int().tolist()
    shade = {0: "· "} | {s: _POSITIVE[s] * 2 for s in range(1, 5)} | {-s: _NEGATIVE[s] * 2 for s in range(1, 5)}
    return ["".join(shade[step] for step in row) for row in steps]


def _width(blocks: list[list[str]]) -> int:
    return sum(len(block[0]) for block in blocks) + 3 * (len(blocks) - 1)


def _joined(blocks: list[list[str]]) -> str:
    height = max(map(len, blocks))
    padded = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return "\n".join("   ".join(cells).rstrip() for cells in zip(*padded, strict=True))
