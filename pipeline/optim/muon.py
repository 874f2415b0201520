"""Muon for convolution filters, with SGD for the rest, in one optimizer object.

Muon (Jordan et al. 2024) replaces a filter's momentum M, seen as a matrix out x (in k k), by the
nearest semi-orthogonal matrix, by a Newton-Schulz iteration. It is one object, so that Lightning's
automatic optimization, its checkpoints and torch's schedulers have one optimizer to deal with.
"""

import torch
from torch import Tensor
from torch.optim import Optimizer

from pipeline.core.hardware import bf16_is_fast

# With a slope of 3.44 at zero, small singular values reach [0.7, 1.2] in few steps; they need not be exactly one.
QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonalise(matrix: Tensor, steps: int = 3) -> Tensor:
    """U V^T of the matrix's SVD, approximately: singular values end near one, vectors are kept.

    `matrix` is m x n in any float type; the result has its shape and type. The quintic
    Newton-Schulz iteration X <- (aI + bA + cA^2) X, A = XX^T, runs on the smaller side. Every iterate is a
    polynomial in the first A times the first X, so only the small square matrices are iterated: half the operations.
    """
    return orthogonalise_all([matrix], steps)[0]


def orthogonalise_all(matrices: list[Tensor], steps: int = 3, eps: float = 1e-7) -> list[Tensor]:
    """`orthogonalise` each; square matrices of equal size are stacked, since every call costs time on a GPU."""
    # The norm of a float16 matrix can exceed the range of float16.
    norms = torch._foreach_norm(matrices, dtype=torch.float32 if matrices[0].dtype == torch.float16 else None)
    torch._foreach_add_(norms, eps)
    tall = [matrix.shape[0] > matrix.shape[1] for matrix in matrices]
    scaled = [x.T if t else x for x, t in zip(torch._foreach_div(matrices, norms), tall, strict=True)]
    places: dict[int, list[int]] = {}
    for place, x in enumerate(scaled):
        places.setdefault(len(x), []).append(place)
    for same in places.values():
        products = newton_schulz_factor(torch.stack([scaled[place] @ scaled[place].T for place in same]), steps)
        for place, product in zip(same, products, strict=True):
            scaled[place] = product @ scaled[place]
    return [x.T if t else x for x, t in zip(scaled, tall, strict=True)]


def newton_schulz_factor(gram: Tensor, steps: int) -> Tensor:
    """The matrix P for which PX is the result of this many steps on X, from A = XX^T. Both are N x m x m."""
    a, b, c = QUINTIC
    product = None
    for step in range(steps):
        factor = b * gram + c * gram @ gram
        factor.diagonal(dim1=-2, dim2=-1).add_(a)
        product = factor if product is None else factor @ product
        if step < steps - 1:
            gram = factor @ gram @ factor
    return product


class Muon(Optimizer):
    """Parameter groups choose their rule by `kind`: "muon" or "sgd".

    Keys of a group: lr, weight_decay, momentum, nesterov; with muon also newton_schulz_steps, bf16 (iterate in
    bfloat16 if the device is fast at it) and normalise (scale each filter bank to norm sqrt(out) before the step).
    Muon's weight decay is decoupled; SGD's is added to the gradient, as in torch.
    """

    def __init__(self, groups: list[dict], lr: float = 0.1, bf16: bool = True) -> None:
        defaults = {
            "kind": "sgd", "lr": lr, "weight_decay": 0.0, "momentum": 0.9, "nesterov": True,
            "newton_schulz_steps": 3, "normalise": True, "bf16": bf16,
        }  # fmt: skip
        super().__init__(groups, defaults)
        for group in self.param_groups:
            if group["kind"] not in RULES:
                raise ValueError(f"optimizer kind is {group['kind']!r}; allowed: {', '.join(RULES)}")

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("bf16", group.pop("half", True))  # as older versions named it

    @torch.no_grad()
    def step(self, closure=None):
        """Update every parameter that has a gradient; return the closure's loss, if any."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            if parameters:
                RULES[group["kind"]](parameters, self.state, group)
        return loss


def momenta(parameters: list[Tensor], state: dict, group: dict, gradients: list[Tensor]) -> list[Tensor]:
    """Update the momentum buffers, B <- mB + g; return the direction of the step, Nesterov's g + mB or plain B."""
    for p in parameters:
        if "momentum_buffer" not in state[p]:
            state[p]["momentum_buffer"] = torch.zeros_like(p)
    buffers = [state[p]["momentum_buffer"] for p in parameters]
    torch._foreach_mul_(buffers, group["momentum"])
    torch._foreach_add_(buffers, gradients)
    if not group["nesterov"]:
        return buffers
    return list(torch._foreach_add(gradients, buffers, alpha=group["momentum"]))


def muon_rule(parameters: list[Tensor], state: dict, group: dict) -> None:
    """W <- W sqrt(out)/|W| (with `normalise`), then W <- (1 - lr wd) W - lr orthogonalise(direction)."""
    directions = momenta(parameters, state, group, [p.grad for p in parameters])
    # Two digits are precise enough for the iteration.
    bf16 = group["bf16"] and parameters[0].dtype == torch.float32 and bf16_is_fast(parameters[0].device)
    flat = [direction.reshape(len(direction), -1) for direction in directions]
    flat = [matrix.bfloat16() for matrix in flat] if bf16 else flat
    updates = orthogonalise_all(flat, group["newton_schulz_steps"])
    updates = [update.reshape(p.shape).to(p.dtype) for p, update in zip(parameters, updates, strict=True)]
    if group["normalise"]:
        scales = torch._foreach_reciprocal(torch._foreach_norm(parameters))
        torch._foreach_mul_(scales, [len(p) ** 0.5 for p in parameters])
        torch._foreach_mul_(parameters, scales)
    if group["weight_decay"]:
        torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
    torch._foreach_add_(parameters, updates, alpha=-group["lr"])


def sgd_rule(parameters: list[Tensor], state: dict, group: dict) -> None:
    """torch.optim.SGD's update, with its L2 weight decay and (Nesterov) momentum."""
    gradients = [p.grad for p in parameters]
    if group["weight_decay"]:
        gradients = list(torch._foreach_add(gradients, parameters, alpha=group["weight_decay"]))
    if group["momentum"]:
        gradients = momenta(parameters, state, group, gradients)
    torch._foreach_add_(parameters, gradients, alpha=-group["lr"])


RULES = {"muon": muon_rule, "sgd": sgd_rule}
