"""Rules that turn the figures of a recorded pass into findings: what is wrong, how badly, why, and what to do."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..passes.recording import Recording
from .evidence import Evidence, collect

CODES = {
    "non_finite": "a NaN or an infinity",
    "vanishing": "the gradient is gone long before the sequence's start",
    "exploding": "the gradient grows without limit on its way back",
    "saturation": "gates or units sit where their slope is nearly 0",
    "forget_path": "the direct path through the keeping gate closes early",
    "indirect_over_direct": "the cell's gradient runs through the gates more than through its own memory",
    "non_normality": "the recurrent matrix amplifies for a while although its eigenvalues say it shrinks",
    "cancellation": "the contributions of the steps undo each other",
    "half_precision_underflow": "float16 would round much of the gradient to 0",
}


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where each rule begins to speak. Chosen so that PyTorch's default networks at T = 32 stay silent."""

    horizon_share: float = 0.25
    """vanishing, forget_path: the 0.001 horizon is below this share of T (and T is at least 16)."""
    critical_share: float = 0.05
    """vanishing is critical below this share of T."""
    explosion: float = 1e3
    """exploding: the geometric mean of the gradient's norm grows more than this; critical at its square."""
    saturated: float = 0.5
    """saturation: this share of a gate's activations (or of ReLU units that are 0 throughout); critical at 0.9."""
    indirect_ratio: float = 1.0
    """indirect_over_direct: |indirect|_F / |direct|_F is above this."""
    transient: float = 10.0
    """non_normality: max_n |W^n|_2 is above this with a spectral radius below 1."""
    cancellation: float = 10.0
    """cancellation: the index is above this times sqrt(T). Terms of random sign give about sqrt(T)."""
    half_underflow: float = 0.5
    """half_precision_underflow: more than this share of the nonzero adjoints is below 2^-25."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    code: str
    """A key of CODES."""
    severity: str
    """"critical" (training cannot work over these steps), "warning" or "info"."""
    where: str
    """The layer and direction, as PyTorch's suffix."""
    evidence: str
    """The figures."""
    advice: str
    """What to do."""

    def __str__(self) -> str:
        """Two lines."""
        return f"[{self.severity}] {self.code} in {self.where}: {self.evidence}\n    {self.advice}"


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The findings, gravest first, and the evidence behind them."""

    findings: list[Finding]
    evidence: list[Evidence]
    thresholds: Thresholds

    @property
    def codes(self) -> set[str]:
        """The codes that occur."""
        return {finding.code for finding in self.findings}

    def text(self) -> str:
        """A few lines for a terminal."""
        lines = [_summary(evidence) for evidence in self.evidence]
        lines += [str(finding) for finding in self.findings] or ["no finding: nothing is past its threshold"]
        return "\n".join(lines)


def diagnose(recording: Recording, thresholds: Thresholds | None = None, samples: int = 4, rows: int = 64) -> Diagnosis:
    """Judge a recorded pass (see `record` and `record_step`).

    samples, rows: over how many sequences and from how many steps t the Jacobian norms are averaged.
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
    parts = [f"horizon (norm < 0.001) {horizon}", f"growth {e.growth:+.4f} a step"]
    if e.keep is not None:
        parts.append(f"mean {'f' if e.kind == 'lstm' else 'z'} {e.keep.mean().item():.3f}")
    if e.indirect_ratio is not None:
        ratio = "without bound" if math.isinf(e.indirect_ratio) else f"{e.indirect_ratio:.2f}"
        parts.append(f"indirect/direct {ratio}")
    return f"{head}: " + ", ".join(parts)


def _non_finite(e: Evidence, _: Thresholds) -> Iterator[Finding]:
    if e.non_finite is None:
        return
    advice = {
        "weights": "go back to the last checkpoint before it, clip the gradient norm, lower the learning rate",
        "start": "look at where h0 (and C0) come from: the data, or the last batch's final state",
        "input": "look at the data or the layer below",
        "forward": "the state overflowed: bound it (tanh instead of ReLU) or lower the recurrent gain",
        "loss": "look at the loss at that step (log of 0, division by 0)",
        "backward": "the gradient exploded: clip its norm, or make W_hh orthogonal_ (gain <= 1)",
    }[e.non_finite.where]
    yield Finding(code="non_finite", severity="critical", where=e.name, evidence=str(e.non_finite), advice=advice)


