"""Plots that explain themselves: each function draws one figure and returns it (matplotlib, imported when drawing).

Colours: matplotlib's tab10, viridis for magnitudes. `save` writes a PNG, SVG or PDF file.
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..analysis.norms import LogNorms
from ..analysis.spectra import LyapunovSpectrum
from ..passes.recording import DirectionAdjoints
from ..passes.trajectory import DirectionTrajectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LN10 = math.log(10)
# A gradient below this share of its initial norm counts as vanished; plots mark it with a line.
GONE = 1e-3
# Decades that a heatmap shows below its largest value.
DECADES = 12


def _figure(title: str, width: float = 7.0, height: float = 4.0):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10, loc="left")
    return figure, axes


FORMATS = ("png", "svg", "pdf")


def save(figure: "Figure", path: Path | str, dpi: int = 200) -> Path:
    """Write a figure as PNG (at `dpi`), SVG or PDF, by the name's ending, under a temporary name, and rename it."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.part")
    write(figure, temporary, path.suffix[1:], dpi)
    temporary.replace(path)
    return path


def write(figure: "Figure", target, kind: str, dpi: int = 200) -> None:
    """Write a figure to a file or byte stream in one of FORMATS."""
    if kind == "png":
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        # savefig would draw the figure twice, once needlessly.
        figure.set_dpi(dpi)
        FigureCanvasAgg(figure).print_png(target)
    else:
        figure.savefig(target, format=kind)


