"""Change the operator: reinterpret a network's kernels, or flip them so that the network computes the same."""

import copy
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from .checks import Operation, check_operation
from .convertible import COMPUTED, check_convertible, check_separate, convolution_layers, memory_id
from .errors import ConvolutionError
from .functional import flip
from .layer_classes import class_for, operation_of, plain_class
from .modules import METADATA_KEY, recorded_operation


def with_operation(model: nn.Module, operation: Operation) -> nn.Module:
    """Make every nn.Conv* and nn.ConvTranspose* of the network compute `operation`, in place, with the same weights.

    Parameters, buffers, hooks and state_dict keys are kept, so an existing optimizer stays valid. The network computes
    something else afterwards: this is for training with the other operator. `convert_convention` preserves the outputs.

    Raises:
        ConvolutionError: the network has a part that `convert_convention` refuses too; nothing is changed then.
    """
    check_operation(operation)
    check_convertible(model)
    layers = [layer for _, layer in convolution_layers(model)]
    _set_classes(layers, [class_for(name, layer, operation) for name, layer in convolution_layers(model)])
    return model


def convert_convention(target: nn.Module | Mapping, *, to: Operation, model: nn.Module | None = None):
    """The same function in the other convention: every kernel is flipped if the convention differs.

    Args:
        target: a network, changed in place and returned; or a state_dict, of which a converted copy is returned.
        to: the operator that will use the kernels.
        model: for a state_dict of plain torch layers, the network to which it belongs, which identifies the kernels.

    With the direct method the outputs are the same bit for bit. Make a new optimizer for further training, since
    momenta are not flipped. A state_dict that records no operator (a plain dict, safetensors) is assumed to have the
    other convention.

    Not detected: a forward that passes a layer's kernel to a functional call through a helper function, or under a name
    other than `weight`.

    Raises:
        ConvolutionError: a layer has its own forward, or is lazy, scripted, traced or quantised; a module calls a
            functional convolution with its own parameter; a kernel is computed, or shares memory with something
            other than an equal kernel; the kernels of a state_dict cannot be identified or are not tensors. Nothing is
            changed then.
    """
    check_operation(to)
    if isinstance(target, nn.Module):
        return _convert_module(target, to)
    return _convert_state_dict(target, to, model)


def fold_flips(model: nn.Module) -> nn.Module:
    """A copy for inference whose kernels are flipped once and for all: the same outputs, bit for bit.

    The copy computes cross-correlation and is in eval mode. Its layers are torch's own if torch supports their padding,
    anchor and method, so it can be scripted, traced, quantised and fused like any other network. The model itself is
    not changed.
    """
    folded = convert_convention(copy.deepcopy(model), to="cross_correlation").eval()
    for _, layer in convolution_layers(folded):
        plain = plain_class(layer)
        if plain is not None:
            layer.__class__ = plain
            for name in ("anchor", "method"):
                vars(layer).pop(name, None)
    return folded


def _set_classes(layers: Sequence[nn.Module], classes: list[type]) -> None:
    for layer, cls in zip(layers, classes, strict=True):
        method = getattr(layer, "method", None)
        layer.__class__ = cls
        if method is not None and method != layer.method:
            layer.method = method


def _convert_module(model: nn.Module, to: Operation) -> nn.Module:
    check_convertible(model)
    layers = list(convolution_layers(model))
    classes = [class_for(name, layer, to) for name, layer in layers]
    wrong = [(name, layer) for name, layer in layers if operation_of(layer) != to]
    _check_kernels(model, layers, wrong, to)
    # Everything is computed before the first change, and undone if a change fails.
    weights = list({memory_id(layer.weight): layer.weight for _, layer in wrong}.values())
    before, states = [type(layer) for _, layer in layers], [dict(vars(layer)) for _, layer in layers]
    turned, kept = [flip(weight.detach()) for weight in weights], [weight.detach().clone() for weight in weights]
    try:
        _set_classes([layer for _, layer in layers], classes)
        _write(weights, turned)
    except Exception as error:
        for (_, layer), cls, state in zip(layers, before, states, strict=True):
            layer.__class__ = cls
            vars(layer).clear()
            vars(layer).update(state)
        _write(weights, kept, ignore_errors=True)
        raise ConvolutionError(f"the network stays as it was: {str(error).splitlines()[0]}") from error
    return model


