"""Hard-example selection: train only on the images of each batch that a proxy network finds hardest.

Training on the images of largest loss gives the same accuracy with fewer passes through the network (Jiang et al.
2019, "Accelerating Deep Learning by Focusing on the Biggest Losers", arXiv 1910.00762). A small proxy that learns
beside the network makes finding them cheap (Jordan's airbench96_faster, beside arXiv 2404.00498; there the proxy's
whole training comes first, which gives the same choices: neither of the two depends on the network).

Epochs, durations and images per second count all images of a batch. The loss of a step is the sum over the selected
images divided by the size of the whole batch, so an image has the same weight whether others are selected or not.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from pipeline.core import duration
from pipeline.data.augment import resize
from pipeline.optim.build import optimizer_and_schedule
from pipeline.optim.config import OptimConfig
from pipeline.training.settings import SelectionConfig


def hardest(losses: Tensor, share: float) -> Tensor:
    """Indices (int64, ascending) of the `share` (at least one) largest of N losses, on their device."""
    count = max(1, round(share * len(losses)))
    return losses.topk(count).indices.sort().values


@contextmanager
def batch_statistics(network: nn.Module) -> Iterator[None]:
    """While the block runs, BatchNorm normalises by the batch without updating its statistics, and dropout is off.

    Running statistics would not fit: they come from hard images only, at another resolution.
    """
    training = network.training
    norms = [part for part in network.modules() if isinstance(part, _BatchNorm) and part.track_running_stats]
    network.eval()
    for norm in norms:
        norm.training, norm.track_running_stats = True, False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True
        network.train(training)


class HardExamples:
    """Picks the hardest images of each batch; with an `optim`, its own network is trained on them too.

    `optim.whiten_bias` is ignored: the bias of a proxy's first layer is never trained, which saves the largest
    gradient. With several processes, each selects from its own part of the batch; all keep the same proxy by averaging
    gradients. No call waits for the device. The proxy is not part of a LightningModule's weights, so no checkpoint
    predicts with it.
    """

    def __init__(
        self,
        config: SelectionConfig,
        run: duration.Run,
        network: nn.Module,
        *,
        label_smoothing: float = 0.0,
        optim: OptimConfig | None = None,
        accumulate: int = 1,
        bf16: bool = True,
    ) -> None:
        self.config, self.network, self.accumulate = config, network, accumulate
        self.label_smoothing = label_smoothing
        self.start, self.until = duration.steps(config.start, run), duration.steps(config.until, run)
        self.optimizer, self.schedule = (
            optimizer_and_schedule(network, optim, run, bf16=bf16) if optim else (None, None)
        )
        self.clip = optim.clip if optim else 0.0
        self.finite = torch.tensor(True)

    def __call__(self, images: Tensor, targets: Tensor, step: int, part: int = 0) -> tuple[Tensor, Tensor]:
        """The images N x 3 x S x S and targets (N labels, or N x classes) to train on in this step, in order.

        `part` is the index of this part of the step's batch.
        """
        learns = self.optimizer is not None and step % self.config.update_every == 0
        if step >= self.until or (step < self.start and not learns):
            return images, targets
        losses = self._losses(images, targets, learns)
        self.finite = losses.detach().isfinite().all()
        places = hardest(losses.detach(), self.config.share)
        if learns:
            self._learn(losses[places].sum() / (len(losses) * self.accumulate), step, last=part == self.accumulate - 1)
        return (images, targets) if step < self.start else (images[places], targets[places])

    def _losses(self, images: Tensor, targets: Tensor, learns: bool) -> Tensor:
        size, kind = images.shape[-1], images.device.type
        images = resize(images, min(self.config.resolution or size, size))
        # Without autocast's cache: otherwise the network would train on weights that were cast without a gradient.
        # With float16 the proxy trains in float32, since its loss is not scaled.
        enabled = torch.is_autocast_enabled(kind) and not (learns and torch.get_autocast_dtype(kind) is torch.float16)
        autocast = torch.autocast(kind, enabled=enabled, cache_enabled=False)
        with torch.set_grad_enabled(learns), autocast, batch_statistics(self.network):
            logits = self.network(images)
        return F.cross_entropy(logits.float(), targets, label_smoothing=self.label_smoothing, reduction="none")

    def _learn(self, loss: Tensor, step: int, *, last: bool) -> None:
        with torch.autocast(loss.device.type, enabled=False):
            loss.backward()
            if last:
                average_gradients(self.network)
                if self.clip:
                    nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
                self._set_rates(step)
                self.optimizer.step()
                self.optimizer.zero_grad()

    def _set_rates(self, step: int) -> None:
        # Depends only on the step, as the proxy is not trained in every step.
        schedule = self.schedule
        for group, peak, factor in zip(
            self.optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True
        ):
            group["lr"] = peak * factor(step)

    def to(self, device: torch.device) -> None:
        """Move the proxy to a device; the trained network itself is left to its owner."""
        if self.optimizer is not None:
            self.network.to(device)

    def state_dict(self) -> dict:
        """What a resumed run needs: the weights and momenta of a trained proxy, or nothing."""
        if self.optimizer is None:
            return {}
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """Restore a `state_dict`."""
        if self.optimizer is not None:
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])


def average_gradients(network: nn.Module) -> None:
    """Replace each gradient by its mean over all processes."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return
    for parameter in network.parameters():
        if parameter.grad is not None:
            distributed.all_reduce(parameter.grad)
            parameter.grad /= distributed.get_world_size()
