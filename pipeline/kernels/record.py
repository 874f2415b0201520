"""The record of a choice, kernels.json in a run folder: the chosen algorithms, the machine, and the measured times."""

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
# Instruction sets that affect which kernel is fastest.
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16", "sve")
# Environment variables with which a user can restrict them.
LIMITS = ("ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")


@dataclass(frozen=True)
class Record:
    """The content of kernels.json."""

    machine: dict[str, str]
    chosen: dict[str, str]
    """The name of the chosen algorithm, by name of the shape."""
    milliseconds: Times
    """The measured times, by name of the shape and of the algorithm."""


def machine(dtype: torch.dtype) -> dict[str, str]:
    """What a choice depends on: processor, instruction sets, restrictions of them, torch's version, and the type."""
    limits = [f"{name}={os.environ[name]}" for name in LIMITS if name in os.environ]
    return {
        "processor": hardware.processor_name(),
        "instructions": " ".join(flag for flag in FLAGS if flag in hardware.cpu_flags()),
        "limits": " ".join(limits),
        "torch": torch.__version__,
        "precision": str(dtype).removeprefix("torch."),
    }


def difference(of: dict[str, str], here: dict[str, str]) -> str:
    """How the machine `of` differs from `here`, in a few words; empty if it does not."""
    return ", ".join(f"{key} {of.get(key)!r}, here {here[key]!r}" for key in here if of.get(key) != here[key])


def write(path: Path, record: Record) -> None:
    """Write the file under a temporary name and rename it."""
    write_text(path, json.dumps(asdict(record), indent=2) + "\n")


def read(path: Path) -> Record:
    """The record in a file; raises UserError if the file is missing or is not a record."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        record = Record(dict(content["machine"]), dict(content["chosen"]), dict(content["milliseconds"]))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; name the {NAME} of a run folder") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path} is not a record of kernels; name the {NAME} of a run folder") from error
    return record
