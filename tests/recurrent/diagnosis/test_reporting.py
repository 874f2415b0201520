"""The report: text, page and pictures, whatever the network is called."""

import html
import re

import pytest
import torch
from torch import nn

from pipeline.recurrent.diagnosis.reporting import path_norms, write_report
from pipeline.recurrent.passes.recording import record


def test_report_of_an_lstm(tmp_path, make, draw, rough_pictures):
    recording = record(make("lstm", bidirectional=True), draw(20, 2, 4), lambda out, _: out[-1].sum())
    write_report(recording, tmp_path / "r", "A <b>title</b>", "a & note")
    page, text = (tmp_path / "r" / "report.html").read_text(), (tmp_path / "r" / "report.txt").read_text()
    assert "A &lt;b&gt;title" in page
    assert "<b>title" not in page
    assert "a &amp; note" in page
    assert text.startswith("A <b>title</b>\na & note\nloss ")
    pictures = {path.name for path in (tmp_path / "r").glob("*.png")}
    kinds = ("heatmap", "lag", "gates", "adjoints", "exponents", "paths")
    assert pictures == {f"{layer}_{kind}.png" for layer in ("l0", "l0_reverse") for kind in kinds}
    assert page.count('src="data:image/png;base64,') == len(pictures)
    assert page.count("<figcaption>") == len(pictures)


def test_the_page_is_one_file_and_names_each_finding_once(tmp_path, make, draw):
    recording = record(make("rnn_tanh"), 30 * draw(60, 2, 4), lambda out, _: out[-1].sum())
    diagnosis = write_report(recording, tmp_path, "large inputs", picture_format="svg")
    page = (tmp_path / "report.html").read_text()
    assert diagnosis.findings
    assert all(page.count(html.escape(finding.evidence)) == 1 for finding in diagnosis.findings)
    assert 'src="data:' in page
    assert not re.search(r"src=.(?!data:)", page)
    assert {path.suffix for path in tmp_path.iterdir()} == {".svg", ".txt", ".html"}


@pytest.mark.parametrize("steps", [1, 2])
def test_short_sequences(tmp_path, make, draw, steps):
    recording = record(make("lstm"), draw(steps, 1, 4), lambda out, _: out.sum())
    assert write_report(recording, tmp_path, "short").findings == []


def test_a_nan_is_reported_without_pictures(tmp_path, make):
    module = nn.GRU(2, 3)
    recording = record(module, torch.full((4, 1, 2), float("nan")), lambda out, _: out.sum())
    assert write_report(recording, tmp_path, "broken").codes == {"non_finite"}
    assert not list(tmp_path.glob("*.png"))
    assert "first at t = 0" in (tmp_path / "report.txt").read_text()


def test_path_norms_are_those_of_the_forget_gate(make, draw):
    direction = record(make("lstm"), draw(9, 1, 4), lambda out, _: out.sum()).trajectory.direction()
    direct, indirect, full, times = path_norms(direction, 0)
    assert times.tolist() == list(range(1, 9))
    torch.testing.assert_close(direct, direction.gates["f"][1:, 0].amax(dim=1))  # spectral, not Frobenius
    assert (indirect > 0).all()
    assert (full <= direct + indirect + 1e-12).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_report_in_half_precision(make, draw, tmp_path, dtype, rough_pictures):
    recording = record(make("lstm", dtype=dtype), draw(9, 2, 4, dtype=dtype), lambda out, _: out.square().mean())
    write_report(recording, tmp_path, "half")
    assert (tmp_path / "report.html").exists()
