"""Batches: every image once an epoch, the same at the same step, parts that make up the whole, fair chance."""

import math

import numpy as np
import pytest
import torch

from pipeline.data.augment import normalise
from pipeline.data.augment_settings import AugmentConfig, Resolution
from pipeline.data.batches import TensorBatches

COUNT, BATCH, PER_EPOCH = 50, 12, 4


def batches(config=None, *, images=None, **options):
    """Images whose label is their number; 4 whole batches of 12 an epoch, 2 images left out."""
    if images is None:
        images = torch.arange(COUNT, dtype=torch.uint8)[:, None, None, None].expand(COUNT, 16, 16, 3).contiguous()
    settings = {"batch_size": BATCH, "total_steps": 20, "seed": 3, "classes": COUNT} | options
    return TensorBatches(images, torch.arange(len(images)), config or AugmentConfig(), **settings)


def labels_of(parts):
    return torch.cat([labels for _, labels in parts]).tolist()


@pytest.mark.parametrize("epoch", [0, 1, 7])
def test_an_epoch_shows_no_image_twice_and_leaves_out_only_the_incomplete_batch(epoch):
    parts = list(batches().epoch(epoch * PER_EPOCH))
    assert [len(labels) for _, labels in parts] == [BATCH] * PER_EPOCH
    assert len(set(labels_of(parts))) == BATCH * PER_EPOCH


def test_epochs_have_different_orders_and_leave_out_different_images():
    source = batches()
    orders = [labels_of(source.epoch(epoch * PER_EPOCH)) for epoch in range(6)]
    assert len({tuple(order) for order in orders}) == 6
    assert len({frozenset(range(COUNT)) - frozenset(order) for order in orders}) > 1


ALL = AugmentConfig(translate=2, cutout=4, brightness=0.2, contrast=0.1, trivial=0.8, mixup=0.5, cutmix=1.0)


def test_a_step_has_the_same_batch_wherever_training_starts():
    for step in (1, 3, 6):
        straight = list(batches(ALL).epoch(step - step % PER_EPOCH))[step % PER_EPOCH :]
        started = list(batches(ALL).epoch(step))
        assert len(straight) == len(started) == PER_EPOCH - step % PER_EPOCH
        for (images, targets), (again, targets_again) in zip(straight, started, strict=True):
            assert torch.equal(images, again)
            assert torch.equal(targets, targets_again)


def test_another_seed_gives_other_batches():
    one, other = (next(batches(seed=seed).epoch(0)) for seed in (3, 4))
    assert one[1].tolist() != other[1].tolist()


