"""A sweep from command to table on tiny images: stopped, resumed, ensembled, scored; each number made again here."""

import contextlib
import io
import json

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch

from pipeline import cli
from pipeline.core.images import CLASSES
from pipeline.data import sources
from pipeline.practice import board as practice
from pipeline.prediction.views import probabilities
from pipeline.runs import folder as runs
from pipeline.runs import session
from tests import tiny

CONFIG = """
model: {whitened: {widths: [8, 8, 8]}}
data: {validation: 20}
train: {length: 6 steps, batch_size: 10, precision: fp32, device: cpu, kernels: torch}
checkpoint: {every: 2}
predict: {views: 2}
log: {wandb: 'off'}
"""


class Killed(BaseException):
    """Stands for SIGKILL: nobody expects it, nobody cleans up."""


class KillAt(pl.Callback):
    def on_train_batch_start(self, trainer, *_):
        if trainer.global_step == 5:
            raise Killed


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a recipe and a solution; sweeps in it see the tiny images."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "tiny.yaml").write_text(CONFIG)
    (folder / "board-solution").mkdir()
    ids = np.arange(1, 21)
    truth = pd.DataFrame({"id": ids, "label": np.asarray(CLASSES)[(ids - 1) % 10]})
    truth.to_csv(folder / "board-solution" / "solution.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "load", lambda config: tiny.dataset())
        patch.setattr(practice, "create_if_missing", lambda *_: None)
        yield folder


def command(place, *arguments):
    config = ["--config", str(place / "tiny.yaml"), "--log.runs", str(place / "runs")]
    return cli.main(["sweep", *config, *arguments])


@pytest.fixture(scope="module")
def seeds(place):
    """The folder of a sweep over three seeds that was killed in the second one's sixth step, then resumed, scored."""
    train = session.train

    def killed(recipe, *rest, **options):
        return train(recipe, *rest, **options | {"extra": [KillAt()] if recipe.seed == 1 else []})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "train", killed)
        with pytest.raises(Killed):
            command(place, "--seeds", "3")
    (folder,) = (place / "runs" / "tiny").glob("sweep-*")
    before = json.loads((folder / "sweep.json").read_text())["runs"]
    assert list(before) == ["seed 0", "seed 1"]
    first = folder.parent / before["seed 0"] / "summary.json"
    written = first.stat().st_mtime_ns
    assert command(place, "--seeds", "3", "--resume", "--score", "--competition", str(place / "board")) == 0
    assert first.stat().st_mtime_ns == written
    after = json.loads((folder / "sweep.json").read_text())
    assert {**after["runs"], **before} == after["runs"]
    assert after["resumed"] == ["seed 1"]
    return folder


def members(folder):
    return [folder.parent / name for name in json.loads((folder / "sweep.json").read_text())["runs"].values()]


def tables(folder, images):
    """The members' probabilities, from their checkpoints."""
    for run in members(folder):
        recipe = runs.open_run(run)
        yield probabilities(runs.load_network(run, recipe), images, recipe.predict, torch.device("cpu"), None)


def labels_in(csv):
    frame = pd.read_csv(csv)
    assert frame["id"].tolist() == list(range(1, 21))
    return frame["label"].map(CLASSES.index).to_numpy()


def test_a_member_is_the_run_that_its_seed_gives_alone(seeds, place):
    config = ["--config", str(place / "tiny.yaml"), "--log.runs", str(place / "alone")]
    assert cli.main(["train", *config, "--seed", "1"]) == 0
    (alone,) = (place / "alone").glob("tiny/*")
    member = members(seeds)[1]
    assert [runs.open_run(run).seed for run in members(seeds)] == [0, 1, 2]
    one, other = (runs.load_network(run, runs.open_run(run)).state_dict() for run in (alone, member))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (alone / "submission.csv").read_bytes() == (member / "submission.csv").read_bytes()


def test_the_ensemble_is_the_mean_and_greedy_weights_come_from_held_out_images(seeds):
    images = tiny.dataset().test_images
    mean = np.mean(list(tables(seeds, images)), axis=0)
    np.testing.assert_array_equal(labels_in(seeds / "submission.csv"), mean.argmax(1))
    summary = json.loads((seeds / "summary.json").read_text())
    weights = [float(part) for part in summary["ensembles"][1]["label"].split()[1].split("/")]
    weighted = np.average(list(tables(seeds, images)), axis=0, weights=weights)
    agree = labels_in(seeds / "submission_greedy.csv") == weighted.argmax(1)
    assert agree.mean() >= 0.9  # the label's weights are rounded


def test_mean_deviation_and_n_are_numpys_and_scores_are_the_solutions(seeds, place):
    summary = json.loads((seeds / "summary.json").read_text())
    data = tiny.dataset()
    _, held_out = runs.recipe_of(seeds).data.split(data.train_labels)
    right = [table.argmax(1) == data.train_labels[held_out] for table in tables(seeds, data.train_images[held_out])]
    truth = labels_in(place / "board-solution" / "solution.csv")
    tested = [(labels_in(run / "submission.csv") == truth).mean() for run in members(seeds)]
    for name, values in (("validation_accuracy", np.mean(right, axis=1)), ("test_accuracy", tested)):
        assert [row[name] for row in summary["members"]] == pytest.approx(list(values))
        expected = {"mean": np.mean(values), "deviation": np.std(values, ddof=1), "n": 3}
        assert summary[name] == pytest.approx(expected)
    assert summary["ensembles"][0]["test_accuracy"] == pytest.approx(
        (labels_in(seeds / "submission.csv") == truth).mean()
    )
    # An interrupted run's seconds are those of its last part, and no training time.
    assert [row["training_seconds"] is None for row in summary["members"]] == [False, True, False]
    assert summary["training_seconds"]["n"] == 2


