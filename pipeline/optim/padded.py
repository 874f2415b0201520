"""Muon's iteration on stacks of zero-padded matrices: more arithmetic, but few calls, which cost time on a GPU."""

import torch
from torch import Tensor

# With a slope of 3.44 at zero, small singular values reach [0.7, 1.2] in few steps; they need not be exactly one.
QUINTIC = (3.4445, -4.7750, 2.0315)
# Added to norms, so that a gradient of zero is not divided by zero.
EPS = 1e-7
# The most elements of a stack, as a multiple of those that its matrices have.
MOST = 2


def orthogonalise_padded(tensors: list[Tensor], steps: int, dtype: torch.dtype) -> list[Tensor]:
    """`orthogonalise` each tensor, seen as a matrix out x rest, in stacks of this dtype.

    The results have the shapes of the tensors; they are views of the stacks.
    """
    results: list[Tensor] = list(tensors)
    for places in stacks([size(tensor) for tensor in tensors]):
        members = [tensors[place] for place in places]
        sizes = [size(tensor) for tensor in members]
        stack = members[0].new_zeros(len(members), max(m for m, _ in sizes), max(n for _, n in sizes), dtype=dtype)
        torch._foreach_copy_(windows(stack, members), members)
        for place, result in zip(places, windows(newton_schulz(stack, steps), members), strict=True):
            results[place] = result
    return results


def newton_schulz(stack: Tensor, steps: int) -> Tensor:
    """The quintic iteration on each matrix of N x m x n, from the matrix divided by its norm; changes the argument."""
    a, b, c = QUINTIC
    # Rows and columns of zeros stay zero, and the norm of a float16 matrix can exceed the range of float16.
    wide = torch.float32 if stack.dtype.itemsize < 4 else stack.dtype
    norms = torch.linalg.vector_norm(stack, dim=(1, 2), keepdim=True, dtype=wide)
    x = stack.div_(norms.add_(EPS))
    for _ in range(steps):
        gram = torch.bmm(x, x.mT)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


def size(tensor: Tensor) -> tuple[int, int]:
    """Rows and columns of the tensor as a matrix that is not tall."""
    sides = (len(tensor), tensor.numel() // len(tensor))
    return min(sides), max(sides)


def stacks(sizes: list[tuple[int, int]]) -> list[list[int]]:
    """The places of the matrices of each stack: the largest first, as long as at most MOST times its elements fit."""
    found: list[list[int]] = []
    for place in sorted(range(len(sizes)), key=lambda place: sizes[place], reverse=True):
        if found:
            together = [sizes[other] for other in (*found[-1], place)]
            padded = len(together) * max(m for m, _ in together) * max(n for _, n in together)
            if padded <= MOST * sum(m * n for m, n in together):
                found[-1].append(place)
                continue
        found.append([place])
    return found


def windows(stack: Tensor, members: list[Tensor]) -> list[Tensor]:
    """The view of each padded matrix that holds its member: the corner, transposed for a tall one, in its shape."""
    views = []
    for padded, member in zip(stack, members, strict=True):
        (m, n), tall = size(member), len(member) > member.numel() // len(member)
        corner = padded[:m, :n].T if tall else padded[:m, :n]
        views.append(corner.unflatten(1, member.shape[1:]))
    return views
