"""Weight averages against the recursion written out, and what checkpoints hold before they begin."""

import pytest
import pytorch_lightning as pl
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pipeline.runs import folder as runs
from pipeline.training.callbacks.averaging import Averaging
from pipeline.training.settings import AveragingConfig
from tests import tiny
from tests.tiny import train


class Record(pl.Callback):
    """The trained weights after every step, and those that validate."""

    def __init__(self):
        self.trained, self.validated = [], []

    @staticmethod
    def weight(module):
        return module.model.head.weight.detach().clone()

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.trained.append(self.weight(pl_module))

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
        self.validated.append(self.weight(pl_module))


def averaged_run(folder, **options):
    record = Record()
    recipe = tiny.recipe(averaging=AveragingConfig(**options))
    final = train(recipe, tiny.dataset(), folder, extra=[record])
    return record, Record.weight(final), recipe


def ema(weights, decay):
    average = weights[0]
    for weight in weights[1:]:
        average = decay * average + (1 - decay) * weight
    return average


def test_ema_is_the_recursion_over_every_second_step_from_the_start(tmp_path):
    record, final, _ = averaged_run(tmp_path, kind="ema", decay=0.8, every=2, start="3 steps")
    entered = record.trained[3::2]
    torch.testing.assert_close(final, ema(entered, 0.8))
    assert not torch.allclose(final, record.trained[-1], atol=1e-4)
    assert not torch.allclose(final, ema(entered, 0.9), atol=1e-4)


def test_mean_is_the_mean_from_the_start_on_and_predicts(tmp_path):
    record, final, recipe = averaged_run(tmp_path, kind="mean", start="50%")
    torch.testing.assert_close(final, torch.stack(record.trained[5:]).mean(0))
    assert torch.equal(runs.load_network(tmp_path, recipe).head.weight, final)


def test_taking_weights_in_reads_no_number_from_the_device(tmp_path, monkeypatch):
    """Which on a GPU would wait for it, at every step."""
    update, read = Averaging._update, []

    class Reads(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, arguments=(), options=None):
            read.append(function.overloadpacket in (torch.ops.aten._local_scalar_dense, torch.ops.aten._to_copy))
            return function(*arguments, **options or {})

    def watched(self, pl_module, before):
        with Reads():
            update(self, pl_module, before)

    monkeypatch.setattr(Averaging, "_update", watched)
    averaged_run(tmp_path, kind="ema", decay=0.8)
    assert len(read) >= 10
    assert not any(read)


def test_the_average_validates_once_it_has_begun_and_the_trained_weights_before(tmp_path):
    record, _, _ = averaged_run(tmp_path, kind="mean", start="7 steps")
    assert torch.equal(record.validated[0], record.trained[4])
    torch.testing.assert_close(record.validated[-1], torch.stack(record.trained[7:]).mean(0))


def test_before_averaging_begins_a_checkpoint_holds_the_trained_weights(tmp_path):
    record, final, recipe = averaged_run(tmp_path, kind="mean", start="100%")
    assert torch.equal(final, record.trained[-1])
    assert torch.equal(runs.load_network(tmp_path, recipe).head.weight, record.trained[-1])
    best = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=True)
    assert torch.equal(best["state_dict"]["model.head.weight"], record.trained[best["global_step"] - 1])


@pytest.mark.parametrize(("field", "value"), [("decay", 1.0), ("decay", -0.1), ("every", 0), ("start", "later")])
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"averaging\.{field} is .*allowed"):
        AveragingConfig(**{field: value})
