"""A search on tiny images: cut off, gone on with, judged by held-out images; and files that are no search."""

import json
from pathlib import Path

import optuna
import pytest
import pytorch_lightning as pl
import yaml

from pipeline import cli
from pipeline.config import with_settings
from pipeline.core.errors import UserError
from pipeline.data import sources
from pipeline.runs import folder as runs
from pipeline.runs import session
from pipeline.sweeps.search import completed, open_study, read_space, suggest
from tests import tiny

CONFIG = """
model: {whitened: {widths: [8, 8, 8]}}
data: {validation: 20}
train: {length: 4 steps, batch_size: 10, precision: fp32, device: cpu, kernels: torch}
log: {wandb: 'off'}
"""
SPACE = """
parameters:
  optim.lr: {min: 0.01, max: 1.0, distribution: log_uniform_values}
  optim.momentum: {values: [0.5, 0.9]}
  augment.translate: {min: 1, max: 4, distribution: int_uniform}
"""


class Killed(BaseException):
    """Stands for SIGKILL."""


class KillAtStepTwo(pl.Callback):
    def on_train_batch_start(self, trainer, *_):
        if trainer.global_step == 2:
            raise Killed


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    (tmp_path / "space.yaml").write_text(SPACE)

    def run(*arguments):
        files = ["--config", str(tmp_path / "tiny.yaml"), "--search", str(tmp_path / "space.yaml")]
        return cli.main(["sweep", *files, "--log.runs", str(tmp_path / "runs"), *arguments])

    return run


def test_a_search_that_was_cut_off_goes_on_with_the_same_trial(command, tmp_path, monkeypatch, capsys):
    train = session.train
    monkeypatch.setattr(session, "train", lambda *a, **o: train(*a, **o | {"extra": [KillAtStepTwo()]}))
    with pytest.raises(Killed):
        command("--trials", "2")
    (folder,) = (tmp_path / "runs" / "tiny").glob("search-*")
    with open_study(folder, 0) as study:
        (cut_off,) = study.trials
    monkeypatch.setattr(session, "train", train)
    assert command("--trials", "2", "--resume") == 0
    with open_study(folder, 0) as study:
        done = completed(study)
    assert len(done) == 2
    assert (done[0].params, done[0].user_attrs) == (cut_off.params, cut_off.user_attrs)
    for trial in done:
        run = Path(trial.user_attrs["run"])
        assert trial.value == json.loads((run / "summary.json").read_text())["validation_accuracy"]
        recipe = runs.open_run(run)
        assert recipe.optim.lr == trial.params["optim.lr"]
        assert 0.01 <= recipe.optim.lr <= 1
        assert recipe.optim.momentum == float(trial.params["optim.momentum"]) in (0.5, 0.9)
        assert recipe.augment.translate in (1, 2, 3, 4)
    best = max(done, key=lambda trial: trial.value)
    assert f"best: {best.user_attrs['run']}" in capsys.readouterr().out


def test_a_trial_that_diverges_is_booked_as_failed(command, tmp_path, capsys):
    (tmp_path / "space.yaml").write_text(
        "parameters: {optim.lr: {values: [1.0e+30]}, optim.head_lr: {values: [1.0e+30]}}"
    )
    assert command("--trials", "1") == 1
    assert "trial 0 failed: the loss became NaN or infinite" in capsys.readouterr().err


def test_without_held_out_images_there_is_nothing_to_search_by(command, capsys):
    assert command("--trials", "1", "--data.validation", "0") == 2
    assert "add --data.validation 5000" in capsys.readouterr().err


def test_a_misspelt_setting_shows_before_anything_is_trained(command, tmp_path, capsys):
    (tmp_path / "space.yaml").write_text("parameters: {optim.rate: {values: [1]}}")
    assert command("--trials", "1") == 2
    assert "optim.rate" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not valid YAML"),
        ("method: bayes", "no `parameters:` in it"),
        ("parameters: {optim.lr: 3}", "optim.lr is 3; allowed: `values"),
        ("parameters: {optim.lr: {values: []}}", "optim.lr is"),
        ("parameters: {optim.lr: {min: 2, max: 1}}", "`min` below `max`"),
        ("parameters: {optim.lr: {min: 0, max: 1, distribution: log_uniform_values}}", "with min above 0"),
        ("parameters: {optim.lr: {min: 0, max: 1, distribution: normal}}", "allowed:"),
    ],
)
def test_a_file_that_is_no_search_is_one_line(tmp_path, text, message):
    (tmp_path / "space.yaml").write_text(text)
    with pytest.raises(UserError, match=message) as error:
        read_space(tmp_path / "space.yaml")
    assert "\n" not in str(error.value)


def test_a_range_between_whole_numbers_draws_whole_numbers(tmp_path):
    (tmp_path / "space.yaml").write_text(
        "parameters: {train.batch_size: {min: 50, max: 60}, optim.lr: {min: 0, max: 1.0}}"
    )
    space = read_space(tmp_path / "space.yaml")
    study = optuna.create_study()
    drawn = [[suggest(study.ask(), key, spec) for key, spec in space.items()] for _ in range(20)]
    assert {type(value) for value, _ in drawn} == {int}
    assert {type(value) for _, value in drawn} == {float}


def test_the_example_names_keys_of_a_recipe_and_a_command_that_takes_them():
    path = Path(__file__).parents[2] / "configs" / "search.yaml"
    space, content = read_space(path), yaml.safe_load(path.read_text())
    values = {key: spec["values"][-1] if "values" in spec else spec["max"] for key, spec in space.items()}
    recipe = with_settings(tiny.recipe(), values)
    assert recipe.optim.lr == values["optim.lr"]
    assert recipe.loss.label_smoothing == values["loss.label_smoothing"]
    words = " ".join(content["command"]).replace("${program}", content["program"])
    assert "-m pipeline train --config configs/smoke.yaml ${args}" in words
    assert content["metric"] == {"name": "validation_accuracy", "goal": "maximize"}
