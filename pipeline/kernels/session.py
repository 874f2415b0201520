"""The kernels of a run: measured, read from a file, or those with which the run began."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

from pipeline.core.errors import UserError
from pipeline.core.files import path_of
from pipeline.kernels import layers, record
from pipeline.kernels.algorithms import TORCH, Shape, algorithm_names
from pipeline.kernels.choice import fastest, measure_times
from pipeline.kernels.layers import install
from pipeline.kernels.record import NAME, Record

AUTO = "auto"


def choose_kernels(
    network: nn.Module,
    sizes: Iterable[int],
    images: int,
    dtype: torch.dtype,
    *,
    kernels: str,
    folder: Path,
    resume: bool = False,
) -> str:
    """Choose how the network's 3x3 convolutions are computed; return a line on the choice, or an empty string.

    For batches of `images` images of these sizes, on a CPU in `dtype`. `kernels` is auto, torch or a file; a resumed
    run keeps the choice in its folder if the machine is the same. The choice is written into the folder.

    Raises:
        UserError: the file is from another machine, lacks shapes, or is not a record.
    """
    if kernels == TORCH:
        return ""
    by_layer, shapes = shapes_of(network, sizes)
    if not shapes:
        return ""
    kept, origin = existing_choice(shapes, dtype, kernels, folder / NAME if resume else None)
    kept = kept or measure(shapes, images, dtype)
    record.write(folder / NAME, kept)
    install(by_layer, kept.chosen)
    return f"kernels {origin}: {describe(kept)}"


def choose(network: nn.Module, sizes: Iterable[int], images: int, dtype: torch.dtype) -> None:
    """Measure, and make the network use the fastest algorithms, without writing a file."""
    by_layer, shapes = shapes_of(network, sizes)
    install(by_layer, measure(shapes, images, dtype).chosen)


def shapes_of(network: nn.Module, sizes: Iterable[int]) -> tuple[dict, list[Shape]]:
    """The shapes of each layer, and a list of all shapes without repetition."""
    by_layer = layers.shapes(network, sizes)
    return by_layer, list(dict.fromkeys(shape for by_size in by_layer.values() for shape in by_size.values()))


def measure(shapes: list[Shape], images: int, dtype: torch.dtype) -> Record:
    """The fastest algorithms on this machine."""
    times = measure_times(shapes, dtype, images)
    return Record(record.machine(dtype), fastest(shapes, times), times)


def existing_choice(
    shapes: list[Shape], dtype: torch.dtype, kernels: str, own: Path | None
) -> tuple[Record | None, str]:
    """An existing choice, if any, from the run's own file or the recipe's, and a note on its origin."""
    if own and own.exists():
        kept, problem = valid_record(own, shapes, dtype)
        return (kept, "as the run began") if kept else (None, f"measured again, since {problem}")
    if kernels == AUTO:
        return None, "measured here"
    kept, problem = valid_record(path_of(kernels), shapes, dtype)
    if not kept:
        raise UserError(f"train.kernels: {problem}; set it to auto to measure here")
    return kept, f"of {kernels}"


def valid_record(path: Path, shapes: list[Shape], dtype: torch.dtype) -> tuple[Record | None, str]:
    """The record of a file if it is from this machine and has all shapes; otherwise None and the reason."""
    try:
        kept = record.read(path)
    except UserError as error:
        return None, str(error)
    other = record.difference(kept.machine, record.machine(dtype))
    if other:
        return None, f"{path} was measured on another machine ({other})"
    lacking = [str(shape) for shape in shapes if kept.chosen.get(str(shape)) not in algorithm_names(shape, dtype)]
    return (None, f"{path} has no choice for {lacking[0]}") if lacking else (kept, "")


def describe(kept: Record) -> str:
    """The choice in a few words: the algorithms with their shapes, and the number of shapes left to torch."""
    by_algorithm: dict[str, list[str]] = {}
    for shape, name in kept.chosen.items():
        by_algorithm.setdefault(name, []).append(shape)
    own = len(by_algorithm.pop(TORCH, []))
    parts = [f"{name} for {', '.join(of)}" for name, of in sorted(by_algorithm.items())]
    return "; ".join([*parts, f"torch's own for {own} of {len(kept.chosen)} shapes"])
