"""Weights from files in the forms that people save."""

import pytest
import torch
from torch import nn

from pipeline.core.errors import UserError
from pipeline.models.weights import load_initial_weights


def network(classes=10):
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, classes))


FORMS = {
    "plain": lambda state: state,
    "checkpoint": lambda state: {"state_dict": {f"model.{n}": v for n, v in state.items()}, "epoch": 3},
    "parallel": lambda state: {"net": {f"module.{n}": v for n, v in state.items()}, "acc": 93.1},
    "twice": lambda state: {f"module.model.{n}": v for n, v in state.items()},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_gives_the_same_weights(tmp_path, form):
    source, target = network(), network()
    torch.save(FORMS[form](source.state_dict()), tmp_path / "w.pt")
    assert load_initial_weights(target, str(tmp_path / "w.pt")).startswith("weights: 9 of 9 tensors")
    for name, value in target.state_dict().items():
        assert torch.equal(value, source.state_dict()[name])


def test_safetensors_are_read(tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    source, target = network(), network()
    safetensors.save_file(source.state_dict(), tmp_path / "w.safetensors")
    load_initial_weights(target, str(tmp_path / "w.safetensors"))
    assert torch.equal(target[0].weight, source[0].weight)


def test_other_classes_get_a_new_head_and_it_is_said(tmp_path):
    source, target = network(100), network()
    head = target[3].weight.clone()
    torch.save(source.state_dict(), tmp_path / "w.pt")
    assert "7 of 9 tensors" in (line := load_initial_weights(target, str(tmp_path / "w.pt")))
    assert line.endswith("new: 3.weight, 3.bias")
    assert torch.equal(target[3].weight, head)
    assert torch.equal(target[0].weight, source[0].weight)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"0.weight": torch.zeros(4, 3, 5, 5)}, r"does not fit this network: 0\.weight is \(4, 3, 5, 5\), expected"),
        ({"x": torch.zeros(1)}, "does not fit"),
        ({"epoch": 3}, "holds no weights"),
        (nn.Linear(2, 2), "cannot read weights"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, content, message):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(UserError, match=message):
        load_initial_weights(network(), str(tmp_path / "w.pt"))


def test_a_missing_file_is_named():
    with pytest.raises(UserError, match=r"'no\.pt': no such file"):
        load_initial_weights(network(), "no.pt")
