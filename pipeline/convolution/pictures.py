"""Small images and kernels: by name, as rows of numbers, or from a file."""

from pathlib import Path

import torch

from .errors import ConvolutionError

LONGEST_SIDE = 64

_DRAWN = {
    "F": "####. #.... ###.. #.... #....",
    "corner": "##. #.. ...",
    "blur": "### ### ###",
    "dots": "............ ............ ............ ...#........ ............ ............ "
    "............ ............ ........#... ............ ............ ............",
    "seven": "............ ............ ..########.. ..########.. ........##.. .......##... "
    "......##.... .....##..... ....##...... ....##...... ............ ............",
}
_NUMBERS = {"sobel": "1 0 -1; 2 0 -2; 1 0 -1"}
KERNELS = ("F", "sobel", "corner", "blur")
IMAGES = ("dots", "seven")


def read_array(text: str, names: tuple[str, ...]) -> torch.Tensor:
    """A float64 (H, W) array from one of these names, from rows of numbers ("1 2; 3 4") or from an image file.

    Raises:
        ConvolutionError: text that is none of these.
    """
    if text in names:
        return _drawn(_DRAWN[text]) if text in _DRAWN else _rows(_NUMBERS[text])
    if _is_file(text):
        return _image_file(text)
    try:
        return _rows(text)
    except ValueError:
        raise ConvolutionError(
            f"{text!r} is not a name ({', '.join(names)}), a file or rows of numbers of one length like '1 2; 3 4'"
        ) from None


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # too long for a file name
        return False


def _drawn(text: str) -> torch.Tensor:
    return torch.tensor([[float(cell == "#") for cell in row] for row in text.split()], dtype=torch.float64)


def _rows(text: str) -> torch.Tensor:
    array = torch.tensor([[float(n) for n in row.split()] for row in text.split(";")], dtype=torch.float64)
    if not array.numel() or not array.isfinite().all():
        raise ValueError(text)
    return array


def _image_file(path: str) -> torch.Tensor:
    """Grey values from 0 to 1, reduced to at most LONGEST_SIDE pixels per side by averaging."""
    import matplotlib.image

    try:
        pixels = torch.as_tensor(matplotlib.image.imread(path).copy(), dtype=torch.float64)
    except (OSError, ValueError, SyntaxError):
        raise ConvolutionError(
            f"{path} cannot be read as an image; give a PNG, or a JPEG with pillow installed"
        ) from None
    grey = pixels[..., :3].mean(-1) if pixels.ndim == 3 else pixels
    grey = grey / 255 if grey.max() > 1 else grey
    factor = -(-max(grey.shape) // LONGEST_SIDE)
    window = [min(factor, side) for side in grey.shape]  # a thin picture has fewer pixels across
    return torch.nn.functional.avg_pool2d(grey[None, None], window)[0, 0] if factor > 1 else grey
