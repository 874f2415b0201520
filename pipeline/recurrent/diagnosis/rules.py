"""The rules: each one turns the figures of one layer and direction into findings with advice."""

import math
from collections.abc import Iterator

from .evidence import Evidence
from .findings import Finding, Thresholds

LONG = 200
"""From this many steps on, a memory can fill up with what is written to it."""


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


def _no_gradient(e: Evidence, _: Thresholds) -> Iterator[Finding]:
    if e.gradient is None or e.gradient.any():
        return
    if e.output_reached:
        evidence = "every gate's gradient is exactly 0, although the loss reaches the layer's output"
        advice = "the gates are shut or flat for every step: look at their biases, weights and inputs"
    else:
        evidence = "the loss sends a gradient of exactly 0 to the layer's output"
        advice = (
            "look between this layer and the loss: a ReLU that no input opens, weights of 0, a mask, a factor of 0, "
            "a loss that is flat where it stands, an output that is not read"
        )
    yield Finding(code="no_gradient", severity="critical", where=e.name, evidence=evidence, advice=advice)


def _no_writing(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.written is None or e.written >= limits.written:
        return
    advice = {
        "lstm": "open the input gate (its bias nearer 0), or look at the inputs: are they all 0?",
        "gru": "lower the update gate's bias (z = 1 keeps the state), or look at the inputs: are they all 0?",
    }.get(e.kind, "look at the weights, the biases and the inputs: are they all 0?")
    yield Finding(
        code="no_writing",
        severity="critical" if e.written < limits.written**2 else "warning",
        where=e.name,
        evidence=f"no unit writes more than {e.written:.1g} into its state in {e.steps} steps",
        advice=advice,
    )


def _vanishing(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.horizon is None:
        return
    if e.steps >= 16 and e.horizon < limits.horizon_share * e.steps:
        severity = "critical" if e.horizon < limits.critical_share * e.steps else "warning"
        evidence = f"a gradient is below 0.001 of its length after {e.horizon} of {e.steps} steps{_direct_path(e)}"
        yield Finding(
            code="vanishing", severity=severity, where=e.name, evidence=evidence, advice=_against_vanishing(e)
        )
        return
    faint = e.faint_steps(limits.faint)
    if faint:
        yield Finding(
            code="vanishing",
            severity="info",
            where=e.name,
            evidence=f"{_named_steps(faint, e.steps)} less than {limits.faint:g} of the gradient that the step nearest "
            f"the loss gets (a gradient is below 0.001 of its length after {e.horizon} steps)",
            advice=f"usual at the start of training, which can lengthen the memory; else {_against_vanishing(e)}",
        )


def _named_steps(steps: list[int], total: int) -> str:
    if len(steps) == 1:
        return f"step {steps[0]} of 0 to {total - 1} gets"
    if len(steps) == steps[-1] - steps[0] + 1:
        return f"steps {steps[0]} to {steps[-1]} of 0 to {total - 1} get"
    return f"{len(steps)} of {total} steps, from {steps[0]} to {steps[-1]}, get"


def _direct_path(e: Evidence) -> str:
    if e.direct_horizon is None or e.keep is None:
        return ""
    gate = "f" if e.kind == "lstm" else "z"
    return f"; the direct path (mean {gate} = {e.keep.mean().item():.2f}) after {_steps(e.direct_horizon)}"


def _against_vanishing(e: Evidence) -> str:
    if e.kind.startswith("rnn"):
        return "orthogonal_(module), or an LSTM or GRU with chrono_; or shorten the way"
    sets = " (they set z)" if e.kind == "gru" else ""
    return f"{_longer_memory(e.steps)}{sets}; or shorten the way (fewer steps, mean read-out)"


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
    shares = [(gate, share, limits.saturated) for gate, share in (e.saturated or {}).items()]
    if e.silent is not None:
        shares.append(("relu", e.silent, limits.dead))
    for gate, share, limit in shares:
        if share <= limit:
            continue
        what = "the units are 0 at every step" if gate == "relu" else f"the values of {gate} are flat"
        yield Finding(
            code="saturation",
            severity="critical" if share > 0.9 else "warning",
            where=e.name,
            evidence=f"{share:.0%} of {what}",
            advice=_against_saturation(gate, e.steps),
        )


def _against_saturation(gate: str, steps: int) -> str:
    if gate == "relu":
        return "raise the biases or lower the learning rate: these units get no gradient"
    if gate == "tanh(C)":
        return f"the cell has piled up more than tanh can show: chrono_(module, {steps}) writes as little as it forgets"
    return "scale the inputs or the weights of that gate down, or normalise the inputs"


def _forget_path(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.direct_horizon is None or e.keep is None or e.steps < 16 or e.direct_horizon >= limits.horizon_share * e.steps:
        return
    if e.horizon is None or e.horizon >= limits.horizon_share * e.steps:
        return  # the gradient lives on through the gates
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
    """Advice: the bias b with sigmoid(b)^steps = 0.001, and chrono for the same length. For LONG sequences chrono comes
    first, because with a bias alone whatever is written later is kept too (measured in docs/recurrent.md).
    """
    keep = 1e-3 ** (1 / steps)
    bias, chrono = f"forget_bias_(module, {math.log(keep / (1 - keep)):.1f})", f"chrono_(module, {max(steps, 3)})"
    return f"{chrono}, or else {bias}" if steps >= LONG else f"{bias} or {chrono}"


def _indirect(e: Evidence, limits: Thresholds) -> Iterator[Finding]:
    if e.indirect_ratio is None or e.indirect_ratio <= limits.indirect_ratio:
        return
    evidence = f"|indirect| is {e.indirect_ratio:.1f} times |direct| in the one-step dC/dC (Frobenius norms)"
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
    if e.half_error <= limits.half_error:
        return
    yield Finding(
        code="half_precision_underflow",
        severity="info",
        where=e.name,
        evidence=f"rounding the gates' gradients to float16 changes the weights' gradient by {e.half_error:.0%}",
        advice="train in bfloat16 or float32, or scale the loss (torch.amp.GradScaler)",
    )


RULES = (
    _non_finite,
    _no_gradient,
    _no_writing,
    _vanishing,
    _exploding,
    _saturation,
    _forget_path,
    _indirect,
    _non_normality,
    _cancellation,
    _half_precision,
)
