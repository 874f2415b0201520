"""A GPU that computes nothing: whole trainings run on it, shapes and devices are true, and every wait is counted.

torch's fake tensors know their device without its memory, and refuse to mix devices as a GPU does. What a real one
would be waited for is written down: numbers read from it, and copies that are not from pinned memory.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.accelerators import CUDAAccelerator
from torch import Tensor
from torch._subclasses import fake_tensor
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pipeline.data import augment
from pipeline.training import checks, trainer
from pipeline.training.callbacks.checkpoints import WholeCheckpointIO

DEVICE = torch.device("cuda", 0)
aten = torch.ops.aten

# Folders of the code whose waits can be told apart.
PLACES = {"pipeline", "pytorch_lightning", "tests"}


class Accelerator(CUDAAccelerator):
    """Lightning's, for one GPU that needs no driver."""

    def setup_device(self, device: torch.device) -> None:
        """There is nothing to set up."""

    def setup(self, trainer) -> None:
        """Nor here."""

    def teardown(self) -> None:
        """Nor to clear."""

    @staticmethod
    def parse_devices(devices) -> list[int]:
        return [0]

    @staticmethod
    def get_parallel_devices(devices) -> list[torch.device]:
        return [DEVICE]

    @staticmethod
    def is_available() -> bool:
        return True


class Watch(TorchDispatchMode):
    """What belongs to the CPU is computed there; `waits` names the places where the CPU waits for the GPU."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        goal = torch.device(kwargs["device"]).type if kwargs.get("device") is not None else None
        if not any(tensor.device.type == "cuda" for tensor in tensors):
            if goal != "cuda":
                with unset_fake_temporarily():
                    return operation(*args, **kwargs)
            return self._upload(operation, tensors, args, kwargs)
        if any(tensor.device.type == "cpu" and tensor.ndim for tensor in tensors):
            self._wait()  # most operations refuse this; those that do not copy first
            if "_foreach_" in str(operation) or "_fused_" in str(operation):  # which fake tensors do not check
                raise RuntimeError(f"{operation} found two different devices")
        if operation is aten._fused_sgd_.default:
            return None  # it changes numbers in place, of which there are none; fake tensors would ask the driver
        if operation is aten._local_scalar_dense.default:
            self._wait()
            return {torch.bool: False}.get(args[0].dtype, -1.0 if args[0].is_floating_point() else -1)
        if goal == "cpu":
            self._wait()
            with unset_fake_temporarily():
                return torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        return operation(*args, **kwargs)

    def _upload(self, operation, tensors: list[Tensor], args: tuple, kwargs: dict):
        if operation is not aten._to_copy.default:
            return operation(*args, **kwargs)
        if not kwargs.get("non_blocking"):
            self._wait()
        dtype = kwargs.get("dtype") or tensors[0].dtype
        return torch.empty_strided(tensors[0].shape, tensors[0].stride(), dtype=dtype, device=DEVICE)

    def _wait(self) -> None:
        """Note which of our lines asked, or else which of Lightning's."""
        frame, names = sys._getframe(1), []
        while frame:
            file = frame.f_code.co_filename
            if file != __file__ and PLACES & set(Path(file).parts):
                names.append(f"{Path(file).name}:{frame.f_lineno} {frame.f_code.co_name}")
            frame = frame.f_back
        self.waits.append(" < ".join(names[:3]))


def backward(loss: Tensor, *_, **__) -> None:
    """Give every parameter behind the loss a gradient; autograd itself asks for a driver."""
    seen, waiting = set(), [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            node.variable.grad = torch.empty_like(node.variable.detach())
        waiting += [following for following, _ in node.next_functions]


@contextmanager
def fake_gpu(monkeypatch, capability: tuple[int, int] = (9, 0)) -> Iterator[Watch]:
    """Inside, trainings run on the GPU that is none, of this compute capability, and write no checkpoints."""
    augment.statistics.cache_clear()
    with FakeTensorMode(allow_non_fake_inputs=True), Watch() as watch, monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 1)
        patch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
        patch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: capability >= (8, 0))
        patch.setattr(Tensor, "pin_memory", lambda tensor: tensor)
        patch.setattr(Tensor, "backward", backward)
        patch.setattr(LightningModule, "cpu", lambda module: module)
        patch.setattr(trainer, "accelerator", lambda config: Accelerator())
        patch.setattr(checks, "check_devices", lambda config: None)
        patch.setattr(fake_tensor, "init_gpu_context", lambda device: None)
        patch.setattr(WholeCheckpointIO, "save_checkpoint", lambda *_, **__: None)
        yield watch
    augment.statistics.cache_clear()
