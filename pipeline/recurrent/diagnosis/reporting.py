"""A report of one recorded pass: text, plots and one HTML page that shows them with the findings."""

import html
from collections.abc import Iterator
from pathlib import Path

import torch

from ..analysis.jacobians import step_jacobian
from ..analysis.norms import log_norms
from ..analysis.spectra import lyapunov_exponents
from ..passes.recording import DirectionAdjoints, Recording
from . import plots
from .diagnosis import Diagnosis, diagnose
from .evidence import Evidence

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
img{{max-width:100%}} pre{{background:#f4f4f4;padding:1rem;white-space:pre-wrap}}
.critical{{color:#b00020}} .warning{{color:#a05a00}}</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def write_report(recording: Recording, folder: Path | str, title: str, note: str = "") -> Diagnosis:
    """Diagnose a recording and write report.txt, report.html and PNGs of every layer and direction into a folder.

    note: where the recording comes from, shown under the title. Files are written whole.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    diagnosis = diagnose(recording)
    body = [f"<p>{html.escape(note)}</p>", *_findings(diagnosis)]
    flat = [adjoints for layer in recording.adjoints for adjoints in layer]
    for evidence, adjoints in zip(diagnosis.evidence, flat, strict=True):
        body.append(f"<h2>Layer {evidence.name}</h2>")
        for name, figure in draw(evidence, adjoints):
            path = plots.save(figure, folder / f"{evidence.name}_{name}.png")
            body.append(f'<p><img src="{path.name}" alt="{html.escape(name)} of {evidence.name}"></p>')
    text = "\n".join(line for line in (title, note, f"loss {recording.loss:.4f}", diagnosis.text()) if line)
    _write(folder / "report.txt", text + "\n")
    _write(folder / "report.html", _PAGE.format(title=html.escape(title), body="\n".join(body)))
    return diagnosis


def draw(evidence: Evidence, adjoints: DirectionAdjoints) -> Iterator[tuple[str, object]]:
    """The plots of one layer and direction, each with the name of its file."""
    direction = adjoints.trajectory
    if evidence.non_finite is not None:
        return
    sequence = int(direction.lengths.argmax())
    yield "heatmap", plots.heatmap(log_norms(direction, sample=sequence, rows=128))
    yield "lag", plots.lag_curve(evidence.curve, evidence.bound)
    yield "gates", plots.gate_histograms(direction)
    yield "adjoints", plots.adjoints(adjoints)
    yield "exponents", plots.exponents(lyapunov_exponents(direction, sample=sequence), evidence.steps)
    if direction.weights.kind == "lstm" and evidence.steps > 1:
        yield "paths", plots.path_split(*path_norms(direction, sequence))


def path_norms(direction, sample: int, points: int = 64):
    """|direct|_F and |indirect|_F of the one-step dC/dC at evenly spaced times, and the times."""
    length = int(direction.lengths[sample])
    times = torch.linspace(1, length - 1, min(points, length - 1)).long().unique()
    times = times - 1 if direction.reverse else times
    norms = lambda kind: torch.stack([step_jacobian(direction, int(t), kind, sample).norm() for t in times])  # noqa: E731
    return norms("direct").double().cpu(), norms("indirect").double().cpu(), times


def _findings(diagnosis: Diagnosis) -> list[str]:
    rows = [
        f'<li class="{finding.severity}"><b>{finding.severity}: {html.escape(finding.code)}</b> in '
        f"{html.escape(finding.where)}: {html.escape(finding.evidence)}.<br>{html.escape(finding.advice)}</li>"
        for finding in diagnosis.findings
    ]
    findings = "<ul>" + "".join(rows) + "</ul>" if rows else "<p>No finding: nothing is past its threshold.</p>"
    return ["<h2>Findings</h2>", findings, f"<pre>{html.escape(diagnosis.text())}</pre>"]


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
