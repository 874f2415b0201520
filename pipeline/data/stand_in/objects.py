"""The ten classes as drawings in a unit square, facing right, with the parts by which a person recognises them."""

from collections.abc import Callable

import numpy as np

from pipeline.data.stand_in.shapes import Frame


def airplane(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Fuselage, swept wings of unequal length (it banks), tail planes, cockpit and a line of windows."""
    far, near, sweep = frame.vary(0.35, 0.85), frame.vary(0.6, 1.0), frame.vary(0.25, 0.5)
    frame.fill(colours["second"], frame.polygon((-0.1, 0), (0.25, 0), (-sweep + 0.12, far), (-sweep, far)))
    frame.fill(colours["main"], frame.polygon((-0.85, 0), (-0.55, 0), (-0.78, 0.42), (-0.95, 0.42)))
    frame.fill(
        colours["main"],
        frame.line((-0.9, 0.02), (0.8, 0), 0.06, 0.15),
        frame.polygon((-0.7, 0), (-0.9, -0.3), (-0.78, -0.3), (-0.5, 0)),
    )
    frame.fill(colours["second"], frame.polygon((0.25, -0.02), (-0.12, -0.02), (-sweep, -near), (-sweep + 0.14, -near)))
    frame.fill(colours["dark"], frame.ellipse(0.78, 0.06, 0.1, 0.06), frame.line((-0.4, 0.05), (0.5, 0.06), 0.025))


def automobile(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Low body, rounded cabin with two windows, two wheels with hubs, lamps."""
    roof, hood = frame.vary(0.38, 0.55), frame.vary(0.3, 0.5)
    frame.fill(
        colours["main"],
        frame.box(-0.95, -0.3, 0.95, 0.08) - 0.04,
        frame.polygon((-0.85, 0), (hood + 0.2, 0), (hood - 0.15, roof), (-0.5, roof)),
    )
    frame.fill(
        colours["light"],
        frame.polygon((-0.7, 0.08), (-0.2, 0.08), (-0.2, roof - 0.08), (-0.47, roof - 0.08)),
        frame.polygon((-0.1, 0.08), (hood + 0.08, 0.08), (hood - 0.2, roof - 0.08), (-0.1, roof - 0.08)),
    )
    frame.fill(colours["accent"], frame.ellipse(0.92, -0.06, 0.08, 0.07))
    _wheels(frame, colours, (-0.55, 0.55), 0.23)


def bird(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Plump body, head with an eye and a pointed beak, wing, long tail, two thin legs."""
    lift, tail = frame.vary(-0.25, 0.6), frame.vary(-0.35, 0.1)
    frame.fill(
        colours["dark"], frame.line((-0.02, -0.3), (-0.08, -0.85), 0.03), frame.line((0.15, -0.3), (0.14, -0.85), 0.03)
    )
    frame.fill(colours["second"], frame.polygon((-0.3, 0.2), (-1.0, tail + 0.12), (-0.95, tail - 0.15), (-0.25, -0.15)))
    frame.fill(
        colours["main"],
        frame.moved(0, -0.02, 1, 0.3).ellipse(0, 0, 0.55, 0.36),
        frame.ellipse(0.5, 0.42, 0.25, 0.24),
    )
    frame.fill(colours["accent"], frame.polygon((0.7, 0.5), (0.68, 0.3), (1.0, 0.38)))
    frame.fill(colours["second"], frame.polygon((0.25, 0.1), (-0.55, lift), (-0.35, -0.15), (0.05, -0.15)))
    frame.fill(colours["dark"], frame.ellipse(0.56, 0.48, 0.06, 0.06))


def cat(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Sitting, seen from the front: pointed ears, round face, bright eyes, stripes, a tail that curls upwards."""
    tail, tilt = frame.vary(0.0, 0.5), frame.vary(-0.2, 0.2)
    frame.fill(
        colours["second"], frame.line((0.25, -0.8), (0.75, -0.6), 0.09), frame.line((0.75, -0.6), (0.8, tail), 0.09)
    )
    frame.fill(colours["main"], frame.ellipse(0, -0.5, 0.42, 0.5), frame.ellipse(-0.05, -0.9, 0.45, 0.12))
    head = frame.moved(0, 0.28, 1, tilt)
    head.fill(
        colours["main"],
        head.ellipse(0, 0, 0.46, 0.38),
        head.polygon((-0.45, 0.05), (-0.08, 0.28), (-0.42, 0.68)),
        head.polygon((0.08, 0.28), (0.45, 0.05), (0.42, 0.68)),
    )
    head.fill(
        colours["second"],
        head.line((0, 0.2), (0, 0.34), 0.04),
        head.line((-0.13, 0.18), (-0.16, 0.32), 0.035),
        head.line((0.13, 0.18), (0.16, 0.32), 0.035),
        head.ellipse(0, -0.15, 0.2, 0.13),
    )
    head.fill(colours["accent"], head.ellipse(-0.18, 0.04, 0.11, 0.08), head.ellipse(0.18, 0.04, 0.11, 0.08))
    head.fill(
        colours["dark"],
        head.ellipse(-0.18, 0.04, 0.035, 0.08),
        head.ellipse(0.18, 0.04, 0.035, 0.08),
        head.ellipse(0, -0.1, 0.06, 0.04),
    )


def deer(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Slender: long thin legs, upright neck, small head, branched antlers, white spots and a short tail."""
    neck = frame.vary(0.3, 0.5)
    _legs(frame, colours["second"], (-0.5, 0.28), 0.04, -0.98)
    frame.fill(
        colours["main"],
        frame.ellipse(-0.1, -0.15, 0.52, 0.22),
        frame.line((0.28, -0.1), (neck, 0.35), 0.13, 0.08),
        frame.line((neck, 0.38), (neck + 0.27, 0.28), 0.11, 0.06),
    )
    frame.fill(colours["light"], frame.ellipse(-0.62, -0.08, 0.07, 0.1), *_spots(frame))
    for lean in (-0.28, 0.12):
        tip = (neck + lean * 1.6, 0.95)
        middle = (neck + lean * 0.9, 0.7)
        frame.fill(
            colours["dark"],
            frame.line((neck, 0.45), middle, 0.035),
            frame.line(middle, tip, 0.03),
            frame.line(middle, (neck + lean * 0.9 + 0.22, 0.85), 0.03),
        )


def dog(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Standing: sturdy legs, blunt muzzle with a black nose, a hanging ear, tongue, raised tail."""
    tail, head = frame.vary(0.2, 0.6), frame.vary(0.25, 0.4)
    frame.fill(colours["main"], frame.line((-0.6, 0), (-0.9, tail), 0.08, 0.05))
    _legs(frame, colours["main"], (-0.5, 0.3), 0.1, -0.8)
    frame.fill(
        colours["main"],
        frame.box(-0.6, -0.4, 0.35, 0.0) - 0.08,
        frame.line((0.3, -0.05), (0.42, head), 0.2),
        frame.ellipse(0.45, head + 0.05, 0.3, 0.28),
    )
    frame.fill(colours["light"], frame.line((0.6, head - 0.05), (0.85, head - 0.07), 0.14, 0.12))
    frame.fill(colours["accent"], frame.ellipse(0.78, head - 0.26, 0.06, 0.12))
    frame.fill(colours["dark"], frame.ellipse(0.95, head, 0.08, 0.07), frame.ellipse(0.58, head + 0.14, 0.05, 0.05))
    frame.fill(colours["second"], frame.moved(0.28, head - 0.06, 1, -0.25).ellipse(0, 0, 0.13, 0.32))


def frog(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Squat and wide, seen from the front: bulging eyes on top, a wide mouth, folded hind legs, webbed feet."""
    width = frame.vary(0.5, 0.62)
    for side in (-1, 1):
        frame.fill(
            colours["second"],
            frame.ellipse(side * 0.68, -0.3, 0.28, 0.3),
            frame.line((side * 0.55, -0.58), (side * 0.98, -0.64), 0.08),
        )
    frame.fill(
        colours["main"],
        frame.ellipse(0, -0.22, width, 0.42),
        frame.ellipse(0, 0.1, 0.55, 0.28),
        frame.ellipse(-0.35, 0.36, 0.2, 0.2),
        frame.ellipse(0.35, 0.36, 0.2, 0.2),
    )
    frame.fill(colours["light"], frame.ellipse(0, -0.36, 0.34, 0.24), frame.ellipse(-0.35, 0.4, 0.13, 0.13))
    frame.fill(colours["light"], frame.ellipse(0.35, 0.4, 0.13, 0.13))
    frame.fill(
        colours["dark"],
        frame.ellipse(-0.35, 0.4, 0.08, 0.05),
        frame.ellipse(0.35, 0.4, 0.08, 0.05),
        frame.line((-0.4, 0.04), (0, -0.06), 0.03),
        frame.line((0, -0.06), (0.4, 0.04), 0.03),
    )
    frame.fill(
        colours["second"], frame.line((-0.25, -0.4), (-0.3, -0.66), 0.08), frame.line((0.25, -0.4), (0.3, -0.66), 0.08)
    )


def horse(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Big body, strong arched neck with a mane, long head hanging forwards, full tail down to the hocks."""
    neck, swing = frame.vary(0.4, 0.56), frame.vary(-0.15, 0.1)
    frame.fill(colours["second"], frame.line((-0.62, 0.05), (-0.88 + swing, -0.5), 0.07, 0.12))
    _legs(frame, colours["main"], (-0.5, 0.28), 0.085, -0.92)
    frame.fill(
        colours["main"],
        frame.ellipse(-0.12, -0.06, 0.56, 0.3),
        frame.line((0.25, 0), (neck, 0.55), 0.24, 0.14),
        frame.line((neck, 0.58), (neck + 0.36, 0.22), 0.14, 0.09),
        frame.polygon((neck - 0.08, 0.6), (neck + 0.1, 0.6), (neck + 0.02, 0.88)),
    )
    frame.fill(
        colours["second"],
        frame.line((neck - 0.16, 0.68), (neck - 0.26, 0.35), 0.08),
        frame.line((neck - 0.26, 0.35), (0.06, 0.16), 0.08),
    )
    frame.fill(colours["dark"], frame.ellipse(neck + 0.1, 0.52, 0.045, 0.045))
    frame.fill(colours["dark"], *[frame.box(x - 0.07, -0.98, x + 0.07, -0.88) for x in (-0.5, 0.28)])


def ship(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """Hull that widens upwards, white superstructure, a striped funnel, a mast, bow wave."""
    deck, funnel = frame.vary(0.3, 0.5), frame.vary(-0.4, 0.0)
    frame.fill(colours["dark"], frame.line((0.35, 0), (0.35, 0.85), 0.03), frame.line((0.2, 0.6), (0.5, 0.6), 0.025))
    frame.fill(colours["accent"], frame.box(funnel - 0.12, 0.1, funnel + 0.12, 0.72))
    frame.fill(colours["dark"], frame.box(funnel - 0.12, 0.6, funnel + 0.12, 0.74))
    frame.fill(colours["light"], frame.box(-0.6, -0.1, 0.5, 0.14), frame.box(-0.45, 0, 0.25, deck))
    frame.fill(colours["second"], frame.line((-0.35, deck - 0.12), (0.15, deck - 0.12), 0.035))
    frame.fill(colours["main"], frame.polygon((-0.7, -0.5), (0.65, -0.5), (1.0, -0.05), (-0.9, -0.05)))
    frame.fill(colours["light"], frame.line((-0.9, -0.5), (0.85, -0.5), 0.045))


def truck(frame: Frame, colours: dict[str, np.ndarray]) -> None:
    """A tall cargo box behind a square cab with a window; three wheels."""
    top, cab = frame.vary(0.5, 0.7), frame.vary(0.15, 0.35)
    frame.fill(colours["second"], frame.box(-0.98, -0.28, 0.38, top))
    frame.fill(colours["dark"], frame.box(-0.98, -0.4, 0.9, -0.26))
    frame.fill(
        colours["main"],
        frame.box(0.44, -0.34, 0.94, 0.02),
        frame.polygon((0.44, 0), (0.94, 0), (0.84, cab), (0.44, cab)),
    )
    frame.fill(colours["light"], frame.polygon((0.6, 0), (0.88, 0), (0.8, cab - 0.06), (0.6, cab - 0.06)))
    frame.fill(colours["accent"], frame.ellipse(0.92, -0.2, 0.06, 0.07))
    frame.fill(colours["main"], frame.line((-0.85, top - 0.2), (0.25, top - 0.2), 0.04))
    _wheels(frame, colours, (-0.72, -0.28, 0.62), 0.2)


def _wheels(frame: Frame, colours: dict[str, np.ndarray], places: tuple[float, ...], radius: float) -> None:
    frame.fill(colours["dark"], *[frame.ellipse(x, -0.4, radius, radius) for x in places])
    frame.fill(colours["light"], *[frame.ellipse(x, -0.4, radius * 0.4, radius * 0.4) for x in places])


def _legs(frame: Frame, colour: np.ndarray, places: tuple[float, ...], width: float, floor: float) -> None:
    """Two legs at each of the places, in mid-step."""
    step = frame.vary(0.02, 0.16)
    legs = [
        frame.line((x, -0.2), (x + side * step, floor), width * 1.3, width * 0.8) for x in places for side in (-1, 1)
    ]
    frame.fill(colour, *legs)


def _spots(frame: Frame) -> list[np.ndarray]:
    return [frame.ellipse(x, y, 0.05, 0.05) for x, y in ((-0.4, -0.05), (-0.22, -0.14), (-0.05, -0.03), (0.1, -0.12))]


DRAWINGS: dict[str, Callable[[Frame, dict[str, np.ndarray]], None]] = {
    drawing.__name__: drawing for drawing in (airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck)
}
