"""From one operator to the other: reinterpret a network's kernels, or flip them so that the network stays the same."""

import copy
from collections import OrderedDict
from collections.abc import Iterator, Mapping

import torch
from torch import nn

from . import modules
from .errors import ConvolutionError
from .functional import Operation, check_operation, flip
from .modules import METADATA_KEY, recorded_operation

_BASES = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_FORWARDS = ("forward", "_conv_forward")


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

    By the direct method the network's outputs are bit for bit the same. A state_dict that records no operator (a plain
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


def convolution_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """(name, layer) of every layer of the network that is, or derives from, nn.Conv* or nn.ConvTranspose*."""
    for name, module in model.named_modules():
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
    if hasattr(layer, "operation"):
        if layer.operation == operation:
            return type(layer)
    elif any(getattr(type(layer), method, None) is not getattr(base, method, None) for method in _FORWARDS):
        raise ConvolutionError(
            f"{label} has a forward of its own, which would not be changed: replace it by {base.__name__}"
        )
    prefix = {"cross_correlation": "CrossCorrelation", "convolution": "Convolution"}[operation]
    ours = getattr(modules, base.__name__.replace("Conv", prefix))
    if type(layer) is base or type(layer).__module__ == modules.__name__:
        return ours
    return type(f"{prefix}{type(layer).__name__}", (ours, type(layer)), {})


def _convert_module(model: nn.Module, to: Operation) -> nn.Module:
    wrong = [(name, layer) for name, layer in convolution_layers(model) if operation_of(layer) != to]
    for name, layer in wrong:
        if "weight" not in layer._parameters:
            raise ConvolutionError(
                f"{name}.weight is computed (parametrized or weight-normed): remove that before converting"
            )
    with_operation(model, to)
    with torch.no_grad():
        for weight in {id(layer.weight): layer.weight for _, layer in wrong}.values():  # shared weights turn once
            weight.copy_(flip(weight))
    return model


def _convert_state_dict(state_dict: Mapping, to: Operation, model: nn.Module | None) -> OrderedDict:
    metadata = copy.deepcopy(getattr(state_dict, "_metadata", {}))
    converted = OrderedDict(state_dict)
    for name in _kernel_owners(state_dict, metadata, model):
        recorded = recorded_operation(metadata.get(name, {}))
        key = f"{name}.weight" if name else "weight"
        if recorded != to and key in converted:
            converted[key] = flip(converted[key])
        metadata.setdefault(name, {})[METADATA_KEY] = to
    converted._metadata = metadata
    return converted


def _kernel_owners(state_dict: Mapping, metadata: Mapping, model: nn.Module | None) -> list[str]:
    """Names of the modules that own kernels."""
    if model is not None:
        names = [name for name, _ in convolution_layers(model)]
        if not any((f"{name}.weight" if name else "weight") in state_dict for name in names):
            raise ConvolutionError(
                f"the state_dict has none of the network's kernels; it should have {names[0]}.weight, say"
            )
        return names
    names = [name for name, local in metadata.items() if METADATA_KEY in local]
    if not names:
        raise ConvolutionError("this state_dict does not tell kernels from other weights: give its network as model=")
    return names
