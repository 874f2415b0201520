"""Muon for convolution filters, with SGD for the rest, in one optimizer object.

Muon (Jordan et al. 2024) replaces a filter's momentum M, seen as a matrix out x (in k k), by the
nearest semi-orthogonal matrix, by a Newton-Schulz iteration. It is one object, so that Lightning's
automatic optimization, its checkpoints and torch's schedulers have one optimizer to deal with.
"""

import torch
from torch import Tensor
from torch.optim import Optimizer, sgd

from pipeline.core import hardware
from pipeline.core.hardware import bf16_is_fast
from pipeline.optim.padded import EPS, QUINTIC, orthogonalise_padded


def orthogonalise(matrix: Tensor, steps: int = 3) -> Tensor:
    """U V^T of the matrix's SVD, approximately: singular values end near one, vectors are kept.

    `matrix` is m x n in any float type; the result has its shape and type. The quintic
    Newton-Schulz iteration X <- (aI + bA + cA^2) X, A = XX^T, runs on the smaller side. Every iterate is a
    polynomial in the first A times the first X, so only the small square matrices are iterated: half the operations.
    """
    return orthogonalise_all([matrix], steps)[0]


def orthogonalise_all(matrices: list[Tensor], steps: int = 3) -> list[Tensor]:
    """`orthogonalise` each; square matrices of equal size are stacked, since every call costs time."""
    # The norm of a float16 matrix can exceed the range of float16.
    norms = torch._foreach_norm(matrices, dtype=torch.float32 if matrices[0].dtype == torch.float16 else None)
    torch._foreach_add_(norms, EPS)
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


def gradients_of(parameters: list[Tensor]) -> list[Tensor]:
    """The gradients of parameters that have one."""
    return [p.grad for p in parameters if p.grad is not None]


def momentum_buffers(parameters: list[Tensor], state: dict) -> list[Tensor]:
    """The momentum buffers B, at first zero."""
    for p in parameters:
        if "momentum_buffer" not in state[p]:
            state[p]["momentum_buffer"] = torch.zeros_like(p)
    return [state[p]["momentum_buffer"] for p in parameters]


def momenta(parameters: list[Tensor], state: dict, group: dict, gradients: list[Tensor]) -> list[Tensor]:
    """Update the momentum buffers, B <- mB + g; return the direction of the step, Nesterov's g + mB or plain B."""
    buffers = momentum_buffers(parameters, state)
    torch._foreach_mul_(buffers, group["momentum"])
    torch._foreach_add_(buffers, gradients)
    if not group["nesterov"]:
        return buffers
    return list(torch._foreach_add(gradients, buffers, alpha=group["momentum"]))


def muon_rule(parameters: list[Tensor], state: dict, group: dict) -> None:
    """W <- W sqrt(out)/|W| (with `normalise`), then W <- (1 - lr wd) W - lr orthogonalise(direction)."""
    directions = momenta(parameters, state, group, gradients_of(parameters))
    # Two digits are precise enough for the iteration.
    dtype, device = parameters[0].dtype, parameters[0].device
    bf16 = group["bf16"] and dtype == torch.float32 and bf16_is_fast(device)
    if hardware.calls_cost_time(device):
        updates = orthogonalise_padded(directions, group["newton_schulz_steps"], torch.bfloat16 if bf16 else dtype)
    else:
        updates = orthogonalise_each(directions, group["newton_schulz_steps"], bf16)
    if group["normalise"]:
        scales = torch._foreach_reciprocal(torch._foreach_norm(parameters))
        torch._foreach_mul_(scales, [len(p) ** 0.5 for p in parameters])
        torch._foreach_mul_(parameters, scales)
    if group["weight_decay"]:
        torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
    torch._foreach_add_(parameters, updates, alpha=-group["lr"])


def orthogonalise_each(directions: list[Tensor], steps: int, bf16: bool) -> list[Tensor]:
    """`orthogonalise` each tensor, seen as a matrix out x rest; the results have its shape and type."""
    flat = [direction.reshape(len(direction), -1) for direction in directions]
    flat = [matrix.bfloat16() for matrix in flat] if bf16 else flat
    updates = orthogonalise_all(flat, steps)
    return [update.reshape(d.shape).to(d.dtype) for d, update in zip(directions, updates, strict=True)]


def sgd_rule(parameters: list[Tensor], state: dict, group: dict) -> None:
    """torch.optim.SGD's update, with its L2 weight decay and (Nesterov) momentum; on a GPU in one call."""
    gradients = gradients_of(parameters)
    if group["momentum"] and hardware.calls_cost_time(parameters[0].device):
        buffers = momentum_buffers(parameters, state)
        if alike(parameters, gradients, buffers):
            sgd.sgd(
                parameters, gradients, [*buffers], fused=True, lr=group["lr"], weight_decay=group["weight_decay"],
                momentum=group["momentum"], dampening=0.0, nesterov=group["nesterov"], maximize=False,
            )  # fmt: skip
            return
    if group["weight_decay"]:
        gradients = list(torch._foreach_add(gradients, parameters, alpha=group["weight_decay"]))
    if group["momentum"]:
        gradients = momenta(parameters, state, group, gradients)
    torch._foreach_add_(parameters, gradients, alpha=-group["lr"])


def alike(*lists: list[Tensor]) -> bool:
    """Whether tensors at the same place of all lists have the same type and strides, as a fused operation requires."""
    return all(len({(x.dtype, x.stride()) for x in tensors}) == 1 for tensors in zip(*lists, strict=True))


RULES = {"muon": muon_rule, "sgd": sgd_rule}
