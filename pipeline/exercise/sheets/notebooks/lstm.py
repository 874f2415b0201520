"""The LSTM's cell and its Jacobian."""

from .notebook import Notebook

NOTEBOOK = Notebook(
    name="lstm",
    title="The LSTM's cell and its two paths",
    cells=(
        "$C_t = f_t \\odot C_{t-1} + i_t \\odot \\tilde{C}_t$. The old cell reaches the new one directly, scaled by "
        "the forget gate, and indirectly through $h_{t-1}$ and the gates.",
        "# code\n"
        "import torch\n"
        "from torch import nn\n\n"
        "from pipeline.recurrent import cell_to_cell_jacobian, step_jacobian, trace\n\n"
        "torch.manual_seed(0)\n"
        "net, x = nn.LSTM(3, 6).double(), torch.randn(40, 1, 3).double()\n"
        "direction = trace(net, x).direction()\n"
        "for kind in ('direct', 'indirect', 'full'):\n"
        "    size = torch.linalg.matrix_norm(step_jacobian(direction, 5, kind), 2).item()\n"
        "    print(f'{kind:<9} spectral norm {size:.4f}')",
        "The full Jacobian of one step must not be multiplied over time: a step needs $h$ as well as $C$.",
        "# code\n"
        "product = torch.eye(6).double()\n"
        "for t in range(1, 10):\n"
        "    product = step_jacobian(direction, t, 'full') @ product\n"
        "exact = cell_to_cell_jacobian(direction, 9, 0).plain()\n"
        "print('relative error of the product:', ((product - exact).norm() / exact.norm()).item())",
        "The forget gate's bias sets how long the direct path lasts: the number of steps until $f^n < 0.001$.",
        "# code\n"
        "import math\n\n"
        "for bias in (0, 1, 2, 3, 5):\n"
        "    f = 1 / (1 + math.exp(-bias))\n"
        "    print(f'bias {bias}: f = {f:.3f}, {math.ceil(math.log(0.001) / math.log(f))} steps')",
        "# code\n"
        "import matplotlib.pyplot as plt\n\n"
        "figure, axes = plt.subplots(figsize=(5, 3))\n"
        "for bias in (0, 1, 3, 5):\n"
        "    with torch.no_grad():\n"
        "        net.bias_hh_l0[6:12], net.bias_ih_l0[6:12] = float(bias), 0.0\n"
        "    direction = trace(net, x).direction()\n"
        "    jacobians = [cell_to_cell_jacobian(direction, t, 0).plain() for t in range(1, 40)]\n"
        "    norms = [torch.linalg.matrix_norm(jacobian, 2) for jacobian in jacobians]\n"
        "    axes.semilogy(range(1, 40), norms, label=f'forget bias {bias}')\n"
        "axes.set(xlabel='t', ylabel='spectral norm of dC_t/dC_0')\n"
        "axes.legend()\n"
        "plt.show()",
    ),
    exercises=("lstm-step", "cell-jacobian", "cell-chain"),
)
