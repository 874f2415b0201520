"""From one operator to the other: reinterpret a network's kernels, or flip them so that the network stays the same."""

import copy
from collections import OrderedDict
from collections.abc import Iterator, Mapping

import torch
from torch import nn
from torch.nn.utils import parametrize

from . import modules
from .checks import Operation, check_operation
from .errors import ConvolutionError
from .functional import flip
from .modules import METADATA_KEY, recorded_operation

_BASES = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_FORWARDS = ("forward", "_conv_forward")
_COMPUTED = "is computed (parametrized or weight-normed): remove that before converting"


def with_operation(model: nn.Module, operation: Operation) -> nn.Module:
    """Make every nn.Conv* and nn.ConvTranspose* of the network compute `operation`, in place; the values stay.

    Parameters, buffers, hooks and state_dict keys are kept, so an optimizer made before stays valid. The network
    computes something else afterwards: this is for training with the other operator; `convert_convention` keeps the
    function.

    Raises:
        ConvolutionError: a layer with a forward of its own (weight standardisation, quantisation), or a lazy one.
    """
    check_operation(operation)
    layers = list(convolution_layers(model))
    classes = [_class_for(name, layer, operation) for name, layer in layers]
    for (_, layer), cls in zip(layers, classes, strict=True):
        method = getattr(layer, "method", None)
        layer.__class__ = cls
        if method is not None and method != layer.method:
            layer.method = method
    return model


def convert_convention(target: nn.Module | Mapping, *, to: Operation, model: nn.Module | None = None):
    """The same function in the other convention: every kernel turned by half a turn where the convention differs.

    Args:
        target: a network, changed in place and returned; or a state_dict, of which a converted copy is returned.
        to: the operator that is to compute with the kernels afterwards.
        model: for a state_dict of plain torch layers, the network it belongs to, which tells kernels from the rest.

    By the direct method the network's outputs are bit for bit the same. In training make the optimizer anew: its
    momenta are not turned. A state_dict that records no operator (a plain
    dict, safetensors) is taken to be of the other convention: that is what asking for the conversion says.

    Raises:
        ConvolutionError: a layer that cannot be converted, or a state_dict whose kernels cannot be told apart.
    """
    check_operation(to)
    if isinstance(target, nn.Module):
        return _convert_module(target, to)
    return _convert_state_dict(target, to, model)


def fold(model: nn.Module) -> nn.Module:
    """A copy for inference with every flip done once: same outputs, bit for bit, and no flip in the forward pass.

    The copy computes cross-correlation and is in eval mode; its state_dict says so, and the model is not changed.
    """
    return convert_convention(copy.deepcopy(model), to="cross_correlation").eval()


def convolution_layers(model: nn.Module, *, every_name: bool = False) -> Iterator[tuple[str, nn.Module]]:
    """(name, layer) of every layer of the network that is, or derives from, nn.Conv* or nn.ConvTranspose*.

    A layer that stands in several places comes once, or with `every_name`, as in a state_dict, under each name.
    """
    for name, module in model.named_modules(remove_duplicate=not every_name):
        if isinstance(module, _BASES):
            yield name, module


def operation_of(layer: nn.Module) -> Operation:
    """The operator that a convolution layer computes; torch's own layers correlate."""
    return getattr(layer, "operation", "cross_correlation")


def _class_for(name: str, layer: nn.Module, operation: Operation) -> type:
    base = next(b for b in _BASES if isinstance(layer, b))
    label = f"{name or 'the layer'} ({type(layer).__name__})"
    if isinstance(layer, nn.modules.lazy.LazyModuleMixin):
        raise ConvolutionError(f"{label} has no weight yet: run one batch through the network first")
    ours = _counterpart(base, operation)
    if getattr(layer, "operation", None) == operation:
        return type(layer)
    if _has_own_forward(layer, base):
        raise ConvolutionError(
            f"{label} has a forward of its own, which would not be changed: replace it by {base.__name__}"
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
    if plain in _BASES or plain.__module__ == modules.__name__:
        return ours

    def reduce(layer: nn.Module, protocol: int):
        return _rebuilt, (plain, ours), layer.__getstate__()

    return type(f"{ours.__name__}{plain.__name__}", (ours, plain), {"_plain": plain, "__reduce_ex__": reduce})


def _rebuilt(plain: type, ours: type) -> nn.Module:
    """An empty layer of `_class_over`, for pickle, which cannot find a class that was made at run time."""
    made = _class_over(plain, ours)
    return made.__new__(made)


def _convert_module(model: nn.Module, to: Operation) -> nn.Module:
    layers = list(convolution_layers(model))
    wrong = [(name, layer) for name, layer in layers if operation_of(layer) != to]
    right = {_place(layer.weight) for _, layer in layers if operation_of(layer) == to and "weight" in layer._parameters}
    for name, layer in wrong:
        if "weight" not in layer._parameters:
            raise ConvolutionError(f"{name}.weight {_COMPUTED}")
        if _place(layer.weight) in right:
            raise ConvolutionError(
                f"{name}.weight is also that of a layer that computes {to} already: give each a kernel of its own first"
            )
    with_operation(model, to)
    with torch.no_grad():
        for weight in {_place(layer.weight): layer.weight for _, layer in wrong}.values():  # shared ones turn once
            weight.copy_(flip(weight))
    return model


def _place(weight: torch.Tensor) -> tuple:
    """The same for tensors that are the same numbers in memory, whether or not they are one object."""
    place = weight.data_ptr() if weight.device.type != "meta" else 0
    return (place, weight.device, weight.shape, weight.stride()) if place else (id(weight),)


def _convert_state_dict(state_dict: Mapping, to: Operation, model: nn.Module | None) -> OrderedDict:
    metadata = copy.deepcopy(getattr(state_dict, "_metadata", {}))
    converted = OrderedDict(state_dict)
    for name in _kernel_owners(state_dict, metadata, model):
        recorded = recorded_operation(metadata.get(name, {}))
        key = f"{name}.weight" if name else "weight"
        if recorded != to:
            if _is_computed(key, converted):
                raise ConvolutionError(f"{key} {_COMPUTED}")
            if key not in converted:
                continue
            converted[key] = flip(converted[key])
        metadata.setdefault(name, {})[METADATA_KEY] = to
    converted._metadata = metadata
    return converted


def _is_computed(key: str, state_dict: Mapping) -> bool:
    """Whether the state_dict holds what a weight is computed from, by one of torch's three ways."""
    parametrized = f"{key.removesuffix('weight')}parametrizations.weight."
    return any(name.startswith(parametrized) or name in (f"{key}_v", f"{key}_g", f"{key}_orig") for name in state_dict)


def _kernel_owners(state_dict: Mapping, metadata: Mapping, model: nn.Module | None) -> list[str]:
    """Names of the modules that own kernels."""
    if model is not None:
        names = [name for name, _ in convolution_layers(model, every_name=True)]
        if not names:
            raise ConvolutionError(
                f"model= is a {type(model).__name__} without convolutions: give the state_dict's own"
            )
        if not any((f"{name}.weight" if name else "weight") in state_dict for name in names):
            raise ConvolutionError(
                f"the state_dict has none of the network's kernels; it should have {names[0]}.weight, say"
            )
        return names
    names = [name for name, local in metadata.items() if METADATA_KEY in local]
    if not names:
        raise ConvolutionError("this state_dict does not tell kernels from other weights: give its network as model=")
    return names
