"""Slips about the LSTM's dC_t/dC_{t-1}: 16 to 24, each one alone in an otherwise correct formula."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..analysis.jacobians import step_jacobian
from ..analysis.products import cell_to_cell_jacobian
from .network import lstm
from .slip import Measurement, Slip, compare, relative_error

# The step at which the one-step forms are compared.
STEP = 4


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of dC_t/dC_{t-1} at one step; vectors have H entries, matrices are H x H."""

    c_before: Tensor
    candidate: Tensor
    i: Tensor
    f: Tensor
    slope_i: Tensor
    slope_f: Tensor
    slope_g: Tensor
    w_i: Tensor
    w_f: Tensor
    w_g: Tensor
    through_h: Tensor
    """dh_{t-1}/dC_{t-1}, H x H diagonal."""
    tanh_slope: Tensor
    """1 - tanh^2(C_{t-1})."""

    def full(self, **changed: Tensor) -> Tensor:
        """diag(f) + [diag(C f')W_f + diag(g i')W_i + diag(i g')W_g] dh/dC, with parts of it replaced by name:
        f, term_f, term_i, term_g, through_h, through_h_i (the factor of the second term alone).
        """
        through = changed.get("through_h", self.through_h)
        term_f = changed.get("term_f", torch.diag(self.c_before * self.slope_f) @ self.w_f)
        term_i = changed.get("term_i", torch.diag(self.candidate * self.slope_i) @ self.w_i)
        term_g = changed.get("term_g", torch.diag(self.i * self.slope_g) @ self.w_g)
        direct = torch.diag(changed.get("f", self.f))
        return direct + (term_f + term_g) @ through + term_i @ changed.get("through_h_i", through)


def _parts() -> tuple[Parts, Tensor]:
    """The parts at STEP and the reference: autograd through PyTorch's kernel."""
    net = lstm()
    direction = net.trajectory()
    now = {name: gate[STEP, 0] for name, gate in direction.gates.items()}
    assert direction.c_before is not None
    c_before, o_before = direction.c_before[STEP, 0], direction.gates["o"][STEP - 1, 0]
    w = direction.weights.recurrent_blocks()
    tanh_slope = 1 - c_before.tanh() ** 2
    parts = Parts(
        c_before=c_before,
        candidate=now["g"],
        i=now["i"],
        f=now["f"],
        slope_i=now["i"] * (1 - now["i"]),
        slope_f=now["f"] * (1 - now["f"]),
        slope_g=1 - now["g"] ** 2,
        w_i=w["i"],
        w_f=w["f"],
        w_g=w["g"],
        through_h=torch.diag(o_before * tanh_slope),
        tanh_slope=tanh_slope,
    )
    return parts, net.state_jacobian(STEP, STEP - 1, out="c", to="c")


def _against(notes: Tensor, parts: Parts, reference: Tensor) -> Measurement:
    return compare(notes, parts.full(), reference)


def about_one() -> Measurement:
    """The identity instead of the whole matrix, and the exact one-step Jacobian of this library."""
    parts, reference = _parts()
    return compare(torch.eye(len(parts.f)).double(), step_jacobian(lstm().trajectory(), STEP, "full"), reference)


def times_a_vector() -> Measurement:
    """df/dC (a matrix) times C elementwise, which scales columns, and diag(C) df/dC, which scales rows."""
    parts, reference = _parts()
    return _against(parts.full(term_f=torch.diag(parts.slope_f) @ parts.w_f * parts.c_before), parts, reference)


def hidden_without_output_gate() -> Measurement:
    """dh_{t-1}/dC_{t-1} as tanh' added to C_{t-1}, and as diag(o_{t-1} tanh')."""
    parts, reference = _parts()
    return _against(parts.full(through_h=torch.diag(parts.c_before + parts.tanh_slope)), parts, reference)


def forget_gate_dropped() -> Measurement:
    """The line without + f_t."""
    parts, reference = _parts()
    return _against(parts.full(f=torch.zeros_like(parts.f)), parts, reference)


def another_factor() -> Measurement:
    """The second term's dh/dC as tanh' added to the candidate, in an otherwise correct formula."""
    parts, reference = _parts()
    return _against(parts.full(through_h_i=torch.diag(parts.candidate + parts.tanh_slope)), parts, reference)


def candidate_without_weights() -> Measurement:
    """The third term without W_c."""
    parts, reference = _parts()
    return _against(parts.full(term_g=torch.diag(parts.i * parts.slope_g)), parts, reference)


def last_line() -> Measurement:
    """The last line in the better of two readings: without the stray product signs, or with delta after them."""
    parts, reference = _parts()
    f_term = torch.diag(parts.c_before * parts.slope_f) @ parts.w_f
    i_term = torch.diag(parts.candidate * parts.slope_i) @ parts.w_i
    delta = torch.diag(parts.c_before + parts.tanh_slope)
    third = torch.diag(parts.f) + torch.diag(parts.i * parts.slope_g) @ delta
    dropped, filled = f_term + i_term + third, (f_term + i_term) @ delta + third
    better = min(dropped, filled, key=lambda form: relative_error(form, reference))
    return _against(better, parts, reference)


def chained() -> Measurement:
    """dC_9/dC_0 as the product of nine one-step full Jacobians, and as P_CC + P_Ch diag(o(1 - tanh^2 C))."""
    net = lstm()
    direction = net.trajectory()
    product = torch.eye(len(net.h0)).double()
    for t in range(1, 10):
        product = step_jacobian(direction, t, "full") @ product
    return compare(product, cell_to_cell_jacobian(direction, 9, 0).plain(), net.state_jacobian(9, 0, "c", "c"))


