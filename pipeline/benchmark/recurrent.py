"""`recurrent benchmark`: time and memory of each computation, compared with its target.

Every row runs in its own process, which measures its own peak of memory.
"""

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import torch
from torch import Tensor, nn

from pipeline.benchmark.monitor_trial import fit_with_monitor
from pipeline.recurrent.analysis.decomposition import decompose
from pipeline.recurrent.analysis.norms import log_norms
from pipeline.recurrent.analysis.spectra import lyapunov_exponents
from pipeline.recurrent.passes.recording import record
from pipeline.recurrent.passes.trajectory import trace

# ru_maxrss counts bytes on macOS, kilobytes elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the table."""

    name: str
    value: float
    unit: str
    """"s", "x" (multiples of a plain step) or "%" (of the training time)."""
    target: float | None
    """The value must be at most this; None: no target."""
    peak: int
    """Bytes that the row needed, in addition to what the process had before."""


def _module(cell: str, inputs: int, hidden: int) -> nn.RNNBase:
    torch.manual_seed(0)
    return CELLS[cell](inputs, hidden)


def _sum_of_squares(output: Tensor, _) -> Tensor:
    return output.square().mean()


def _prepare_log_norms(scale: float) -> Callable[[], object]:
    module, x = _module("lstm", 96, 128), torch.randn(int(1024 * scale), 1, 96)
    return lambda: log_norms(trace(module, x).direction())


def _prepare_exponents(scale: float) -> Callable[[], object]:
    module, x = _module("lstm", 96, 256), torch.randn(int(1024 * scale), 1, 96)
    direction = trace(module, x).direction()
    return lambda: lyapunov_exponents(direction, 16)


def _prepare_jacobians(scale: float) -> Callable[[], object]:
    module, x = _module("lstm", 96, 128), torch.randn(int(1024 * scale), 1, 96)
    linear = trace(module, x).direction().linearization
    return lambda: [linear.jacobian(step) for step in range(linear.steps)]


def _prepare_decomposition(scale: float) -> Callable[[], object]:
    module, x = _module("lstm", 96, 128), torch.randn(max(int(32 * scale), 2), 16, 96)
    recording = record(module, x, _sum_of_squares)
    return lambda: decompose(recording).matrix("weight_hh_l0")


SECONDS = {
    "all (t,k) log-norms, LSTM T=1024 H=128 B=1": (_prepare_log_norms, 2.0),
    "top-16 exponents, LSTM T=1024 H=256": (_prepare_exponents, 1.0),
    "step Jacobians (h,C), LSTM T=1024 H=128": (_prepare_jacobians, None),
    "(t,k) terms of dL/dW_hh, LSTM T=32 H=128 B=16": (_prepare_decomposition, None),
}
PROBES = {f"probe adjoints, {cell.upper()} T=256 H=128 B=16": cell for cell in CELLS}
MONITOR = "monitor at n=100, LSTM rows T=32 H=128 batch 128"


NAMES = (*SECONDS, *PROBES, MONITOR)
HEADINGS = ("what", "measured", "target", "memory")


def rows(repeats: int = 5, scale: float = 1.0) -> Iterator[Row]:
    """Each row as soon as it is measured, a median of `repeats`. scale: shortens sequences; the targets are for 1."""
    for name in NAMES:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            yield alone.submit(measure, name, repeats, scale, torch.get_num_threads()).result()


def measure(name: str, repeats: int, scale: float, threads: int) -> Row:
    """Measure one row in this process."""
    torch.set_num_threads(threads)
    if name == MONITOR:
        return _measure_monitor(scale)
    if name in PROBES:
        return _measure_probe(name, PROBES[name], repeats, scale)
    prepare, target = SECONDS[name]
    prepare(min(scale, 0.05))()  # import and warm up on a short sequence
    work, before = prepare(scale), _peak()
    seconds = statistics.median(_timed(work) for _ in range(repeats))
    return Row(name=name, value=seconds, unit="s", target=target, peak=_peak() - before)


def _measure_probe(name: str, cell: str, repeats: int, scale: float) -> Row:
    """The ratio of the median times of recording with probes and of plain forward and backward passes, in turn."""
    module, x = _module(cell, 96, 128), torch.randn(max(int(256 * scale), 2), 16, 96)
    parameters = list(module.parameters())
    plain = lambda: torch.autograd.grad(_sum_of_squares(*module(x)), parameters)  # noqa: E731
    probed = lambda: record(module, x, _sum_of_squares)  # noqa: E731
    plain(), plain()
    before = _peak()
    probed()
    peak = _peak() - before
    pairs = [(_timed(plain), _timed(probed)) for _ in range(3 * repeats)]
    ratio = statistics.median(p for _, p in pairs) / statistics.median(p for p, _ in pairs)
    return Row(name=name, value=ratio, unit="x", target=3.5, peak=peak)


def _measure_monitor(scale: float) -> Row:
    """The monitor's share of the training time in 600 steps of a row-wise LSTM."""
    before = _peak()
    monitor = fit_with_monitor(steps=max(int(600 * scale), 1), every=100)
    return Row(name=MONITOR, value=100 * monitor.share, unit="%", target=5.0, peak=_peak() - before)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def cells(row: Row) -> tuple[str, str, str, str]:
    """The row as text, one cell for each heading."""
    target = "-" if row.target is None else f"<= {row.target:g} {row.unit}"
    return row.name, f"{row.value:.2f} {row.unit}", target, f"{row.peak / 2**20:.0f} MiB"
