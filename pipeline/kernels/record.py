"""The record of a choice, kernels.json in a run's folder: what was chosen, on which machine, from which times."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from pipeline.core import hardware
from pipeline.core.errors import UserError
from pipeline.core.files import write_text
from pipeline.kernels.choice import Times

NAME = "kernels.json"
# Instruction sets that decide which kernel is fast.
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16", "sve")
# Variables by which a user holds them back.
LIMITS = ("ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")


@dataclass(frozen=True)
class Record:
    """What kernels.json holds."""

    machine: dict[str, str]
    chosen: dict[str, str]
    """The way of each shape, both by name."""
    milliseconds: Times
    """What was measured, by the names of shape and way."""


def machine(dtype: torch.dtype) -> dict[str, str]:
    """What a choice is valid for: processor, instruction sets, the limits set for them, torch, and the type."""
    limits = [f"{name}={os.environ[name]}" for name in LIMITS if name in os.environ]
    return {
        "processor": hardware.processor_name(),
        "instructions": " ".join(flag for flag in FLAGS if flag in hardware.cpu_flags()),
        "limits": " ".join(limits),
        "torch": torch.__version__,
        "precision": str(dtype).removeprefix("torch."),
    }


def difference(of: dict[str, str], here: dict[str, str]) -> str:
    """What another machine has otherwise, in a few words; empty if it is the same."""
    return ", ".join(f"{key} {of.get(key)!r}, here {here[key]!r}" for key in here if of.get(key) != here[key])


def write(path: Path, record: Record) -> None:
    """Write the file whole."""
    write_text(path, json.dumps(asdict(record), indent=2) + "\n")


def read(path: Path) -> Record:
    """The record of a file; raises UserError for a file that is missing or is not one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        record = Record(dict(found["machine"]), dict(found["chosen"]), dict(found["milliseconds"]))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; name the {NAME} of a run folder") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path} is not a record of kernels; name the {NAME} of a run folder") from error
    return record
