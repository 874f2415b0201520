"""What happens if training fails: one line for the user, and no process that waits for another forever."""

import atexit
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytorch_lightning as pl
import torch

from pipeline.core.errors import UserError
from pipeline.training.settings import TrainConfig


@contextmanager
def end_all_on_error(trainer: pl.Trainer) -> Iterator[None]:
    """On an error, such as a full disk, end the processes that Lightning started: they would wait for this one."""
    try:
        yield
    except Exception:
        kill = getattr(trainer.strategy.launcher, "kill", None)
        if kill:  # at the very end, since Lightning ends this process soon after one of them is gone
            atexit.register(kill, signal.SIGKILL)
        raise


@contextmanager
def explain_failures(config: TrainConfig) -> Iterator[None]:
    """Turn errors of the first steps (too little memory, a network that cannot be compiled) into one line."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"the device's memory is full with train.batch_size {config.batch_size} in {config.accumulate} parts; "
            "start again with more parts (train.accumulate) or a smaller batch"
        ) from error
    except torch.AcceleratorError as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(
            f"the device failed ({first}); once it works again, resume from the last checkpoint with --resume RUN"
        ) from error
    except RuntimeError as error:
        # torch defines these errors in a module that takes seconds to import; it is loaded only if it was used.
        dynamo = sys.modules.get("torch._dynamo.exc")
        if not config.compile or dynamo is None or not isinstance(error, dynamo.TorchDynamoException):
            raise
        first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise UserError(f"torch.compile failed ({first}); start again with --train.compile false") from error
