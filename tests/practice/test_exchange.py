"""Exchanged and perturbed test images: nothing is lost, and looked-up labels are right at chance."""

import csv
import hashlib
import json

import numpy as np
import pytest

from leaderboard import cli as leaderboard
from pipeline import cli
from pipeline.core.errors import UserError
from pipeline.core.images import CLASSES, OWN_SPLIT, Dataset
from pipeline.data import sources, stand_in
from pipeline.data.settings import DataConfig
from pipeline.practice.exchange import exchange, perturb

TRAIN, TEST = 6000, 3000


@pytest.fixture(scope="module")
def published():
    """Images that can be told apart, with classes of unlike size, and the labels of the test images."""
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (TRAIN + TEST, 8, 8, 3), dtype=np.uint8)
    labels = draw.choice(10, TRAIN + TEST, p=np.arange(1, 11) / 55)
    dataset = Dataset(
        name="cifar10",
        origin="made up",
        classes=CLASSES,
        train_images=images[:TRAIN],
        train_labels=labels[:TRAIN],
        test_images=images[TRAIN:],
        test_ids=np.arange(1, TEST + 1),
    )
    return dataset, labels[TRAIN:]


def labelled(images, labels):
    return {(hashlib.sha256(image).digest(), int(label)) for image, label in zip(images, labels, strict=True)}


@pytest.mark.parametrize("count", [1, 1000, TEST])
def test_every_image_is_there_once_with_its_label(published, count):
    dataset, labels = published
    changed = exchange(dataset, labels, count, seed=3)
    new = changed.dataset
    before = labelled(dataset.train_images, dataset.train_labels) | labelled(dataset.test_images, labels)
    train, test = labelled(new.train_images, new.train_labels), labelled(new.test_images, changed.labels)
    assert train | test == before
    assert (len(train), len(test), int(changed.exchanged.sum())) == (TRAIN, TEST, count)
    assert len(test & labelled(dataset.train_images, dataset.train_labels)) == count
    np.testing.assert_array_equal(new.test_images[~changed.exchanged], dataset.test_images[~changed.exchanged])
    assert new.name == OWN_SPLIT


def test_classes_keep_their_shares(published):
    dataset, labels = published
    changed = exchange(dataset, labels, 1000, seed=3)
    chosen = np.bincount(changed.labels[changed.exchanged], minlength=10)
    np.testing.assert_allclose(chosen, 1000 * np.bincount(dataset.train_labels, minlength=10) / TRAIN, atol=1.01)


def test_looked_up_labels_are_right_at_chance_on_the_exchanged_images(published):
    dataset, labels = published
    changed = exchange(dataset, labels, 2000, seed=3)
    hits = (changed.labels == labels)[changed.exchanged]
    chance = ((np.bincount(labels) / TEST) * (np.bincount(dataset.train_labels) / TRAIN)).sum()
    assert abs(hits.mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / 2000)
    assert (changed.labels == labels)[~changed.exchanged].all()


def test_the_seed_decides(published):
    dataset, labels = published
    masks = [exchange(dataset, labels, 500, seed).exchanged for seed in (1, 1, 2)]
    assert (masks[0] == masks[1]).all()
    assert (masks[0] != masks[2]).any()


@pytest.mark.parametrize("count", [0, -1, TEST + 1])
def test_a_count_that_does_not_fit(published, count):
    with pytest.raises(UserError, match=f"--exchange {count}: it must lie between 1 and {TEST}"):
        exchange(*published, count, seed=0)


def test_no_perturbed_image_has_the_pixels_of_any_and_none_is_far_from_its_own():
    smooth = np.add.outer(np.arange(32), np.arange(32))[None, :, :, None] + np.arange(0, 150, 3)[:, None, None, None]
    images = np.broadcast_to(smooth, (50, 32, 32, 3)).astype(np.uint8)
    changed = perturb(images, seed=1)
    assert (changed.dtype, changed.shape) == (np.uint8, images.shape)
    originals = {image.tobytes() for image in (*images, *images[:, :, ::-1])}
    assert not {image.tobytes() for image in changed} & originals
    either = np.minimum(np.abs(changed - images.astype(int)), np.abs(changed - images[:, :, ::-1].astype(int)))
    assert either.mean() < 12
    np.testing.assert_array_equal(perturb(images, seed=1), changed)


def test_prepare_writes_it_and_the_leaderboard_scores_the_exchanged_images_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stand_in, "draw", lambda split: stand_in.scenes.draw(split, count=200))
    config = DataConfig(source="stand-in")
    official = sources.test_labels(config, sources.load(config))
    out = tmp_path / "files"
    command = ["prepare", "--out", str(out), "--data.source", "stand-in", "--exchange", "150", "--perturb"]
    assert cli.main([*command, "--seed", "5"]) == 0
    private = out / "private"
    assert json.loads((private / "exchange.json").read_text()) == {"exchange": 150, "perturb": True, "seed": 5}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (private / "exchange.json", private / "exchanged.csv"))
    looked_up = tmp_path / "looked-up.csv"
    with looked_up.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "label"), *((i, CLASSES[k]) for i, k in enumerate(official, 1))])
    scores = {}
    for name in ("solution.csv", "exchanged.csv"):
        capsys.readouterr()
        words = ["score", str(looked_up), "--solution", str(private / name), "--format", "json"]
        assert leaderboard.main(words) == 0
        (row,) = json.loads(capsys.readouterr().out)
        scores[name] = row["rows"], row["score"]
    assert scores["exchanged.csv"][0] == 150
    assert scores["exchanged.csv"][1] < 0.25, "chance is 0.1"
    assert scores["solution.csv"][1] == pytest.approx((50 + 150 * scores["exchanged.csv"][1]) / 200)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--seed", "3"], "--seed 3 decides nothing"),
        (["--exchange", "-1"], "neither may be negative"),
        (["--exchange", "999"], "it must lie between 1 and 20"),
    ],
)
def test_options_that_make_no_sense(tmp_path, monkeypatch, capsys, options, told):
    monkeypatch.setattr(stand_in, "draw", lambda split: stand_in.scenes.draw(split, count=20))
    assert cli.main(["prepare", "--out", str(tmp_path / "new"), "--data.source", "stand-in", *options]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
