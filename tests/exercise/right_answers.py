"""Right answers written in many ways, by exercise: each is the text of a student's file. None may be called wrong."""

HEAD = "import numpy as np\nimport torch\nimport torch.nn.functional as F\nimport scipy.signal as S\n"


def _function(name: str, arguments: str, body: str) -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f"{HEAD}\ndef {name.replace('-', '_')}({arguments}):\n{lines}\n"


_BODIES: dict[tuple[str, str], list[str]] = {
    ("correlate-by-hand", "x, w"): [
        "return S.correlate2d(x, w, 'valid')",
        "windows = np.lib.stride_tricks.sliding_window_view(x, w.shape)\nreturn np.einsum('ijmn,mn->ij', windows, w)",
        "return F.conv2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None])[0, 0]",
        "u = F.unfold(torch.tensor(x)[None, None], w.shape)\n"
        "y = torch.tensor(w).flatten() @ u[0]\n"
        "return y.reshape(x.shape[0] - w.shape[0] + 1, -1)",
        "f = np.fft\nn = [a + b - 1 for a, b in zip(x.shape, w.shape)]\n"
        "y = f.irfft2(f.rfft2(x, n) * f.rfft2(w[::-1, ::-1], n), n)\n"
        "return y[w.shape[0] - 1 : x.shape[0], w.shape[1] - 1 : x.shape[1]]",
    ],
    ("convolve-by-hand", "x, w"): [
        "return S.convolve2d(x, w)",
        "return S.fftconvolve(x, w)",
        "n = [a + b - 1 for a, b in zip(x.shape, w.shape)]\nreturn np.fft.ifft2(np.fft.fft2(x, n) * np.fft.fft2(w, n))",
        "k = w.shape\nt = torch.tensor(w[::-1, ::-1].copy())[None, None]\n"
        "return F.conv2d(torch.tensor(x)[None, None], t, padding=(k[0] - 1, k[1] - 1))[0, 0]",
        "return F.conv_transpose2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None])[0, 0].tolist()",
        "y = np.zeros((len(x) + len(w) - 1, x.shape[1] + w.shape[1] - 1))\n"
        "for i in range(len(y)):\n"
        "    for j in range(y.shape[1]):\n"
        "        for m in range(len(w)):\n"
        "            for n in range(w.shape[1]):\n"
        "                if 0 <= i - m < len(x) and 0 <= j - n < x.shape[1]:\n"
        "                    y[i, j] += x[i - m, j - n] * w[m, n]\n"
        "return y",
    ],
    ("strided-correlation", "x, w, stride, padding, dilation"): [
        "t = torch.tensor\nreturn F.conv1d(t(x)[None, None], t(w)[None, None], None, stride, padding, dilation)[0, 0]",
        "spread = np.zeros(dilation * (len(w) - 1) + 1)\nspread[::dilation] = w\n"
        "return np.correlate(np.pad(x, padding), spread, 'valid')[::stride]",
    ],
    ("correlate-complex", "x, w"): [
        "return S.correlate(x, w)",
        "return np.convolve(x, w[::-1].conj())",
        "return np.correlate(x, w, 'full')",
    ],
    ("convolution-layer", "x, w, b"): [
        "y = np.zeros((len(w), *x.shape[1:]))\n"
        "for o in range(len(w)):\n"
        "    for c in range(len(x)):\n"
        "        y[o] += S.convolve(x[c], w[o, c], 'full')[\n"
        "            (w.shape[2] - 1) // 2 :][: x.shape[1], (w.shape[3] - 1) // 2 :][:, : x.shape[2]]\n"
        "    y[o] += b[o]\n"
        "return y",
        "k, l = w.shape[2:]\n"
        "p = F.pad(torch.tensor(x), (l // 2, (l - 1) // 2, k // 2, (k - 1) // 2))\n"
        "return F.conv2d(p[None], torch.tensor(w).flip(2, 3), torch.tensor(b))[0]",
        "k, l = w.shape[2:]\n"
        "p = np.pad(x, ((0, 0), (k // 2, (k - 1) // 2), (l // 2, (l - 1) // 2)))\n"
        "v = np.lib.stride_tricks.sliding_window_view(p, (k, l), (1, 2))\n"
        "return np.einsum('cijmn,ocmn->oij', v, w[:, :, ::-1, ::-1]) + b[:, None, None]",
    ],
    ("convolution-weight-gradient", "x, g"): [
        "k = [a - b + 1 for a, b in zip(x.shape[2:], g.shape[2:])]\n"
        "w = torch.zeros(g.shape[1], x.shape[1], *k, dtype=torch.float64, requires_grad=True)\n"
        "y = F.conv2d(torch.tensor(x), w.flip(2, 3))\n"
        "return torch.autograd.grad(y, w, torch.tensor(g))[0]",
        "c = F.conv2d(torch.tensor(x).transpose(0, 1), torch.tensor(g).transpose(0, 1))\n"
        "return c.transpose(0, 1).flip(2, 3)",
        "v = np.lib.stride_tricks.sliding_window_view(x, g.shape[2:], (2, 3))\n"
        "return np.einsum('bcmnij,boij->ocmn', v, g)[:, :, ::-1, ::-1]",
    ],
    ("convolution-input-gradient", "g, w"): [
        "s = [a + b - 1 for a, b in zip(g.shape[2:], w.shape[2:])]\n"
        "x = torch.zeros(len(g), w.shape[1], *s, dtype=torch.float64, requires_grad=True)\n"
        "y = F.conv2d(x, torch.tensor(w).flip(2, 3))\n"
        "return torch.autograd.grad(y, x, torch.tensor(g))[0]",
        "return F.conv_transpose2d(torch.tensor(g), torch.tensor(w).flip(2, 3))",
        "return np.array([[sum(S.correlate2d(g[b, o], w[o, c]) for o in range(len(w)))\n"
        "                  for c in range(w.shape[1])] for b in range(len(g))])",
    ],
    ("linear-jacobian", "x, W, layout"): [
        "J = torch.autograd.functional.jacobian(lambda x: torch.tensor(W) @ x, torch.tensor(x))\n"
        "return J if layout == 'numerator' else J.T",
        "d = len(x)\nrows = np.array([np.eye(d)[j] @ W.T for j in range(d)])\n"
        "return rows if layout == 'denominator' else rows.T",
    ],
    ("sigmoid-jacobian", "W, x"): [
        "return torch.func.jacrev(lambda x: torch.sigmoid(torch.tensor(W) @ x))(torch.tensor(x))",
        "s = 1 / (1 + np.exp(-(W @ x)))\nreturn (s * (1 - s))[:, None] * W",
        "a = W @ x\nreturn np.einsum('i,ij->ij', np.exp(-a) / (1 + np.exp(-a)) ** 2, W)",
    ],
    ("rnn-gradient", "W, U, b, h, x"): [
        "W, U, b, h, x = map(torch.tensor, (W, U, b, h, x))\nW.requires_grad_()\nL = 0\n"
        "for step in x:\n    h = torch.tanh(W @ h + U @ step + b)\n    L = L + h @ h / 2\n"
        "L.backward()\nreturn W.grad",
        "m = torch.nn.RNN(U.shape[1], len(W)).double()\n"
        "with torch.no_grad():\n"
        "    for p, v in zip(m.parameters(), (U, W, b, 0 * b)):\n        p.copy_(torch.tensor(v))\n"
        "out, _ = m(torch.tensor(x)[:, None], torch.tensor(h)[None, None])\n"
        "return torch.autograd.grad((out**2).sum() / 2, m.weight_hh_l0)[0]",
        "def loss(W):\n    s, L = h, 0.0\n    for step in x:\n"
        "        s = np.tanh(W @ s + U @ step + b)\n        L += s @ s / 2\n    return L\n"
        "G = np.zeros(W.shape)\nfor i in np.ndindex(*W.shape):\n"
        "    E = np.zeros(W.shape, complex)\n    E[i] = 1e-30j\n    G[i] = loss(W + E).imag / 1e-30\nreturn G",
    ],
    ("rnn-terms", "W, U, b, h, x"): [
        "s = [h]\nfor step in x:\n    s.append(np.tanh(W @ s[-1] + U @ step + b))\n"
        "J = [np.diag(1 - a**2) @ W for a in s[1:]]\nG = np.zeros((4, 4, len(h), len(h)))\n"
        "for t in range(4):\n    for k in range(t + 1):\n        P = np.eye(len(h))\n"
        "        for i in range(k + 1, t + 1):\n            P = J[i] @ P\n"
        "        G[t, k] = np.diag(1 - s[k + 1] ** 2) @ P.T @ s[t + 1][:, None] @ s[k][None]\nreturn G",
        "U, b, h0, x = map(torch.tensor, (U, b, h, x))\n"
        "copies = [torch.tensor(W, requires_grad=True) for _ in range(4)]\ns = h0\nrows = []\n"
        "for t in range(4):\n    s = torch.tanh(copies[t] @ s + U @ x[t] + b)\n"
        "    g = torch.autograd.grad(s @ s / 2, copies[: t + 1], retain_graph=True)\n"
        "    rows.append(torch.stack([*g, *[torch.zeros_like(g[0])] * (3 - t)]))\nreturn torch.stack(rows)",
    ],
    ("truncated-gradient", "W, U, b, h, x, window"): [
        "U, b, h0, x = map(torch.tensor, (U, b, h, x))\n"
        "copies = [torch.tensor(W, requires_grad=True) for _ in x]\ns, total = h0, 0\n"
        "for t in range(len(x)):\n    s = torch.tanh(copies[t] @ s + U @ x[t] + b)\n"
        "    first = max(0, t - window + 1)\n"
        "    total = total + sum(torch.autograd.grad(s @ s / 2, copies[first : t + 1], retain_graph=True))\n"
        "return total",
    ],
    ("matrix-power", "M, n"): [
        "e, Q = torch.linalg.eig(torch.tensor(M))\nreturn (Q @ torch.diag(e**n) @ torch.linalg.inv(Q)).real",
        "e, Q = np.linalg.eig(M)\nreturn np.linalg.solve(Q.T, (Q * e**n).T).T",
        "P = np.eye(len(M))\nfor _ in range(n):\n    P = P @ M\nreturn P",
    ],
    ("power-limit", "eigenvalue"): [
        "r = abs(eigenvalue)\nif abs(r - 1) <= 1e-12:\n"
        "    return 'stays' if abs(eigenvalue - 1) <= 1e-12 else 'no limit'\n"
        "return 'diverges' if r > 1 else 'vanishes'",
        "import cmath, math\nr, phi = cmath.polar(eigenvalue)\n"
        "return 'diverges' if r - 1 > 1e-12 else 'vanishes' if 1 - r > 1e-12 else 'stays' if phi == 0 else 'no limit'",
    ],
    ("jacobian-product", "d, W"): [
        "import functools\nreturn functools.reduce(lambda P, s: np.diag(s) @ W @ P, d, np.eye(len(W)))",
        "d, W = torch.tensor(d), torch.tensor(W)\n"
        "def run(h):\n    for s in d:\n        h = s * (W @ h)\n    return h\n"
        "return torch.func.jacrev(run)(torch.zeros(len(W), dtype=W.dtype))",
        "P = torch.eye(len(W), dtype=torch.float64)\n"
        "for s in d:\n    P = torch.einsum('i,ij,jk->ik', torch.tensor(s), torch.tensor(W), P)\nreturn P",
    ],
    ("gradient-bound", "W, lag, activation"): [
        "return ({'tanh': 1, 'logistic': 1 / 4}[activation] * np.linalg.norm(W, 2)) ** lag",
        "g = 1 if activation == 'tanh' else 0.25\nreturn g**lag * np.sqrt(np.linalg.eigvalsh(W.T @ W)[-1]) ** lag",
        "s = torch.linalg.matrix_norm(torch.tensor(W), 2)\nreturn (s if activation == 'tanh' else s / 4) ** lag",
    ],
    ("lstm-step", "x, h, C, W, U, b"): [
        "m = torch.nn.LSTMCell(len(x), len(h)).double()\norder = [1, 0, 3, 2]\n"
        "with torch.no_grad():\n    for p, v in zip(m.parameters(), (U, W, b, 0 * b)):\n"
        "        p.copy_(torch.tensor(v[order]).flatten(0, 1))\n"
        "h, C = m(torch.tensor(x)[None], (torch.tensor(h)[None], torch.tensor(C)[None]))\n"
        "return torch.cat([C, h])",
        "a = [W[n] @ h + U[n] @ x + b[n] for n in range(4)]\n"
        "f, i, o = [(1 + np.tanh(v / 2)) / 2 for v in a[:3]]\n"
        "c = f * C + i * np.tanh(a[3])\nreturn c, o * np.tanh(c)",
    ],
    ("cell-jacobian", "x, C, o, W, U, b"): [
        "x, C0, o, W, U, b = map(torch.tensor, (x, C, o, W, U, b))\n"
        "def step(C):\n    a = torch.einsum('gij,j->gi', W, o * C.tanh()) + U @ x + b\n"
        "    return a[0].sigmoid() * C + a[1].sigmoid() * a[3].tanh()\nreturn torch.func.jacrev(step)(C0)",
        "def step(C):\n    a = np.einsum('gij,j->gi', W, o * np.tanh(C)) + U @ x + b\n"
        "    return C / (1 + np.exp(-a[0])) + np.tanh(a[3]) / (1 + np.exp(-a[1]))\n"
        "H = len(C)\nreturn np.array([step(C + 1e-30j * np.eye(H)[j]).imag / 1e-30 for j in range(H)]).T",
    ],
    ("cell-chain", "x, C, o, W, U, b"): [
        "x, C0, o, W, U, b = map(torch.tensor, (x, C, o, W, U, b))\n"
        "def run(C):\n    h = o * C.tanh()\n    for step in x:\n        a = W @ h + U @ step + b\n"
        "        C = a[0].sigmoid() * C + a[1].sigmoid() * a[3].tanh()\n        h = a[2].sigmoid() * C.tanh()\n"
        "    return C\nreturn torch.func.jacrev(run)(C0)",
    ],
}

RIGHT: list[tuple[str, str]] = [
    (name, _function(name, arguments, body)) for (name, arguments), bodies in _BODIES.items() for body in bodies
]