def powers_of_ten(axis) -> None:
    """Label an axis of logarithms with powers of ten, only integer ones."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"$10^{{{value:.0f}}}$" if value else "1"))


def heatmap(norms: LogNorms | Tensor, title: str = "How much of the gradient of step t reaches step k") -> "Figure":
    """The (t, k) picture: the norm at row t, column k. norms: LogNorms, or a T x T matrix of |G_{t,k}|."""
    figure, axes = _figure(title, 6.0, 4.8)
    _draw_heatmap(figure, axes, norms)
    return figure


def _draw_heatmap(figure, axes, norms: LogNorms | Tensor) -> None:
    relative = isinstance(norms, LogNorms)
    values: Tensor = norms.values / LN10 if isinstance(norms, LogNorms) else norms.double().log10()
    finite = values[torch.isfinite(values)]
    top, low = (finite.max().item(), finite.min().item()) if len(finite) else (0.0, 0.0)
    # Gradients that start with norm 1 have the same scale in every picture, so that pictures can be compared.
    # Growth below a factor of ten is drawn as 1; larger growth changes the scale, as it is the result then.
    top = max(0.0, float(math.ceil(top - 1))) if relative else top
    bottom = top - DECADES if relative else max(low, top - DECADES)
    # A NaN is left blank; an exact 0 is as dark as the smallest number.
    shown = values.clamp(bottom, top)
    steps = values.shape[1]
    rows = norms.rows.tolist() if isinstance(norms, LogNorms) else list(range(steps))
    extent = (-0.5, steps - 0.5, rows[-1] + 0.5, min(rows[0], rows[-1] - 1) - 0.5)
    options = {"aspect": "auto", "cmap": "viridis", "extent": extent, "interpolation": "nearest"}
    image = axes.imshow(shown.numpy(), vmin=bottom, vmax=top, **options)
    label = "norm of what started with 1 at t = k" if relative else "|G(t,k)|, its part of dL/dW"
    dark = [f"1e-{DECADES} of the largest or less"] if low < bottom else []
    dark += ["exactly 0"] if torch.isneginf(values).any() else []
    bar = figure.colorbar(image, ax=axes, label=label + (f"\ndarkest: {', '.join(dark)}" if dark else ""))
    powers_of_ten(bar.ax.yaxis)
    axes.set_xlabel("k: the step the gradient arrives at")
    axes.set_ylabel("t: the step of the loss")


def lag_curve(curve: Tensor, bound: Tensor | None = None, title: str = "How far back a gradient reaches") -> "Figure":
    """The `mean_log_norm` by lag (T, natural log), relative to lag 0, with the horizon and (vanilla RNN) the bound."""
    figure, axes = _figure(title)
    _draw_lag_curve(axes, curve, bound)
    return figure


def _draw_lag_curve(axes, curve: Tensor, bound: Tensor | None = None) -> None:
    relative = (curve - curve[0]) / LN10
    finite = relative[torch.isfinite(relative)]
    low, high = finite.min().item(), finite.max().item()
    axes.plot(relative.numpy(), color="tab:blue", label="mean norm over the steps t")
    if bound is not None:
        axes.plot((bound / LN10).numpy(), color="tab:gray", linestyle="--", label="bound $(\\gamma s_1(W))^{lag}$")
    axes.axhline(math.log10(GONE), color="tab:red", linewidth=0.8, label="0.001 is left")
    below = (relative < math.log10(GONE)).nonzero()
    if len(below):
        where = f"horizon: {int(below[0])} of {len(curve)} steps"
        axes.axvline(int(below[0]), color="tab:red", linewidth=0.8, linestyle=":", label=where)
    axes.set_ylim(max(min(low, -4) - 0.5, -40), max(high, 0) + 1.5)
    powers_of_ten(axes.yaxis)
    axes.set_xlabel("lag t - k in steps")
    axes.set_ylabel("norm, relative to lag 0")
    axes.legend(fontsize=8, loc="best")


def overview(norms: LogNorms | None, curve: Tensor | None, title: str) -> "Figure":
    """The lag curve and the (t, k) heatmap side by side, or a sentence if there are no finite figures."""
    from matplotlib.figure import Figure

    # Fixed margins: the monitor draws this during training, and a constrained layout takes as long as everything else.
    figure = Figure(figsize=(10, 3.8))
    figure.subplots_adjust(left=0.07, right=0.96, bottom=0.13, top=0.89, wspace=0.17)
    figure.suptitle(f"How far a gradient reaches back in time: {title}", fontsize=10)
    if norms is None or curve is None:
        figure.text(0.5, 0.5, "there is a NaN or an infinity in this pass: nothing to draw", ha="center")
        return figure
    left, right = figure.subplots(1, 2)
    _draw_lag_curve(left, curve)
    _draw_heatmap(figure, right, norms)
    return figure


def gate_histograms(direction: DirectionTrajectory, bins: int = 40) -> "Figure":
    """For each gate, the distribution of its activations (rows) at each step (columns): 1 is open, 0 is closed."""
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    meaning = {"i": "i: write", "f": "f: keep", "g": "g: candidate", "o": "o: show", "r": "r: reset", "z": "z: keep"}
    meaning |= {"n": "n: candidate", "h": "h: state"}
    spans = {name: (0.0, 1.0) if name in "ifozr" else _range(values) for name, values in direction.gates.items()}
    shares = {name: _shares(direction, values, bins, spans[name]) for name, values in direction.gates.items()}
    # One scale for all gates, with a square root, since all units of a closed gate fall into one bin.
    norm = PowerNorm(0.5, vmin=0, vmax=max(share.max().item() for share in shares.values()))
    figure = Figure(figsize=(2.6 * len(shares) + 1.2, 3.0), layout="constrained")
    for axes, (name, share) in zip(figure.subplots(1, len(shares), squeeze=False)[0], shares.items(), strict=True):
        extent = (-0.5, len(share) - 0.5, *spans[name])
        image = axes.imshow(share.T.numpy(), aspect="auto", origin="lower", extent=extent, cmap="viridis", norm=norm)
        axes.set_title(meaning[name], fontsize=10)
        axes.set_xlabel("step")
    figure.colorbar(image, ax=figure.axes, label="share of units")
    figure.axes[0].set_ylabel("activation")
    figure.suptitle(f"Gate activations over time, layer {direction.weights.suffix}", fontsize=10)
    return figure


def _shares(direction: DirectionTrajectory, values: Tensor, bins: int, span: tuple[float, float]) -> Tensor:
    """T x bins: the share of units in each bin at each time, over all sequences that last that long."""
    steps = zip(direction.in_time(values), direction.in_time(direction.valid), strict=True)
    return torch.stack([torch.histc(s[ok].double(), bins, *span) / max(s[ok].numel(), 1) for s, ok in steps]).cpu()


def _range(values: Tensor) -> tuple[float, float]:
    low, high = min(values.min().item(), -1.0), max(values.max().item(), 1.0)
    return low, high


def path_split(direct: Tensor, indirect: Tensor, full: Tensor, steps: Tensor) -> "Figure":
    """The LSTM's one-step dC/dC and its two parts at some steps: spectral norms; above 1 a gradient can grow."""
    figure, axes = _figure("Which way the cell's gradient goes: kept by f, or through the gates")
    x = steps.numpy()
    axes.plot(x, full.numpy(), marker=".", color="tab:blue", label="both paths: $dC_t/dC_{t-1}$")
    axes.plot(x, direct.numpy(), marker=".", color="tab:green", label="direct: diag(f), the largest f")
    axes.plot(x, indirect.numpy(), marker=".", color="tab:orange", label="indirect: through h and the gates")
    axes.axhline(1, color="tab:red", linewidth=0.8, label="1: above it a step can make a gradient longer")
    axes.set_ylim(0, 1.5 * max(1.0, full.max().item(), direct.max().item(), indirect.max().item()))
    axes.set_xlabel("step t")
    axes.set_ylabel("spectral norm")
    axes.legend(fontsize=8)
    return figure


