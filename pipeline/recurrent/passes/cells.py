"""The weights of one layer in one direction, and the linearisation of its cell along a sequence.

Notation of every docstring: T steps, B sequences, D inputs, H hidden units, P = proj_size or H (the width of h),
gH the stacked gates in PyTorch's order (LSTM: i, f, g, o; GRU: r, z, n), S the Markov state: h alone (RNN, GRU),
or h and C concatenated (LSTM, S = P + H). N is the number of vectors that are propagated together.

A linearisation describes, at every step, how the next state depends on the state and on the gates' pre-activations, by
`vjp` (row vectors, backwards in time), `jvp` (column vectors, forwards) and `jacobian` (the S x S matrix).
"""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from ..errors import RecurrentError

GATES = {"rnn_tanh": ("h",), "rnn_relu": ("h",), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}


@dataclass(frozen=True, kw_only=True)
class CellWeights:
    """The parameters of one layer in one direction, named as in torch.nn."""

    kind: str
    """"rnn_tanh", "rnn_relu", "lstm" or "gru"."""
    weight_ih: Tensor
    """gH x D."""
    weight_hh: Tensor
    """gH x P."""
    bias_ih: Tensor | None = None
    """gH, or None: no biases."""
    bias_hh: Tensor | None = None
    """gH, or None: no biases. PyTorch's cells have two biases, which are added."""
    weight_hr: Tensor | None = None
    """P x H, the LSTM's projection h = W_hr (o tanh C); None without proj_size."""
    suffix: str = "l0"
    """The suffix of the parameters' names in PyTorch: l0, l0_reverse, l1, ..."""

    @property
    def hidden_size(self) -> int:
        """H."""
        return self.weight_hh.shape[0] // len(GATES[self.kind])

    @property
    def output_size(self) -> int:
        """P, the width of h."""
        return self.weight_hh.shape[1]

    @property
    def state_size(self) -> int:
        """S."""
        return self.output_size + (self.hidden_size if self.kind == "lstm" else 0)

    @property
    def flat(self) -> list[Tensor]:
        """The parameters that exist, in the order of the arguments of torch.lstm, torch.gru and so on."""
        tensors = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, self.weight_hr)
        return [tensor for tensor in tensors if tensor is not None]

    def recurrent_blocks(self) -> dict[str, Tensor]:
        """The recurrent matrix of each gate, H x P, by name of the gate."""
        return dict(zip(GATES[self.kind], self.weight_hh.detach().chunk(len(GATES[self.kind])), strict=True))

    def detached(self, dtype: torch.dtype | None = None) -> "CellWeights":
        """The same weights outside the autograd graph, optionally in another dtype."""
        tensors = {f.name: getattr(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), Tensor)}
        return replace(self, **{name: t.detach().to(dtype or t.dtype) for name, t in tensors.items()})


def input_preactivations(weights: CellWeights, x: Tensor) -> Tensor:
    """W_ih x + b_ih, ... x gH."""
    return torch.nn.functional.linear(x, weights.weight_ih, weights.bias_ih)


def hidden_preactivations(weights: CellWeights, h_before: Tensor) -> Tensor:
    """W_hh h + b_hh, ... x gH."""
    return torch.nn.functional.linear(h_before, weights.weight_hh, weights.bias_hh)


