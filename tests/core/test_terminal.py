"""Terminals that know only ASCII or Latin-1 show every command's output."""

import itertools

import pytest

from pipeline import cli
from pipeline.convolution import identities
from pipeline.core.terminal import to_ascii
from tests.forked import run_in_fork


def test_what_takes_the_place_of_what():
    assert to_ascii("x ⋆ w − 180° é λ ▓ 中") == "x (star) w - 180 degrees e lamda % ?"
    assert to_ascii("plain text") == "plain text"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize(
    "command",
    [
        "convolution verify --dtype float32",
        "convolution explain --kernel sobel --output p.png",
        "recurrent notes --slip 1",
        "exercise show cell-chain",
    ],
)
def test_every_command_ends_well(encoding, command, tmp_path, monkeypatch):
    measure = identities._measure  # of all cases, verify would take seconds
    monkeypatch.setattr(
        identities,
        "_measure",
        lambda name, wrong, cases, dtype: measure(name, wrong, itertools.islice(cases, 5), dtype),
    )
    code, output, error = run_in_fork(lambda: cli.main(command.split()), tmp_path, encoding)
    assert code == 0, error
    assert output.decode(encoding)
    if "explain" in command:
        assert b"cross-correlation x (star) w" in output
