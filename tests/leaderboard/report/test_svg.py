"""Axes and drawings of the report."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from leaderboard.report import charts
from leaderboard.report.svg import Drawing, Scale


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.9412, 0.9577), (0, 23.7), (0, 14000), (0.2, 0.2001), (0, 0.5), (17, 19)]
)
def test_ticks_are_round_and_on_the_axis(low: float, high: float) -> None:
    ticks = Scale(low, high, 0, 100).ticks(6)
    assert 2 <= len(ticks) <= 8
    steps = np.diff(ticks)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    assert round(steps[0] / 10 ** np.floor(np.log10(steps[0] * 1.0001)), 6) in (1, 2, 5)
    assert low - 1e-9 <= ticks[0] <= ticks[-1] <= high + 1e-9


def test_whole_ticks() -> None:
    assert Scale(0, 2, 0, 1).ticks(5, whole=True) == [0, 1, 2]


def test_a_scale_is_linear_and_keeps_to_its_ends() -> None:
    scale = Scale(10, 20, 300, 100)
    assert [scale(value) for value in (5, 10, 15, 20, 30)] == [300, 300, 200, 100, 100]


def test_a_drawing_is_well_formed_whatever_the_text() -> None:
    drawing = Drawing("key", "a <b> & c", 50)
    drawing.text(1, 2, '"><script>')
    drawing.rotated_text(1, 2, "<i>")
    drawing.box(0, 0, -1, 3, "bar", "<&>")
    root = ElementTree.fromstring(drawing.finish())
    assert not root.findall(".//script")
    assert root.find("rect").get("width") == "0"
    assert root.find("text").text == '"><script>'


def test_the_development_needs_two_moments_and_names_its_lines() -> None:
    assert charts.development({}, 5, "UTC") is None
    assert charts.development({1: [(7, 0.5)]}, 9, "UTC") is None
    day = 86_400_000_000
    drawn = charts.development({1: [(day, 0.5), (3 * day, 0.6)], 2: [(2 * day, 0.7)]}, 4 * day, "UTC")
    root = ElementTree.fromstring(drawn)
    assert {"best", "median", "accuracy on public rows (%)", "date (UTC)"} <= {text.text for text in root.iter("text")}
    # Two teams, the best and the median.
    assert [path.get("class") for path in root.iter("path")].count("faint") == 2


def test_a_line_for_each_move() -> None:
    root = ElementTree.fromstring(charts.moves("moves", [("a", 1, 2), ("b", 2, 1), ("c", 3, 3)]))
    assert [path.get("class") for path in root.iter("path")] == ["fall", "rise", "same"]


def test_a_baseline_far_below_is_a_number_and_does_not_stretch_the_axis() -> None:
    bars = [charts.Bar("a", 0.9, 0.89, 0.91, 1), charts.Bar("b", 0.88, 0.87, 0.89, 2), charts.Bar("c", 0.1, 0.09, 0.11)]
    root = ElementTree.fromstring(charts.intervals("key", "title", bars, "accuracy (%)"))
    texts = [text.text for text in root.iter("text")]
    assert "‹ 10.0" in texts
    assert any(text.startswith("87") for text in texts)
    assert not any(text.startswith("50") for text in texts)
    assert len(list(root.iter("circle"))) == 2
