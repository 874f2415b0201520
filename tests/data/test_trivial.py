"""TrivialAugment's operations against torchvision's, one image at a time, and how they are shared out."""

import math

import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from pipeline.core.streams import generator
from pipeline.data import trivial
from pipeline.data.augment import normalise, statistics
from pipeline.data.augment_settings import AugmentConfig

SIZE = 32
ALL = AugmentConfig(trivial=1.0)
STILL = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}


def affine(image, **changes):
    return tv.affine(image, **(STILL | changes), interpolation=InterpolationMode.NEAREST)


def slope(signed):
    return math.degrees(math.atan(0.99 * signed))


REFERENCES = {
    "identity": lambda image, level, sign: image,
    "shear_x": lambda image, level, sign: affine(image, shear=[slope(level * sign), 0.0], center=[0, 0]),
    "shear_y": lambda image, level, sign: affine(image, shear=[0.0, slope(level * sign)], center=[0, 0]),
    "translate_x": lambda image, level, sign: affine(image, translate=[int(32 * level) * int(sign), 0]),
    "translate_y": lambda image, level, sign: affine(image, translate=[0, int(32 * level) * int(sign)]),
    "rotate": lambda image, level, sign: tv.rotate(image, 135 * level * sign),
    "brightness": lambda image, level, sign: tv.adjust_brightness(image, 1 + 0.99 * level * sign),
    "colour": lambda image, level, sign: tv.adjust_saturation(image, 1 + 0.99 * level * sign),
    "contrast": lambda image, level, sign: tv.adjust_contrast(image, 1 + 0.99 * level * sign),
    "sharpness": lambda image, level, sign: tv.adjust_sharpness(image, 1 + 0.99 * level * sign),
    "posterize": lambda image, level, sign: tv.posterize(image, 8 - round(6 * level)),
    "solarize": lambda image, level, sign: tv.solarize(image, 255 * (1 - level)),
    "autocontrast": lambda image, level, sign: tv.autocontrast(image),
    "equalize": lambda image, level, sign: tv.equalize(image),
}
EXACT = {"identity", "translate_x", "translate_y", "posterize", "solarize", "equalize"}


def pictures(count, seed=0):
    """Smooth colours with some noise, uint8 N x 3 x 32 x 32: not all values occur, and not equally often."""
    coarse = torch.rand(count, 3, 4, 4, generator=generator(seed)) * 200 + 30
    smooth = torch.nn.functional.interpolate(coarse, size=SIZE, mode="bilinear")
    return (smooth + 20 * torch.rand(count, 3, SIZE, SIZE, generator=generator(seed, 1))).to(torch.uint8)


def pixels_of(normalised):
    scale, shift = (part.view(3, 1, 1) for part in statistics(normalised.device))
    return (normalised + shift) * scale


def normal(images):
    return normalise(images.permute(0, 2, 3, 1))


def test_the_references_are_those_of_all_fourteen():
    assert [operation.__name__ for operation in trivial.OPERATIONS] == list(REFERENCES)


@pytest.mark.parametrize("name", REFERENCES)
def test_an_operation_is_torchvisions_with_a_strength_for_each_image(name):
    images = pictures(2 * trivial.LEVELS)
    levels = torch.arange(trivial.LEVELS).repeat(2) / (trivial.LEVELS - 1)
    signs = torch.tensor([1.0, -1.0]).repeat_interleave(trivial.LEVELS)
    got = getattr(trivial, name)(images.float(), levels.view(-1, 1, 1, 1), signs.view(-1, 1, 1, 1))
    expected = torch.stack([
        REFERENCES[name](*each) for each in zip(images, levels.tolist(), signs.tolist(), strict=True)
    ])  # fmt: skip
    difference = (got - expected.float()).abs()
    # torchvision cuts off to whole numbers, the grey beneath too, and a pixel half-way between two may be either.
    assert (difference > (0 if name in EXACT else 2.01)).float().mean() < (1e-9 if name in EXACT else 2e-3)
    strong = levels > 0.4
    if name != "identity":
        assert ((got - images)[strong].abs().amax((1, 2, 3)) > 1).all(), "it does something"


@pytest.mark.parametrize("operation", trivial.OPERATIONS, ids=lambda operation: operation.__name__)
@pytest.mark.parametrize("value", [0, 7, 255])
def test_an_image_of_one_colour_stays_within_the_range(operation, value):
    image = torch.full((1, 3, SIZE, SIZE), float(value))
    for level in (0.0, 1.0):
        for sign in (-1.0, 1.0):
            got = operation(image, torch.full((1, 1, 1, 1), level), torch.full((1, 1, 1, 1), sign))
            assert got.min() >= 0
            assert got.max() <= 255


def changed(images, share, seed=0):
    """Whether each image was changed by more than rounding."""
    got = trivial.trivial_augment(images, AugmentConfig(trivial=share), generator(seed))
    return (got - images).abs().amax((1, 2, 3)) > 1e-3


def test_images_keep_their_places_and_their_memory():
    images = normal(pictures(56))
    got = trivial.trivial_augment(images, ALL, generator(3))
    assert got.stride() == images.stride()
    still = ~changed(images, 1.0, 3)
    assert still.sum() >= 4
    torch.testing.assert_close(got[still], images[still], rtol=0, atol=1e-5)


def test_the_images_given_are_left_as_they_were():
    images = normal(pictures(28))
    before = images.clone()
    trivial.trivial_augment(images, ALL, generator(1))
    assert torch.equal(images, before)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_share_of_the_images_is_changed(share):
    images = normal(pictures(280))
    # One in fourteen is left as it is on purpose, and weak strengths do nothing: to 0.77 to 0.9 of the share.
    assert 0.7 * share < changed(images, share).float().mean() < 0.95 * share


def test_every_operation_meets_every_place_as_often(monkeypatch):
    count, rounds = 4, 700
    met = torch.zeros(14, count)

    def counting(number):
        def operation(pixels, level, sign):
            met[number, pixels[:, 0, 0, 0].long() // 50] += 1
            return pixels

        return operation

    monkeypatch.setattr(trivial, "OPERATIONS", tuple(counting(number) for number in range(14)))
    named = torch.arange(count).view(-1, 1, 1, 1).expand(-1, 3, 4, 4) * 50
    for seed in range(rounds):
        trivial.trivial_augment(normal(named), ALL, generator(seed))
    expected = rounds / 14
    assert met.sum() == rounds * count
    # Chi-square with 13 x 4 degrees of freedom, nearly.
    assert ((met - expected) ** 2 / expected).sum() < 52 + 5 * math.sqrt(104)


def test_strengths_and_sides_are_drawn_for_each_image(monkeypatch):
    drawn = []
    monkeypatch.setattr(trivial, "OPERATIONS", (lambda pixels, level, sign: drawn.append((level, sign)) or pixels,))
    trivial.trivial_augment(normal(pictures(3000)), ALL, generator(5))
    level, sign = (part.flatten() for part in drawn[0])
    assert sorted(set((level * 30).round().int().tolist())) == list(range(31))
    assert abs(level.mean() - 0.5) < 0.03
    assert set(sign.tolist()) == {-1.0, 1.0}
    assert abs(sign.mean()) < 0.1


def test_the_same_draw_gives_the_same_images_and_another_gives_others():
    images = normal(pictures(40))
    one, same, other = (trivial.trivial_augment(images, ALL, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_pixels_come_out_within_their_range():
    got = pixels_of(trivial.trivial_augment(normal(pictures(140)), ALL, generator(9)))
    assert got.min() > -1e-2
    assert got.max() < 255.01
