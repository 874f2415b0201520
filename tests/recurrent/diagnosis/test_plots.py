"""Each plot shows its figures: what is drawn is read back from the axes."""

import math

import matplotlib.image
import pytest
import torch

from pipeline.recurrent.analysis.decomposition import decompose
from pipeline.recurrent.analysis.norms import LogNorms, log_norms
from pipeline.recurrent.analysis.spectra import LyapunovSpectrum, log_gradient_bound, lyapunov_exponents
from pipeline.recurrent.diagnosis import plots
from pipeline.recurrent.passes.recording import record
from pipeline.recurrent.passes.trajectory import trace


def line(figure, label):
    return next(line for line in figure.axes[0].lines if line.get_label().startswith(label)).get_ydata()


def test_saved_whole_as_png(tmp_path, make, draw):
    figure = plots.lag_curve(torch.linspace(0, -20, 30).double())
    path = plots.save(figure, tmp_path / "lag.png")
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert list(tmp_path.iterdir()) == [path]
    assert matplotlib.image.imread(path).shape[:2] == (800, 1400)  # 7 x 4 inches at 200 dots per inch


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_saved_as_svg_and_pdf(tmp_path, ending, start):
    figure = plots.lag_curve(torch.linspace(0, -20, 30).double())
    assert plots.save(figure, tmp_path / f"lag.{ending}").read_bytes().startswith(start)


def test_pictures_that_are_compared_have_one_scale():
    """Two networks whose gradients end at 1e-3 and at 1e-30: a colour means the same in both."""
    limits = []
    for lowest in (-3.0, -30.0):
        values = torch.tensor([[0.0, math.nan], [lowest * math.log(10), 0.0]], dtype=torch.float64)
        norms = LogNorms(rows=torch.arange(2), values=values)
        limits.append(plots.heatmap(norms).axes[0].images[0].get_clim())
    assert limits == [(-plots.DECADES, 0.0)] * 2


def test_axes_show_powers_of_ten():
    axes = plots.lag_curve(torch.linspace(0, -20, 30).double()).axes[0]
    axes.figure.draw_without_rendering()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert "$10^{-4}$" in labels
    assert "1" in labels


def test_a_factor_of_two_is_not_drawn_as_a_collapse(make, draw):
    recording = record(make("lstm"), draw(3, 2, 4), lambda out, _: out.sum())
    low, high = plots.adjoints(recording.direction()).axes[0].get_ylim()
    assert high - low >= 3


def test_marked_steps(make, draw):
    recording = record(make("gru"), draw(8, 2, 4), lambda out, _: out.sum())
    axes = plots.adjoints(recording.direction(), marked=(0, 3, "the image")).axes[0]
    assert [patch.get_label() for patch in axes.patches] == ["the image"]


def test_heatmap_of_log_norms(make, draw):
    norms = log_norms(trace(make("gru"), draw(12, 1, 4)).direction())
    image = plots.heatmap(norms).axes[0].images[0].get_array()
    assert image.mask[0, 1:].all()
    assert image[5, 5] == pytest.approx(0)
    assert image[9, 4] == pytest.approx(norms.values[9, 4].item() / math.log(10))


def test_heatmap_of_terms_shows_the_future_of_a_lower_layer(make, draw):
    module = make("lstm", num_layers=2, bidirectional=True)
    matrix = decompose(record(module, draw(6, 2, 4), lambda out, _: out.square().sum())).matrix("weight_hh_l0")
    image = plots.heatmap(matrix).axes[0].images[0].get_array()
    assert image[1, 4] == pytest.approx(matrix[1, 4].log10().item())
    assert (image[:, 0] == image.min()).all()  # h before step 0 is 0
    assert not image.mask.any()


