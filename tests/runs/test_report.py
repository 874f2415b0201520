"""Reports and lists of runs: right numbers, self-contained pages, hostile folders harmless."""

import json
import re

import numpy as np
import pytest

from pipeline import cli
from pipeline.core.errors import UserError
from pipeline.runs import held_out, listing
from pipeline.runs.report import facts
from pipeline.runs.report.page import write_report

CLASSES = ("cat", "dog", "<i>bird</i>")


def make(root, name, *, accuracy=0.5, lr=0.1, seed=0, finished=True, predicted=(0, 1, 2, 0)):
    """A run folder as training leaves it, with four held-out images of the classes 0, 1, 2, 1."""
    folder = root / "recipe" / name
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "last.ckpt").touch()
    (folder / "config.yaml").write_text(f"seed: {seed}\nmodel:\n  name: resnet18\noptim:\n  lr: {lr}\n")
    (folder / "metrics.csv").write_text("epoch,step,train_loss,validation_accuracy\n1,5,2.0,0.25\n2,10,1.0,\n")
    if finished:
        summary = {"recipe": "recipe", "data": "cifar10", "validation_accuracy": accuracy, "seconds": {"training": 90}}
        (folder / "summary.json").write_text(json.dumps(summary | {"hardware": {"cpu": "<b>fast</b>"}}))
    table = np.full((4, 3), 0.2)
    table[np.arange(4), predicted] = 0.6
    images = np.random.default_rng(0).integers(256, size=(4, 8, 8, 3), dtype=np.uint8)
    held_out.write(folder, np.arange(4), np.array([0, 1, 2, 1]), table, images, CLASSES)
    return folder


@pytest.fixture
def two(tmp_path):
    return [make(tmp_path, "a"), make(tmp_path, "b<script>", lr=0.2, accuracy=0.9, seed=1, predicted=(1, 1, 0, 1))]


def test_runs_are_listed_sorted_and_filtered(two, tmp_path, capsys):
    make(tmp_path, "c", finished=False)
    (tmp_path / "latest").symlink_to(two[1])
    (two[0] / "config.yaml").write_text("{")
    assert cli.main(["runs", str(tmp_path), "--sort", "held_out", "--reverse", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["held_out"], each["state"]) for each in found] == [
        (0.9, "finished"),
        (0.5, "damaged"),
        (None, "stopped"),
    ]
    assert (found[0]["network"], found[0]["minutes"], found[0]["seed"]) == ("resnet18", 1.5, 1)
    assert cli.main(["runs", str(tmp_path), "--where", "state=stopped", "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ",".join(listing.COLUMNS)
    assert len(lines) == 2
    assert cli.main(["runs", str(tmp_path)]) == 0
    assert "90.00%" in (table := capsys.readouterr().out)
    assert "last resume" not in table


def test_the_list_names_the_runs_whose_minutes_are_not_all(two, tmp_path, capsys):
    file = two[0] / "summary.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"resumed": True}))
    assert cli.main(["runs", str(tmp_path)]) == 0
    assert f"begin with its last resume: {two[0]}\n" in capsys.readouterr().out
    for kind in ("csv", "json"):
        assert cli.main(["runs", str(tmp_path), "--format", kind]) == 0
        assert "resume" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [(["/no/such"], "is not a folder"), ([".", "--where", "speed=1"], "write COLUMN=TEXT, with one of run, recipe")],
)
def test_a_wrong_folder_or_column_is_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["runs", *words]) == 2
    assert message in capsys.readouterr().err


def test_what_the_runs_say(two):
    one, other = map(facts.read_run, two)
    assert facts.differences([one, other]) == {"seed": [0, 1], "optim.lr": [0.1, 0.2]}
    np.testing.assert_allclose(held_out.per_class(one.judged), [1, 0.5, 1])
    assert held_out.confusion(one.judged).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    bins, error = held_out.calibration(one.judged)
    # All four are 60 % sure, and three are right.
    assert bins == [(pytest.approx(0.6, abs=1e-3), 0.75, 4)]
    assert error == pytest.approx(0.15, abs=1e-3)
    # First [0, 1, 2, 0], second [1, 1, 0, 1], truth [0, 1, 2, 1]: three differ, two times the first alone is right.
    assert facts.disagreements([one, other]) == [(one.label, other.label, 4, 3, 2, 1)]
    assert len(one.judged.worst) == 1


def labels(*folders):
    return [run.label for run in facts.add_labels([facts.read_run(folder) for folder in folders])]


def test_runs_are_labelled_by_what_differs(tmp_path):
    slow, fast, again = make(tmp_path, "a"), make(tmp_path, "b", lr=0.2), make(tmp_path, "c", lr=0.2)
    assert labels(slow, fast) == ["optim.lr 0.1", "optim.lr 0.2"]
    assert labels(slow) == ["recipe/a"]
    assert labels(fast, again) == ["recipe/b", "recipe/c"]
    assert labels(slow, fast, again) == ["optim.lr 0.1", "recipe/b optim.lr 0.2", "recipe/c optim.lr 0.2"]
    other = make(tmp_path, "d", seed=1)
    (other / "config.yaml").write_text(
        "seed: 1\nmodel:\n  name: nets/cnn.py:cnn\n  own:\n    width: 8\noptim:\n  lr: 0.1\n"
    )
    (slow / "config.yaml").write_text((slow / "config.yaml").read_text().replace("resnet18", "resnet18\n  own: {}"))
    assert labels(slow, other) == ["resnet18, seed 0", "cnn.py:cnn, seed 1, model.own.width 8"]


def test_the_page_is_self_contained_and_escapes_every_name(two, tmp_path, capsys):
    assert cli.main(["report", *map(str, two), "--out", str(tmp_path / "r.html")]) == 0
    page = (tmp_path / "r.html").read_text()
    assert "<script" not in page
    assert "<i>bird" not in page
    assert "<b>fast" not in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("data:image/png;base64,") == 1 + 2
    for text in ("optim.lr", "90.00 %", "predicted differently", "calibration error 0.150", "&lt;b&gt;fast"):
        assert text in page


def test_a_run_without_held_out_images_or_half_deleted_is_shown_as_far_as_it_goes(tmp_path):
    folder = make(tmp_path, "a", finished=False)
    (folder / "held_out.npz").write_bytes(b"PK")
    (folder / "metrics.csv").unlink()
    write_report([folder], tmp_path / "r.html")
    assert "No run has held-out images" in (tmp_path / "r.html").read_text()
    with pytest.raises(UserError, match="named twice"):
        write_report([folder, folder], tmp_path / "r.html")
    with pytest.raises(UserError, match="is not a run folder"):
        write_report([tmp_path], tmp_path / "r.html")
    (folder / "config.yaml").write_text("- 1")
    with pytest.raises(UserError, match="is damaged; leave this run out"):
        write_report([folder], tmp_path / "r.html")


@pytest.mark.parametrize("labels", [[0, 1, 9, 1], [0, 1, -1, 1], [0, 1, 2]])
def test_a_file_of_held_out_images_that_does_not_fit_together_is_not_read(tmp_path, labels):
    folder = make(tmp_path, "a")
    parts = held_out.read(folder)._asdict()
    np.savez(folder / "held_out.npz", **{**parts, "labels": np.array(labels)})
    assert held_out.read(folder) is None
