"""dL/dW of a vanilla RNN written as a sum over (t, k): each term once, as text and LaTeX, with its numbers."""

from dataclasses import dataclass

from ..errors import RecurrentError
from .decomposition import Decomposition


@dataclass(frozen=True, kw_only=True)
class Term:
    """One G_{t,k}."""

    t: int
    k: int
    text: str
    latex: str
    norm: float | None = None
    """|G_{t,k}|_F, if numbers were given."""
    share: float | None = None
    """<G_{t,k}, g> / |g|^2, if numbers were given."""


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """All (T+1)(T+2)/2 terms for steps 0..T."""

    terms: list[Term]

    def text(self) -> str:
        """The sum as a table, one line per term, ordered by t."""
        width = max(len(term.text) for term in self.terms)
        lines = ["dL/dW =" + " " * (width + 8) + ("|G_tk|      share" if self.terms[0].norm is not None else "")]
        for position, term in enumerate(self.terms):
            sign = " " if position == 0 else "+"
            line = f"  {sign} {term.text:<{width}}  (t={term.t}, k={term.k})"
            lines.append(line + ("" if term.norm is None else f"  {term.norm:9.3e}  {term.share:+7.1%}"))
        return "\n".join(line.rstrip() for line in lines)

    def latex(self) -> str:
        r"""The sum in LaTeX, one line for each t (an align* environment)."""
        rows: dict[int, list[str]] = {}
        for term in self.terms:
            rows.setdefault(term.t, []).append(term.latex)
        lines = [("" if t == 0 else "+ ") + " + ".join(parts) for t, parts in rows.items()]
        body = " \\\\\n&\\quad ".join(lines)
        return "\\begin{align*}\n\\frac{\\partial L}{\\partial W} &= " + body + "\n\\end{align*}"


def expand(T: int = 3, decomposition: Decomposition | None = None, parameter: str = "weight_hh_l0") -> Expansion:
    """Write out dL/dW = sum_{t=0}^{T} sum_{k<=t} dL_t/dh_t (J_t ... J_{k+1}) d+h_k/dW with J_i = diag(s'(a_i)) W.

    d+ is the immediate partial, at fixed h_{k-1}. decomposition: adds numbers; it must be of an nn.RNN with one layer,
    one direction and T + 1 steps, for which the formula holds. Raises RecurrentError for any other.
    """
    if T < 0:
        raise RecurrentError(f"T is the last step and at least 0, not {T}")
    if decomposition is not None:
        _check_fits(decomposition, T)
    norms = shares = None
    if decomposition is not None:
        norms, shares = decomposition.matrix(parameter), decomposition.shares(parameter)
    terms = [
        Term(
            t=t,
            k=k,
            text=_text(t, k),
            latex=_latex(t, k),
            norm=None if norms is None else norms[t, k].item(),
            share=None if shares is None else shares[t, k].item(),
        )
        for t in range(T + 1)
        for k in range(t + 1)
    ]
    return Expansion(terms=terms)


def _check_fits(decomposition: Decomposition, T: int) -> None:
    trajectory = decomposition.recording.trajectory
    layers, directions = len(trajectory.layers), len(trajectory.layers[0])
    kind = trajectory.layers[0][0].weights.kind
    if not kind.startswith("rnn") or layers * directions != 1:
        raise RecurrentError(
            f"the expansion holds for an nn.RNN with one layer and one direction, not for {kind} with "
            f"{layers} layer(s) and {directions} direction(s): use matrix(...) and shares(...) of its decomposition"
        )
    if trajectory.steps != T + 1:
        steps = trajectory.steps
        raise RecurrentError(f"T = {T} has {T + 1} steps, the decomposition has {steps}: pass T={steps - 1}")


def _text(t: int, k: int) -> str:
    return " ".join([f"dL{t}/dh{t}", *(f"D{i} W" for i in range(t, k, -1)), f"d+h{k}/dW"])


def _latex(t: int, k: int) -> str:
    jacobians = "".join(f"\\, D_{{{i}}} W" for i in range(t, k, -1))
    immediate = f"\\, \\frac{{\\partial^{{+}} h_{{{k}}}}}{{\\partial W}}"
    return f"\\frac{{\\partial L_{{{t}}}}}{{\\partial h_{{{t}}}}}{jacobians}{immediate}"
