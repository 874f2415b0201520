"""The example networks of docs/networks: trained, killed, resumed, moved, predicted and submitted by commands alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pipeline.models import registry
from pipeline.models.registry import ModelConfig

ROOT = Path(__file__).parents[2]
NETWORKS = ["cnn.py:cnn", "convmixer.py:ConvMixer", "focal.py:FocalNet"]
QUICK = [
    "--data.source", "stand-in", "--data.train_limit", "600", "--data.validation", "100", "--train.batch_size", "50",
    "--predict.views", "1", "--checkpoint.every", "1", "--checkpoint.seconds", "0", "--log.wandb", "off",
    "--train.kernels", "torch",
]  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_it_takes_any_number_of_classes_and_other_sizes(name):
    network = registry.build(ModelConfig(name=f"{ROOT}/docs/networks/{name}"), 7)
    assert network(torch.randn(2, 3, 24, 24)).shape == (2, 7)


@pytest.fixture
def command(tmp_path):
    """Starts `python -m pipeline WORDS` in the test's folder; none of them outlives the test."""
    started = []
    environment = os.environ | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path / "state")}

    def start(*words: str) -> subprocess.Popen:
        words = (sys.executable, "-m", "pipeline", *words)
        process = subprocess.Popen(
            words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def finished(process: subprocess.Popen) -> str:
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


@pytest.mark.slow
@pytest.mark.timeout(1800)  # a busy machine took 400 s for one network, most of it waiting
@pytest.mark.parametrize("name", NETWORKS)
def test_killed_resumed_moved_predicted_and_submitted(name, command, tmp_path):
    first = ["train", "--config", f"{ROOT}/configs/own.yaml", "--model.name", f"{ROOT}/docs/networks/{name}", *QUICK]
    process = command(*first, "--train.length", "200 steps")
    held = None
    while held is None and process.poll() is None:
        time.sleep(0.2)
        held = next(iter(tmp_path.glob("runs/own/*/checkpoints/last.ckpt")), None)
    assert held is not None, process.communicate()[0]
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    run = held.parents[1]
    step = torch.load(held, weights_only=True)["global_step"]
    assert 0 < step < 200
    assert not (run / "submission.csv").exists()
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("200 steps", f"{step + 3} steps"))
    finished(command("train", "--resume", str(run)))
    moved = tmp_path / "elsewhere" / "mine"
    moved.parent.mkdir()
    run.rename(moved)
    finished(command("predict", str(moved), "--out", "again.csv"))
    assert (tmp_path / "again.csv").read_bytes() == (moved / "submission.csv").read_bytes()
    assert "Rank 1 of 1" in finished(command("submit", str(moved), "--team", "student"))
