"""Both operators on one image with one kernel: in the terminal and as a picture.

A single bright dot shows the difference: convolution stamps the kernel onto it, cross-correlation stamps the kernel
rotated by 180 degrees.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from . import drawing
from .errors import ConvolutionError
from .pictures import IMAGES, KERNELS, read_array
from .signal import convolve, correlate
from .text import side_by_side

WIDEST_IN_TERMINAL = 24
"""The widest image, in columns, that is printed."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Both operators on one image with one kernel; float64 (H, W), the results in the size of the image."""

    image: torch.Tensor
    kernel: torch.Tensor
    correlation: torch.Tensor
    convolution: torch.Tensor

    @property
    def turned(self) -> torch.Tensor:
        """The kernel rotated by 180 degrees."""
        return self.kernel.flip(0, 1)

    @property
    def difference(self) -> torch.Tensor:
        """Convolution minus cross-correlation."""
        return self.convolution - self.correlation

    @property
    def inputs(self) -> dict[str, torch.Tensor]:
        """The given arrays by title."""
        return {"image x": self.image, "kernel w": self.kernel, "w turned by 180°": self.turned}

    @property
    def results(self) -> dict[str, torch.Tensor]:
        """The computed arrays by title."""
        return {
            "cross-correlation x ⋆ w": self.correlation,
            "convolution x * w": self.convolution,
            "convolution − cross-correlation": self.difference,
        }


def explain(kernel: str, image: str, output: Path) -> str:
    """Draw both operators on this image with this kernel to `output` (PNG, SVG or PDF); return the same as text.

    `kernel` and `image` are a name, rows of numbers ("1 2; 3 4"), or an image file.

    Raises:
        ConvolutionError: the text is not an array, the image is smaller than the kernel, or the output's format is
            unknown.
    """
    drawing.check_name(output)
    explained = apply_both(read_array(image, IMAGES), read_array(kernel, KERNELS))
    drawing.draw(explained.inputs, explained.results, interpretation(explained), output)
    said = "\n".join([interpretation(explained), *notes(explained)])
    return "\n\n".join([*_in_terminal(explained), said, f"Wrote {output}"])


def apply_both(x: torch.Tensor, w: torch.Tensor) -> Explained:
    """Both operators on an image (H, W) with a kernel (k, l): "same" size, zeros outside, the anchor of `convolve`."""
    if any(k > n for k, n in zip(w.shape, x.shape, strict=True)):
        raise ConvolutionError(
            f"the kernel {tuple(w.shape)} is larger than the image {tuple(x.shape)}: use a larger image"
        )
    return Explained(image=x, kernel=w, correlation=correlate(x, w, "same"), convolution=convolve(x, w, "same"))


def interpretation(explained: Explained) -> str:
    """An explanation of the result, in one or two sentences."""
    if torch.equal(explained.kernel, explained.turned):
        return "A half turn leaves this kernel as it is, so both operators agree. Try --kernel F."
    if torch.equal(explained.kernel, -explained.turned):
        return (
            "A half turn negates this kernel: convolution is -1 times cross-correlation, "
            "and the difference is twice the convolution."
        )
    largest = explained.difference.abs().max().item()
    if largest <= 1e-9 * explained.convolution.abs().max().item():
        return "A half turn changes this kernel, but with this image both operators give the same. Try --image dots."
    what = "Convolution is cross-correlation with the turned kernel. Deep learning calls cross-correlation convolution."
    if _is_dots(explained):
        what = (
            "On each bright dot convolution leaves the kernel itself; cross-correlation, which deep learning calls\n"
            "convolution, leaves it turned by half a turn."
        )
    return f"{what}\nLargest difference here: {largest:g}"


def _is_dots(explained: Explained) -> bool:
    """Whether the bright pixels are so far apart that the stamps of the kernel do not touch."""
    places = explained.image.nonzero()
    apart = (places[:, None] - places).abs() >= torch.tensor(explained.kernel.shape)
    return 0 < len(places) <= 16 and bool((apart.any(-1) | torch.eye(len(places), dtype=torch.bool)).all())


def notes(explained: Explained) -> list[str]:
    """Notes on the padding, which is asymmetric for an even kernel."""
    sizes = tuple(explained.kernel.shape)
    if all(size % 2 for size in sizes):
        return []
    rows, columns = (f"{k // 2} before and {(k - 1) // 2} after" for k in sizes)
    return [
        f'Even kernel: "same" pads rows with zeros, {rows}, columns {columns}.\n'
        "This is the anchor 'lead' of convolve and of scipy's convolve; torch's padding='same' is 'trail'."
    ]


def _in_terminal(explained: Explained) -> list[str]:
    if explained.image.shape[1] > WIDEST_IN_TERMINAL:
        return [f"(the image is wider than {WIDEST_IN_TERMINAL} pixels: see the picture)"]
    return [side_by_side(explained.inputs, one_scale=False), side_by_side(explained.results, one_scale=True)]
