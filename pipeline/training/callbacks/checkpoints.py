"""Checkpoints: the last one every few steps for resuming, the best one by validation accuracy."""

import time
from pathlib import Path

import torch
from pytorch_lightning.callbacks import Callback, Checkpoint, ModelCheckpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO
from torch import nn

from pipeline.core.errors import UserError
from pipeline.core.files import reason, write_whole
from pipeline.training.callbacks.final import is_last_batch
from pipeline.training.settings import CheckpointConfig

# The parts of a checkpoint that a resumed run needs; the file can come from anybody.
PARTS = {"state_dict": dict, "global_step": int, "loops": dict, "optimizer_states": list, "callbacks": dict}


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint under a temporary name and renames it, so that a kill or a full disk keeps the old one."""

    def save_checkpoint(self, checkpoint, path, storage_options=None) -> None:
        """Write the whole file, or raise UserError and keep the old one."""
        try:
            write_whole(path, lambda temporary: torch.save(checkpoint, temporary))
        except UserError as error:
            run = Path(path).parent.parent
            raise UserError(f"{error}, then resume with --resume {run}") from error

    def load_checkpoint(self, path, map_location=None, weights_only=None):
        """Read a checkpoint; raises UserError if the file is damaged."""
        try:
            found = torch.load(path, map_location=map_location or "cpu", weights_only=True)
            parts = found if isinstance(found, dict) else {}
            wrong = [key for key, kind in PARTS.items() if not isinstance(parts.get(key), kind)]
        except Exception as error:
            raise UserError(f"cannot read checkpoint {path}: {reason(error)}; choose another one") from error
        if wrong or "fit_loop" not in found["loops"] or len(found["optimizer_states"]) != 1:
            lacking = wrong[0] if wrong else "the state of training"
            raise UserError(f"{path} is not a checkpoint to resume from: it lacks {lacking}; start a new run")
        return found


def step_of(path: Path, network: nn.Module) -> int:
    """The number of optimizer steps after which a checkpoint of the network was written.

    Raises UserError if the file is damaged, or its weights belong to another network.
    """
    found = WholeCheckpointIO().load_checkpoint(path)
    theirs, own = shapes_of(found["state_dict"]), shapes_of(network.state_dict())
    odd = sorted(str(name) for name, _ in set(theirs.items()) ^ set(own.items()))
    if odd:
        raise UserError(f"{path} holds the weights of another network ({odd[0]}); restore the run's config.yaml")
    return found["global_step"]


def shapes_of(weights: dict) -> dict[str, torch.Size | None]:
    """The shape of each weight by name; None for what is not a tensor."""
    return {name: getattr(value, "shape", None) for name, value in weights.items()}


class BestCheckpoint(ModelCheckpoint):
    """best.ckpt; its best score survives a move of the run folder."""

    def load_state_dict(self, state_dict: dict) -> None:
        """Restore the best score, with the path of best.ckpt in the folder's current place."""

        def here(path: str) -> str:
            return str(Path(self.dirpath) / Path(path).name) if path else path

        moved = {name: here(state_dict[name]) for name in state_dict if name.endswith("_path")}
        best = {here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **moved, "best_k_models": best, "dirpath": self.dirpath})


class LastCheckpoint(Checkpoint):
    """Writes last.ckpt every few steps, and at the end of an epoch once its row of metrics is written.

    A checkpoint between the last step and the end of an epoch would resume without the epoch's validation and row.
    A killed run loses at most `every` steps and those of `seconds`.
    """

    def __init__(self, path: Path, config: CheckpointConfig) -> None:
        self.path, self.config = path, config
        self.step, self.written = 0, 0.0

    def on_train_start(self, trainer, pl_module) -> None:
        self.step, self.written = trainer.global_step, time.monotonic()

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if not is_last_batch(trainer):
            self._save_if_due(trainer)

    def on_train_epoch_end(self, trainer, pl_module) -> None:
        self._save_if_due(trainer)

    def _save_if_due(self, trainer) -> None:
        if trainer.global_step - self.step < self.config.every:
            return
        self.step = trainer.global_step
        # Several processes save together, so they follow one clock.
        if trainer.strategy.broadcast(time.monotonic() - self.written >= self.config.seconds):
            trainer.save_checkpoint(self.path)
            self.written = time.monotonic()


def checkpoint_callbacks(folder: Path, config: CheckpointConfig, *, validate: bool) -> list[Callback]:
    """last.ckpt every few steps, and best.ckpt by validation accuracy if images are held out."""
    last = LastCheckpoint(folder / "last.ckpt", config)
    if not validate:
        return [last]
    best = BestCheckpoint(
        dirpath=folder, filename="best", monitor="validation_accuracy", mode="max", save_top_k=1,
        save_on_train_epoch_end=False, enable_version_counter=False, auto_insert_metric_name=False,
    )  # fmt: skip
    return [best, last]