@pytest.fixture(scope="module")
def folded(place):
    """The folder of a sweep over two folds, and what it printed."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert command(place, "--folds", "2", "--name", "folded") == 0
    (folder,) = (place / "runs" / "folded").glob("sweep-*")
    return folder, printed.getvalue()


def test_folds_hold_out_every_image_once_and_judge_it_unseen(folded):
    folder, output = folded
    data, right = tiny.dataset(), np.zeros(60, dtype=int)
    recipes = [runs.open_run(run) for run in members(folder)]
    held_out = [recipe.data.split(data.train_labels)[1] for recipe in recipes]
    assert sorted(np.concatenate(held_out)) == list(range(60))
    for rows, table in zip(held_out, [list(tables(folder, data.train_images[r])) for r in held_out], strict=True):
        judge = 0 if rows is held_out[0] else 1
        right[rows] += table[judge].argmax(1) == data.train_labels[rows]
    assert f"out-of-fold accuracy: {right.mean():.2%} of 60 images" in output
    assert not (folder / "submission_greedy.csv").exists()
    assert json.loads((folder / "summary.json").read_text())["test_accuracy"] is None


def test_sweeps_that_share_held_out_images_are_weighed_together_and_others_refused(folded, seeds, place, capsys):
    again = ["--folds", "2", "--name", "folded", "--resume"]
    assert command(place, *again, "--with", str(folded[0])) == 0
    output = capsys.readouterr().out
    assert f"greedy weights: {folded[0].name} 1.00" in output  # the same candidate twice: the first is as good
    same = (folded[0] / "submission_greedy.csv").read_bytes() == (folded[0] / "submission.csv").read_bytes()
    assert same
    (folded[0] / "submission_greedy.csv").unlink()
    assert command(place, *again, "--with", str(seeds)) == 2
    assert "holds out other images than" in capsys.readouterr().err
    assert command(place, *again, "--data.train_limit", "50", "--with", str(seeds)) == 2
    assert f"{seeds}: its data.train_limit is None, here it is 50" in capsys.readouterr().err
    (summary,) = (folder / "summary.json" for folder in members(seeds)[:1])
    kept = summary.read_text()
    summary.write_text(kept.replace('"cifar10"', '"stand-in"'))
    assert command(place, *again, "--with", str(seeds)) == 2
    assert f"--with {seeds}: its images are" in capsys.readouterr().err
    summary.write_text(kept)
    assert command(place, *again, "--with", str(place)) == 2
    assert "is not a sweep: it has no readable sweep.json" in capsys.readouterr().err


def test_a_stopped_member_stops_the_sweep_with_its_code(place, monkeypatch, capsys):
    monkeypatch.setattr("pipeline.runs.session.run", lambda *_, **__: 143)
    assert command(place, "--seeds", "2", "--name", "stopped") == 143
    assert "resume the sweep with the same command and --resume" in capsys.readouterr().err
    (file,) = (place / "runs" / "stopped").glob("sweep-*/sweep.json")
    assert list(json.loads(file.read_text())["runs"]) == ["seed 0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one of --seeds N, --folds N and --trials N; given: 0"),
        (["--seeds", "2", "--folds", "2"], "given: 2"),
        (["--folds", "1"], "--folds is 1; allowed: 2 or more"),
        (["--folds", "61"], "fold 0 of 61 does not exist"),
        (["--seeds", "1", "--data.folds", "1"], "data.folds is 1; allowed: null, or 2 or more"),
        (["--seeds", "1", "--data.fold", "3"], "data.fold is 3; allowed: 0 to 0"),
        (["--seeds", "0"], "--seeds is 0; allowed: 1 or more"),
        (["--seeds", "2", "--resume"], "no sweep of this recipe over 2 seeds"),
        (["--seeds", "3", "--resume", "--optim.lr", "0.1"], "no sweep of this recipe over 3 seeds"),
        (["--seeds", "2", "--train.devices", "2"], "a sweep trains on one device"),
        (["--trials", "2", "--search", "nowhere.yaml"], "nowhere.yaml: no such file"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(place, capsys, arguments, message):
    assert command(place, *arguments) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_reporting_again_without_scoring_keeps_the_scores_of_what_did_not_change(seeds, place, capsys):
    before = json.loads((seeds / "summary.json").read_text())
    assert command(place, "--seeds", "3", "--resume") == 0
    assert json.loads((seeds / "summary.json").read_text()) == before
    other = members(seeds)[0] / "submission.csv"
    text = other.read_text()
    other.write_text(text.replace("1,", "1,", 1) + "\n")
    assert command(place, "--seeds", "3", "--resume") == 0
    assert json.loads((seeds / "summary.json").read_text())["members"][0]["test_accuracy"] is None
    other.write_text(text)
    assert command(place, "--seeds", "3", "--resume", "--score", "--competition", str(place / "board")) == 0
    assert json.loads((seeds / "summary.json").read_text()) == before


@pytest.mark.parametrize("words", [["predict"], ["train", "--resume"]])
def test_a_sweep_is_no_run(seeds, capsys, words):
    """Training one in its folder would overwrite the ensemble's submission."""
    before = (seeds / "submission.csv").read_bytes()
    assert cli.main([*words, str(seeds)]) == 2
    assert "is a sweep, not a run: submit its ensemble with" in capsys.readouterr().err
    assert (seeds / "submission.csv").read_bytes() == before
