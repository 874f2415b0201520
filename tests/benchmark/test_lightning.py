"""The Lightning row says how noisy it is, repeats until it can tell, or says that it cannot."""

import itertools

import numpy as np
import pytest

from pipeline.benchmark import lightning
from pipeline.benchmark.lightning import overhead, overhead_from
from tests import tiny


def loops(monkeypatch, shares):
    """Let a round's Lightning loop take 1 + the next share of the bare one's time."""
    turns = itertools.cycle(shares)
    monkeypatch.setattr(lightning, "bare_loop", lambda *_: [1.0, 3.0])
    monkeypatch.setattr(
        lightning, "lightning_loop", lambda *_: [(1 + share) * s for share in [next(turns)] for s in (1, 3)]
    )
    return overhead(tiny.recipe(), 4, rounds=4)


def test_the_spread_of_normal_rounds_is_the_medians_standard_error():
    draw = np.random.default_rng(0)
    bare = np.ones((1001, 1))
    cost = overhead_from(bare, bare + draw.normal(0.05, 0.2, bare.shape))
    assert cost.share == pytest.approx(0.05, abs=0.03)
    medians = [np.median(draw.normal(0.05, 0.2, 1001)) for _ in range(400)]
    assert cost.spread == pytest.approx(np.std(medians), rel=0.15)


def test_a_quiet_machine_needs_only_the_rounds_asked_for(monkeypatch):
    cost = loops(monkeypatch, [0.05, 0.051, 0.049, 0.05])
    assert cost.rounds == 4
    assert str(cost).startswith("+100.00 ms = +5.0% ± ")
    assert str(cost).endswith("(4 rounds)")


def test_a_share_within_its_spread_is_not_told_from_none(monkeypatch):
    assert str(loops(monkeypatch, [0.01, -0.01, 0.012, -0.008])).endswith("(4 rounds), not distinguishable from 0")


def test_a_noisy_machine_gets_more_rounds_and_then_it_is_said(monkeypatch):
    cost = loops(monkeypatch, [0.9, -0.4, 0.5, -0.3])
    assert cost.rounds == 4 * lightning.MOST
    assert str(cost).startswith("unknown, as the machine is too noisy: ")
    assert str(cost).endswith("after 16 rounds")
