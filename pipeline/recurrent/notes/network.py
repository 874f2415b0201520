"""The small networks on which the slips are measured, with exact derivatives by autograd."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import jacrev

from ..analysis.decomposition import Decomposition, decompose
from ..analysis.products import JacobianProduct
from ..passes.recording import Recording, record
from ..passes.trajectory import DirectionTrajectory, trace
from .slip import random


@dataclass(frozen=True, kw_only=True)
class SmallNet:
    """An nn.RNN or nn.LSTM with one sequence of inputs and an initial state, float64."""

    module: Any
    """An nn.RNN or nn.LSTM."""
    x: Tensor
    """T x D."""
    h0: Tensor
    """H."""
    c0: Tensor | None = None
    """H, LSTM only."""

    @property
    def w(self) -> Tensor:
        """The recurrent weights, gH x H."""
        return self.module.weight_hh_l0.detach()

    @property
    def u(self) -> Tensor:
        """The input weights, gH x D."""
        return self.module.weight_ih_l0.detach()

    @property
    def b(self) -> Tensor:
        """The sum of both biases, gH."""
        return (self.module.bias_ih_l0 + self.module.bias_hh_l0).detach()

    @property
    def hx(self):
        """The initial state in the form that the module takes."""
        return self.h0[None, None] if self.c0 is None else (self.h0[None, None], self.c0[None, None])

    def module_states(self) -> Tensor:
        """h_t from PyTorch's kernel, T x H."""
        return self.module(self.x[:, None], self.hx)[0][:, 0].detach()

    def trajectory(self) -> DirectionTrajectory:
        """The traced pass."""
        return trace(self.module, self.x[:, None], self.hx).direction()

    def product(self, t: int, k: int) -> Tensor:
        """d state_t / d state_k."""
        return JacobianProduct(self.trajectory(), t, k).matrix().plain()

    def recording(self, loss_steps=slice(None)) -> Recording:
        """A recorded pass with the loss L = sum of |h_t|^2 / 2 over the given steps."""
        return record(self.module, self.x[:, None], lambda out, _: out[loss_steps].square().sum() / 2, self.hx)

    def decomposition(self) -> Decomposition:
        """The terms G_{t,k} for that loss over all steps."""
        return decompose(self.recording())

    def gradient(self) -> Tensor:
        """dL/dW_hh by autograd through PyTorch's kernel."""
        loss = self.module(self.x[:, None], self.hx)[0].square().sum() / 2
        return torch.autograd.grad(loss, self.module.weight_hh_l0)[0]

    def state_jacobian(self, t: int, k: int, out: str = "h", to: str = "h") -> Tensor:
        """d(out)_t/d(to)_k by autograd through PyTorch's kernel, out and to "h" or "c" (LSTM).

        With to "c", the gates of step k are fixed, but h_k = o_k tanh(C_k) changes with C_k, as in dC_t/dC_k.
        """
        direction = self.trajectory()
        h, c = direction.h[k, 0], None if direction.c is None else direction.c[k, 0]
        later = self.x[k + 1 : t + 1, None]

        def ahead(start: Tensor) -> Tensor:
            if c is None:
                return self.module(later, start[None, None])[1][0, 0]
            state = (start, c) if to == "h" else (direction.gates["o"][k, 0] * start.tanh(), start)
            final = self.module(later, tuple(s[None, None] for s in state))[1]
            return final[0 if out == "h" else 1][0, 0]

        return jacrev(ahead)(h if to == "h" else c).detach()


def rnn(*, hidden: int = 4, inputs: int = 3, steps: int = 4, gain: float = 1.0, seed: int = 0) -> SmallNet:
    """A tanh RNN with random weights; `gain` scales W."""
    return _filled(nn.RNN(inputs, hidden, device="meta"), steps, gain, seed)


def lstm(*, hidden: int = 4, inputs: int = 3, steps: int = 10, gain: float = 1.0, seed: int = 0) -> SmallNet:
    """An LSTM with random weights; `gain` scales the recurrent ones."""
    return _filled(nn.LSTM(inputs, hidden, device="meta"), steps, gain, seed)


def _filled(module: nn.RNNBase, steps: int, gain: float, seed: int) -> SmallNet:
    """Fill the weights from the seed; the module comes from "meta", which does not use the global generator."""
    module = module.to_empty(device="cpu").double()
    with torch.no_grad():
        for index, (name, parameter) in enumerate(module.named_parameters()):
            scale = gain if "hh" in name and "weight" in name else 1.0
            parameter.copy_(random(*parameter.shape, seed=100 * seed + index) * scale / module.hidden_size**0.5)
    h0, c0 = random(module.hidden_size, seed=seed + 50).tanh(), random(module.hidden_size, seed=seed + 51)
    x = random(steps, module.input_size, seed=seed + 52)
    return SmallNet(module=module, x=x, h0=h0, c0=c0 if isinstance(module, nn.LSTM) else None)
