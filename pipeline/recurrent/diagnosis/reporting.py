"""A report on one recorded pass: text, plots, and one HTML page with both."""

import base64
import html
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..analysis.jacobians import step_jacobian
from ..analysis.norms import log_norms
from ..analysis.spectra import lyapunov_exponents
from ..passes.recording import DirectionAdjoints, Recording
from . import plots
from .diagnosis import Diagnosis, diagnose
from .evidence import Evidence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
figure{{margin:1.5rem 0}} img{{max-width:100%}} figcaption{{color:#444}}
.critical{{color:#b00020}} .warning{{color:#8a4b00}}</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""

CAPTIONS = {
    "heatmap": "Each row is a step t at which a gradient of norm 1 starts; further left is what remains of it "
    "at the steps before. The darker the left edge, the less the first steps learn from the last.",
    "lag": "The rows of the picture above, averaged by the number of steps they went back. The dotted line is the "
    "horizon: from there on less than 0.001 is left.",
    "gates": "At each step, how many units have which activation. A gate that is all bright at 0 is shut, one at 1 is "
    "open; a broad band means that the units differ.",
    "adjoints": "What this loss sends to the state of each step. The points are its direct part; the line adds what "
    "comes back through later steps, and it is the line that training sees.",
    "exponents": "How fast each direction of the state grows or shrinks per step, the fastest first. If all bars are "
    "below the dotted line, no direction carries 0.001 of a gradient over the whole sequence.",
    "paths": "How much longer the cell's gradient can become in one step, and which path does it. Below the red line "
    "every step makes it shorter. The one-step norms do not multiply over time.",
}


def write_report(
    recording: Recording, folder: Path | str, title: str, note: str = "", picture_format: str = "png"
) -> Diagnosis:
    """Diagnose a recording; write report.txt, report.html and the pictures of every layer and direction into a folder.

    The page contains its pictures and can be mailed as one file. note: where the recording comes from, shown under the
    title. picture_format: "png", "svg" or "pdf", for the pictures beside the page.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    diagnosis = diagnose(recording)
    body = [f"<p>{html.escape(note)}</p>", *_findings(diagnosis)]
    flat = [adjoints for layer in recording.adjoints for adjoints in layer]
    for evidence, adjoints in zip(diagnosis.evidence, flat, strict=True):
        body.append(f"<h2>Layer {evidence.name}</h2>")
        for name, figure in draw(evidence, adjoints):
            saved = plots.save(figure, folder / f"{evidence.name}_{name}.{picture_format}")
            body.append(_embedded(figure, saved, f"{name} of {evidence.name}", CAPTIONS[name]))
    text = "\n".join(line for line in (title, note, f"loss {recording.loss:.4f}", diagnosis.text()) if line)
    _write(folder / "report.txt", text + "\n")
    _write(folder / "report.html", _PAGE.format(title=html.escape(title), body="\n".join(body)))
    return diagnosis


def draw(evidence: Evidence, adjoints: DirectionAdjoints) -> Iterator[tuple[str, "Figure"]]:
    """The plots of one layer and direction, each with a file name."""
    direction = adjoints.trajectory
    if evidence.non_finite is not None:
        return
    sequence = int(direction.lengths.argmax())
    yield "heatmap", plots.heatmap(log_norms(direction, sample=sequence, rows=128))
    assert evidence.curve is not None
    yield "lag", plots.lag_curve(evidence.curve, evidence.bound)
    yield "gates", plots.gate_histograms(direction)
    yield "adjoints", plots.adjoints(adjoints)
    yield "exponents", plots.exponents(lyapunov_exponents(direction, sample=sequence), evidence.steps)
    if direction.weights.kind == "lstm" and evidence.steps > 1:
        yield "paths", plots.path_split(*path_norms(direction, sequence))


def path_norms(direction, sample: int, points: int = 64):
    """Spectral norms of the direct part, the indirect part and all of the one-step dC/dC at some times; the times."""
    length = int(direction.lengths[sample])
    times = torch.linspace(1, length - 1, min(points, length - 1)).long().unique()
    times = times - 1 if direction.reverse else times

    def norms(kind: str) -> torch.Tensor:
        jacobians = [step_jacobian(direction, int(t), kind, sample) for t in times]
        return torch.linalg.matrix_norm(torch.stack(jacobians).double(), 2).cpu()

    return norms("direct"), norms("indirect"), norms("full"), times


def _embedded(figure: "Figure", saved: Path, alternative: str, caption: str) -> str:
    """A picture inside the page, always as PNG, with a caption."""
    stream = io.BytesIO()
    if saved.suffix != ".png":
        plots.write(figure, stream, "png")
    data = base64.b64encode(stream.getvalue() or saved.read_bytes()).decode()
    image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(alternative)}">'
    return f"<figure>{image}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _findings(diagnosis: Diagnosis) -> list[str]:
    """A line for each layer and direction, then the findings."""
    rows = [
        f'<li class="{finding.severity}"><b>{finding.severity}: {html.escape(finding.code)}</b> in '
        f"{html.escape(finding.where)}: {html.escape(finding.evidence)}.<br>{html.escape(finding.advice)}</li>"
        for finding in diagnosis.findings
    ]
    findings = "<ul>" + "".join(rows) + "</ul>" if rows else "<p>No finding: nothing is past its threshold.</p>"
    # The text begins with a line for each layer and direction.
    summaries = [f"<p>{html.escape(line)}</p>" for line in diagnosis.text().splitlines()[: len(diagnosis.evidence)]]
    return ["<h2>Findings</h2>", findings, *summaries]


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
