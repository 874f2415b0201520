"""A layer of true convolution: channels, bias, same size."""

import numpy as np

from .. import arrays
from ..exercise import Exercise, Inputs, Mistake, numbers


def solve(x, w, b):
    """y, O x H x W."""
    filters, _, rows, columns = w.shape
    pads = ((0, 0), (rows // 2, (rows - 1) // 2), (columns // 2, (columns - 1) // 2))
    padded, flipped = np.pad(x, pads), w[:, :, ::-1, ::-1]
    y = np.zeros((filters, *x.shape[1:]))
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            patch = padded[:, i : i + rows, j : j + columns]
            y[:, i, j] = (flipped * patch).sum((1, 2, 3)) + b
    return y


def _reference(x, w, b, anchor="lead", padding="same"):
    return arrays.layer(x, w, b, padding=padding, operation="convolution", anchor=anchor)


def _inputs(rng: np.random.Generator, size: int) -> Inputs:
    if size == 0:
        shapes = ((2, 3, 3), (2, 2, 2, 2), (2,))
    else:
        channels, filters = (int(n) for n in rng.integers(2, 4, 2))
        kernel = rng.integers(2, 5, 2)
        shapes = ((channels, *(kernel.max() + rng.integers(1, 4, 2))), (filters, channels, *kernel), (filters,))
    return {name: numbers(rng, size, *shape) for name, shape in zip("xwb", shapes, strict=True)}


def _summed_late(x, w, b):
    return _reference(x, w, b) + (x.shape[0] - 1) * b[:, None, None] if x.shape[0] > 2 else None


MISTAKES = (
    Mistake(
        name="kernel not flipped",
        advice="This is deep learning's layer, a cross-correlation; flip both spatial axes, w[:, :, ::-1, ::-1].",
        form=lambda x, w, b: _reference(x, w[:, :, ::-1, ::-1], b),
    ),
    Mistake(
        name="only the rows flipped",
        advice="Flip the columns of each kernel too.",
        form=lambda x, w, b: _reference(x, w[..., ::-1], b),
    ),
    Mistake(
        name="only the columns flipped",
        advice="Flip the rows of each kernel too.",
        form=lambda x, w, b: _reference(x, w[:, :, ::-1], b),
    ),
    Mistake(
        name="channels flipped",
        advice="The channels are reversed too, as np.flip(w) does; flip only the two spatial axes.",
        form=lambda x, w, b: _reference(x, w[:, ::-1], b),
    ),
    Mistake(
        name="filters flipped",
        advice="The output channels are in reverse order; flip only the two spatial axes.",
        form=lambda x, w, b: _reference(x, w[::-1], b[::-1]),
    ),
    Mistake(
        name="kernel transposed",
        advice="Rows and columns of each kernel are exchanged.",
        form=lambda x, w, b: _reference(x, w.swapaxes(2, 3), b),
    ),
    Mistake(
        name="anchor one off",
        advice="For an even kernel, pad with k // 2 zeros before and (k - 1) // 2 after, not the other way round.",
        form=lambda x, w, b: _reference(x, w, b, anchor="trail"),
    ),
    Mistake(
        name="valid instead of same",
        advice="Pad the image with zeros, so that the output has its size.",
        form=lambda x, w, b: _reference(x, w, b, padding="valid"),
    ),
    Mistake(
        name="full instead of same",
        advice="Pad with k // 2 zeros before and (k - 1) // 2 after, not with k - 1 on both sides.",
        form=lambda x, w, b: _reference(x, w, b, padding="full"),
    ),
    Mistake(
        name="bias forgotten",
        advice="Add b[o] to every place of output channel o.",
        form=lambda x, w, b: _reference(x, w, None),
    ),
    Mistake(
        name="bias added twice",
        advice="The bias is added twice; add b[o] once to each place of output channel o.",
        form=lambda x, w, b: _reference(x, w, 2 * b),
    ),
    Mistake(
        name="bias added for each input channel",
        advice="The bias is inside the sum over the input channels; add it once, after the sum.",
        form=_summed_late,
    ),
    Mistake(
        name="mean over the input channels",
        advice="The contributions of the input channels are added, not averaged.",
        form=lambda x, w, b: _reference(x, w / x.shape[0], b),
    ),
)

EXERCISE = Exercise(
    name="convolution-layer",
    subject="convolution",
    title="A layer of true convolution",
    task=(
        "Write the forward pass of a layer that convolves in the sense of signal processing,\n"
        "$$y_{o,i,j} = b_o + \\sum_{c,m,n} w_{o,c,m,n}\\, \\bar{x}_{c,\\, i + k - 1 - m,\\, j + l - 1 - n}$$\n"
        "where $\\bar{x}$ is the image with $\\lfloor k/2 \\rfloor$ rows of zeros before and "
        "$\\lfloor (k-1)/2 \\rfloor$ after it, and the same for the $l$ columns. The output has the image's size."
    ),
    arguments={"x": "the image, C x H x W", "w": "the kernels, O x C x k x l", "b": "the bias, O"},
    returns="y, O x H x W",
    inputs=_inputs,
    solve=solve,
    reference=_reference,
    mistakes=MISTAKES,
    steps=(
        "Padding adds $k - 1$ rows in all, so the output has $H + (k - 1) - (k - 1) = H$ rows.",
        "Turn the kernel by half a turn over its two spatial axes, $w'_{o,c,m,n} = w_{o,c,\\, k-1-m,\\, l-1-n}$; the "
        "sum then is a cross-correlation of $\\bar{x}$ with $w'$.",
        "Channels are summed, not convolved: no flip over $c$ or $o$.",
        "The bias is a constant for each output channel, added once.",
    ),
    questions=(
        (
            "Is a network of such layers more or less powerful than one of cross-correlations?",
            "Neither. Turning every kernel turns one network into the other, with equal outputs and equal training.",
        ),
    ),
)