class Linearization:
    """A cell linearised at every step of a trajectory; made by `linearize`."""

    def __init__(self, weights: CellWeights, coefficients: dict[str, Tensor]):
        self.weights = weights
        self.coefficients = coefficients
        """Tensors T x B x H (or with 1 for T or B), by name."""

    @property
    def steps(self) -> int:
        """T."""
        return next(iter(self.coefficients.values())).shape[0]

    def sample(self, index: int) -> "Linearization":
        """The linearisation along one sequence of the batch (B = 1)."""
        return type(self)(self.weights, {n: c[:, index : index + 1] for n, c in self.coefficients.items()})

    def to(self, dtype: torch.dtype) -> "Linearization":
        """The same linearisation in another dtype."""
        return type(self)(self.weights.detached(dtype), {n: c.to(dtype) for n, c in self.coefficients.items()})

    def _at(self, step: int) -> list[Tensor]:
        return [c[step] for c in self.coefficients.values()]

    def vjp(self, step: int, row: Tensor) -> tuple[Tensor, Tensor]:
        """Propagate row vectors back through one step.

        row: N x B x S, a gradient with respect to the state after the step. Returns the gradient with respect to the
        gates' pre-activations on the input side (N x B x gH) and to the state before the step (N x B x S).
        """
        raise AssertionError("a cell defines vjp")

    def jvp(self, step: int, column: Tensor) -> Tensor:
        """Propagate changes of the state before the step (N x B x S) to changes of the state after it (N x B x S)."""
        raise AssertionError("a cell defines jvp")

    def vjp_state(self, step: int, row: Tensor) -> Tensor:
        """Propagate row vectors back through one step: the state's part of `vjp`, N x B x S."""
        return self.vjp(step, row)[1]

    def hidden_side(self, gates: Tensor, step: int | slice = slice(None)) -> Tensor:
        """The adjoint of W_hh h + b_hh from that of W_ih x + b_ih; they differ only for the GRU's candidate."""
        return gates

    def gate_jacobian(self, step: int, *, hidden_side: bool = True) -> Tensor:
        """d state / d gates' pre-activations of the first sequence at one step, S x gH (numerator layout).

        hidden_side: with respect to W_hh h + b_hh (True) or to W_ih x + b_ih (False).
        """
        size = self.weights.state_size
        rows = torch.eye(size, dtype=self.weights.weight_hh.dtype, device=self.weights.weight_hh.device)
        gates, _ = self.sample(0).vjp(step, rows[:, None])
        return (self.sample(0).hidden_side(gates, step) if hidden_side else gates)[:, 0]

    def jacobian(self, step: int) -> Tensor:
        """d state_t / d state_{t-1} of the first sequence at one step, S x S (numerator layout)."""
        size = self.weights.state_size
        rows = torch.eye(size, dtype=self.weights.weight_hh.dtype, device=self.weights.weight_hh.device)
        return self.sample(0).vjp(step, rows[:, None])[1][:, 0]


class RNNLinearization(Linearization):
    """h_t = s(W_ih x + b_ih + W_hh h + b_hh): J_t = diag(s') W_hh."""

    def vjp(self, step: int, row: Tensor) -> tuple[Tensor, Tensor]:
        """See Linearization.vjp."""
        gates = row * self.coefficients["slope"][step]
        return gates, gates @ self.weights.weight_hh

    def jvp(self, step: int, column: Tensor) -> Tensor:
        """See Linearization.jvp."""
        return self.coefficients["slope"][step] * (column @ self.weights.weight_hh.T)


class LSTMLinearization(Linearization):
    """S_t = [[B_t, E_t], [A_t, diag(f_t)]] on the state (h, C), with an optional projection of h."""

    def vjp(self, step: int, row: Tensor) -> tuple[Tensor, Tensor]:
        """See Linearization.vjp. With Cbar = r_C + r_m o(1 - tanh^2 C), r_m = r_h W_hr."""
        to_i, to_f, to_g, to_o, keep, through_h = self._at(step)
        width = self.weights.output_size
        row_m = row[..., :width] if self.weights.weight_hr is None else row[..., :width] @ self.weights.weight_hr
        cell = torch.addcmul(row[..., width:], row_m, through_h)
        gates = torch.cat([cell * to_i, cell * to_f, cell * to_g, row_m * to_o], dim=-1)
        return gates, torch.cat([gates @ self.weights.weight_hh, cell * keep], dim=-1)

    def jvp(self, step: int, column: Tensor) -> Tensor:
        """See Linearization.jvp."""
        to_i, to_f, to_g, to_o, keep, through_h = self._at(step)
        width = self.weights.output_size
        i, f, g, o = (column[..., :width] @ self.weights.weight_hh.T).chunk(4, dim=-1)
        cell = keep * column[..., width:] + to_i * i + to_f * f + to_g * g
        hidden = to_o * o + through_h * cell
        if self.weights.weight_hr is not None:
            hidden = hidden @ self.weights.weight_hr.T
        return torch.cat([hidden, cell], dim=-1)


