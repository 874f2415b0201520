"""The cases on which identities are measured: random signals, layers of every kind, a register of statements."""

import itertools
from collections.abc import Callable, Iterator

import torch

Pair = tuple[torch.Tensor, torch.Tensor]
MODES = ("zeros", "reflect", "replicate", "circular")
KERNELS = ((3,), (4,), (3, 3), (2, 4), (2, 3, 2))


class Draw:
    """Random tensors of one dtype and device, reproducible from a seed."""

    def __init__(self, dtype: torch.dtype, device: torch.device | str, seed: int):
        self.dtype, self.device, self.seed = dtype, device, seed
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape: int, complex: bool = False) -> torch.Tensor:
        """A tensor of this shape with normal random numbers, complex if asked for."""
        dtype = self.dtype.to_complex() if complex and not self.dtype.is_complex else self.dtype
        return torch.randn(shape, dtype=dtype, generator=self.generator).to(self.device)


Check = Callable[[Draw], Iterator[tuple[Pair, Pair]]]


class Register(list[tuple[str, str, Check]]):
    """(statement, mistake, check) in the order of their definition."""

    def __call__(self, name: str, wrong: str) -> Callable[[Check], Check]:
        """A decorator that adds a check."""

        def register(check: Check) -> Check:
            self.append((name, wrong, check))
            return check

        return register


def signals(draw: Draw, complex: bool = False) -> Iterator[Pair]:
    """A signal and a shorter one, in 1 to 3 dimensions, odd and even."""
    for kernel in KERNELS:
        yield draw(*(range(7, 7 + len(kernel))), complex=complex), draw(*kernel, complex=complex)


def layers(draw: Draw) -> Iterator[tuple[torch.Tensor, torch.Tensor, dict]]:
    """(input, weight, arguments) of layers over the grid."""
    for kernel in KERNELS:
        for stride, dilation, groups, mode in itertools.product((1, 2), (1, 2), (1, 2), MODES):
            x, w = draw(4, 4, *range(7, 7 + len(kernel))), draw(6, 4 // groups, *kernel)
            options = {"stride": stride, "dilation": dilation, "groups": groups, "padding_mode": mode}
            yield x, w, {**options, "padding": ((2, 1),) * len(kernel)}


def half_turn(weight: torch.Tensor) -> torch.Tensor:
    """The kernels (O, C, *kernel) reversed index by index, independently of the `flip` under test."""
    for axis in range(2, weight.ndim):
        weight = weight.index_select(axis, torch.arange(weight.shape[axis] - 1, -1, -1, device=weight.device))
    return weight


def reverse_all(x: torch.Tensor) -> torch.Tensor:
    """The tensor reversed along every axis."""
    return x.flip(tuple(range(x.ndim)))
