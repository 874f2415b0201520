"""Predictions into a file: equal to those in memory, resumed after a kill, never mixed with another run's."""

import json
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import UserError
from pipeline.prediction.resumable import Table, fill
from pipeline.prediction.settings import PredictConfig
from pipeline.prediction.views import probabilities
from pipeline.runs import folder as runs
from pipeline.runs import predictions
from pipeline.runs.predictions import predict_run
from pipeline.training.devices import device_of
from tests import tiny
from tests.tiny import train

IMAGES = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (1003, 2, 2, 3), dtype=np.uint8)


def rule(images):
    """A row that depends on its image alone."""
    sums = images.reshape(len(images), -1).astype(np.float64)
    return np.stack([sums.sum(1), sums[:, 0], sums[:, -1]], 1).astype(np.float32)


def table_in(folder, **origin):
    return Table(folder / "probabilities.npy", (len(IMAGES), 3), {"views": 1} | origin)


KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
from pipeline.prediction.resumable import Table, fill

images, row = np.load(sys.argv[1]), int(sys.argv[2])
table = Table(Path(sys.argv[3]), (len(images), 3), {"views": 1})

def predict(batch):
    if (batch == images[row]).all(axis=(1, 2, 3)).any():
        os.kill(os.getpid(), signal.SIGKILL)
    sums = batch.reshape(len(batch), -1).astype(np.float64)
    return np.stack([sums.sum(1), sums[:, 0], sums[:, -1]], 1)

fill(table, images, 20, predict)
"""


def killed_at(folder, row):
    """Fill in a process that dies by SIGKILL when it is to predict this row."""
    np.save(folder / "images.npy", IMAGES)
    words = [folder / "images.npy", row, folder / "probabilities.npy"]
    code = subprocess.run([sys.executable, "-c", KILLED, *map(str, words)], check=False, timeout=120).returncode
    assert code == -signal.SIGKILL


def counting(folder, **origin):
    """The table, and how many rows were predicted for it."""
    predicted = []
    table = fill(table_in(folder, **origin), IMAGES, 20, lambda batch: predicted.append(len(batch)) or rule(batch))
    return table, sum(predicted)


def test_a_kill_costs_less_than_ten_batches_and_changes_nothing(tmp_path):
    killed_at(tmp_path, 715)
    table, predicted = counting(tmp_path)
    assert predicted == 1003 - 600  # notes are made at rows 200, 400, 600
    np.testing.assert_array_equal(table, rule(IMAGES))
    assert not (tmp_path / "probabilities.partial.npy").exists()


def test_a_finished_table_is_not_made_again(tmp_path):
    assert counting(tmp_path)[1] == 1003
    table, predicted = counting(tmp_path)
    assert predicted == 0
    np.testing.assert_array_equal(table, rule(IMAGES))


def test_rows_of_another_origin_are_not_used(tmp_path):
    def until_row_715(batch):
        if (batch == IMAGES[715]).all(axis=(1, 2, 3)).any():
            raise KeyboardInterrupt
        return rule(batch)

    with pytest.raises(KeyboardInterrupt):
        fill(table_in(tmp_path), IMAGES, 20, until_row_715)
    assert table_in(tmp_path).finished_rows() == 600
    assert counting(tmp_path, views=6)[1] == 1003
    assert counting(tmp_path, views=2)[1] == 1003  # nor the finished table of another one


@pytest.mark.parametrize("text", ["", "[]", '{"views": 1}', '{"views": 1, "rows": "many"}'])
def test_a_damaged_note_starts_anew(tmp_path, text):
    counting(tmp_path)
    (tmp_path / "probabilities.json").write_text(text)
    assert counting(tmp_path)[1] == 1003


def test_a_damaged_table_starts_anew(tmp_path):
    counting(tmp_path)
    (tmp_path / "probabilities.npy").write_bytes(b"nothing")
    assert counting(tmp_path)[1] == 1003


def test_the_file_grows_with_its_rows_so_that_a_full_disk_is_an_error_and_no_signal(tmp_path):
    """A file that is mapped in its whole size at first has holes, and a hole without room ends the process."""
    table, sizes = table_in(tmp_path), []

    def predict(batch):
        sizes.append(table.partial.stat().st_size)
        return rule(batch)

    fill(table, IMAGES, 20, predict)
    assert sizes[-1] < table.path.stat().st_size
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 2


def test_images_are_read_a_batch_at_a_time(tmp_path):
    class Images(np.ndarray):
        largest = 0

        def __getitem__(self, key):
            found = super().__getitem__(key)
            Images.largest = max(Images.largest, len(found))
            return found

    fill(table_in(tmp_path), IMAGES.view(Images), 20, rule)
    assert Images.largest == 20


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    recipe = tiny.recipe(train={"length": "2 steps"}, predict=PredictConfig(views=2, batch_size=7))
    train(recipe, tiny.dataset(), folder)
    return folder, recipe


def test_a_run_predicts_the_same_as_in_memory_and_once(run, monkeypatch):
    folder, recipe = run
    images = tiny.dataset().test_images
    images.setflags(write=False)  # as a memory map of 300,000 images is
    network = runs.load_network(folder, recipe)
    expected = probabilities(network, images, recipe.predict, device_of(recipe.train), None)
    counts = []
    np.testing.assert_array_equal(predict_run(folder, recipe, images, 10, "probabilities", counts.append), expected)
    assert sum(counts) == 20
    note = json.loads((folder / "probabilities.json").read_text())
    assert (note["rows"], note["views"], note["precision"]) == (20, 2, "fp32")
    monkeypatch.setattr(runs, "load_network", lambda *_: pytest.fail("predicted again"))
    np.testing.assert_array_equal(predict_run(folder, recipe, images, 10, "probabilities"), expected)


def test_other_views_or_images_or_weights_are_another_origin(run):
    folder, recipe = run
    images = tiny.dataset().test_images
    one = predictions.origin(folder, recipe, images)
    six = replace(recipe, predict=PredictConfig(views=6, batch_size=7))
    others = [predictions.origin(folder, recipe, images[:, ::-1]), predictions.origin(folder, six, images)]
    last = folder / "checkpoints" / "last.ckpt"
    whole = last.read_bytes()
    last.write_bytes(whole + b"x")
    others.append(predictions.origin(folder, recipe, images))
    last.write_bytes(whole)
    assert one == predictions.origin(folder, recipe, images)
    assert one not in others


def test_a_run_without_a_checkpoint_is_one_line(run, tmp_path):
    with pytest.raises(UserError, match=r"has no last\.ckpt; resume with --resume"):
        predict_run(tmp_path, run[1], tiny.dataset().test_images, 10, "probabilities")
