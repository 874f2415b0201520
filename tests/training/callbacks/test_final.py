"""Where a run ends its network is validated, whichever epoch that is in."""

import torch

from pipeline.prediction.settings import PredictConfig
from pipeline.runs import folder as runs
from tests import tiny
from tests.tiny import train


def test_the_network_at_the_runs_end_is_a_candidate_for_the_best(tmp_path):
    """Even where no epoch ends, or none that is validated."""
    for name, options in (("short", {"length": "2 steps"}), ("seldom", {"length": "1 epoch", "validate_every": 9})):
        recipe = tiny.recipe(train=options, predict=PredictConfig(checkpoint="best"))
        final = train(recipe, tiny.dataset(), tmp_path / name)
        assert torch.equal(runs.load_network(tmp_path / name, recipe).head.weight, final.model.head.weight)
