"""Shapes on a canvas: areas against closed forms, distances against brute force, poses."""

import numpy as np
import pytest

from pipeline.data.stand_in.shapes import GRID_X, GRID_Y, Frame

# Half-widths are whole numbers of pixels (1/16) where the area is to be exact.
SHAPES = {
    "circle": (lambda frame: frame.ellipse(0.1, -0.2, 0.5, 0.5), np.pi * 0.25),
    "ellipse": (lambda frame: frame.ellipse(0.0, 0.1, 0.7, 0.4), np.pi * 0.28),
    "box": (lambda frame: frame.box(-0.5, -0.25, 0.25, 0.5), 0.75 * 0.75),
    "capsule": (lambda frame: frame.line((-0.4, -0.3), (0.3, 0.4), 0.2), 0.4 * np.hypot(0.7, 0.7) + np.pi * 0.04),
    "triangle": (lambda frame: frame.polygon((-0.7, -0.6), (0.8, -0.4), (0.1, 0.7)), 0.895),
}


def frame(count=1):
    return Frame(
        canvas=np.zeros((count, 3, 1024), np.float32),
        x=np.broadcast_to(GRID_X, (count, 1024)),
        y=np.broadcast_to(GRID_Y, (count, 1024)),
        pixel=np.full((count, 1), 1 / 16, np.float32),
        generator=np.random.Generator(np.random.PCG64(0)),
    )


def area(drawn):
    """Painted area in units of the frame."""
    return drawn.canvas[:, 0].sum(axis=1) / 256


@pytest.mark.parametrize("name", SHAPES)
def test_the_painted_area_is_the_shapes(name):
    distance, expected = SHAPES[name]
    drawn = frame()
    drawn.fill(np.ones((1, 3, 1), np.float32), distance(drawn))
    assert area(drawn) == pytest.approx(expected, rel=0.02)


def test_a_wrong_area_would_be_noticed():
    drawn = frame()
    drawn.fill(np.ones((1, 3, 1), np.float32), drawn.ellipse(0, 0, 0.52, 0.52))
    assert area(drawn) != pytest.approx(np.pi * 0.25, rel=0.02)


def test_the_corners_of_the_triangle_have_the_area_given_above():
    (x0, y0), (x1, y1), (x2, y2) = (-0.7, -0.6), (0.8, -0.4), (0.1, 0.7)
    assert ((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2 == pytest.approx(SHAPES["triangle"][1])


@pytest.mark.parametrize("name", ["circle", "ellipse", "capsule"])
def test_the_distance_near_the_outline_is_that_to_its_nearest_point(name):
    distance = SHAPES[name][0](frame())[0]
    turn = np.linspace(0, 2 * np.pi, 4000)
    outlines = {
        "circle": np.stack([0.1 + 0.5 * np.cos(turn), -0.2 + 0.5 * np.sin(turn)]),
        "ellipse": np.stack([0.7 * np.cos(turn), 0.1 + 0.4 * np.sin(turn)]),
    }
    along = np.linspace(0, 1, 4000)[None]
    axis = np.array([[-0.4], [-0.3]]) + np.array([[0.7], [0.7]]) * along
    points, radius = (axis, 0.2) if name == "capsule" else (outlines[name], 0.0)
    nearest = np.hypot(GRID_X.T - points[0], GRID_Y.T - points[1]).min(axis=1) - radius
    near = np.abs(distance) < 1 / 16
    assert near.sum() > 50
    expected = nearest[near] if name == "capsule" else np.sign(distance[near]) * nearest[near]
    np.testing.assert_allclose(distance[near], expected, atol=0.004)


def test_a_stroke_can_grow_thinner():
    drawn = frame()
    drawn.fill(np.ones((1, 3, 1), np.float32), drawn.line((-0.6, 0), (0.6, 0), 0.3, 0.1))
    trapezoid, ends = 1.2 * 0.4, np.pi * (0.3**2 + 0.1**2) / 2
    assert area(drawn) == pytest.approx(trapezoid + ends, rel=0.02)


def test_a_pose_scales_areas_by_its_square_and_moves_the_centre():
    drawn = frame(2)
    posed = drawn.moved(np.array([[0.25], [-0.5]]), 0.25, np.array([[0.5], [0.25]]), np.array([[0.3], [2.0]]))
    posed.fill(np.ones((2, 3, 1), np.float32), posed.box(-0.5, -0.5, 0.5, 0.5))
    np.testing.assert_allclose(area(drawn), [0.25, 0.0625], rtol=0.03)
    centre = (drawn.canvas[:, 0] * GRID_X).sum(axis=1) / drawn.canvas[:, 0].sum(axis=1)
    np.testing.assert_allclose(centre, [0.25, -0.5], atol=0.01)


def test_a_positive_angle_turns_counter_clockwise():
    drawn = frame()
    posed = drawn.moved(0, 0, 1, np.pi / 2)
    posed.fill(np.ones((1, 3, 1), np.float32), posed.ellipse(0.5, 0, 0.1, 0.1))
    row, column = np.unravel_index(drawn.canvas[0, 0].argmax(), (32, 32))
    assert row < 10
    assert 14 <= column <= 17


def test_a_negative_width_mirrors():
    turned, straight = frame(), frame()
    mirrored = turned.widened(np.array([[-1.0]]))
    mirrored.fill(np.ones((1, 3, 1), np.float32), mirrored.box(0.25, -0.5, 0.75, 0))
    straight.fill(np.ones((1, 3, 1), np.float32), straight.box(-0.75, -0.5, -0.25, 0))
    np.testing.assert_allclose(turned.canvas, straight.canvas, atol=1e-6)


def test_paint_covers_what_lies_under_it_by_its_opacity():
    drawn = frame()
    drawn.fill(np.full((1, 3, 1), 1.0, np.float32), drawn.box(-1, -1, 1, 1) - 1)
    drawn.fill(np.zeros((1, 3, 1), np.float32), drawn.box(-1, -1, 1, 1) - 1, opacity=0.25)
    np.testing.assert_allclose(drawn.canvas, 0.75)
