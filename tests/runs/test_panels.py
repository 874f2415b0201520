"""The panels of a W&B page: right numbers, the images that they speak of, and an offline run that holds them."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.runs import held_out, panels, tracking
from pipeline.training.recipe import LogConfig
from tests import tiny

wandb = pytest.importorskip("wandb")


@pytest.fixture
def folder(tmp_path):
    """A run folder whose 40 held-out images are the training images 20 to 59; every fifth is predicted wrongly."""
    data, rows = tiny.dataset(), np.arange(20, 60)
    labels = data.train_labels[rows]
    said = np.where(np.arange(40) % 5 == 0, (labels + 1) % 10, labels)
    table = np.full((40, 10), 0.05)
    table[np.arange(40), said] = 0.55
    run = tmp_path / "20260101-000000-seed0"
    (run / "figures").mkdir(parents=True)
    held_out.write(run, rows, labels, table, data.train_images[rows], data.classes)
    lines = ["epoch,step,train_loss,validation_loss", "1,5,2.0,1.5", "2,10,1.0,1.25", "3,15,0.5,"]
    (run / "metrics.csv").write_text("\n".join(lines) + "\n")
    for name in ("submission.csv", "config.yaml", "last.ckpt"):
        (run / name).write_text("x\n")
    return run


def test_each_question_has_one_panel_with_the_right_numbers(folder):
    data = tiny.dataset()
    shown = panels.panels(folder, data.train_images)
    assert list(shown) == [
        "learning/loss",
        "held_out/by_class",
        "held_out/confusion",
        "held_out/calibration",
        "held_out/predictions",
    ]
    by_class = dict(shown["held_out/by_class"].table.data)
    # Of the images 20 to 59 each class has four; those of the classes 0 and 5 are all predicted wrongly.
    assert by_class == {name: 0.0 if name in ("airplane", "dog") else 100.0 for name in data.classes}
    assert shown["held_out/calibration"].table.data == [[pytest.approx(0.55, abs=1e-3), 0.8, 40]]
    losses = [row[1:] for row in shown["learning/loss"].table.data]
    train, held = "training images, augmented", "held-out images"
    assert sorted(losses) == [[held, 1.25], [held, 1.5], [train, 1.0], [train, 2.0]]
    counts = {tuple(row[:2]): row[2] for row in shown["held_out/confusion"].table.data}
    assert counts["airplane", "automobile"] == 4
    assert sum(counts.values()) == 40


def test_the_table_shows_the_images_that_it_names(folder):
    data = tiny.dataset()
    table = panels.panels(folder, data.train_images)["held_out/predictions"]
    assert table.columns == [*panels.COLUMNS, *data.classes]
    assert len(table.data) == 40
    for row, image, true, said, right, sure, given, *shares in table.data:
        np.testing.assert_array_equal(np.asarray(image.image), data.train_images[row])
        assert true == data.classes[data.train_labels[row]]
        assert right == (said == true)
        assert sure == pytest.approx(max(shares))
        assert given == shares[data.classes.index(true)]


def test_a_run_without_held_out_images_or_epochs_has_fewer_panels(folder, tmp_path):
    (folder / "held_out.npz").unlink()
    assert list(panels.panels(folder, None)) == ["learning/loss"]
    (folder / "metrics.csv").write_text("epoch\n")
    assert panels.panels(folder, None) == {}


def test_metrics_are_drawn_over_epochs(monkeypatch):
    defined = {}
    run = SimpleNamespace(define_metric=lambda name, **how: defined.update({name: how}))
    panels.define(run)
    assert defined["validation_accuracy"] == {"step_metric": "epoch", "summary": "max"}
    assert defined["epoch"] == {"hidden": True}


def test_an_offline_run_takes_all_of_it(folder, monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "home"))
    config = LogConfig(wandb="offline", group="a group", notes="a note", tags=["mine"])
    logger = tracking.wandb_logger(config, "offline", folder, "tiny", ["tiny"], {"optim": {"lr": 0.1}})
    run = logger.experiment
    assert (run.group, run.notes, run.tags) == ("a group", "a note", ("tiny", "mine"))
    assert run.config["optim"]["lr"] == 0.1
    logger.log_metrics({"epoch": 1, "validation_accuracy": 0.5}, step=5)
    tracking.record_files(logger, folder, folder / "last.ckpt", tiny.dataset().train_images)
    assert "W&B did not take" not in capsys.readouterr().err
    place = next(folder.glob("wandb/offline-run-*"))
    said = subprocess.run(
        [sys.executable, "-m", "wandb", "leet", "inspect", "--summary", "--json", place],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(said.stdout)
    assert (found["state"], found["notes"], found["config"]["optim"]) == ("finished", "a note", {"lr": 0.1})
    assert found["summary"]["held_out/predictions"]["nrows"] == 40
    assert {"learning/loss_table", "held_out/by_class_table", "held_out/confusion_table"} <= found["summary"].keys()


def test_ctrl_c_while_the_files_are_taken_closes_the_page(folder, monkeypatch):
    ended = []

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(panels, "panels", interrupted)
    logger = SimpleNamespace(experiment=SimpleNamespace(finish=lambda exit_code: ended.append(exit_code)))
    with pytest.raises(KeyboardInterrupt):
        tracking.record_files(logger, folder, folder / "last.ckpt")
    assert ended == [1]