def _vanishing(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.horizon is None or e.steps < 16 or e.horizon >= limits.horizon_share * e.steps:
        return
    path = ""
    if e.direct_horizon is not None:
        gate = "f" if e.kind == "lstm" else "z"
        path = f"; the direct path (mean {gate} = {e.keep.mean().item():.2f}) is after {_steps(e.direct_horizon)}"
    advice = {
        "lstm": f"{_longer_memory(e.steps)}; or shorten the way (fewer steps, mean read-out)",
        "gru": f"{_longer_memory(e.steps)} (they set z); or shorten the way (fewer steps, mean read-out)",
    }.get(e.kind, "orthogonal_(module), or an LSTM or GRU with chrono_; or shorten the way")
    yield Finding(
        code="vanishing",
        severity="critical" if e.horizon < limits.critical_share * e.steps else "warning",
        where=e.name,
        evidence=f"a gradient is below 0.001 of its length after {e.horizon} of {e.steps} steps{path}",
        advice=advice,
    )


def _exploding(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.curve is None:
        return
    grown = (e.curve - e.curve[0]).nan_to_num(nan=-math.inf)
    most = grown.max().item()
    if most <= math.log(limits.explosion):
        return
    yield Finding(
        code="exploding",
        severity="critical" if most > 2 * math.log(limits.explosion) else "warning",
        where=e.name,
        evidence=f"a gradient grows by 10^{most / math.log(10):.1f} within {int(grown.argmax())} steps",
        advice="clip the gradient norm (1.0), make W_hh orthogonal_ with gain <= 1, or use shorter windows",
    )


def _saturation(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    flat = dict(e.saturated or {})
    if e.silent is not None:
        flat["relu"] = e.silent
    for gate, share in flat.items():
        if share <= limits.saturated:
            continue
        yield Finding(
            code="saturation",
            severity="critical" if share > 0.9 else "warning",
            where=e.name,
            evidence=f"{share:.0%} of "
            + ("the units are 0 at every step" if gate == "relu" else f"the values of {gate} are flat"),
            advice=_against_saturation(gate, e.steps),
        )


def _against_saturation(gate: str, steps: int) -> str:
    if gate == "relu":
        return "raise the biases or lower the learning rate: these units get no gradient"
    if gate == "tanh(C)":
        return f"the cell has piled up more than tanh can show: chrono_(module, {steps}) writes as little as it forgets"
    return "scale the inputs or the weights of that gate down, or normalise the inputs"


def _forget_path(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.direct_horizon is None or e.steps < 16 or e.direct_horizon >= limits.horizon_share * e.steps:
        return
    gate = "f" if e.kind == "lstm" else "z"
    yield Finding(
        code="forget_path",
        severity="warning",
        where=e.name,
        evidence=f"mean {gate} = {e.keep.mean().item():.2f}: nine units in ten have forgotten all but 0.001 after "
        f"{_steps(e.direct_horizon)} of {e.steps} steps",
        advice=f"{_longer_memory(e.steps)} (memories of 1 to {e.steps} steps)",
    )


def _steps(horizon: float) -> str:
    return "at most 1" if horizon <= 1 else f"{horizon:.0f}"


def _longer_memory(steps: int) -> str:
    """The bias b with sigmoid(b)^steps = 0.001, and chrono for the same length."""
    keep = 1e-3 ** (1 / steps)
    return f"forget_bias_(module, {math.log(keep / (1 - keep)):.1f}) or chrono_(module, {max(steps, 3)})"


def _indirect(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.indirect_ratio is None or e.indirect_ratio <= limits.indirect_ratio:
        return
    evidence = f"|indirect| is {e.indirect_ratio:.1f} times |direct| in the one-step dC/dC"
    if math.isinf(e.indirect_ratio):
        evidence = "|indirect| / |direct| is without bound in the one-step dC/dC: |direct| underflows to 0"
    yield Finding(
        code="indirect_over_direct",
        severity="warning",
        where=e.name,
        evidence=evidence,
        advice="the memory is rewritten through the gates: shrink W_hh (orthogonal_ with a small gain), raise f's bias",
    )


def _non_normality(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.spectrum is None or e.spectrum.spectral_radius >= 1 or e.spectrum.transient_growth <= limits.transient:
        return
    yield Finding(
        code="non_normality",
        severity="warning",
        where=e.name,
        evidence=f"spectral radius {e.spectrum.spectral_radius:.2f}, yet |W^n| reaches "
        f"{e.spectrum.transient_growth:.0f} (kappa of the eigenvectors {e.spectrum.eigenvector_condition:.1e})",
        advice="judge by singular values, not eigenvalues; orthogonal_(module) makes W normal",
    )


def _cancellation(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.non_finite is not None or e.cancellation <= limits.cancellation * math.sqrt(e.steps):
        return
    yield Finding(
        code="cancellation",
        severity="info",
        where=e.name,
        evidence=f"the steps' contributions to dL/dW_hh are {e.cancellation:.0f} times as long as their sum",
        advice="the gradient is a small difference of large terms: a larger batch, float32, or a minimum was reached",
    )


def _half_precision(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.half_underflow <= limits.half_underflow:
        return
    yield Finding(
        code="half_precision_underflow",
        severity="info",
        where=e.name,
        evidence=f"{e.half_underflow:.0%} of the gate adjoints are below float16's smallest number",
        advice="train in bfloat16 or float32, or scale the loss (torch.amp.GradScaler)",
    )


RULES = (
    _non_finite,
    _vanishing,
    _exploding,
    _saturation,
    _forget_path,
    _indirect,
    _non_normality,
    _cancellation,
    _half_precision,
)
