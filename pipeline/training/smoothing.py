"""Cross-entropy with label smoothing, in fewer operations than torch's, which also looks for targets to ignore."""

import torch.nn.functional as F
from torch import Tensor


def cross_entropy(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """The mean over N rows as F.cross_entropy, on a CPU to the bit; targets are N labels, or N x classes.

    Labels must be classes: none is ignored.
    """
    if not label_smoothing or targets.ndim > 1:
        return F.cross_entropy(logits, targets, label_smoothing=label_smoothing)
    rows, classes = logits.shape
    logs = logits.log_softmax(1)
    spread = -logs.sum(1)
    share = label_smoothing / classes
    return F.nll_loss(logs, targets) * (1 - label_smoothing) + spread.sum() / rows * share
