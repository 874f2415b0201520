"""The class with which a convolution layer computes the other operator, and the plain one that it came from."""

from typing import Any

from torch import nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrize

from . import modules
from .checks import Operation
from .convertible import BASES
from .errors import ConvolutionError

_FORWARDS = ("forward", "_conv_forward")


def operation_of(layer: nn.Module) -> Operation:
    """The operator that a convolution layer computes; torch's own layers correlate."""
    return getattr(layer, "operation", "cross_correlation")


def class_for(name: str, layer: nn.Module, operation: Operation) -> type:
    """The class that gives a layer this operation; ConvolutionError for a layer with a forward pass of its own."""
    base = next(b for b in BASES if isinstance(layer, b))
    label = f"{name or 'the layer'} ({type(layer).__name__})"
    ours = _counterpart(base, operation)
    if getattr(layer, "operation", None) == operation:
        return type(layer)
    if _has_own_forward(layer, base):
        raise ConvolutionError(
            f"{label} has a forward of its own, which would keep its operator, and {base.__name__} in its place would "
            f"compute something else: write its forward with conv_nd(..., operation={operation!r}), and convert its "
            "weights by convert_convention(state_dict, to=..., model=...)"
        )
    if not parametrize.is_parametrized(layer):
        return _class_over(type(layer), ours)
    # A class as torch makes one, with the parametrized tensors' properties, over the plain one: so it can be removed.
    inner = _class_over(parametrize.type_before_parametrizations(layer), ours)
    members = {name: value for name, value in vars(type(layer)).items() if name not in ("__dict__", "__weakref__")}
    return type(f"Parametrized{inner.__name__}", (inner,), members)


def _counterpart(base: type, operation: Operation) -> type:
    prefix = {"cross_correlation": "CrossCorrelation", "convolution": "Convolution"}[operation]
    return getattr(modules, base.__name__.replace("Conv", prefix))


def _has_own_forward(layer: nn.Module, base: type) -> bool:
    """Whether its class, or someone on the layer itself, has put another function in place of a known forward."""
    known = [base] + [_counterpart(base, operation) for operation in ("cross_correlation", "convolution")]
    return any(
        method in vars(layer) or getattr(type(layer), method, None) not in [getattr(k, method, None) for k in known]
        for method in _FORWARDS
    )


def _class_over(plain: type, ours: type) -> type:
    """The class of ours that goes with a plain one: itself for torch's and ours, else one that derives from both."""
    plain = vars(plain).get("_plain", plain)  # not over a class that was made here
    if plain in BASES or plain.__module__ == modules.__name__:
        return ours

    def reduce(layer: nn.Module, protocol: int):
        return _rebuilt, (plain, ours), layer.__getstate__()

    return type(f"{ours.__name__}{plain.__name__}", (ours, plain), {"_plain": plain, "__reduce_ex__": reduce})


def _rebuilt(plain: type, ours: type) -> nn.Module:
    """An empty layer of `_class_over`, for pickle, which cannot find a class that was made at run time."""
    made: Any = _class_over(plain, ours)
    return made.__new__(made)


def plain_class(layer: _ConvNd) -> type | None:
    """torch's class (or the user's own over it) that computes the same as a correlating layer; None without one."""
    cls = type(layer)
    if getattr(layer, "operation", None) != "cross_correlation" or parametrize.is_parametrized(layer):
        return None
    if getattr(layer, "method", "direct") != "direct":
        return None
    torch_pads = layer.padding == "valid" or (layer.padding == "same" and getattr(layer, "anchor", "trail") == "trail")
    strided = any(step != 1 for step in layer.stride)
    if isinstance(layer.padding, str) and (not torch_pads or (layer.padding == "same" and strided)):
        return None
    if not isinstance(layer.padding, str) and not all(type(amount) is int for amount in layer.padding):
        return None
    if "_plain" in vars(cls):
        return vars(cls)["_plain"]
    return next(base for base in BASES if isinstance(layer, base)) if cls.__module__ == modules.__name__ else None