class GRULinearization(Linearization):
    """h' = (1 - z) n + z h with n = tanh(W_in x + b_in + r (W_hn h + b_hn)), PyTorch's form."""

    def vjp(self, step: int, row: Tensor) -> tuple[Tensor, Tensor]:
        """See Linearization.vjp."""
        candidate_to_r, to_z, to_n, keep, _ = self._at(step)
        candidate = row * to_n
        gates = torch.cat([candidate * candidate_to_r, row * to_z, candidate], dim=-1)
        return gates, self.hidden_side(gates, step) @ self.weights.weight_hh + row * keep

    def jvp(self, step: int, column: Tensor) -> Tensor:
        """See Linearization.jvp."""
        candidate_to_r, to_z, to_n, keep, reset = self._at(step)
        r, z, n = (column @ self.weights.weight_hh.T).chunk(3, dim=-1)
        return to_n * (candidate_to_r * r + reset * n) + to_z * z + keep * column

    def hidden_side(self, gates: Tensor, step: int | slice = slice(None)) -> Tensor:
        """See Linearization.hidden_side: W_hn h + b_hn is multiplied by r."""
        r, z, n = gates.chunk(3, dim=-1)
        return torch.cat([r, z, n * self.coefficients["reset"][step]], dim=-1)


def linearize(weights: CellWeights, x: Tensor, h_before: Tensor, c_before: Tensor | None = None) -> Linearization:
    """Linearise a cell at every step of a sequence, in closed form.

    x: T x B x D. h_before: T x B x P, the hidden state before each step. c_before: T x B x H (LSTM only).
    """
    with torch.no_grad():
        weights = weights.detached()
        from_x, from_h = input_preactivations(weights, x), hidden_preactivations(weights, h_before)
        if weights.kind == "lstm":
            if c_before is None:
                raise RecurrentError("the LSTM's state is (h, C): give c_before")
            i, f, g, o = lstm_gates(from_x + from_h)
            return linearize_lstm(weights, (i, f, g, o), c_before, f * c_before + i * g)
        if weights.kind == "gru":
            return GRULinearization(weights, _gru_coefficients(from_x, from_h, h_before))
        a = from_x + from_h
        slope = 1 - a.tanh() ** 2 if weights.kind == "rnn_tanh" else (a > 0).to(a.dtype)
        return RNNLinearization(weights, {"slope": slope})


def linearize_lstm(weights: CellWeights, gates: tuple[Tensor, ...], c_before: Tensor, c: Tensor) -> LSTMLinearization:
    """As `linearize`, from the gates i, f, g, o and the cell states before and after each step (T x B x H)."""
    i, f, g, o = gates
    tanh_c = c.tanh()
    coefficients = {
        "to_i": g * i * (1 - i),
        "to_f": c_before * f * (1 - f),
        "to_g": i * (1 - g**2),
        "to_o": tanh_c * o * (1 - o),
        "keep": f,
        "through_h": o * (1 - tanh_c**2),
    }
    return LSTMLinearization(weights, coefficients)


def lstm_gates(preactivations: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gates i, f, g, o (each ... x H) from their summed pre-activations (... x 4H)."""
    i, f, g, o = preactivations.chunk(4, dim=-1)
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()


def _gru_coefficients(from_x: Tensor, from_h: Tensor, h_before: Tensor) -> dict[str, Tensor]:
    r, z, n, recurrent_n = gru_gates(from_x, from_h)
    return {
        "candidate_to_r": recurrent_n * r * (1 - r),
        "to_z": (h_before - n) * z * (1 - z),
        "to_n": (1 - z) * (1 - n**2),
        "keep": z,
        "reset": r,
    }


def gru_gates(from_x: Tensor, from_h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gates r, z, n and the candidate's recurrent part W_hn h + b_hn (each ... x H)."""
    (x_r, x_z, x_n), (h_r, h_z, h_n) = from_x.chunk(3, dim=-1), from_h.chunk(3, dim=-1)
    reset = (x_r + h_r).sigmoid()
    return reset, (x_z + h_z).sigmoid(), (x_n + reset * h_n).tanh(), h_n
