"""Hard-example selection: of every batch, train on the images that a proxy network finds hardest.

Training on the images of largest loss gives the same accuracy with fewer passes through the network (Jiang et al.
2019, "Accelerating Deep Learning by Focusing on the Biggest Losers", arXiv 1910.00762). A small proxy that learns
beside the network makes finding them cheap (Jordan's airbench96_faster, beside arXiv 2404.00498; there the proxy's
whole training comes first, which gives the same choices: neither of the two depends on the network).

A batch is drawn in full: epochs, durations and images a second count drawn images. The loss of a step is the kept
images' sum over the number of drawn ones, so an image weighs the same whether others are kept or not.
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
    """Places, int64 in the batch's order, of the `share` (at least one) largest of the losses N; on their device."""
    count = max(1, round(share * len(losses)))
    return losses.topk(count).indices.sort().values


@contextmanager
def batch_statistics(network: nn.Module) -> Iterator[None]:
    """Inside, BatchNorm normalises by the batch and leaves its running statistics alone; dropout rests.

    Running statistics would not fit: they are those of hard images only, at another resolution.
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
    """Picks the hardest images of each batch; with an `optim`, its network learns from them too.

    Of the `optim` all counts but whiten_bias: a proxy's first layer keeps its bias, which spares the largest gradient.
    Several processes each choose from their own part of the batch, by the same proxy: its gradients are averaged.
    No call waits for the device. No part of a LightningModule's weights, so that no predictor contains it.
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
        """The images N x 3 x S x S and targets (N labels, or N x classes) to train on in this step, in their order.

        `part` counts the parts of a step's batch, from 0.
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
        # Without autocast's cache: the network itself must not train on weights that were cast without gradient.
        # In float16 the proxy learns in float32, since its loss is not scaled.
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
        # From the step alone, since not every step learns.
        schedule = self.schedule
        for group, peak, factor in zip(
            self.optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True
        ):
            group["lr"] = peak * factor(step)

    def to(self, device: torch.device) -> None:
        """Move the proxy to a device; the trained network itself is moved by whoever trains it."""
        if self.optimizer is not None:
            self.network.to(device)

    def state_dict(self) -> dict:
        """What a resumed run needs: the weights and momenta of a proxy that learns; nothing otherwise."""
        if self.optimizer is None:
            return {}
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """Go on from a `state_dict`."""
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
