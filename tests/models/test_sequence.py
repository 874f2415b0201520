"""Images read as sequences: the reading itself, the shapes, the start, the exact repeat of a prediction."""

import pytest
import torch
from torch import nn

from pipeline.models import registry
from pipeline.models.sequence import READINGS, SequenceClassifier
from pipeline.models.settings import ModelConfig, SequenceConfig

IMAGES = torch.arange(2 * 3 * 32 * 32, dtype=torch.float32).reshape(2, 3, 32, 32)


def read(reading, **options):
    return SequenceClassifier(SequenceConfig(hidden=2, **options), reading).eval()


def test_rows_hold_every_channel_of_one_row():
    rows = read("rows").sequence(IMAGES)
    assert rows.shape == (2, 32, 96)
    for row in (0, 17):
        assert torch.equal(rows[1, row], torch.cat([IMAGES[1, channel, row] for channel in range(3)]))


def test_pixels_come_row_by_row():
    pixels = read("pixels").sequence(IMAGES)
    assert pixels.shape == (2, 1024, 3)
    assert torch.equal(pixels[1, 32 * 5 + 7], IMAGES[1, :, 5, 7])


def test_padded_rows_are_the_rows_and_then_noise():
    network = read("padded_rows", padded_length=100)
    padded = network.sequence(IMAGES)
    assert padded.shape == (2, 100, 96)
    assert torch.equal(padded[:, :32], read("rows").sequence(IMAGES))
    assert padded[:, 32:].std().item() == pytest.approx(1, abs=0.05)
    assert torch.equal(padded, network.sequence(IMAGES))
    assert torch.equal(padded[:1], network.sequence(IMAGES[:1]))
    network.train()
    assert not torch.equal(network.sequence(IMAGES), network.sequence(IMAGES))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("cell", ["rnn", "relu_rnn", "lstm", "gru"])
def test_logits_and_gradients(reading, cell):
    config = SequenceConfig(cell=cell, hidden=3, layers=2, bidirectional=True, readout="mean", padded_length=40)
    network = registry.build(ModelConfig(name=f"sequence_{reading}", sequence=config), classes=7)
    logits = network(torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (4, 7)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize(("readout", "cell"), [("last", "gru"), ("last", "lstm"), ("mean", "lstm")])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_the_classifier_reads(readout, cell, bidirectional):
    network = read("rows", cell=cell, layers=2, readout=readout, bidirectional=bidirectional)
    output, _ = network.recurrent(network.sequence(IMAGES))
    last = torch.cat([output[:, -1, :2], output[:, 0, 2:]], dim=1) if bidirectional else output[:, -1]
    expected = network.head(output.mean(1) if readout == "mean" else last)
    torch.testing.assert_close(network(IMAGES), expected)


def test_the_start_is_the_one_asked_for():
    lstm = read("rows", forget_bias=3.0, orthogonal=True).recurrent
    assert isinstance(lstm, nn.LSTM)
    assert (lstm.bias_ih_l0 + lstm.bias_hh_l0)[2:4].tolist() == [3.0, 3.0]
    block = lstm.weight_hh_l0[:2].detach()
    torch.testing.assert_close(block @ block.T, torch.eye(2))
    rnn = read("rows", cell="rnn", spectral_radius=0.7).recurrent
    assert torch.linalg.eigvals(rnn.weight_hh_l0).abs().max().item() == pytest.approx(0.7)
    chrono = read("rows", chrono=50).recurrent
    assert torch.equal(chrono.bias_ih_l0[:2], -chrono.bias_ih_l0[2:4])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hidden": 0}, "model.sequence.hidden is 0; allowed: 1 or more"),
        ({"padded_length": 32}, "allowed: 33 or more"),
        ({"spectral_radius": -1.0}, "model.sequence.spectral_radius is -1.0"),
        ({"dropout": 1.0}, "allowed: 0 to below 1"),
        ({"chrono": 2}, "3 and more steps"),
        ({"chrono": 9, "forget_bias": 1.0}, "without forget_bias"),
        ({"cell": "rnn", "forget_bias": 1.0}, "has no gate; allowed: lstm or gru"),
    ],
)
def test_options_out_of_range_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        SequenceConfig(**options)
