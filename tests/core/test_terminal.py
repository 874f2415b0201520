"""Terminals that know only ASCII or Latin-1 show every command's output."""

import os
import subprocess
import sys

import pytest

from pipeline.core.terminal import to_ascii


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
def test_every_command_ends_well(encoding, command, tmp_path):
    words = [sys.executable, "-m", "pipeline", *command.split()]
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, capture_output=True, cwd=tmp_path, env=environment, timeout=200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding)
    if "explain" in command:
        assert b"cross-correlation x (star) w" in done.stdout
