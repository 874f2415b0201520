"""One image, one kernel, both operators: as a PNG and in the terminal.

A single bright dot tells them apart: convolution stamps the kernel onto it, cross-correlation stamps the kernel turned
by half a turn.
"""

from pathlib import Path

import torch

from .errors import ConvolutionError
from .pictures import IMAGES, KERNELS, read_array
from .signal import convolve, correlate

WIDEST_IN_TERMINAL = 24
_POSITIVE, _NEGATIVE = " ░▒▓█", " .:-="


def explain(kernel: str, image: str, output: Path) -> str:
    """Draw both operators on this image with this kernel to `output` (PNG); the same as text, with what to see in it.

    `kernel` and `image` are a name, rows of numbers ("1 2; 3 4"), or an image file.

    Raises:
        ConvolutionError: text that is no array, an image smaller than the kernel, or an output that is no PNG.
    """
    w, x = read_array(kernel, KERNELS), read_array(image, IMAGES)
    if any(k > n for k, n in zip(w.shape, x.shape, strict=True)):
        raise ConvolutionError(
            f"the kernel {tuple(w.shape)} is larger than the image {tuple(x.shape)}: use a larger image"
        )
    if output.suffix.lower() != ".png":
        raise ConvolutionError(f"the output {output} must end in .png")
    panels = _panels(x, w)
    _write_png(panels, output)
    return "\n".join([_in_terminal(panels), "", _reading(panels), f"Wrote {output}"])


def _panels(x: torch.Tensor, w: torch.Tensor) -> dict[str, torch.Tensor]:
    correlation, convolution = correlate(x, w, "same", anchor="trail"), convolve(x, w, "same", anchor="trail")
    return {
        "image x": x,
        "kernel w": w,
        "w turned by 180°": w.flip(0, 1),
        "cross-correlation x ⋆ w": correlation,
        "convolution x * w": convolution,
        "difference": convolution - correlation,
    }


def _reading(panels: dict[str, torch.Tensor]) -> str:
    if torch.equal(panels["kernel w"], panels["w turned by 180°"]):
        return "A half turn leaves this kernel as it is, so both operators agree. Try --kernel F."
    largest = panels["difference"].abs().max().item()
    if largest <= 1e-9 * panels["convolution x * w"].abs().max().item():
        return "A half turn changes this kernel, but with this image both operators give the same. Try --image dots."
    return (
        "Where the image is one bright dot, convolution leaves the kernel itself; cross-correlation, which deep\n"
        "learning calls convolution, leaves it turned by half a turn. With a turned kernel each gives the other's\n"
        "result.\n"
        f"Largest difference here: {largest:g}"
    )


def _in_terminal(panels: dict[str, torch.Tensor]) -> str:
    if panels["image x"].shape[1] > WIDEST_IN_TERMINAL:
        return f"(the image is wider than {WIDEST_IN_TERMINAL} pixels: see the PNG)"
    names = list(panels)
    return "\n\n".join(_side_by_side({name: panels[name] for name in group}) for group in (names[:3], names[3:]))


def _side_by_side(panels: dict[str, torch.Tensor]) -> str:
    width = max(24, *(2 * array.shape[1] for array in panels.values()))
    columns = [[name, *_shades(array)] for name, array in panels.items()]
    height = max(map(len, columns))
    rows = zip(*(column + [""] * (height - len(column)) for column in columns), strict=True)
    return "\n".join("  ".join(cell.ljust(width) for cell in row).rstrip() for row in rows)


def _shades(array: torch.Tensor) -> list[str]:
    """Rows of two characters a pixel, by the share of the largest magnitude; a dot stands for zero."""
    steps = (array / array.abs().max().clamp(min=1e-12) * 4).round().int().tolist()
    shade = {0: "· "} | {s: _POSITIVE[s] * 2 for s in range(1, 5)} | {-s: _NEGATIVE[s] * 2 for s in range(1, 5)}
    return ["".join(shade[step] for step in row) for row in steps]


def _write_png(panels: dict[str, torch.Tensor], output: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.2), layout="constrained")
    figure.suptitle("Convolution stamps the kernel; cross-correlation stamps it turned by half a turn", fontsize=12)
    for axes, (name, array) in zip(figure.subplots(2, 3).flat, panels.items(), strict=True):
        _draw(axes, name, array)
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + ".partial")
    figure.savefig(partial, format="png", dpi=80)
    partial.replace(output)


def _draw(axes, name: str, array: torch.Tensor) -> None:
    # One colour scale centred at zero: grey-blue is nothing, so signs can be read across panels.
    limit = array.abs().max().clamp(min=1e-12).item()
    axes.imshow(array.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set_title(name, fontsize=11)
    axes.set_xticks([n - 0.5 for n in range(1, array.shape[1])], [])
    axes.set_yticks([n - 0.5 for n in range(1, array.shape[0])], [])
    axes.tick_params(length=0)
    if max(array.shape) <= 16:
        axes.grid(color="0.85", linewidth=0.5)