def exponents(spectrum: LyapunovSpectrum, steps: int) -> "Figure":
    """The finite-time Lyapunov exponents by index, with a line at zero, which separates growth from decay.

    An exponent of -inf is a grey bar down to the bottom; the title says so if the sweeps have not converged.
    """
    doubt = "" if spectrum.converged else "\n(not converged)"
    figure, axes = _figure(f"Finite-time Lyapunov exponents: log growth per step in each direction of the state{doubt}")
    values, gone = spectrum.exponents, math.log(GONE) / steps
    index, finite, lost = torch.arange(1, len(values) + 1), torch.isfinite(values), values == -math.inf
    for chosen, colour, label in (
        (finite & (values > 0), "tab:red", "grows"),
        (finite & (values <= 0), "tab:blue", "shrinks"),
    ):
        if chosen.any():
            axes.bar(index[chosen].tolist(), values[chosen].tolist(), color=colour, label=label)
    if lost.any():
        bottom = 1.2 * min([gone, *values[finite].tolist()])
        axes.bar(index[lost].tolist(), bottom, color="0.6", label="gone within floating point")
        axes.set_ylim(bottom=bottom)
    axes.axhline(0, color="black", linewidth=0.8)
    line = f"under 0.001 after all {steps} steps if below"
    axes.axhline(gone, color="black", linewidth=0.8, linestyle=":", label=line)
    axes.set_xlabel("direction, by size")
    axes.set_ylabel("exponent per step")
    axes.legend(fontsize=8)
    return figure


def adjoints(recorded: DirectionAdjoints, marked: tuple[int, int, str] | None = None) -> "Figure":
    """|dL/dh_t| through all later steps and the immediate |d+L/dh_t|, over the batch, by step (h, not C).

    marked: a first step, a last step and a label, drawn as a band.
    """
    figure, axes = _figure("Gradient at each step: through time (total) against the loss's own (immediate)")
    direction, drawn = recorded.trajectory, []
    for name, steps, style in (
        ("total dL/dh, through all later steps", recorded.hidden_total, {"color": "tab:blue"}),
        ("immediate d+L/dh", recorded.hidden_immediate, {"color": "tab:orange", "marker": ".", "linestyle": "none"}),
    ):
        norms = direction.in_time(steps * direction.valid[..., None]).double().flatten(1).norm(dim=1)
        drawn.append(norms.masked_fill(norms == 0, math.nan).log10().cpu())
        axes.plot(drawn[-1].numpy(), label=name, **style)
    if marked is not None:
        axes.axvspan(marked[0] - 0.5, marked[1] + 0.5, color="tab:green", alpha=0.25, linewidth=0, label=marked[2])
    axes.set_xlim(-0.02 * direction.steps, 1.02 * direction.steps)
    axes.set_ylim(*_at_least(torch.cat(drawn), 3.0))
    powers_of_ten(axes.yaxis)
    axes.set_xlabel("step t")
    axes.set_ylabel("norm over h\n(0 and underflow are not drawn)")
    axes.legend(fontsize=8)
    return figure


def _at_least(values: Tensor, span: float) -> tuple[float | None, float | None]:
    """Axis limits around these values, at least `span` apart, so that a factor of two does not look large."""
    finite = values[torch.isfinite(values)]
    if not len(finite):
        return None, None
    low, high = finite.min().item(), finite.max().item()
    more = max(span - (high - low), 0.0) / 2
    return low - more - 0.2, high + more + 0.2
