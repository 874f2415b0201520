"""Diagnose a recorded pass: the findings of all layers, most severe first, and the figures behind them."""

import math
from dataclasses import dataclass

from ..passes.recording import Recording
from .evidence import Evidence, collect
from .findings import Finding, Thresholds
from .rules import RULES


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The findings, most severe first, and the evidence for them."""

    findings: list[Finding]
    evidence: list[Evidence]
    thresholds: Thresholds

    @property
    def codes(self) -> set[str]:
        """The codes that occur."""
        return {finding.code for finding in self.findings}

    @property
    def alarms(self) -> list[Finding]:
        """The warnings and critical findings, without infos."""
        return [finding for finding in self.findings if finding.severity != "info"]

    def text(self) -> str:
        """The diagnosis as a few lines of text."""
        lines = [_summary(evidence) for evidence in self.evidence]
        if not self.alarms:
            lines.append("Nothing suspicious (see the thresholds).")
        lines += [str(finding) for finding in self.findings]
        return "\n".join(lines)


def diagnose(recording: Recording, thresholds: Thresholds | None = None, samples: int = 4, rows: int = 64) -> Diagnosis:
    """Diagnose a recorded pass (see `record` and `record_step`).

    samples, rows: the numbers of sequences and of starting steps t over which the Jacobian norms are averaged.
    """
    thresholds = thresholds or Thresholds()
    evidence = collect(recording, samples, rows)
    findings = [finding for item in evidence for rule in RULES for finding in rule(item, thresholds)]
    order = ["critical", "warning", "info"]
    findings.sort(key=lambda finding: order.index(finding.severity))
    return Diagnosis(findings=findings, evidence=evidence, thresholds=thresholds)


def _summary(e: Evidence) -> str:
    head = f"{e.name} ({e.kind}, T = {e.steps})"
    if e.non_finite is not None:
        return f"{head}: {e.non_finite}"
    horizon = f"beyond {e.steps} steps" if e.horizon is None else f"{e.horizon} steps"
    parts = [f"horizon (norm < 0.001) {horizon}", f"growth {e.growth:+.4f} per step"]
    if e.keep is not None:
        parts.append(f"mean {'f' if e.kind == 'lstm' else 'z'} {e.keep.mean().item():.3f}")
    if e.indirect_ratio is not None:
        ratio = "without bound" if math.isinf(e.indirect_ratio) else f"{e.indirect_ratio:.2f}"
        parts.append(f"indirect/direct {ratio}")
    return f"{head}: " + ", ".join(parts)
