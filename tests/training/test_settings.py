"""A mistake in a recipe is refused before torch is loaded, so in a fraction of a second."""

import json
import subprocess
import sys

import pytest

REFUSED = {
    "train.batch_size 0": "allowed: 1 or more",
    "train.precision fp8": "allowed: auto, fp32, bf16, fp16",
    "data.train_limit 100 --data.validation 100": "allowed: 0 to 99",
    "data.train_limit 100 --data.validation 50 --train.batch_size 60": "allowed: 1 to 50",
    "augment.translate 17": "allowed: 0 to 16",
    "model.whitened.depth 4": "allowed: 2 or 3",
    "model.wide_resnet.depth 11": "allowed: 10, 16, 22, 28 and so on",
    "predict.views 3": "allowed: 1, 2, 6, 18",
    "optim.lr -1": "allowed:",
    "loss.label_smoothing 1": "allowed:",
    "averaging.every 0": "allowed: 1 or more steps",
    "sharpness.rho 0": "allowed: a positive number",
    "selection.share 0": "allowed: above 0, up to 1",
    "optim.rate 1": "is not a key of a recipe",
}
# What a child process does with the commands of its first argument: exit codes, messages, and whether torch came in.
CHILD = """
import contextlib, io, json, sys
from pipeline.cli import main

def answer(command):
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        code = main(command.split())
    return code, errors.getvalue()

print(json.dumps([[answer(command) for command in json.loads(sys.argv[1])], "torch" in sys.modules]))
"""


@pytest.mark.parametrize("command", ["train", "sweep --seeds 2"])
def test_a_refused_recipe_needs_no_torch(command: str) -> None:
    commands = [f"{command} --{words}" for words in REFUSED]
    child = [sys.executable, "-c", CHILD, json.dumps(commands)]
    done = subprocess.run(child, capture_output=True, text=True, check=True)
    answers, torch_loaded = json.loads(done.stdout)
    for words, (code, message), expected in zip(commands, answers, REFUSED.values(), strict=True):
        assert code == 2, words
        assert expected in message
        assert message.count("\n") == 1, message
    assert not torch_loaded
