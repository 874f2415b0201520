"""The LightningModule: one network, its loss, its optimizer. No step waits for the device or logs."""

from functools import partial

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics.classification import MulticlassAccuracy

from pipeline.core import duration
from pipeline.core.errors import UserError
from pipeline.core.streams import DROPOUT, generator
from pipeline.models.protocols import early_parameters
from pipeline.optim.build import optimizer_and_schedule
from pipeline.optim.config import OptimConfig
from pipeline.training import own_step
from pipeline.training.hard_examples import HardExamples
from pipeline.training.loss import LossConfig
from pipeline.training.sharpness import Sharpness

# Steps between two checks for a finite loss on a GPU, where reading a number waits for the device.
CHECK_EVERY = 50


class NotFinite(UserError):
    """The loss became NaN or infinite: the rates are too high."""


class Classifier(pl.LightningModule):
    """Trains a network on batches (images N x 3 x S x S, targets N or N x classes).

    With a `selection`, it trains on the hardest images of each batch; with `sharpness`, in two passes per step; `bf16`
    lets Muon iterate in bfloat16. Logs validation_loss and validation_accuracy; `train_metrics` returns the training
    metrics of the epoch, over the images that were trained on.
    """

    def __init__(
        self,
        network: nn.Module,
        loss: LossConfig,
        optim: OptimConfig,
        run: duration.Run,
        classes: int = 10,
        seed: int = 0,
        selection: HardExamples | None = None,
        bf16: bool = True,
        sharpness: Sharpness | None = None,
    ) -> None:
        super().__init__()
        self.model = network
        self.loss, self.optim, self.run, self.seed = loss, optim, run, seed
        self.selection, self.bf16, self.sharpness = selection, bf16, sharpness
        self.criterion = own_step.criterion(loss)
        self.accuracy = MulticlassAccuracy(num_classes=classes, average="micro")
        self.whiten_steps = duration.steps(optim.whiten_bias, run)
        self._reset_sums()

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)

    def configure_optimizers(self):
        if own_step.overrides(self.model, "configure_optimizers"):
            return self.model.configure_optimizers()
        optimizer, schedule = optimizer_and_schedule(self.model, self.optim, self.run, bf16=self.bf16)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def optimizer_step(self, epoch: int, index: int, optimizer, optimizer_closure=None) -> None:
        """Update the weights, with sharpness-aware gradients if the recipe asks for them."""
        if self.sharpness:
            optimizer_closure = partial(self.sharpness, self.model, optimizer_closure)
        super().optimizer_step(epoch, index, optimizer, optimizer_closure)

    def setup(self, stage: str) -> None:
        if self.selection:  # before a checkpoint is loaded, as momenta are loaded to the device of their weights
            self.selection.to(self.trainer.strategy.root_device)

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        if self.selection:
            checkpoint["selection"] = self.selection.state_dict()

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        if self.selection:
            self.selection.load_state_dict(checkpoint["selection"])

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """The mean loss of the batch; with a selection, the selected images' sum divided by the size of the batch.

        Counts it for the epoch's figures; on a CPU raises UserError if it is not finite.
        """
        images, targets = batch
        drawn = len(images)
        if self.selection:
            images, targets = self.selection(images, targets, self.trainer.global_step, self._piece(index))
        if own_step.overrides(self.model, "training_step"):
            loss, logits = own_step.loss_of(self.model, (images, targets), index), None
        else:
            logits = self.model(images)
            loss = self.criterion(logits.float(), targets)
        if not (self.sharpness and self.sharpness.second):
            self._count(loss.detach(), None if logits is None else logits.detach(), targets)
        if self.device.type == "cpu":  # before the update, so that the weights and last.ckpt stay finite
            self._stop_if_not_finite()
        return loss * (len(images) / drawn) if self.selection else loss

    def _piece(self, index: int) -> int:
        """Index of this part of the step's batch."""
        return index % self.trainer.accumulate_grad_batches

    def on_train_batch_start(self, batch, index: int) -> None:
        # All randomness inside the network (dropout) depends only on this key, so a resumed run repeats it.
        key = (self.seed, DROPOUT, self.trainer.global_step, self._piece(index), self.trainer.global_rank)
        reseed(generator(*key).initial_seed(), self.device)
        if self.trainer.world_size == 1:
            for parameter in early_parameters(self.model):
                parameter.requires_grad_(self.trainer.global_step < self.whiten_steps)

    def on_train_batch_end(self, outputs, batch, index: int) -> None:
        if (index + 1) % CHECK_EVERY == 0:
            self._stop_if_not_finite()

    def on_train_start(self) -> None:
        self._reset_sums()  # for an epoch that is resumed in the middle, whose start is not called

    def on_train_epoch_start(self) -> None:
        self._reset_sums()

    def train_metrics(self) -> dict[str, float]:
        """train_loss and, if targets are plain labels, train_accuracy since the start of the epoch, over all devices.

        train_loss is the cross-entropy without label smoothing, of the images as they were trained on: augmented, and
        the chosen ones if there is a selection.

        Raises UserError, naming the step, if the loss was not finite.
        """
        self._stop_if_not_finite()
        means = {"train_loss": self._loss_sum / max(1, self._batches)}
        if self._examples:
            means["train_accuracy"] = self._correct / self._examples
        return {name: float(self.trainer.strategy.reduce(value)) for name, value in means.items()}

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        images, labels = batch
        logits = self.model(images).float()
        self.accuracy.update(logits, labels)
        self.log("validation_loss", F.cross_entropy(logits, labels), sync_dist=True, batch_size=len(labels))

    def on_validation_epoch_end(self) -> None:
        self.log("validation_accuracy", self.accuracy.compute(), sync_dist=True)
        self.accuracy.reset()

    def _reset_sums(self) -> None:
        self._loss_sum, self._correct = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        self._batches = self._examples = 0
        self._first_bad = torch.full((), -1, device=self.device)

    def _count(self, loss: Tensor, logits: Tensor | None, targets: Tensor) -> None:
        """Add to the epoch's sums without waiting for the device; `logits` is None for an own training step."""
        self._loss_sum += self._comparable(loss, logits, targets)
        self._batches += 1
        step = self.trainer.global_step
        finite = loss.isfinite() & self.selection.finite if self.selection else loss.isfinite()
        self._first_bad = torch.where((self._first_bad < 0) & ~finite, step, self._first_bad)
        if targets.ndim == 1 and logits is not None:
            self._correct += (logits.argmax(1) == targets).sum()
            self._examples += len(targets)

    def _comparable(self, loss: Tensor, logits: Tensor | None, targets: Tensor) -> Tensor:
        """The loss without label smoothing, comparable with validation_loss."""
        return F.cross_entropy(logits.float(), targets) if self.loss.label_smoothing and logits is not None else loss

    def _stop_if_not_finite(self) -> None:
        # All processes stop together: one that stopped alone would leave the others waiting.
        step = int(self.trainer.strategy.reduce(self._first_bad, reduce_op="max"))
        if step >= 0:
            raise NotFinite(
                f"the loss became NaN or infinite at step {step} (epoch {step // self.run.steps_per_epoch + 1}); "
                f"lower {own_step.rates(self.optim)} or set optim.clip; configs/own.yaml suits any network"
            )


def reseed(seed: int, device: torch.device) -> None:
    """As torch.manual_seed, but only for the CPU and the device in use: for others it would record the call stack."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)
