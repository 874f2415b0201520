"""Scenes: a background with clutter, one object in a random pose and colour, light and noise."""

import numpy as np

from pipeline.core.images import CLASSES, SIZE
from pipeline.data.stand_in.objects import DRAWINGS
from pipeline.data.stand_in.shapes import GRID_X, GRID_Y, Frame

COUNTS = {"train": 10_000, "test": 2_000}
SEED = 1998
_BATCH = 50  # a canvas of 600 kB, which fits into a core's cache

_VEHICLES = frozenset({"airplane", "automobile", "ship", "truck"})
# Coats and feathers, as red, green, blue: black, grey, white, brown, tan, ginger, olive.
_COATS = np.array(
    [[40, 38, 40], [125, 125, 130], [225, 222, 215], [105, 68, 40], [190, 150, 100], [205, 120, 50], [110, 120, 60]],
    dtype=np.float32,
)
# Upper and lower half of the background: sky and meadow, sky and sea, wall and floor, dusk and street, wood and leaves.
_PLACES = np.array(
    [
        [[150, 190, 235], [95, 145, 70]],
        [[175, 205, 235], [50, 95, 140]],
        [[200, 185, 165], [140, 105, 75]],
        [[170, 150, 160], [100, 100, 105]],
        [[75, 105, 65], [125, 110, 60]],
    ],
    dtype=np.float32,
)