@pytest.mark.parametrize(("world", "accumulate"), [(2, 1), (3, 1), (1, 2), (1, 4), (2, 3)])
def test_ranks_and_parts_divide_the_global_batch_into_equal_parts(world, accumulate):
    whole = list(batches().epoch(0))
    shares = [list(batches(rank=rank, world_size=world, accumulate=accumulate).epoch(0)) for rank in range(world)]
    for step, (images, labels) in enumerate(whole):
        parts = [share[step * accumulate + index] for share in shares for index in range(accumulate)]
        assert {len(part) for _, part in parts} == {BATCH // (world * accumulate)}
        found = torch.cat([part for _, part in parts])
        assert sorted(found.tolist()) == sorted(labels.tolist())
        order = [found.tolist().index(label) for label in labels.tolist()]
        assert torch.equal(torch.cat([part for part, _ in parts])[order], images)


def coordinates():
    """One image whose red is its row and whose green is its column."""
    image = torch.zeros(1, 32, 32, 3, dtype=torch.uint8)
    image[0, :, :, 0], image[0, :, :, 1] = torch.arange(32)[:, None], torch.arange(32)
    return image


def test_a_border_of_4_gives_all_81_crops_equally_often():
    size, epochs = 540, 6
    source = batches(AugmentConfig(flip="none", translate=4), images=coordinates().repeat(size, 1, 1, 1),
                     batch_size=size, total_steps=epochs, classes=size)  # fmt: skip
    counts = np.zeros((9, 9), dtype=int)
    # Pixel (16, 16) of a crop at offset (y, x) is the image's (16 + y - 4, 16 + x - 4).
    codes = {round(value, 4): i for i, value in enumerate(normalise(coordinates())[0, 0, :, 0].tolist())}
    greens = {round(value, 4): i for i, value in enumerate(normalise(coordinates())[0, 1, 0].tolist())}
    for epoch in range(epochs):
        images, _ = next(source.epoch(epoch))
        for red, green in images[:, :2, 16, 16].tolist():
            counts[codes[round(red, 4)] - 12, greens[round(green, 4)] - 12] += 1
    expected = size * epochs / 81
    assert counts.min() > 0
    # Chi-square with 80 degrees of freedom: mean 80, deviation 12.6.
    assert abs(((counts - expected) ** 2 / expected).sum() - 80) < 5 * math.sqrt(160)


def sides(flip, epochs, seed=0):
    """+1 where an image is shown as it is, -1 where mirrored: epochs x images, in the images' order."""
    count = 400
    image = torch.zeros(count, 16, 16, 3, dtype=torch.uint8)
    image[:, :, :8] = 255
    source = batches(AugmentConfig(flip=flip, translate=0), images=image, batch_size=count, total_steps=epochs,
                     seed=seed, classes=count)  # fmt: skip
    shown = torch.zeros(epochs, count)
    for epoch in range(epochs):
        images, labels = next(source.epoch(epoch))
        shown[epoch, labels] = (images[:, 0, 0, 0] - images[:, 0, 0, -1]).sign()
    return shown


def test_alternating_flip_shows_each_side_in_turn_and_half_start_on_each():
    shown = sides("alternating", 6)
    assert torch.equal(shown[1:], -shown[:-1])
    assert abs((shown[0] > 0).sum() - 200) < 5 * 10
    assert not torch.equal(shown[0], sides("alternating", 1, seed=1)[0])


def test_random_flip_mirrors_half_and_independently_each_epoch():
    shown = sides("random", 10)
    assert abs((shown > 0).sum() - 2000) < 5 * math.sqrt(1000)
    agree = (shown[1:] == shown[:-1]).sum()
    assert abs(agree - 1800) < 5 * math.sqrt(900)


def test_no_flip_mirrors_nothing():
    assert (sides("none", 2) == 1).all()


def test_cutout_blanks_its_area_in_every_image_at_varying_places():
    images = torch.full((COUNT, 16, 16, 3), 255, dtype=torch.uint8)
    holed, _ = next(batches(AugmentConfig(cutout=5), images=images).epoch(0))
    assert ((holed == 0).sum((1, 2, 3)) == 3 * 25).all()
    assert len({tuple(torch.nonzero(image[0] == 0)[0].tolist()) for image in holed}) > 5


def test_jitter_changes_the_colours_of_a_batch_and_nothing_else():
    plain, labels = next(batches().epoch(0))
    for config in (AugmentConfig(brightness=0.2), AugmentConfig(contrast=0.2)):
        jittered, same = next(batches(config).epoch(0))
        assert torch.equal(labels, same)
        changed = (jittered != plain).all((1, 2, 3))
        assert changed.sum() >= BATCH - 1
        assert jittered.is_contiguous(memory_format=torch.channels_last)


def test_progressive_resolution_follows_its_stages():
    stages = [Resolution(size=16, until="25%"), Resolution(size=24, until="2 epochs")]
    images = torch.zeros(COUNT, 32, 32, 3, dtype=torch.uint8)
    source = batches(AugmentConfig(resolutions=stages), images=images)
    sizes = [part.shape[-1] for epoch in range(3) for part, _ in source.epoch(epoch * PER_EPOCH)]
    assert sizes == [16] * 5 + [24] * 3 + [32] * 4


def test_a_crop_stage_shows_the_middle_of_the_images_and_full_size_follows():
    images = torch.randint(0, 256, (COUNT, 32, 32, 3), dtype=torch.uint8)
    plain = dict(enumerate(batches(AugmentConfig(), images=images).epoch(0)))
    stage = Resolution(size=28, until="2 steps", by="crop")
    cut = dict(enumerate(batches(AugmentConfig(resolutions=[stage]), images=images).epoch(0)))
    assert torch.equal(cut[1][0], plain[1][0][:, :, 2:30, 2:30])
    assert torch.equal(cut[2][0], plain[2][0])
    assert cut[1][0].is_contiguous(memory_format=torch.channels_last)


def test_images_of_a_batch_are_the_images_of_its_labels():
    images, labels = next(batches(AugmentConfig(translate=2)).epoch(5))
    expected = normalise(labels.to(torch.uint8)[:, None, None, None].expand(-1, 1, 1, 3))
    torch.testing.assert_close(images, expected.expand_as(images))


def test_mixing_is_repeatable_for_each_part():
    first, second = list(batches(ALL, accumulate=2).epoch(0))[:2]
    again = list(batches(ALL, accumulate=2).epoch(0))[:2]
    assert torch.equal(first[1], again[0][1])
    assert torch.equal(second[1], again[1][1])