def forget_sense() -> Measurement:
    """The share of C_{t-1} that is kept: 1 - f (f read as the share thrown away) and f, against autograd at fixed h."""
    net = lstm()
    direction = net.trajectory()
    assert direction.c_before is not None
    f, c = direction.gates["f"][STEP, 0], direction.c_before[STEP, 0].clone().requires_grad_()
    h = direction.h_before[STEP, 0]
    after = net.module(net.x[STEP][None, None], (h[None, None], c[None, None]))[1][1]
    (kept,) = torch.autograd.grad(after.sum(), c)
    return compare(1 - f, f, kept)


SLIPS = (
    Slip(
        number=16,
        kind="slip",
        title="dC_t/dC_{t-1} is about 1",
        written=(r"\frac{\partial C_t}{\partial C_{t-1}} \approx 1",),
        notes="dC_t/dC_{t-1} ~ 1",
        corrected="diag(f_t) + A_t diag(o_{t-1}(1 - tanh^2 C_{t-1})): near I if f is near 1 and the second part small",
        measure=about_one,
    ),
    Slip(
        number=17,
        kind="slip",
        title="a Jacobian times an elementwise vector",
        written=(r"\frac{\partial f_t}{\partial C_{t-1}} \odot C_{t-1}",),
        notes="df/dC . C_{t-1}, elementwise",
        corrected="diag(C_{t-1}) df/dC: the vector scales the rows",
        measure=times_a_vector,
    ),
    Slip(
        number=18,
        kind="slip",
        title="dh_{t-1}/dC_{t-1} without the output gate",
        written=(r"\frac{\partial C_{t-1}}{\partial C_{t-1}} \odot C_{t-1} + \tanh'(\cdot)",),
        notes="dC/dC . C_{t-1} + tanh'",
        corrected="diag(o_{t-1}(1 - tanh^2 C_{t-1}))",
        measure=hidden_without_output_gate,
    ),
    Slip(
        number=19,
        kind="slip",
        title="+ f_t dropped, and back later",
        written=(
            r"= \sigma' W_f \cdot \left[\frac{\partial C_{t-1}}{\partial C_{t-1}} \odot C_{t-1} + "
            r"\tanh'(\cdot) \right] \odot C_{t-1}",
        ),
        notes="the line between has no f_t",
        corrected="diag(f_t) stands in every line: it is the direct path",
        measure=forget_gate_dropped,
    ),
    Slip(
        number=20,
        kind="slip",
        title="a dh/dC factor that differs between the terms",
        written=(
            r"\sigma' W_i \cdot \left[\frac{\partial C_{t-1}}{\partial C_{t-1}} \odot \tilde{C}_t + "
            r"\tanh'(\cdot) \right] \odot \tilde{C}_t",
        ),
        notes="[dC/dC . g_t + tanh'] in the second term",
        corrected="the same dh_{t-1}/dC_{t-1} in all three terms",
        measure=another_factor,
    ),
    Slip(
        number=21,
        kind="slip",
        title="W_c missing",
        written=(
            r"i_t \odot \tanh'(\cdot) \left[\frac{\partial C_{t-1}}{\partial C_{t-1}} \odot C_{t-1} + "
            r"\tanh'(\cdot) \right]",
        ),
        notes="i_t tanh' [...]",
        corrected="diag(i_t g') W_c dh_{t-1}/dC_{t-1}",
        measure=candidate_without_weights,
    ),
    Slip(
        number=22,
        kind="print",
        title="the last line is broken",
        written=(
            r"\sigma' W_f \otimes \odot C_{t-1} + f_t + \sigma' W_i \otimes \odot \tilde{C}_t + i_t \odot "
            r"\tanh'(\cdot) \otimes \delta",
        ),
        notes="s' W_f [x] . C_{t-1} + f_t + s' W_i [x] . g_t + i_t tanh' delta, [x] dropped or filled with delta",
        corrected="diag(f) + [diag(C f')W_f + diag(g i')W_i + diag(i g')W_c] diag(o_{t-1}(1 - tanh^2 C_{t-1}))",
        measure=last_line,
    ),
    Slip(
        number=23,
        kind="misread",
        title="a one-step Jacobian, read as a factor of dC_t/dC_k",
        written=(
            r"\frac{\partial C_t}{\partial C_{t-1}} = \frac{\partial}{\partial C_{t-1}} (f_t \odot C_{t-1} + "
            r"i_t \odot \tanh(W_c h_{t-1} + U_c x_t))",
        ),
        notes="dC_t/dC_{t-1} = d/dC_{t-1} (f_t . C_{t-1} + i_t . tanh(W_c h_{t-1} + U_c x_t))",
        corrected="(h, C) is the state: dC_t/dC_k = P_CC + P_Ch diag(o_k(1 - tanh^2 C_k)), P = S_t ... S_{k+1}",
        measure=chained,
    ),
    Slip(
        number=24,
        kind="misread",
        title="the forget gate, read as: f = 1 throws away",
        written=(r"decides what information to throw away or remember from previous cell state.",),
        notes="decides what information to throw away or remember",
        corrected="f = 1 KEEPS the cell state, f = 0 throws it away",
        measure=forget_sense,
    ),
)