def draw(split: str, count: int | None = None, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """The scenes of one split, with all classes equally often, in random order.

    Args:
        split: `train` or `test`.
        count: number of images, a multiple of ten; by default 10,000 and 2,000.
        seed: every image depends only on (seed, split, class).

    Returns:
        Images, uint8 N x 32 x 32 x 3, and labels, int64 N.
    """
    count = count or COUNTS[split]
    stream = list(COUNTS).index(split)
    labels = np.repeat(np.arange(len(CLASSES)), count // len(CLASSES))
    images = np.concatenate(
        [
            _draw_class(name, count // len(CLASSES), np.random.Generator(np.random.PCG64([seed, stream, label])))
            for label, name in enumerate(CLASSES)
        ]
    )
    order = np.random.Generator(np.random.PCG64([seed, stream, len(CLASSES)])).permutation(count)
    return images[order], labels[order]


def _draw_class(name: str, count: int, generator: np.random.Generator) -> np.ndarray:
    batches = [_draw_batch(name, min(_BATCH, count - start), generator) for start in range(0, count, _BATCH)]
    return np.concatenate(batches)


def _draw_batch(name: str, count: int, generator: np.random.Generator) -> np.ndarray:
    frame = Frame(
        canvas=np.empty((count, 3, SIZE * SIZE), dtype=np.float32),
        x=np.broadcast_to(GRID_X, (count, SIZE * SIZE)),
        y=np.broadcast_to(GRID_Y, (count, SIZE * SIZE)),
        pixel=np.full((count, 1), 2 / SIZE, dtype=np.float32),
        generator=generator,
    )
    _background(frame)
    for _ in range(4):
        _clutter(frame, size=0.4, opacity=0.8)
    _place_object(frame, name)
    for _ in range(2):
        _clutter(frame, size=0.16, opacity=1.0)
    _light_and_noise(frame)
    pixels = np.rint(frame.canvas.clip(0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(pixels.reshape(count, 3, SIZE, SIZE).transpose(0, 2, 3, 1))


def _background(frame: Frame) -> None:
    """Two halves with a tilted, soft or sharp horizon, each with a gradient, and blotches over everything."""
    count = len(frame.canvas)
    places = _PLACES[frame.generator.integers(len(_PLACES), size=count)] / 255
    places = places + frame.generator.normal(0, 0.1, places.shape).astype(np.float32)
    upper, lower = places[:, 0, :, None], places[:, 1, :, None]
    height = frame.y - frame.vary(-0.6, 0.5) - frame.vary(-0.15, 0.15) * frame.x
    above = np.clip(0.5 + height / frame.vary(0.07, 0.5), 0, 1)[:, None]
    frame.canvas[:] = lower + above * (upper - lower) + frame.vary(-0.1, 0.1)[:, None] * frame.y[:, None]
    frame.canvas[:] += _blotches(frame.generator, count) * frame.vary(0, 0.08)[:, None]


def _blotches(generator: np.random.Generator, count: int, cells: int = 9) -> np.ndarray:
    """Smooth noise, B x 1 x 1024: random values on a coarse grid, interpolated linearly."""
    values = generator.standard_normal((count, cells, cells), dtype=np.float32)
    at = np.linspace(0, cells - 1, SIZE, dtype=np.float32)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells, dtype=np.float32)))
    return (weights @ values @ weights.T).reshape(count, 1, SIZE * SIZE)


def _clutter(frame: Frame, size: float, opacity: float) -> None:
    """Draw a bar, a bush or a stone somewhere in each image; in some images it is outside the frame."""
    count = len(frame.canvas)
    colour = _random_colours(frame.generator, count)
    spot = frame.moved(frame.vary(-1.4, 1.4), frame.vary(-1.4, 1.4), frame.vary(0.4, 1) * size, frame.vary(-1.5, 1.5))
    angular = frame.generator.random((count, 1)) < 0.5
    shape = np.where(angular, spot.box(-1, -0.5, 1, 0.5), spot.ellipse(0, 0, 1, 0.7))
    spot.fill(colour, shape, opacity=opacity)


def _place_object(frame: Frame, name: str) -> None:
    count = len(frame.canvas)
    turn = 0.9 if name in {"airplane", "bird"} else 0.35
    scale = frame.vary(0.5, 0.95)
    slack = 1.08 - scale
    posed = frame.moved(frame.vary(-1, 1) * slack, frame.vary(-1, 1) * slack, scale, frame.vary(-turn, turn))
    side = frame.generator.choice(np.array([-1, 1], dtype=np.float32), size=(count, 1))
    stretch = frame.vary(0.85, 1.2)
    DRAWINGS[name](posed.widened(side * stretch), _palette(name, frame))


def _palette(name: str, frame: Frame) -> dict[str, np.ndarray]:
    """Colours of an object's parts: coat colours for an animal, any colour for a vehicle."""
    count = len(frame.canvas)
    main = _random_colours(frame.generator, count) if name in _VEHICLES else _coats(frame)
    second = _random_colours(frame.generator, count) if name in _VEHICLES else main * frame.vary(0.5, 0.8)[:, None]
    # Lit from above.
    shade = (1 + frame.vary(0, 0.35) * frame.y)[:, None]
    return {
        "main": main * shade,
        "second": second * shade,
        "dark": np.full((count, 3, 1), 0.06, np.float32) + frame.vary(0, 0.12)[:, None],
        "light": np.full((count, 3, 1), 0.95, np.float32) - frame.vary(0, 0.2)[:, None],
        "accent": np.array([0.95, 0.7, 0.25], np.float32)[:, None] + frame.generator.normal(0, 0.1, (count, 3, 1)),
    }


def _coats(frame: Frame) -> np.ndarray:
    count = len(frame.canvas)
    coats = _COATS[frame.generator.integers(len(_COATS), size=count)] / 255
    return (coats + frame.generator.normal(0, 0.06, coats.shape)).astype(np.float32)[:, :, None]


def _random_colours(generator: np.random.Generator, count: int) -> np.ndarray:
    """Random hues, from pale to saturated: B x 3 x 1."""
    hue = generator.random((count, 1)) + np.array([0, 1 / 3, 2 / 3])
    vivid = 0.5 + 0.5 * np.cos(2 * np.pi * hue)
    saturation, value = generator.uniform(0.1, 0.9, (count, 1)), generator.uniform(0.3, 1, (count, 1))
    return (value * (1 - saturation + saturation * vivid)).astype(np.float32)[:, :, None]


def _light_and_noise(frame: Frame) -> None:
    """Apply light from one side, a colour cast, contrast and sensor noise."""
    count = len(frame.canvas)
    slope = frame.vary(-0.25, 0.25) * frame.x + frame.vary(-0.25, 0.25) * frame.y
    cast = frame.generator.uniform(0.88, 1.12, (count, 3, 1)).astype(np.float32)
    frame.canvas[:] *= (frame.vary(0.75, 1.15) * (1 + slope))[:, None] * cast
    noise = frame.generator.standard_normal(frame.canvas.shape, dtype=np.float32)
    frame.canvas[:] += noise * frame.vary(0.01, 0.06)[:, None]
