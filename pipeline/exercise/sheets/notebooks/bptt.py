"""Back-propagation through time as a double sum."""

from .notebook import Notebook

NOTEBOOK = Notebook(
    name="bptt",
    title="Back-propagation through time, term by term",
    cells=(
        "The gradient of a recurrent network's weights is a sum over two steps: the step $t$ of the loss and the step "
        "$k \\le t$ at which the weights are used. `decompose` gives every term $G_{tk}$ of a real `nn.RNN`.",
        "# code\n"
        "import torch\n"
        "from torch import nn\n\n"
        "from pipeline.recurrent import decompose, record\n\n"
        "torch.manual_seed(0)\n"
        "net, x = nn.RNN(3, 8).double(), torch.randn(12, 1, 3).double()\n"
        "recording = record(net, x, loss=lambda output, state: output.square().sum() / 2)\n"
        "terms = decompose(recording)\n"
        "print('relative error of the sum against autograd:', terms.check().relative_errors['weight_hh_l0'])",
        "The norms of the terms: the largest are on the diagonal, and they fall with the lag $t - k$.",
        "# code\n"
        "import matplotlib.pyplot as plt\n\n"
        "norms = terms.matrix('weight_hh_l0')\n"
        "figure, axes = plt.subplots(figsize=(4, 3.4))\n"
        "picture = axes.imshow(norms.log10(), cmap='viridis')\n"
        "axes.set(xlabel='k, step at which W is used', ylabel='t, step of the loss')\n"
        "figure.colorbar(picture, label='log10 |G(t, k)|')\n"
        "plt.show()",
        "**Truncated** back-propagation drops terms. A sliding window keeps the band $t - k < w$; `h.detach()` after "
        "every $w$ steps keeps blocks. They are not the same.",
        "# code\n"
        "w = 4\n"
        "g = terms.total('weight_hh_l0')\n"
        "band = terms.tbptt('weight_hh_l0', window=w)\n"
        "blocks = sum(terms.term('weight_hh_l0', t, k) for t in range(12) for k in range(t + 1) if t // w == k // w)\n"
        "net.zero_grad()\n"
        "h, loss = torch.zeros(1, 1, 8).double(), 0\n"
        "for start in range(0, 12, w):\n"
        "    output, h = net(x[start : start + w], h.detach())\n"
        "    loss = loss + output.square().sum() / 2\n"
        "loss.backward()\n"
        "detached = net.weight_hh_l0.grad\n"
        "print('blocks against detach:  ', ((blocks - detached).norm() / detached.norm()).item())\n"
        "print('band against detach:    ', ((band - detached).norm() / detached.norm()).item())\n"
        "print('band against everything:', ((band - g).norm() / g.norm()).item())",
        "Does a gradient vanish? The eigenvalues of $W$ do not decide; the product of the step Jacobians does.",
        "# code\n"
        "from pipeline.recurrent import lyapunov_exponents, trace\n\n"
        "x = torch.randn(60, 1, 3).double()\n"
        "for gain in (0.5, 1.0, 3.0):\n"
        "    with torch.no_grad():\n"
        "        net.weight_hh_l0.copy_(gain * torch.linalg.qr(torch.randn(8, 8).double())[0])\n"
        "    exponent = lyapunov_exponents(trace(net, x).direction(), 1, dtype=torch.float64).exponents[0].item()\n"
        "    print(f'|eigenvalues| {gain:.1f}: the gradient changes by a factor {2.718281828**exponent:.3f} per step')",
    ),
    exercises=(
        "rnn-gradient",
        "rnn-terms",
        "truncated-gradient",
        "matrix-power",
        "power-limit",
        "jacobian-product",
        "gradient-bound",
    ),
)
