"""A short training run on random images read by rows, to measure what the monitor costs."""

import logging
import tempfile
import warnings
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from pipeline.recurrent.diagnosis.monitor import RNNGradientMonitor


class RowReader(pl.LightningModule):
    """An LSTM (H = 128) that reads T = 32 rows of 96 numbers, with a linear classifier of 10 classes."""

    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(96, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(self.recurrent(rows)[0][:, -1])

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), 1e-3)


def fit_with_monitor(steps: int, every: int, batch: int = 128) -> RNNGradientMonitor:
    """Train for this many steps with the monitor, and return the monitor, which knows its share of the time."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(batch, 32, 96, generator=generator)
    labels = torch.randint(10, (batch,), generator=generator)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Lightning's advice on workers and logging is irrelevant here
        monitor = RNNGradientMonitor(folder, every_n_steps=every)
        trainer = pl.Trainer(
            max_steps=steps,
            accelerator="cpu",
            callbacks=[monitor],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        batches: Any = [(rows, labels)] * min(steps, 100)
        trainer.fit(RowReader(), DataLoader(batches, batch_size=None))
    return monitor
