"""The baseline command: a whole submission, better than chance, that never looks at test labels."""

import numpy as np
import pytest

from pipeline.commands import baseline
from pipeline.core.images import CLASSES, Dataset
from pipeline.data import sources
from pipeline.practice.baseline import PENALTIES, choose_penalty


@pytest.fixture
def dataset(monkeypatch):
    """200 and 40 images whose first row tells the class by its brightness; the rest is noise."""
    generator = np.random.Generator(np.random.PCG64(0))
    labels = np.tile(np.arange(10), 24)
    images = generator.integers(60, size=(240, 32, 32, 3), dtype=np.uint8)
    images[np.arange(240), 0, labels] = 255
    # The fit is cubic in the pixels: eight rows will do.
    images = np.ascontiguousarray(images[:, :8])
    found = Dataset(
        name="cifar10",
        origin="a test",
        classes=CLASSES,
        train_images=images[:200],
        train_labels=labels[:200],
        test_images=images[200:],
        test_ids=np.arange(1, 41),
    )
    monkeypatch.setattr(sources, "load", lambda config: found)
    return found


def test_it_writes_a_submission_and_says_how_to_score_it(dataset, tmp_path, capsys):
    out = tmp_path / "linear.csv"
    assert baseline.main(["--out", str(out)]) == 0
    assert f"leaderboard score {out}" in capsys.readouterr().out
    header, *rows = out.read_bytes().decode().split("\n")[:-1]
    assert header == "id,label"
    assert rows == [f"{number},{CLASSES[(number - 1) % 10]}" for number in range(1, 41)]


def test_the_seed_chooses_the_validation_images_alone(dataset):
    first, again = (choose_penalty(dataset.train_images, dataset.train_labels, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first[0].weights, again[0].weights)
    assert first[1] in PENALTIES
    assert first[2] > 0.9
