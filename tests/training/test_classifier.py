"""The figures of an epoch: a loss that can be compared with validation's, and the rate that was used."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pipeline.core.duration import Run
from pipeline.optim.config import OptimConfig
from pipeline.training.classifier import Classifier
from pipeline.training.loss import LossConfig
from tests import tiny

RUN = Run(batch_size=4, steps_per_epoch=2, total_steps=4)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_training_loss_is_counted_without_label_smoothing(smoothing):
    classifier = Classifier(nn.Linear(3, 10), LossConfig(label_smoothing=smoothing), OptimConfig(), RUN)
    logits, targets = torch.randn(4, 10, generator=torch.Generator().manual_seed(0)), torch.tensor([1, 5, 0, 9])
    loss = F.cross_entropy(logits, targets, label_smoothing=smoothing)
    rows = logits.double().numpy()
    expected = np.mean(np.log(np.exp(rows).sum(1)) - rows[np.arange(4), targets.numpy()])
    assert float(classifier._comparable(loss, logits, targets)) == pytest.approx(expected, rel=1e-6)


def test_the_learning_rate_of_an_epoch_is_that_of_its_last_step(tmp_path):
    recipe = tiny.recipe(train={"length": "10 steps"}, optim=OptimConfig(kind="sgd", lr=0.1, schedule="linear"))
    tiny.train(recipe, tiny.dataset(), tmp_path)
    rates = pd.read_csv(tmp_path / "metrics.csv")["learning_rate"]
    assert rates.iloc[-1] > 0
    assert rates.iloc[0] > rates.iloc[-1]
