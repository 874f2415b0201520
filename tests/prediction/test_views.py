"""Prediction: views against an explicit loop, files byte for byte."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pipeline.core.images import CLASSES
from pipeline.data.augment import normalise
from pipeline.prediction.settings import PredictConfig
from pipeline.prediction.submission import write_probabilities, write_submission
from pipeline.prediction.views import probabilities, view_logits

IMAGES = torch.randint(0, 256, (7, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 6, 5, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(600, 10)).eval()


def six_views(network, images):
    """Every view by itself: mirror images of the image, and of its two diagonal moves by a pixel."""
    normal = normalise(images)
    padded = F.pad(normal, (1, 1, 1, 1), mode="reflect")
    total = 0
    for view, weight in ((normal, 0.25), (padded[..., :32, :32], 0.125), (padded[..., 2:, 2:], 0.125)):
        total = total + weight * (network(view) + network(view.flip(3)))
    return total


@torch.no_grad()
def test_six_views_are_the_explicit_loop(network):
    torch.testing.assert_close(view_logits(network, IMAGES, 6), six_views(network, IMAGES), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(view_logits(network, IMAGES, 6), network(normalise(IMAGES)), atol=1e-3)


@torch.no_grad()
def test_two_views_are_the_image_and_its_mirror_image(network):
    normal = normalise(IMAGES)
    torch.testing.assert_close(view_logits(network, IMAGES, 2), (network(normal) + network(normal.flip(3))) / 2)
    torch.testing.assert_close(view_logits(network, IMAGES, 1), network(normal))


@torch.no_grad()
def test_eighteen_views_are_the_mean_over_all_neighbours(network):
    padded = F.pad(normalise(IMAGES), (1, 1, 1, 1), mode="reflect")
    moved = [padded[..., y : y + 32, x : x + 32] for y in range(3) for x in range(3)]
    expected = sum(network(view) + network(view.flip(3)) for view in moved) / 18
    torch.testing.assert_close(view_logits(network, IMAGES, 18), expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("views", [6, 18])
def test_only_images_of_a_small_margin_see_more_than_two_views(network, views):
    two, all_of_them = view_logits(network, IMAGES, 2), view_logits(network, IMAGES, views)
    sorted_two = two.softmax(1).sort(1).values
    margins = sorted_two[:, -1] - sorted_two[:, -2]
    margin = float(margins.sort().values[3:5].mean())
    mixed = view_logits(network, IMAGES, views, margin)
    for image, own in enumerate(margins):
        expected = all_of_them if own <= margin else two
        torch.testing.assert_close(mixed[image], expected[image], rtol=1e-4, atol=1e-5)
    assert torch.equal(view_logits(network, IMAGES, views, 0.0), two)
    torch.testing.assert_close(view_logits(network, IMAGES, views, 1.0), all_of_them)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_probabilities_do_not_depend_on_the_batches(network, size):
    counts = []
    config = PredictConfig(views=6, batch_size=size)
    table = probabilities(network, IMAGES.numpy(), config, torch.device("cpu"), None, counts.append)
    with torch.no_grad():
        expected = six_views(network, IMAGES).double().softmax(1)
    np.testing.assert_allclose(table, expected, rtol=1e-4, atol=1e-6)
    assert table.dtype == np.float32
    assert sum(counts) == 7
    assert max(counts) <= size


def test_bfloat16_gives_nearly_the_same_probabilities(network):
    config = PredictConfig(views=2)
    exact, rough = (
        probabilities(network, IMAGES.numpy(), config, torch.device("cpu"), half) for half in (None, torch.bfloat16)
    )
    assert 0 < np.abs(exact - rough).max() < 0.02


TABLE = np.array([[0.05] * 9 + [0.55], [0.91] + [0.01] * 9, [0.0] * 3 + [1.0] + [0.0] * 6], dtype=np.float32)


def test_a_submission_byte_for_byte(tmp_path):
    write_submission(tmp_path / "s.csv", np.array([1, 2, 300000]), TABLE, CLASSES)
    assert (tmp_path / "s.csv").read_bytes() == b"id,label\n1,truck\n2,airplane\n300000,cat\n"


def test_probabilities_byte_for_byte(tmp_path):
    write_probabilities(tmp_path / "p.csv", np.array([1, 2, 3]), TABLE, CLASSES)
    lines = (tmp_path / "p.csv").read_bytes().split(b"\n")
    assert lines[0] == b"id,airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"
    assert lines[2] == b"2,0.910000" + b",0.010000" * 9
    assert lines[4:] == [b""]


def test_rows_of_probabilities_sum_to_one(tmp_path, network):
    table = probabilities(network, IMAGES.numpy(), PredictConfig(), torch.device("cpu"), None)
    write_probabilities(tmp_path / "p.csv", np.arange(1, 8), table, CLASSES)
    rows = np.loadtxt(tmp_path / "p.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(rows[:, 0], np.arange(1, 8))
    np.testing.assert_allclose(rows[:, 1:].sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("margin", [-0.1, 1.5])
def test_a_margin_that_is_not_a_share_is_refused(margin):
    with pytest.raises(ValueError, match=rf"predict\.margin is {margin}; allowed: 0 to 1"):
        PredictConfig(margin=margin)


def test_a_batch_of_no_images_is_refused():
    with pytest.raises(ValueError, match=r"predict\.batch_size is 0; allowed: 1 or more"):
        PredictConfig(batch_size=0)
