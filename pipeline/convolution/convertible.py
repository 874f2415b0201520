"""Checks before a conversion: refuse, before any change, what would be converted partly or twice."""

from collections.abc import Iterable, Iterator
from types import FunctionType

import torch
from torch import fx, nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]  # not in its stub

from .errors import ConvolutionError

BASES = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_CALLS = {f"conv{transposed}{dims}d" for transposed in ("", "_transpose") for dims in (1, 2, 3)} | {"convolution"}
COMPUTED = (
    "is computed (parametrized, weight-normed or pruned): make it a plain parameter before converting, with "
    "torch.nn.utils.parametrize.remove_parametrizations, remove_weight_norm or prune.remove"
)


def convolution_layers(model: nn.Module, *, every_name: bool = False) -> Iterator[tuple[str, _ConvNd]]:
    """(name, layer) for every layer of the network that is, or is derived from, nn.Conv* or nn.ConvTranspose*.

    A layer with several names is yielded once, or with `every_name` under each name, as in a state_dict.
    """
    for name, module in model.named_modules(remove_duplicate=not every_name):
        if isinstance(module, BASES):
            yield name, module


def check_convertible(model: nn.Module) -> None:
    """Raise `ConvolutionError` for a part that convolves but is not a layer whose operator can be changed."""
    for name, module in model.named_modules():
        reason = _out_of_reach(module)
        if reason:
            raise ConvolutionError(f"{name or 'the network'} ({type(module).__name__}) {reason}")


def _out_of_reach(module: nn.Module) -> str | None:
    if isinstance(module, torch.jit.ScriptModule):
        return "is scripted or traced, which fixes its operator: convert the network before"
    if isinstance(module, nn.modules.lazy.LazyModuleMixin) and isinstance(module, BASES):
        return "has no weight yet: run one batch through the network first"
    if ".quantized" in type(module).__module__ and "Conv" in type(module).__name__:
        return "is quantised, which fixes its operator: convert the network before"
    if isinstance(module, fx.GraphModule) and any(_is_functional(node) for node in module.graph.nodes):
        return "calls a functional convolution in its graph: trace the network after converting, with layers"
    if not isinstance(module, (*BASES, fx.GraphModule)) and _calls_functional(module):
        return "calls a functional convolution with a trained kernel: make it an nn.Conv layer first"
    return None


def _is_functional(node: fx.Node) -> bool:
    return node.op == "call_function" and getattr(node.target, "__name__", "") in _CALLS


def _has_kernel(module: nn.Module) -> bool:
    return any(
        parameter.dim() in (3, 4, 5) for parameter in module.parameters(recurse=False) if not _is_lazy(parameter)
    )


def _calls_functional(module: nn.Module) -> bool:
    """Whether a method of the class calls a functional convolution with a parameter of its own or a layer's weight."""
    classes = [c for c in type(module).__mro__ if issubclass(c, nn.Module) and not c.__module__.startswith("torch.")]
    names = [f.__code__.co_names for c in classes for f in vars(c).values() if isinstance(f, FunctionType)]
    return any(_CALLS & set(used) and (_has_kernel(module) or "weight" in used) for used in names)


def check_separate(turned: Iterable[str], tensors: dict[str, torch.Tensor], kernels: set[str]) -> None:
    """Raise `ConvolutionError` if a kernel that is to be flipped shares memory with something else.

    turned: names of kernels to flip. tensors: every parameter and buffer, under each of its names. kernels: the names
    of convolution kernels. A kernel with two names is one kernel and is flipped once.
    """
    spans = {name: span for name, tensor in tensors.items() if (span := _span(tensor))}
    for name in turned:
        if name not in spans:
            continue
        first, last, place = spans[name]
        if last - first < tensors[name].numel() * tensors[name].element_size():
            raise ConvolutionError(f"{name} is expanded, so its taps share memory: give the layer {name}.contiguous()")
        for other, (start, stop, elsewhere) in spans.items():
            if start >= last or stop <= first or (other in kernels and elsewhere == place):
                continue
            raise ConvolutionError(
                f"{name} shares its memory with {other}, which would be turned as well or not at all: give each its "
                "own, for example by .clone()"
            )


def memory_id(weight: torch.Tensor) -> tuple:
    """An identifier of a tensor's memory, equal for tensors that are the same numbers in memory."""
    place = weight.data_ptr() if weight.device.type != "meta" else 0
    return (place, weight.device, weight.shape, weight.stride()) if place else (id(weight),)


def _span(tensor: torch.Tensor) -> tuple[int, int, tuple] | None:
    """The first byte, the byte after the last one, and the identifier; None for a tensor without memory."""
    if _is_lazy(tensor) or tensor.layout != torch.strided or tensor.is_meta or not tensor.numel():
        return None
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    extent = 1 + sum((size - 1) * stride for size, stride in steps)
    start = tensor.data_ptr()
    return start, start + extent * tensor.element_size(), memory_id(tensor)


def _is_lazy(tensor: torch.Tensor) -> bool:
    return isinstance(tensor, UninitializedTensorMixin)
