"""A run folder of version 0.1, as it was written then: it opens, predicts the same, and training goes on from it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline import cli
from pipeline.data import sources
from pipeline.runs import folder as runs
from pipeline.runs.predictions import predict_run
from tests import tiny

# SGD, whose momenta were then those of the project's own class; the images are the tiny ones of these tests.
OLD = Path(__file__).parent / "old_run"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A copy of the folder without the predictions, so that they are made again."""
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    kept = shutil.ignore_patterns("*.npy", "submission.csv")
    return Path(shutil.copytree(OLD, tmp_path / "runs" / "old" / "run", ignore=kept))


def test_its_predictions_are_those_of_then(run, tmp_path):
    assert cli.main(["predict", str(run), "--out", str(tmp_path / "again.csv")]) == 0
    np.testing.assert_allclose(np.load(run / "probabilities.npy"), np.load(OLD / "probabilities.npy"), atol=1e-4)
    assert (tmp_path / "again.csv").read_bytes() == (OLD / "submission.csv").read_bytes()


def test_training_goes_on_to_the_weights_of_then(run):
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("length: 2 epochs", "length: 3 epochs"))
    assert cli.main(["train", "--resume", str(run)]) == 0
    table = predict_run(run, runs.open_run(run), tiny.dataset().test_images, 10, "again")
    np.testing.assert_allclose(table, np.load(OLD / "continued.npy"), atol=1e-4)
    assert np.abs(table - np.load(OLD / "probabilities.npy")).max() > 1e-3
