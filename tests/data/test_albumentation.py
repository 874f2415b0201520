"""The albumentations engine gives what the recipe says, and the same whoever makes it."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from pipeline.data.albumentation import AugmentedImages, build, strict
from pipeline.data.augment import MEAN, STD
from pipeline.data.augment_settings import AugmentConfig

IMAGES = np.random.Generator(np.random.PCG64(0)).integers(256, size=(4, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(4)
PLAIN = {"flip": "none", "translate": 0, "cutout": 0}


def augmented(seed=0, **changes):
    return AugmentedImages(IMAGES, LABELS, AugmentConfig(**PLAIN | changes), seed)


def normalised(images):
    """By the definition of normalising, in float64: N x 3 x 32 x 32."""
    return ((images / 255 - MEAN) / STD).transpose(0, 3, 1, 2)


def pixels(image):
    """A normalised 3 x 32 x 32 tensor back to uint8 32 x 32 x 3."""
    return np.rint((image.numpy().transpose(1, 2, 0) * STD + MEAN) * 255).astype(np.uint8)


def test_without_augmentation_an_image_is_normalised():
    image, label = augmented()[0, 2]
    np.testing.assert_allclose(image.numpy(), normalised(IMAGES)[2], atol=1e-5)
    assert (image.dtype, image.shape, image.is_contiguous(), label) == (torch.float32, (3, 32, 32), True, 2)


def test_the_random_mirror_shows_each_side_in_half_of_the_epochs():
    data = augmented(flip="random")
    sides = [np.array_equal(pixels(data[epoch, 0][0]), IMAGES[0][:, ::-1]) for epoch in range(1000)]
    straight = [np.array_equal(pixels(data[epoch, 0][0]), IMAGES[0]) for epoch in range(1000)]
    assert all(a != b for a, b in zip(sides, straight, strict=True))
    assert 430 < sum(sides) < 570  # 4.4 standard deviations


def test_the_alternating_mirror_shows_the_two_sides_in_turn():
    data = augmented(flip="alternating")
    sides = np.array([[np.array_equal(pixels(data[e, i][0]), IMAGES[i]) for i in range(4)] for e in range(4)])
    np.testing.assert_array_equal(sides[0], sides[2])
    np.testing.assert_array_equal(sides[0], ~sides[1])


def test_the_alternating_mirror_is_the_tensor_engines():
    from pipeline.data.batches import TensorBatches

    config = AugmentConfig(**PLAIN | {"flip": "alternating"})
    tensors = torch.from_numpy(IMAGES), torch.from_numpy(LABELS)
    batches = TensorBatches(*tensors, config, batch_size=4, total_steps=1, seed=5)
    images, labels = next(batches.epoch(0))
    data = augmented(seed=5, flip="alternating")
    ours = torch.stack([data[0, int(label)][0] for label in labels])
    np.testing.assert_allclose(ours, images, atol=1e-5)


def test_the_crop_takes_all_81_offsets_of_the_reflected_border_evenly():
    data = augmented(translate=4)
    # Mirrored without repeating the border pixel, as numpy's "reflect" does.
    padded = np.pad(IMAGES[0], ((4, 4), (4, 4), (0, 0)), mode="reflect")
    crops = {padded[y : y + 32, x : x + 32].tobytes(): (y, x) for y in range(9) for x in range(9)}
    assert len(crops) == 81
    counts = np.zeros((9, 9))
    for epoch in range(2000):
        counts[crops[pixels(data[epoch, 0][0]).tobytes()]] += 1
    # Chi-squared with 80 degrees of freedom: above 137 once in 10,000 times.
    assert ((counts - 2000 / 81) ** 2 / (2000 / 81)).sum() < 137


def test_the_cutout_sets_a_square_of_64_pixels_to_the_mean_anywhere():
    data = augmented(cutout=8)
    places = set()
    for epoch in range(300):
        image = data[epoch, 1][0].numpy()
        changed = ~np.isclose(image, normalised(IMAGES)[1], atol=1e-5).all(axis=0)
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        assert (np.ptp(rows), np.ptp(columns), changed.sum()) == (7, 7, 64)
        assert (image[:, changed] == 0).all()
        places.add((rows[0], columns[0]))
    assert len(places) > 200
    assert {0, 24} <= {row for row, _ in places}


def test_a_sample_depends_on_seed_epoch_and_index_and_on_nothing_else():
    recipe = {"flip": "random", "translate": 4, "cutout": 8}
    data = augmented(**recipe)
    wanted = data[3, 1][0]
    for key in [(0, 0), (3, 2), (7, 1)]:
        data[key]
    assert torch.equal(data[3, 1][0], wanted)
    assert torch.equal(augmented(**recipe)[3, 1][0], wanted)
    others = [augmented(**recipe, seed=1)[3, 1][0], data[4, 1][0], data[2, 1][0]]
    assert not any(torch.equal(other, wanted) for other in others)


def test_same_images_get_different_augmentation_within_an_epoch():
    same = AugmentedImages(IMAGES[[0] * 4], LABELS, AugmentConfig(**PLAIN | {"translate": 4}), 0)
    assert len({same[0, index][0].numpy().tobytes() for index in range(4)}) > 1


def test_a_fresh_worker_gives_the_same_as_none():
    """Forked ones are in test_workers.py."""
    keys = [(epoch, index) for epoch in range(2) for index in range(4)]
    data = augmented(flip="random", translate=4, cutout=8)
    loader = DataLoader(data, batch_size=2, sampler=keys, num_workers=1, multiprocessing_context="spawn")
    images = torch.cat([batch for batch, _ in loader])
    assert torch.equal(images, torch.stack([data[key][0] for key in keys]))


def test_an_argument_that_the_library_would_ignore_is_an_error():
    import albumentations as A

    with pytest.raises(ValueError, match=r"albumentations refuses the chain: .*max_holes"):
        strict(lambda: A.CoarseDropout(max_holes=1))


def test_the_chain_holds_only_what_the_recipe_asks_for():
    assert len(build(AugmentConfig(**PLAIN))) == 1
    assert len(build(AugmentConfig(flip="random", translate=2, cutout=8))) == 5
