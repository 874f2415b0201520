"""The worker engine gives the tensor engine's images in the same order, and starts at any step."""

import gc
import multiprocessing
import signal

import numpy as np
import pytest
import torch

from pipeline.data.augment_settings import AugmentConfig, Resolution
from pipeline.data.batches import TensorBatches
from pipeline.data.workers import WorkerBatches, start_worker

COUNT = 24
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 32, 32, 3), dtype=np.uint8)
LABELS = torch.arange(COUNT) % 10


def batches(kind, config, **options):
    images = torch.from_numpy(IMAGES) if kind is TensorBatches else IMAGES
    return kind(images, LABELS, config, **{"batch_size": 8, "total_steps": 9, "seed": 3} | options)


@pytest.mark.parametrize("flip", ["none", "alternating"])
def test_both_engines_give_the_same_batches_where_nothing_else_is_random(flip):
    config = AugmentConfig(flip=flip, translate=0, workers=0)
    for step in (0, 3):
        tensor = list(batches(TensorBatches, config).epoch(step))
        worker = list(batches(WorkerBatches, config).epoch(step))
        assert len(tensor) == len(worker) == 3
        for (a, labels_a), (b, labels_b) in zip(tensor, worker, strict=True):
            torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
            assert torch.equal(labels_a, labels_b)


def test_a_worker_leaves_signals_to_the_trainer():
    """Ctrl-C reaches every process of a terminal; a worker that dies of it leaves the trainer without its batch."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before, threads = [signal.getsignal(number) for number in numbers], torch.get_num_threads()
    try:
        start_worker(0)
        assert [signal.getsignal(number) for number in numbers] == [signal.SIG_IGN, signal.SIG_DFL]
    finally:
        torch.set_num_threads(threads)
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def test_workers_and_starting_step_change_nothing():
    small = [Resolution(size=24, until="50%")]
    config = {"flip": "random", "translate": 4, "cutout": 8, "trivial": 0.5, "mixup": 0.2, "resolutions": small}
    alone = batches(WorkerBatches, AugmentConfig(**config, workers=0))
    shared = batches(WorkerBatches, AugmentConfig(**config, workers=2))
    whole = list(alone.epoch(3))
    assert [images.shape[-1] for images, _ in whole] == [24, 32, 32]
    for start in (3, 4):
        for (a, targets_a), (b, targets_b) in zip(whole[start - 3 :], shared.epoch(start), strict=True):
            assert torch.equal(a, b)
            assert torch.equal(targets_a, targets_b)
    assert not torch.equal(whole[0][0], next(iter(alone.epoch(0)))[0])


def test_the_workers_end_as_soon_as_nobody_needs_them():
    shared = batches(WorkerBatches, AugmentConfig(flip="random", workers=2))
    list(shared.epoch(0))
    workers = multiprocessing.active_children()
    assert len(workers) >= 2
    gc.disable()
    try:
        del shared
        assert not set(workers) & set(multiprocessing.active_children()), "without the garbage collector"
    finally:
        gc.enable()
