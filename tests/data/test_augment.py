"""Augmentation against torch, torchvision, explicit loops and the laws of chance."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms.v2 import functional as tv

from pipeline.core.streams import generator
from pipeline.data import augment
from pipeline.data.augment_settings import AugmentConfig, Resolution


def pictures(count=4, size=8, seed=0):
    """uint8 N x size x size x 3."""
    return torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8, generator=generator(seed))


def test_normalise_is_torchvisions():
    images = pictures(5, 32)
    expected = tv.normalize(tv.to_dtype(images.permute(0, 3, 1, 2), torch.float32, scale=True),
                            mean=[0.4914, 0.4822, 0.4465], std=[0.2470, 0.2435, 0.2616])  # fmt: skip
    got = augment.normalise(images)
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
    assert got.is_contiguous(memory_format=torch.channels_last)
    wrong = tv.normalize(expected, [0.0, 0.0, 0.0], [0.2023 / 0.2470, 0.1994 / 0.2435, 0.2010 / 0.2616])
    assert not torch.allclose(got, wrong, atol=1e-2)


def test_normalise_leaves_the_images_as_they_were():
    images = pictures()
    before = images.clone()
    augment.normalise(images)
    assert torch.equal(images, before)


@pytest.mark.parametrize("pad", [0, 1, 4, 7])
def test_reflected_border_is_torchs(pad):
    images = pictures()
    expected = F.pad(images.permute(0, 3, 1, 2).float(), (pad,) * 4, mode="reflect").permute(0, 2, 3, 1)
    assert torch.equal(augment.reflect_pad(images, pad).float(), expected)


def test_a_crop_is_the_slice_at_its_corner_mirrored_where_asked():
    padded = augment.reflect_pad(pictures(), 4)
    rows, top, left = torch.tensor([3, 0, 3]), torch.tensor([0, 8, 5]), torch.tensor([8, 2, 1])
    flip = torch.tensor([False, True, True])
    cut = augment.crop(padded, rows, top, left, flip, 8)
    for i in range(3):
        expected = padded[rows[i], top[i] : top[i] + 8, left[i] : left[i] + 8]
        assert torch.equal(
            cut[i], tv.horizontal_flip(expected.permute(2, 0, 1)).permute(1, 2, 0) if flip[i] else expected
        )


@pytest.mark.parametrize("corner", [(0, 0), (3, 5), (24, 24)])
def test_cutout_sets_exactly_its_square_to_the_mean(corner):
    images = torch.rand(2, 3, 32, 32) + 1
    holed = augment.cutout(images, 8, torch.tensor([corner[0], 0]), torch.tensor([corner[1], 0]))
    expected = images[0].clone()
    expected[:, corner[0] : corner[0] + 8, corner[1] : corner[1] + 8] = 0
    assert torch.equal(holed[0], expected)
    assert (holed[0] == 0).sum() == 3 * 64


def test_jitter_is_one_line_for_all_pixels_of_an_image_with_the_slopes_and_shifts_of_its_config():
    images = torch.randn(500, 3, 4, 4, generator=generator(1))
    jittered = augment.jitter(images, AugmentConfig(brightness=0.2, contrast=0.1), generator(2))
    lines = [np.polyfit(a.flatten(), b.flatten(), 1, full=True) for a, b in zip(images, jittered, strict=True)]
    assert max(residue[0] for _, residue, *_ in lines) < 1e-9
    slopes, offsets = np.array([coefficients for coefficients, *_ in lines]).T
    for drawn, middle, reach in ((slopes, 1, 0.1), (offsets / slopes, 0, 0.2)):
        assert middle - reach <= drawn.min() < middle - 0.95 * reach
        assert middle + 0.95 * reach < drawn.max() <= middle + reach
        assert abs(drawn.mean() - middle) < 0.1 * reach


def test_no_jitter_leaves_the_images_untouched():
    images = torch.randn(2, 3, 4, 4)
    assert augment.jitter(images, AugmentConfig(), generator(2)) is images


def test_resize_is_torchvisions_with_antialiasing():
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(augment.resize(images, 24), tv.resize(images, [24, 24], antialias=True))
    assert not torch.allclose(augment.resize(images, 24), tv.resize(images, [24, 24], antialias=False), atol=1e-2)
    assert augment.resize(images, 32) is images


LABELS = torch.arange(6) % 4


def mixed(config, seed, count=6, size=16):
    """Constant images, each of its own value, so that a pixel says which image it is of."""
    images = torch.arange(1.0, count + 1)[:, None, None, None].expand(count, 3, size, size).contiguous()
    return images, *augment.mix(images, LABELS[:count], config, 4, generator(seed))


@pytest.mark.parametrize("seed", range(20))
def test_cutmix_shares_are_the_areas(seed):
    _, images, targets = mixed(AugmentConfig(cutmix=1.0), seed)
    for i in range(6):
        area = torch.zeros(4)
        for value in images[i, 0].flatten().tolist():
            area[LABELS[int(value) - 1]] += 1 / 256
        torch.testing.assert_close(targets[i], area)


@pytest.mark.parametrize("seed", range(20))
def test_mixup_shares_are_the_images(seed):
    original, images, targets = mixed(AugmentConfig(mixup=0.5), seed)
    torch.testing.assert_close(targets.sum(1), torch.ones(6))
    shares = targets.gather(1, LABELS[:, None])[:, 0]
    for i in range(6):
        share = shares[i].item()
        others = [j for j in range(6) if LABELS[j] != LABELS[i]]
        if share < 1 - 1e-6:
            assert min(abs(images[i, 0, 0, 0] - share * original[i, 0, 0, 0] - (1 - share) * original[j, 0, 0, 0])
                       for j in others) < 1e-4  # fmt: skip


def test_the_share_of_mixed_batches_and_of_both_kinds():
    config = AugmentConfig(mixup=1.0, cutmix=1.0, mix_share=0.6)
    changed = blended = 0
    for seed in range(600):
        original, images, targets = mixed(config, seed, size=8)
        if images is original:
            assert torch.equal(targets, F.one_hot(LABELS, 4).float())
            continue
        changed += 1
        blended += bool((images != images.round()).any())
    # Five standard deviations of a binomial; a cutmix that pastes nothing counts as changed.
    assert abs(changed - 360) < 5 * math.sqrt(600 * 0.24)
    assert abs(blended - changed / 2) < 5 * math.sqrt(changed / 4)


def test_without_mixing_labels_stay_labels():
    images = torch.rand(6, 3, 8, 8)
    same, labels = augment.mix(images, LABELS, AugmentConfig(), 4, generator(0))
    assert same is images
    assert labels is LABELS


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_moments_of_the_beta_distribution(alpha):
    draws = np.array([augment.beta(alpha, generator(9, seed)) for seed in range(4000)])
    variance = 1 / (4 * (2 * alpha + 1))
    assert abs(draws.mean() - 0.5) < 5 * math.sqrt(variance / 4000)
    assert draws.var() == pytest.approx(variance, rel=0.1)
    assert ((draws >= 0) & (draws <= 1)).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.75, 1.0])
def test_a_pasted_rectangle_covers_its_area_unless_the_border_cuts_it(share):
    images, others = torch.zeros(2, 3, 32, 32), torch.ones(2, 3, 32, 32)
    stays = []
    for seed in range(100):
        mixed_images, kept = augment.paste(images, others, share, generator(seed))
        assert kept == pytest.approx(1 - mixed_images[0, 0].mean().item(), abs=1e-6)
        stays.append(kept)
    side = round(32 * math.sqrt(1 - share))
    assert min(stays) == pytest.approx(1 - side**2 / 32**2, abs=0.2 if share == 0 else 1e-6)
    assert images.abs().max() == 0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.75, 1.0])
def test_a_pasted_rectangle_lies_around_the_pixel_that_was_drawn_as_far_as_the_image_goes(share):
    images, others, side = torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 32, 32), round(32 * math.sqrt(1 - share))
    for seed in range(40):
        centres = torch.randint(32, (2,), generator=generator(seed)).tolist()
        rows, columns = (
            torch.tensor([start <= pixel < start + side for pixel in range(32)])
            for start in (centre - side // 2 for centre in centres)
        )
        mixed_images, _ = augment.paste(images, others, share, generator(seed))
        assert torch.equal(mixed_images[0, 0].bool(), rows[:, None] & columns)


def test_a_generator_depends_on_every_number_of_its_key():
    draws = {
        key: torch.rand(3, generator=generator(*key)).tolist() for key in [(0,), (0, 0), (0, 1), (1, 0), (2, 0, 1)]
    }
    assert len({tuple(draw) for draw in draws.values()}) == len(draws)
    assert torch.rand(3, generator=generator(2, 0, 1)).tolist() == draws[2, 0, 1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("translate", 17),
        ("translate", -1),
        ("cutout", 33),
        ("mix_share", 1.5),
        ("trivial", 1.5),
        ("trivial", -0.1),
        ("mixup", -0.1),
        ("cutmix", -1.0),
        ("brightness", 1.5),
        ("contrast", -0.2),
        ("contrast", 1.0),
        ("workers", -1),
    ],
)
def test_a_value_out_of_range_names_its_key(field, value):
    with pytest.raises(ValueError, match=rf"augment\.{field} is {value}; allowed: 0"):
        AugmentConfig(**{field: value})


@pytest.mark.parametrize(
    ("field", "high"),
    [("translate", 16), ("cutout", 32), ("mix_share", 1), ("trivial", 1), ("brightness", 1), ("contrast", 0.99)],
)
def test_a_value_at_an_end_of_its_range_is_valid(field, high):
    assert [getattr(AugmentConfig(**{field: value}), field) for value in (0, high)] == [0, high]


def test_what_is_not_asked_for_is_off():
    config = AugmentConfig()
    off = (config.cutout, config.brightness, config.contrast, config.trivial, config.mixup, config.cutmix, config.own)
    assert off == (0, 0, 0, 0, 0, 0, None)
    assert config.mix_share == 1


@pytest.mark.parametrize("size", [16, 20, 64])
def test_a_resolution_is_a_multiple_of_4_from_16_to_64(size):
    assert Resolution(size=size, until="50%").by == "resize"


def test_the_centre_has_as_many_pixels_left_and_right_and_may_be_the_whole_image():
    images = torch.rand(2, 3, 24, 24)
    assert torch.equal(augment.center_crop(images, 24), images)
    assert torch.equal(augment.center_crop(images, 20), images[..., 2:22, 2:22])
    assert torch.equal(augment.center_crop(images, 21), images[..., 1:22, 1:22])
    with pytest.raises(ValueError, match="crops 25 pixels of images of 24"):
        augment.center_crop(images, 25)


@pytest.mark.parametrize("size", [12, 30, 68])
def test_a_resolution_out_of_range_is_refused(size):
    with pytest.raises(ValueError, match=rf"augment\.resolutions\.size is {size}; allowed"):
        Resolution(size=size, until="50%")


def test_the_channels_statistics_are_copied_to_a_device_once():
    """A copy waits for a GPU; and they may be made while predicting, and must serve training too."""
    augment.statistics.cache_clear()
    with torch.inference_mode():
        augment.normalise(torch.zeros(1, 4, 4, 3, dtype=torch.uint8))
    scale, shift = augment.statistics(torch.device("cpu"))
    assert not scale.is_inference()
    assert augment.statistics(torch.device("cpu"))[1] is shift
