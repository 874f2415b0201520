"""Cross-correlation and convolution: the half turn."""

from .notebook import Notebook

NOTEBOOK = Notebook(
    name="flip",
    title="Cross-correlation, convolution and the half turn between them",
    cells=(
        "What deep learning calls a convolution is a cross-correlation. The image of one bright dot shows the "
        "difference: convolution leaves the kernel itself, cross-correlation leaves it turned by half a turn.",
        "# code\n"
        "import torch\n\n"
        "from pipeline.convolution import convolve, correlate\n\n"
        "dot = torch.zeros(5, 5, dtype=torch.int64)\n"
        "dot[2, 2] = 1\n"
        "kernel = torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])\n"
        "print('convolution\\n', convolve(dot, kernel, 'same'))\n"
        "print('cross-correlation\\n', correlate(dot, kernel, 'same'))",
        "`torch.nn.functional.conv2d` is the second one. With a turned kernel it gives the first.",
        "# code\n"
        "import torch.nn.functional as F\n\n"
        "layer = F.conv2d(dot[None, None].double(), kernel[None, None].double(), padding=1)[0, 0].long()\n"
        "turned = F.conv2d(dot[None, None].double(), kernel.flip(0, 1)[None, None].double(), padding=1)[0, 0].long()\n"
        "print('conv2d is cross-correlation:', torch.equal(layer, correlate(dot, kernel, 'same')))\n"
        "print('with a turned kernel it is convolution:', torch.equal(turned, convolve(dot, kernel, 'same')))",
        "An **even kernel** has no middle. `same` must put the odd sample of padding somewhere, and libraries differ: "
        "`lead` before (scipy's `convolve`), `trail` after (torch's `padding='same'`).",
        "# code\n"
        "even = torch.tensor([[1, 2], [3, 4]])\n"
        "for anchor in ('lead', 'trail'):\n"
        "    print(anchor, '\\n', convolve(dot, even, 'same', anchor=anchor))",
        "Convolution commutes, cross-correlation does not.",
        "# code\n"
        "p, q = torch.tensor([1, 2, 3]), torch.tensor([1, 0, 2])\n"
        "print('p * q', convolve(p, q).tolist(), ' q * p', convolve(q, p).tolist())\n"
        "print('p ⋆ q', correlate(p, q).tolist(), ' q ⋆ p', correlate(q, p).tolist())",
        "What does a function compute? `identify` finds out from the outside.",
        "# code\n"
        "from pipeline.convolution import identify\n\n"
        "print(identify(lambda x, w: F.conv2d(x[None, None], w[None, None], stride=2, padding=1)[0, 0]))",
    ),
    exercises=(
        "correlate-by-hand",
        "convolve-by-hand",
        "strided-correlation",
        "correlate-complex",
        "convolution-layer",
        "convolution-weight-gradient",
        "convolution-input-gradient",
    ),
)
