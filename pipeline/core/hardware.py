"""What this machine is and what it can do, as its system reports it."""

import functools
import os
import platform
from pathlib import Path

import torch


def bf16_is_fast(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware: AVX-512 BF16 or AMX on a CPU, Ampere or later on a GPU.

    A CPU that torch was told to use as an AVX2 one (ATEN_CPU_CAPABILITY=avx2) counts as such.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        held_back = torch.backends.cpu.get_cpu_capability() in ("AVX2", "DEFAULT", "NO AVX")
        return not held_back and bool({"avx512_bf16", "amx_bf16"} & cpu_flags())
    return False


def calls_cost_time(device: torch.device) -> bool:
    """Whether starting an operation can take longer than the operation: on a CUDA device, for small tensors."""
    return device.type == "cuda"


def half_type(device: torch.device) -> torch.dtype | None:
    """The 16-bit type that the device multiplies in hardware, bfloat16 if possible; None if there is none.

    float16 is for Volta and Turing, whose tensor cores support nothing else (compute capability 7.0 to 7.5).
    """
    if bf16_is_fast(device):
        return torch.bfloat16
    volta = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (7, 0)
    return torch.float16 if volta else None


@functools.cache
def cpu_flags() -> set[str]:
    """The processor's feature flags as Linux names them; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.split(":")[1].split()) for line in lines if line.startswith("flags")), set())


def describe() -> dict[str, str | int]:
    """Hardware and library versions, for a run's summary."""
    import pytorch_lightning
    import torchvision

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "cpu": processor_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "gpu": gpu,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pytorch_lightning": pytorch_lightning.__version__,
    }


def processor_name() -> str:
    """The processor's name as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
