"""Lookahead against its two recursions written out in plain numbers, and what a run of it leaves."""

from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from pipeline.core import duration
from pipeline.core.errors import UserError
from pipeline.training.callbacks.lookahead import Lookahead
from pipeline.training.settings import LookaheadConfig
from tests import tiny
from tests.tiny import train

CURVATURES, RATE, STEPS = [0.5, 1.0, 3.0], 0.1, 11


def plain_loop(every, alpha, power):
    """Gradient descent with lookahead on sum_i c_i w_i^2 / 2 from w = 1, a weight at a time: w after each step."""
    paths = []
    for curvature in CURVATURES:
        slow = fast = 1.0
        path = []
        for step in range(1, STEPS + 1):
            fast -= RATE * curvature * fast
            if step % every == 0 or step == STEPS:
                share = 1 - (1 - alpha) * (step / STEPS) ** power
                slow = (1 - share) * slow + share * fast
                fast = slow
            path.append(fast)
        paths.append(path)
    return torch.tensor(paths).T


def callback_loop(accumulate=1, **options):
    """The same with torch.optim.SGD and the callback, each step in `accumulate`."""
    module = SimpleNamespace(model=nn.Linear(1, 3, bias=False), device=torch.device("cpu"))
    nn.init.ones_(module.model.weight)
    optimizer = torch.optim.SGD(module.model.parameters(), lr=RATE)
    callback = Lookahead(LookaheadConfig(**options), duration.Run(batch_size=1, steps_per_epoch=5, total_steps=STEPS))
    trainer = SimpleNamespace(global_step=0, accumulate_grad_batches=accumulate)
    callback.on_train_start(trainer, module)
    path = []
    for index in range(STEPS * accumulate):
        (torch.tensor(CURVATURES) @ module.model.weight.square() / 2 / accumulate).sum().backward()
        if (index + 1) % accumulate == 0:
            optimizer.step()
            optimizer.zero_grad()
            trainer.global_step += 1
        callback.on_train_batch_end(trainer, module, None, None, index)
        if (index + 1) % accumulate == 0:
            path.append(module.model.weight.detach().flatten().clone())
    return torch.stack(path)


@pytest.mark.parametrize("options", [{"every": 3, "alpha": 0.5, "power": 0.0}, {"every": 5, "alpha": 0.2, "power": 3}])
def test_the_weights_go_the_way_of_the_plain_loop(options):
    torch.testing.assert_close(callback_loop(**options), plain_loop(**options))
    torch.testing.assert_close(callback_loop(accumulate=2, **options), plain_loop(**options))
    assert not torch.allclose(callback_loop(**options), plain_loop(**options | {"alpha": 0.6}))


class Head(pl.Callback):
    """The classifier's weights and a running mean after every step."""

    def __init__(self):
        self.path, self.means = [], []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.path.append(pl_module.model.head.weight.detach().clone())
        self.means.append(pl_module.model.blocks[0].norm1.running_mean.clone())


def run(folder, **options):
    record = Head()
    train(tiny.recipe(lookahead=LookaheadConfig(**options)), tiny.dataset(), folder, extra=[record])
    state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    return record, state


def test_a_run_ends_on_slow_weights_and_statistics_that_know_its_last_steps(tmp_path):
    """Ten steps by fours: the weights met after the eighth, and meet after the tenth again."""
    record, state = run(tmp_path, every=4)
    callbacks = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["callbacks"]
    fast = [value for value in state.values() if value.is_floating_point()]
    assert all(torch.equal(*pair) for pair in zip(fast, callbacks["Lookahead"]["slow"], strict=True))
    for name, values in (("head.weight", record.path), ("blocks.0.norm1.running_mean", record.means)):
        assert not torch.equal(state[f"model.{name}"], values[7])
        assert not torch.equal(state[f"model.{name}"], values[8])


def test_a_lookahead_longer_than_the_run_is_refused():
    tiny.check(tiny.recipe(lookahead=LookaheadConfig(every=10)), tiny.dataset())
    with pytest.raises(UserError, match=r"lookahead\.every is 11, but the run has 10 steps; allowed") as error:
        tiny.check(tiny.recipe(lookahead=LookaheadConfig(every=11)), tiny.dataset())
    assert "\n" not in str(error.value)


def test_an_alpha_of_one_changes_nothing_and_a_half_does(tmp_path):
    without, same, half = (run(tmp_path / name, **options)[1] for name, options in
        (("without", {}), ("same", {"every": 5, "alpha": 1.0}), ("half", {"every": 5})))  # fmt: skip
    assert all(torch.equal(value, same[name]) for name, value in without.items())
    assert not torch.equal(half["model.head.weight"], without["model.head.weight"])


@pytest.mark.parametrize(("field", "value"), [("every", -1), ("alpha", 0.0), ("alpha", 1.1), ("power", -1.0)])
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"lookahead\.{field} is .*allowed"):
        LookaheadConfig(**{field: value})
