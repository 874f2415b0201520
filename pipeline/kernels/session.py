"""Kernels of a run: measured, read from a file, or those that the run began with."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

from pipeline.core.errors import UserError
from pipeline.kernels import record
from pipeline.kernels.choice import fastest, measured
from pipeline.kernels.layers import install, shapes
from pipeline.kernels.record import NAME, Record
from pipeline.kernels.ways import TORCH, Shape, names

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
    """Let the network's 3x3 convolutions compute in the ways chosen for it; one line that says which, or nothing.

    For `images` images per batch of these sizes, on a CPU in `dtype`. `kernels` is auto, torch or a file; a resumed run
    keeps the choice in its folder, as long as the machine is the same. The choice is written into the folder.

    Raises:
        UserError: a file of another machine or of other shapes, or one that is not a record.
    """
    if kernels == TORCH:
        return ""
    found, wanted = wanted_by(network, sizes)
    if not wanted:
        return ""
    kept, origin = known(wanted, dtype, kernels, folder / NAME if resume else None)
    kept = kept or timed(wanted, images, dtype)
    record.write(folder / NAME, kept)
    install(found, kept.chosen)
    return f"kernels {origin}: {said(kept)}"


def choose(network: nn.Module, sizes: Iterable[int], images: int, dtype: torch.dtype) -> None:
    """Measure, and let the network compute in the fastest ways; nothing is written."""
    found, wanted = wanted_by(network, sizes)
    install(found, timed(wanted, images, dtype).chosen)


def wanted_by(network: nn.Module, sizes: Iterable[int]) -> tuple[dict, list[Shape]]:
    """The shapes that each layer meets, and each shape once."""
    found = shapes(network, sizes)
    return found, list(dict.fromkeys(shape for of in found.values() for shape in of.values()))


def timed(wanted: list[Shape], images: int, dtype: torch.dtype) -> Record:
    """What this machine is fastest at."""
    times = measured(wanted, dtype, images)
    return Record(record.machine(dtype), fastest(wanted, times), times)


def known(wanted: list[Shape], dtype: torch.dtype, kernels: str, own: Path | None) -> tuple[Record | None, str]:
    """The choice that is there already, if any, and where it comes from: the run's own file, or that of the recipe."""
    if own and own.exists():
        kept, problem = usable(own, wanted, dtype)
        return (kept, "as the run began") if kept else (None, f"measured again, since {problem}")
    if kernels == AUTO:
        return None, "measured here"
    kept, problem = usable(Path(kernels).expanduser(), wanted, dtype)
    if not kept:
        raise UserError(f"train.kernels: {problem}; set it to auto to measure here")
    return kept, f"of {kernels}"


def usable(path: Path, wanted: list[Shape], dtype: torch.dtype) -> tuple[Record | None, str]:
    """The record of a file, if it is this machine's and has all shapes; else None and what is the matter."""
    try:
        kept = record.read(path)
    except UserError as error:
        return None, str(error)
    other = record.difference(kept.machine, record.machine(dtype))
    if other:
        return None, f"{path} was measured on another machine ({other})"
    lacking = [str(shape) for shape in wanted if kept.chosen.get(str(shape)) not in names(shape, dtype)]
    return (None, f"{path} has no choice for {lacking[0]}") if lacking else (kept, "")


def said(kept: Record) -> str:
    """The choice in a few words, the ways with their shapes; what torch's own computes is only counted."""
    by_way: dict[str, list[str]] = {}
    for shape, name in kept.chosen.items():
        by_way.setdefault(name, []).append(shape)
    own = len(by_way.pop(TORCH, []))
    parts = [f"{name} for {', '.join(of)}" for name, of in sorted(by_way.items())]
    return "; ".join([*parts, f"torch's own for {own} of {len(kept.chosen)} shapes"])
