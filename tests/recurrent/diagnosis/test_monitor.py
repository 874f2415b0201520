"""The Lightning callback: what it writes, what it leaves alone, and how it keeps to its share."""

import csv
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import Logger
from torch import nn
from torch.utils.data import DataLoader

from pipeline.recurrent.diagnosis.monitor import RNNGradientMonitor, first_examples, undisturbed
from pipeline.recurrent.errors import RecurrentError


class Reader(pl.LightningModule):
    def __init__(self, recurrent=True):
        super().__init__()
        self.recurrent = nn.LSTM(3, 4, num_layers=2, dropout=0.5, batch_first=True) if recurrent else nn.Linear(3, 4)
        self.norm, self.head = nn.BatchNorm1d(4), nn.Linear(4, 2)

    def forward(self, x):
        out = self.recurrent(x)
        return self.head(self.norm(out[0][:, -1] if isinstance(out, tuple) else out[:, -1]))

    def training_step(self, batch, index):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


class Notebook(Logger):
    name, version = "notebook", 0

    def __init__(self):
        super().__init__()
        self.metrics, self.images = [], []

    def log_metrics(self, metrics, step=None):
        self.metrics.append((step, metrics))

    def log_hyperparams(self, *args, **kwargs):
        pass

    def log_image(self, key, images, step=None):
        self.images.append((key, images))


def fit(tmp_path, callbacks=(), logger=False, steps=6, recurrent=True, **options):
    torch.manual_seed(0)
    module = Reader(recurrent)
    x, y = torch.randn(16, 10, 3), torch.randint(2, (16,))
    trainer = pl.Trainer(
        max_steps=steps, accelerator="cpu", logger=logger, callbacks=list(callbacks), enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path, log_every_n_steps=1,
        **options,
    )  # fmt: skip
    trainer.fit(module, DataLoader([(x, y)] * 6, batch_size=None))
    return module


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_scalars_pictures_and_loggers(tmp_path):
    monitor, notebook = RNNGradientMonitor(tmp_path / "f", every_n_steps=2, max_share=1e9), Notebook()
    fit(tmp_path, [monitor], notebook)
    assert [row["step"] for row in monitor.history] == [2, 4, 6]
    assert sorted(p.name for p in (tmp_path / "f").glob("*.png")) == [f"gradients_{n:07d}.png" for n in (2, 4, 6)]
    with (tmp_path / "f" / "gradients.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert {"l0/horizon", "l1/growth", "l1/mean_keep", "l0/saturated_i"} <= set(rows[0])
    ours = [(step, m) for step, m in notebook.metrics if "recurrent/l0/horizon" in m]
    assert [step for step, _ in ours] == [2, 4, 6]
    assert [key for key, _ in notebook.images] == ["recurrent/gradients"] * 3
    assert monitor.diagnosis is not None


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_training_is_the_same_with_and_without_it(tmp_path, rough_pictures):
    watched = fit(tmp_path, [RNNGradientMonitor(tmp_path / "f", every_n_steps=1, max_share=1e9)])
    alone = fit(tmp_path)
    for (name, ours), theirs in zip(watched.state_dict().items(), alone.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs), name


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_a_share_of_zero_looks_never_and_says_how_often(tmp_path):
    monitor = RNNGradientMonitor(tmp_path / "f", every_n_steps=2, max_share=0.0)
    fit(tmp_path, [monitor])
    assert monitor.history == []
    assert monitor.skipped == 3
    assert not (tmp_path / "f").exists()


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.parametrize(("accumulate", "every", "looks"), [(2, 1, [1, 2, 3]), (3, 2, [2]), (4, 1, [1, 2])])
def test_one_look_an_optimizer_step_under_accumulation(tmp_path, accumulate, every, looks, rough_pictures):
    monitor = RNNGradientMonitor(tmp_path / "f", every_n_steps=every, max_share=1e9)
    fit(tmp_path, [monitor], steps=len(looks) * every, accumulate_grad_batches=accumulate)
    assert [row["step"] for row in monitor.history] == looks


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_a_skipped_inspection_counts_once_per_step(tmp_path):
    monitor = RNNGradientMonitor(tmp_path / "f", every_n_steps=1, max_share=0.0)
    fit(tmp_path, [monitor], steps=2, accumulate_grad_batches=3)
    assert monitor.skipped == 2


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_a_model_without_recurrence_is_refused_before_training(tmp_path):
    with pytest.raises(RecurrentError, match="nothing recurs"):
        fit(tmp_path, [RNNGradientMonitor(tmp_path)], recurrent=False)


def test_undisturbed_restores_modes_and_random_numbers():
    module, state = Reader(), torch.get_rng_state()
    module.norm.eval()
    with undisturbed(module):
        assert not module.recurrent.training
        torch.rand(3)
    assert module.recurrent.training
    assert not module.norm.training
    assert torch.equal(torch.get_rng_state(), state)


def test_wrong_options_are_refused(tmp_path):
    with pytest.raises(RecurrentError, match="every_n_steps must be at least 1, not 0"):
        RNNGradientMonitor(tmp_path, every_n_steps=0)


def test_batches_that_cannot_be_cut_are_refused_and_time_first_is_noticed():
    x, y = torch.zeros(20, 3), torch.zeros(20)
    assert [len(part) for part in first_examples((x, y), 8)] == [8, 8]
    for batch in ({"x": x}, (x, torch.tensor(5)), (x, y[:7]), (x, "name")):
        with pytest.raises(RecurrentError, match="take="):
            first_examples(batch, 8)


class TimeFirst(Reader):
    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(3, 4)

    def forward(self, x):
        return self.head(self.recurrent(x)[0][-1])


def test_the_monitor_on_batches_with_time_first(tmp_path, rough_pictures):
    batch = torch.randn(30, 12, 3), torch.zeros(30, 12)
    trainer = SimpleNamespace(loggers=[], global_step=1)

    def loss(model, part):
        return model(part[0]).square().mean()

    cut = RNNGradientMonitor(tmp_path, loss=loss, take=lambda batch, n: tuple(part[:, :n] for part in batch))
    cut._inspect(trainer, TimeFirst(), batch)
    assert cut.diagnosis.evidence[0].steps == 30
    wrong = RNNGradientMonitor(tmp_path, loss=loss)
    with pytest.warns(UserWarning, match="12 sequences of 8 steps"):
        wrong._inspect(trainer, TimeFirst(), batch)
