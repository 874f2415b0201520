"""Kernels of a run: measured, written, used again on resume, taken from a file, refused from another machine."""

import json

import pytest
import pytorch_lightning as pl
import torch

from pipeline.core.errors import UserError
from pipeline.kernels import session
from pipeline.kernels.layers import AutotunedConv2d
from pipeline.models.settings import WhitenedConfig
from pipeline.models.whitened import WhitenedNet
from pipeline.training.checks import check_kernels
from pipeline.training.settings import CheckpointConfig, TrainConfig
from tests import tiny

TIMES = {
    "8->8 7x7": {"torch": 2.0, "winograd": 1.0},
    "8->8 7x7 pooled": {"torch": 2.0, "winograd_pooled": 1.0},
    "8->8 3x3": {"torch": 2.0, "gathered": 1.0},
}


@pytest.fixture(autouse=True)
def measurements(monkeypatch):
    """How often was measured; what it found is fixed."""
    calls = []
    monkeypatch.setattr(session, "measure_times", lambda *_: calls.append(1) or TIMES)
    return calls


def prepare(folder, kernels="auto", dtype=torch.float32, **options):
    network = WhitenedNet(WhitenedConfig(widths=(8, 8, 8)))
    line = session.choose_kernels(network, (32,), 10, dtype, kernels=str(kernels), folder=folder, **options)
    return line, network


def algorithms(network):
    """The names of the algorithms that the network's layers compute in."""
    layers = [layer for layer in network.modules() if isinstance(layer, AutotunedConv2d)]
    return {algorithm.name for layer in layers for algorithm in layer.algorithms.values()}


def edit(folder, **changes):
    """Change a record's machine."""
    file = folder / "kernels.json"
    held = json.loads(file.read_text())
    file.write_text(json.dumps(held | {"machine": held["machine"] | changes}))


def test_the_choice_is_measured_written_and_said_in_one_line(tmp_path, measurements):
    line, network = prepare(tmp_path)
    held = json.loads((tmp_path / "kernels.json").read_text())
    assert algorithms(network) == {"winograd", "winograd_pooled", "gathered"}
    assert line == (
        "kernels measured here: gathered for 8->8 3x3; winograd for 8->8 7x7; winograd_pooled for 8->8 7x7 pooled; "
        "torch's own for 3 of 6 shapes"
    )
    assert held["chosen"]["8->8 15x15"] == "torch"
    assert held["milliseconds"] == TIMES
    assert measurements == [1]


def test_torchs_own_measures_and_writes_nothing(tmp_path, measurements):
    line, network = prepare(tmp_path, "torch")
    assert (line, algorithms(network), measurements, list(tmp_path.iterdir())) == ("", set(), [], [])


def test_a_resumed_run_computes_as_it_began(tmp_path, measurements):
    _, first = prepare(tmp_path)
    line, network = prepare(tmp_path, resume=True)
    assert line.startswith("kernels as the run began: gathered for")
    assert algorithms(network) == algorithms(first)
    assert measurements == [1]


def test_resumed_on_another_machine_it_is_measured_again_and_says_so(tmp_path, measurements):
    prepare(tmp_path)
    edit(tmp_path, processor="VAX")
    line, _ = prepare(tmp_path, resume=True)
    assert "measured again, since" in line
    assert "was measured on another machine (processor 'VAX', here " in line
    assert "\n" not in line
    assert measurements == [1, 1]
    assert prepare(tmp_path, resume=True)[0].startswith("kernels as the run began")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"machine": 3}', '{"machine": {}, "chosen": [1], "milliseconds": {}}']
)
def test_a_damaged_record_is_measured_again_on_resume_and_refused_as_a_file(tmp_path, text, measurements):
    file = tmp_path / "kernels.json"
    file.write_text(text)
    with pytest.raises(UserError, match=r"kernels.json is not a record of kernels.*set it to auto"):
        prepare(tmp_path / "other", file)
    assert "is not a record of kernels" in prepare(tmp_path, resume=True)[0]
    assert measurements == [1]


def test_a_file_fixes_the_choice_and_the_run_keeps_a_copy(tmp_path, measurements):
    _, first = prepare(tmp_path / "first")
    line, second = prepare(tmp_path / "second", tmp_path / "first" / "kernels.json")
    assert line.startswith(f"kernels of {tmp_path / 'first' / 'kernels.json'}: gathered")
    assert algorithms(first) == algorithms(second)
    assert (tmp_path / "second" / "kernels.json").read_text() == (tmp_path / "first" / "kernels.json").read_text()
    assert measurements == [1]


def test_a_file_of_another_machine_or_type_is_refused_in_one_line(tmp_path):
    prepare(tmp_path)
    with pytest.raises(UserError, match=r"another machine \(precision 'float32', here 'bfloat16'\); set it to auto"):
        prepare(tmp_path, tmp_path / "kernels.json", torch.bfloat16)
    edit(tmp_path, torch="1.0")
    with pytest.raises(UserError, match=r"another machine \(torch '1.0', here .*\); set it to auto"):
        prepare(tmp_path, tmp_path / "kernels.json")


@pytest.mark.parametrize("name", ["dense", "side_by_side:8", "no such algorithm", 3, None])
def test_a_file_whose_algorithms_do_not_fit_the_shapes_is_refused(tmp_path, name):
    prepare(tmp_path)
    file = tmp_path / "kernels.json"
    held = json.loads(file.read_text())
    file.write_text(json.dumps(held | {"chosen": held["chosen"] | {"8->8 15x15": name}}))
    with pytest.raises(UserError, match="has no choice for 8->8 15x15"):
        prepare(tmp_path, file)


def test_a_file_that_is_not_there_is_refused_before_a_run_begins(tmp_path):
    with pytest.raises(UserError, match=r"train.kernels is 'missing.json'; allowed: auto, torch, or a file"):
        check_kernels(TrainConfig(kernels="missing.json"))


class PowerCut(pl.Callback):
    """Ends the run before its fourth step."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.global_step == 3:
            raise EOFError


def test_a_run_that_was_cut_off_and_resumed_ends_with_the_same_bits(tmp_path, capsys):
    recipe = tiny.recipe(train={"kernels": "auto"}, checkpoint=CheckpointConfig(every=1, seconds=0))
    straight = tiny.train(recipe, tiny.dataset(), tmp_path / "straight")
    with pytest.raises(EOFError):
        tiny.train(recipe, tiny.dataset(), tmp_path / "cut", extra=[PowerCut()])
    resumed = tiny.train(recipe, tiny.dataset(), tmp_path / "cut", resume=True)
    assert algorithms(resumed.model) == {"winograd", "winograd_pooled", "gathered"}
    expected = straight.model.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in resumed.model.state_dict().items())
    lines = [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("kernels")]
    assert lines == ["kernels measured here", "kernels measured here", "kernels as the run began"]
