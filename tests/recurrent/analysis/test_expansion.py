"""The written-out sum: each pair once, in order, beside its numbers."""

import pytest
import torch

from pipeline.recurrent.analysis.decomposition import decompose
from pipeline.recurrent.analysis.expansion import expand
from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.passes.recording import record


@pytest.mark.parametrize(("T", "count"), [(0, 1), (1, 3), (3, 10), (7, 36)])
def test_each_pair_once(T, count):
    pairs = [(term.t, term.k) for term in expand(T).terms]
    assert len(pairs) == len(set(pairs)) == count
    assert set(pairs) == {(t, k) for t in range(T + 1) for k in range(t + 1)}


def test_the_text_of_a_term():
    terms = {(term.t, term.k): term.text for term in expand(3).terms}
    assert terms[3, 0] == "dL3/dh3 D3 W D2 W D1 W d+h0/dW"
    assert terms[2, 2] == "dL2/dh2 d+h2/dW"
    assert len(expand(3).text().splitlines()) == 11


def test_latex_names_every_term():
    latex = expand(2).latex()
    assert latex.count(r"\partial^{+}") == 6
    assert r"D_{2} W\, D_{1} W\, \frac{\partial^{+} h_{0}}{\partial W}" in latex
    assert latex.count("{") == latex.count("}")
    assert latex.startswith(r"\begin{align*}")


def test_numbers_beside_the_terms(make, draw):
    decomposition = decompose(record(make("rnn_tanh"), draw(4, 1, 4), lambda out, _: out.square().sum()))
    terms = expand(3, decomposition).terms
    assert sum(term.share for term in terms) == pytest.approx(1)
    assert terms[4].norm == pytest.approx(torch.linalg.norm(decomposition.term("weight_hh_l0", 2, 1)).item())
    assert f"{terms[4].norm:9.3e}" in expand(3, decomposition).text()


def test_refusals(make, draw):
    decomposition = decompose(record(make("rnn_tanh"), draw(4, 1, 4), lambda out, _: out.sum()))
    with pytest.raises(RecurrentError, match="at least 0, not -1"):
        expand(-1)
    with pytest.raises(RecurrentError, match="pass T=3"):
        expand(5, decomposition)


@pytest.mark.parametrize(
    ("name", "options"),
    [("lstm", {}), ("gru", {}), ("rnn_tanh", {"num_layers": 2}), ("rnn_tanh", {"bidirectional": True})],
)
def test_a_network_for_which_the_formula_is_false_is_refused(make, draw, name, options):
    decomposition = decompose(record(make(name, **options), draw(4, 1, 4), lambda out, _: out.sum()))
    with pytest.raises(RecurrentError, match=f"one layer and one direction, not for {name}"):
        expand(3, decomposition)


def test_a_relu_network_is_taken(make, draw):
    decomposition = decompose(record(make("rnn_relu"), draw(4, 1, 4), lambda out, _: out.sum()))
    assert expand(3, decomposition).terms[0].norm is not None
