"""Trains one recipe in one process or two; test_distributed.py runs it: `python distributed.py FOLDER DEVICES SHARE`.

With a share below 1 each process trains on the hardest images of its part of the batch. A fourth argument gives the
last process alone, in its second step, a SIGTERM (`stop`) or an image that is not a number (`nan`), or the first one a
full disk, for which the other waits (`full`).
"""

import os
import signal
import sys
import time
from pathlib import Path

import pytorch_lightning as pl
import torch

from pipeline.core.errors import UserError
from pipeline.optim.config import OptimConfig
from pipeline.training.callbacks.stop import Stopped
from pipeline.training.settings import SelectionConfig
from tests import tiny
from tests.tiny import train


class Terminate(pl.Callback):
    """As a batch system would, but to one process only."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        if trainer.global_rank == trainer.world_size - 1 and trainer.global_step == 1:
            os.kill(os.getpid(), signal.SIGTERM)


class Spoil(pl.Callback):
    """As a GPU with a fault would."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        if trainer.global_rank == trainer.world_size - 1 and trainer.global_step == 1:
            batch[0].fill_(torch.nan)


class FillDisk(pl.Callback):
    """As the first process meets it when it writes; the others never learn of it, as on GPUs."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        if trainer.global_step == 1:
            if trainer.global_rank:
                time.sleep(600)
            raise UserError("the disk is full")


ACCIDENTS = {"stop": Terminate, "nan": Spoil, "full": FillDisk}


def main(folder: Path, devices: int, share: float, accident: list[str]) -> None:
    """Lightning starts this script once more for each further process."""
    strategy = "ddp" if devices > 1 else "auto"
    recipe = tiny.recipe(
        train={"length": "8 steps", "devices": devices, "strategy": strategy},
        model=tiny.ModelConfig(name="sequence_rows"),
        optim=OptimConfig(kind="sgd", lr=0.05),
        selection=SelectionConfig(share=share, widths=(4, 8, 8), update_every=2),
    )
    try:
        trained = train(recipe, tiny.dataset(), folder, extra=[ACCIDENTS[name]() for name in accident])
    except (Stopped, UserError) as stopped:
        why = stopped.exit_code if isinstance(stopped, Stopped) else stopped
        (folder / f"stopped-{os.environ.get('LOCAL_RANK', 0)}").write_text(str(why))
        return
    state = trained.model.state_dict()
    if trained.selection:
        proxy = trained.selection.network.named_parameters()
        state |= {f"proxy.{name}": value.detach() for name, value in proxy}
    torch.save(state, folder / f"rank{trained.global_rank}-of-{devices}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