def _write(weights: list[torch.Tensor], values: list[torch.Tensor], *, ignore_errors: bool = False) -> None:
    with torch.no_grad():
        for weight, value in zip(weights, values, strict=True):
            try:
                weight.copy_(value)
            except RuntimeError:
                if not ignore_errors:
                    raise


def _check_kernels(model: nn.Module, layers: list, wrong: list, to: Operation) -> None:
    right = {
        memory_id(layer.weight) for _, layer in layers if operation_of(layer) == to and "weight" in layer._parameters
    }
    for name, layer in wrong:
        if "weight" not in layer._parameters:
            raise ConvolutionError(f"{_key(name)} {COMPUTED}")
        if memory_id(layer.weight) in right:
            raise ConvolutionError(
                f"{_key(name)} is also that of a layer that computes {to} already: give each a kernel of its own first"
            )
    tensors = dict(model.named_parameters(remove_duplicate=False)) | dict(model.named_buffers(remove_duplicate=False))
    kernels = {_key(name) for name, _ in convolution_layers(model, every_name=True)}
    check_separate([_key(name) for name, layer in wrong if _turns(layer.weight)], tensors, kernels)


def _key(name: str) -> str:
    return f"{name}.weight" if name else "weight"


def _turns(weight: torch.Tensor) -> bool:
    """Whether a flip changes the kernel, which it does not for a single tap."""
    return math.prod(weight.shape[2:]) > 1


def _convert_state_dict(state_dict: Mapping, to: Operation, model: nn.Module | None) -> OrderedDict:
    metadata = copy.deepcopy(getattr(state_dict, "_metadata", {}))
    converted = OrderedDict(state_dict)
    names = _kernel_owners(state_dict, metadata, model)
    turned = [name for name in names if recorded_operation(metadata.get(name, {})) != to]
    _check_entries(converted, [_key(name) for name in turned], {_key(name) for name in names})
    for name in names:
        if name in turned:
            if _key(name) not in converted:
                continue
            converted[_key(name)] = flip(converted[_key(name)])
        metadata.setdefault(name, {})[METADATA_KEY] = to
    converted._metadata = metadata  # type: ignore[attr-defined]  # as torch does for a state_dict
    return converted


def _check_entries(state_dict: Mapping, turned: list[str], kernels: set[str]) -> None:
    """Raise `ConvolutionError` for a kernel to flip that is computed, not a tensor, or shared with something else."""
    for key in turned:
        if _is_computed(key, state_dict):
            raise ConvolutionError(f"{key} {COMPUTED}")
        value = state_dict.get(key)
        if value is None:
            continue
        if not isinstance(value, torch.Tensor):
            raise ConvolutionError(f"{key} is a {type(value).__name__}, not a tensor: give torch.as_tensor({key})")
        if isinstance(value, nn.parameter.UninitializedParameter):
            raise ConvolutionError(f"{key} has no values yet: run one batch through the network first")
        if value.is_quantized:
            raise ConvolutionError(f"{key} is quantised, which fixes its operator: convert the network before")
        if value.dim() not in (3, 4, 5):
            raise ConvolutionError(f"{key} has the shape {tuple(value.shape)}; a kernel is (O, C / groups, *kernel)")
    tensors = {key: value for key, value in state_dict.items() if isinstance(value, torch.Tensor)}
    check_separate([key for key in turned if key in tensors and _turns(tensors[key])], tensors, kernels)


def _is_computed(key: str, state_dict: Mapping) -> bool:
    """Whether the state_dict contains what a weight is computed from, in one of torch's three ways."""
    parametrized = f"{key.removesuffix('weight')}parametrizations.weight."
    return any(name.startswith(parametrized) or name in (f"{key}_v", f"{key}_g", f"{key}_orig") for name in state_dict)


def _kernel_owners(state_dict: Mapping, metadata: Mapping, model: nn.Module | None) -> list[str]:
    """Names of the modules with kernels."""
    if model is not None:
        names = [name for name, _ in convolution_layers(model, every_name=True)]
        if not names:
            raise ConvolutionError(
                f"model= is a {type(model).__name__} without convolutions: give the state_dict's own"
            )
        if not any(_key(name) in state_dict for name in names):
            raise ConvolutionError(
                f"the state_dict has none of the network's kernels; it should have {names[0]}.weight, say"
            )
        return names
    names = [name for name, local in metadata.items() if METADATA_KEY in local]
    if not names:
        raise ConvolutionError("this state_dict does not tell kernels from other weights: give its network as model=")
    return names
