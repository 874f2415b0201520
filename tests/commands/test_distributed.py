"""Two gloo processes on a CPU against one process with the same global batch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]


def run(folder, *arguments):
    """Train in a folder of its own, in as many processes as asked."""
    folder.mkdir()
    script = Path(__file__).with_name("distributed.py")
    command = [sys.executable, str(script), str(folder), *(str(argument) for argument in arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr


def trained(folder, devices, share=1.0):
    """Each process's weights, and the last checkpoint's metrics."""
    run(folder, devices, share)
    weights = [torch.load(folder / f"rank{rank}-of-{devices}.pt", weights_only=True) for rank in range(devices)]
    return weights, (folder / "metrics.csv").read_text().splitlines()


@pytest.mark.slow
def test_two_processes_give_the_weights_and_metrics_of_one(tmp_path):
    (one,), metrics = trained(tmp_path / "one", 1)
    (first, second), shared = trained(tmp_path / "two", 2)
    for name, value in one.items():
        torch.testing.assert_close(first[name], value, rtol=1e-4, atol=1e-5)
        assert torch.equal(first[name], second[name])
    for row, other in zip(metrics[1:], shared[1:], strict=True):
        numbers = [[float(x) for x in line.split(",")[:4]] for line in (row, other)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-3)


@pytest.mark.slow
def test_two_processes_that_select_hard_images_keep_one_network_and_one_proxy(tmp_path):
    (first, second), _ = trained(tmp_path / "half", 2, share=0.6)
    assert any(name.startswith("proxy.") for name in first)
    assert all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.mark.slow
def test_a_signal_to_one_process_stops_all_at_the_epochs_end_with_a_checkpoint(tmp_path):
    run(tmp_path / "stopped", 2, 1.0, "stop")
    assert [(tmp_path / "stopped" / f"stopped-{rank}").read_text() for rank in range(2)] == ["143", "143"]
    checkpoint = torch.load(tmp_path / "stopped" / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == 5


@pytest.mark.slow
def test_what_one_process_finds_not_finite_stops_all_with_the_same_words(tmp_path):
    """One that stopped alone would leave the others waiting for its gradients."""
    run(tmp_path / "spoilt", 2, 1.0, "nan")
    first, second = ((tmp_path / "spoilt" / f"stopped-{rank}").read_text() for rank in range(2))
    assert first == second
    assert "NaN or infinite at step 1" in first


@pytest.mark.slow
def test_an_error_of_the_first_process_does_not_leave_the_other_waiting(tmp_path):
    run(tmp_path / "full", 2, 1.0, "full")  # which ends when no process holds its output any more
    assert (tmp_path / "full" / "stopped-0").read_text() == "the disk is full"
