"""Sharpness-aware minimisation: each step follows the gradient at the worst nearby weights, which favours flat minima.

SAM (Foret et al. 2020, arXiv 2010.01412) uses a ball of radius rho: w + rho g / |g|. ASAM (Kwon et al. 2021,
arXiv 2102.11600) scales the ball by the weights, T = |w| + 0.01, so that it does not depend on how a layer is scaled:
w + rho T^2 g / |T g|; vectors have T = 1. Both cost two passes through the network per step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from pipeline.training.settings import SharpnessConfig

# ASAM's eta, so that weights at zero can move too.
ETA = 0.01


class Sharpness:
    """Turns a closure that computes gradients at the weights into one that does so at the worst nearby weights."""

    def __init__(self, config: SharpnessConfig) -> None:
        self.config = config
        self.second = False
        """Whether the current pass is the second one of its step."""

    def __call__(self, network: nn.Module, closure: Callable[[], Tensor]) -> Tensor:
        """Run both passes; return the loss of the first.

        The closure must clear the gradients; BatchNorm learns in the first.
        """
        loss = closure()
        moved = [p for p in network.parameters() if p.grad is not None]
        before = [p.detach().clone() for p in moved]
        with torch.no_grad():
            torch._foreach_add_(moved, self.moves(moved))
        with self.second_pass(network):
            closure()
        with torch.no_grad():
            torch._foreach_copy_(moved, before)
        return loss

    def moves(self, parameters: list[Tensor]) -> list[Tensor]:
        """The displacement from the weights to the worst nearby ones, from the gradients; zero if those are zero."""
        gradients = [p.grad for p in parameters]
        scales = [
            p.abs() + ETA if self.config.kind == "asam" and p.ndim > 1 else torch.ones_like(p) for p in parameters
        ]
        scaled = torch._foreach_mul(gradients, scales)
        norm = torch.stack(torch._foreach_norm(scaled)).norm()
        torch._foreach_mul_(scaled, self.config.rho / (norm + 1e-12))
        return torch._foreach_mul(scaled, scales)

    @contextmanager
    def second_pass(self, network: nn.Module) -> Iterator[None]:
        """While the block runs, `second` is true and BatchNorm does not update its running statistics."""
        norms = [part for part in network.modules() if isinstance(part, _BatchNorm) and part.track_running_stats]
        self.second = True
        for norm in norms:
            norm.track_running_stats = False
        try:
            yield
        finally:
            self.second = False
            for norm in norms:
                norm.track_running_stats = True
