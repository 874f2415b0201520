"""Load weights into any network from this kit's checkpoints, plain or wrapped state_dicts, and safetensors files."""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.core.errors import UserError
from pipeline.core.files import path_of

# Keys under which files store a state_dict, and prefixes that wrappers add to its names.
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
PREFIXES = ("module.", "_orig_mod.", "model.", "net.")


def load_initial_weights(network: nn.Module, file: str) -> str:
    """Load the file's weights into the network; return a line on what was loaded and what keeps its initial weights.

    If the last layer has another number of classes, it keeps its initial weights. Raises UserError if the file is
    missing or damaged, or if anything else does not fit.
    """
    state, own = without_prefixes(read(path_of(file)), network), network.state_dict()
    odd = [name for name in own if name not in state or state[name].shape != own[name].shape]
    head = _head(network)
    wrong = [name for name in odd if name not in head and not name.endswith("num_batches_tracked")]
    if wrong or not any(name in state for name in own):
        shape = tuple(state[wrong[0]].shape) if wrong and wrong[0] in state else "missing"
        first = f"{wrong[0]} is {shape}, expected {tuple(own[wrong[0]].shape)}" if wrong else "no name fits"
        raise UserError(f"model.weights is {file!r}, which does not fit this network: {first}")
    taken = {name: value for name, value in state.items() if name in own and name not in odd}
    network.load_state_dict(taken, strict=False)
    new = f"; new: {', '.join(name for name in odd if name in head)}" if any(name in head for name in odd) else ""
    return f"weights: {len(own) - len(odd)} of {len(own)} tensors from {file}{new}"


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name; executes no code from it. Raises UserError if it cannot be read."""
    if not path.is_file():
        raise UserError(f"model.weights is {str(path)!r}: no such file")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except ModuleNotFoundError:
        raise UserError(f"{path}: reading it needs safetensors; pip install safetensors") from None
    except Exception as error:  # torch raises a dozen types for a damaged file
        kind = type(error).__name__
        raise UserError(f"{path}: cannot read weights ({kind}); save a state_dict with torch.save") from None
    while inner := _wrapped(found):
        found = inner
    items = found.items() if isinstance(found, dict) else ()
    tensors = {name: value for name, value in items if isinstance(value, Tensor)}
    if not tensors:
        raise UserError(f"{path} holds no weights; save a state_dict with torch.save(network.state_dict(), FILE)")
    return tensors


def _wrapped(found: object) -> dict | None:
    if not isinstance(found, dict):
        return None
    return next((found[name] for name in WRAPPERS if isinstance(found.get(name), dict)), None)


def without_prefixes(state: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The state without prefixes: they are removed as long as that matches more names of the network."""
    own = set(network.state_dict())
    while True:
        shorter = [{name.removeprefix(prefix): value for name, value in state.items()} for prefix in PREFIXES]
        best = max(shorter, key=lambda each: len(own & set(each)))
        if len(own & set(best)) <= len(own & set(state)):
            common = [prefix for prefix in PREFIXES if all(name.startswith(prefix) for name in state)]
            if not common or own & set(state):
                return state
            best = shorter[PREFIXES.index(common[0])]
        state = best


def _head(network: nn.Module) -> set[str]:
    """Names of the parameters of the last linear or convolution layer."""
    layers = [name for name, module in network.named_modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    return {f"{layers[-1]}.weight", f"{layers[-1]}.bias"} if layers else set()
