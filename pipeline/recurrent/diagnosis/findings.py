"""Codes of findings, the finding itself, and the threshold of each rule."""

from dataclasses import dataclass

CODES = {
    "non_finite": "a NaN or an infinity",
    "no_gradient": "the loss does not reach the layer: the gradient is exactly 0",
    "no_writing": "the cell writes next to nothing into its state",
    "vanishing": "the gradient is gone before the sequence's start",
    "exploding": "the gradient grows without limit on its way back",
    "saturation": "gates or units are flat: their slope is nearly 0",
    "forget_path": "the direct path through the keeping gate closes early",
    "indirect_over_direct": "the cell's gradient runs through the gates more than through its own memory",
    "non_normality": "the recurrent matrix amplifies for a while although its eigenvalues say it shrinks",
    "cancellation": "the contributions of the steps cancel each other",
    "half_precision_underflow": "float16 would lose a part of the gradient that counts",
}


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The thresholds of the rules.

    They are chosen so that at most 2 of the healthy networks in tests/recurrent/diagnosis/healthy_networks.py raise an
    alarm and at most 2 of those in broken_networks.py are missed.
    """

    horizon_share: float = 0.25
    """vanishing, forget_path: a warning if the 0.001 horizon is below this share of T (and T is at least 16)."""
    critical_share: float = 0.05
    """vanishing is critical below this share of T."""
    faint: float = 1e-3
    """vanishing: an info if steps get less than this share of the largest gradient of a step."""
    written: float = 0.01
    """no_writing: no unit writes more than this to its state over the whole sequence."""
    explosion: float = 1e3
    """exploding: the geometric mean of the gradient norm grows by more than this; critical from its square on."""
    saturated: float = 0.75
    """saturation: this share of a gate's activations is flat; critical at 0.9. (Trained networks exceed 0.5.)"""
    dead: float = 0.5
    """saturation: this share of the ReLU units is 0 at every step; critical at 0.9."""
    indirect_ratio: float = 1.0
    """indirect_over_direct: |indirect|_F / |direct|_F is above this."""
    transient: float = 10.0
    """non_normality: max_n |W^n|_2 is above this with a spectral radius below 1."""
    cancellation: float = 10.0
    """cancellation: the index is above this times sqrt(T). Terms with random signs have about sqrt(T)."""
    half_error: float = 0.5
    """half_precision_underflow: rounding the adjoints to float16 changes the gradient by more than this share."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem, or one fact worth knowing."""

    code: str
    """A key of CODES."""
    severity: str
    """"critical" (training cannot work over these steps), "warning" or "info" (common in healthy networks)."""
    where: str
    """The layer and direction as PyTorch's suffix, such as l0_reverse."""
    evidence: str
    """The figures that led to the finding."""
    advice: str
    """What to do."""

    def __str__(self) -> str:
        """The finding as two lines of text."""
        return f"[{self.severity}] {self.code} in {self.where}: {self.evidence}\n    {self.advice}"
