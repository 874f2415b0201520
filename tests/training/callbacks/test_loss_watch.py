"""A huge loss is said once; a usual one never."""

import pytest

from pipeline.optim.config import OptimConfig
from tests import tiny


@pytest.mark.parametrize(("rate", "lines"), [(0.05, 0), (3e5, 1)])
def test_a_huge_finite_loss_is_said_once(tmp_path, capsys, rate, lines):
    recipe = tiny.recipe(optim=OptimConfig(kind="muon", lr=0.01, head_lr=rate, bias_lr=0.01))
    tiny.train(recipe, tiny.dataset(), tmp_path)
    said = capsys.readouterr().err.count("warning: the training loss is")
    assert said == lines
