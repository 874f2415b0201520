"""Numerator and denominator layout."""

from .notebook import Notebook

NOTEBOOK = Notebook(
    name="layouts",
    title="Two layouts of one derivative",
    cells=(
        "A derivative of a vector by a vector is a table of numbers $\\partial z_i/\\partial x_j$. **Numerator "
        "layout** gives each output $z_i$ a row, **denominator layout** gives each input $x_j$ a row. The two tables "
        "are each other's transpose; both are right, and mixing them in one calculation is not.",
        "# code\n"
        "import torch\n"
        "from torch.func import jacrev\n\n"
        "W = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])\n"
        "x = torch.tensor([1.0, -1.0, 2.0])\n\n"
        "numerator = jacrev(lambda x: W @ x)(x)  # a row for each output\n"
        "print(numerator)\n"
        "print('numerator layout is W:', torch.equal(numerator, W))",
        "Writing $z$ as a row, $z = x^T W^T$, changes no number of it. The table with entry $(i, j) = \\partial "
        "z_j/\\partial x_i$ is $W^T$.",
        "# code\n"
        "as_a_row = jacrev(lambda x: x @ W.T)(x)\n"
        "print('the same numbers:', torch.equal(as_a_row, numerator))\n"
        "print('denominator layout is W^T:', torch.equal(as_a_row.T, W.T))",
        "The chain rule keeps its factors in the order of the functions in numerator layout, outermost first. In "
        "denominator layout the order is reversed.",
        "# code\n"
        "V = torch.tensor([[1.0, -1.0], [0.5, 2.0], [3.0, 1.0]])\n"
        "both = jacrev(lambda x: V @ torch.tanh(W @ x / 10))(x)\n"
        "slope = torch.diag(1 - torch.tanh(W @ x / 10) ** 2) / 10\n"
        "print('numerator:   V diag(s) W       ', torch.allclose(both, V @ slope @ W))\n"
        "print('denominator: W^T diag(s) V^T   ', torch.allclose(both.T, W.T @ slope @ V.T))",
        "`x.grad` has the shape of `x`. For $L = g^T C x$ it holds the numbers of $C^T g$ (a column), which are those "
        "of $g^T C$ (a row).",
        "# code\n"
        "C, g = torch.randn(3, 4), torch.randn(3)\n"
        "x = torch.randn(4, requires_grad=True)\n"
        "(g @ (C @ x)).backward()\n"
        "print(x.grad.shape, torch.allclose(x.grad, C.T @ g), torch.allclose(x.grad, g @ C))",
    ),
    exercises=("linear-jacobian", "sigmoid-jacobian"),
)