@pytest.mark.parametrize("lowest", [-2.0, -100.0])
def test_a_heatmap_is_darkest_where_the_norm_is_exactly_0(lowest):
    values = torch.tensor([[0.0, math.nan], [-math.inf, lowest * math.log(10)]], dtype=torch.float64)
    figure = plots.heatmap(LogNorms(rows=torch.arange(2), values=values))
    image = figure.axes[0].images[0].get_array()
    assert image.mask.tolist() == [[False, True], [False, False]]
    assert image[1, 0] == pytest.approx(-plots.DECADES)
    assert image[1, 1] == pytest.approx(max(lowest, -plots.DECADES))
    assert "exactly 0" in figure.axes[1].get_ylabel()


def test_lag_curve_marks_the_horizon_and_the_bound(make):
    curve = torch.arange(40).double() * math.log(0.5)
    figure = plots.lag_curve(curve, log_gradient_bound(torch.eye(3), torch.arange(40)))
    assert line(figure, "mean norm")[10] == pytest.approx(10 * math.log10(0.5))
    assert line(figure, "bound").tolist() == [0.0] * 40
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "horizon: 10 of 40 steps" in labels
    assert not figure.axes[0].texts  # words inside the picture would lie across a curve
    unbroken = plots.lag_curve(torch.zeros(5).double()).axes[0].get_legend().get_texts()
    assert not any("horizon" in text.get_text() for text in unbroken)


def test_gate_histograms_are_shares(make, draw, cell):
    direction = trace(make(cell, bidirectional=True), draw(6, 8, 4)).direction(reverse=True)
    figure = plots.gate_histograms(direction, bins=10)
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(images) == len(direction.gates)
    assert all(image.sum(axis=0).tolist() == pytest.approx([1.0] * 6) for image in images)


def test_exponents_paths_and_adjoints(make, draw):
    recording = record(make("lstm"), draw(8, 2, 4), lambda out, _: out[-1].sum())
    adjoints = recording.direction()
    spectrum = lyapunov_exponents(adjoints.trajectory, 4)
    bars = plots.exponents(spectrum, 8).axes[0].patches
    assert [bar.get_height() for bar in bars] == pytest.approx(spectrum.exponents.tolist())
    figure = plots.adjoints(adjoints)
    assert line(figure, "total")[0] == pytest.approx(adjoints.hidden_total[0].norm().log10().item())
    assert [math.isnan(value) for value in line(figure, "immediate")] == [True] * 7 + [False]
    both, direct = torch.tensor([0.6, 0.7]), torch.tensor([0.5, 0.4])
    paths = plots.path_split(direct, torch.tensor([0.2, 0.5]), both, torch.tensor([1, 2]))
    assert line(paths, "indirect").tolist() == pytest.approx([0.2, 0.5])
    assert list(line(paths, "1: above")) == [1, 1]
    assert paths.axes[0].get_ylim()[1] > 1


def test_exponents_that_are_gone_reach_the_bottom():
    values = torch.tensor([0.5, -2.0, -math.inf], dtype=torch.float64)
    spectrum = LyapunovSpectrum(exponents=values, change=1.0, sweeps=8, converged=False)
    axes = plots.exponents(spectrum, 8).axes[0]
    heights, colours = zip(*((bar.get_height(), bar.get_facecolor()) for bar in axes.patches), strict=True)
    assert heights[:2] == (0.5, -2.0)
    assert heights[2] == axes.get_ylim()[0] < -2.0
    assert len(set(colours)) == 3
    assert any("gone" in text.get_text() for text in axes.get_legend().get_texts())
    assert "(not converged)" in axes.get_title(loc="left")
    settled = LyapunovSpectrum(exponents=values[:2], change=0.0, sweeps=2, converged=True)
    axes = plots.exponents(settled, 8).axes[0]
    assert "converged" not in axes.get_title(loc="left")
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert not any("gone within" in label for label in labels)
    assert {"grows", "shrinks"} <= set(labels)
    shrinking = LyapunovSpectrum(exponents=values[1:2], change=0.0, sweeps=2, converged=True)
    labels = [text.get_text() for text in plots.exponents(shrinking, 8).axes[0].get_legend().get_texts()]
    assert "grows" not in labels  # no word on a colour that is not there


def test_overview_says_so_when_nothing_is_finite():
    assert "NaN" in plots.overview(None, None, "step 3").texts[-1].get_text()
