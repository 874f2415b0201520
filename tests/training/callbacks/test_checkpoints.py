"""Checkpoints: written whole or not at all, at the right steps, and refused when they are damaged."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from pipeline.core.errors import UserError
from pipeline.training.callbacks import checkpoints
from pipeline.training.settings import CheckpointConfig
from tests import tiny
from tests.tiny import train


def steps_saved(monkeypatch, folder, recipe):
    """The global step of every checkpoint under its file name."""
    saved = []
    really = torch.save

    def save(checkpoint, path):
        saved.append((path.name.split(".")[0], checkpoint["global_step"]))
        really(checkpoint, path)

    monkeypatch.setattr(torch, "save", save)
    train(recipe, tiny.dataset(), folder)
    return saved


def test_the_last_one_is_written_every_few_steps_and_after_the_last(tmp_path, monkeypatch):
    recipe = tiny.recipe(checkpoint=CheckpointConfig(every=2, seconds=0))
    saved = steps_saved(monkeypatch, tmp_path, recipe)
    # Step 5 ends an epoch: its checkpoint waits for validation, and is not due before step 6.
    assert [step for name, step in saved if name == "last"] == [2, 4, 6, 8, 10, 10]
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]


def test_short_steps_do_not_write_at_every_turn(tmp_path, monkeypatch):
    clock = iter(range(100))  # a second goes by at every look, of which a write takes one more
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    recipe = tiny.recipe(checkpoint=CheckpointConfig(every=2, seconds=3))
    saved = steps_saved(monkeypatch, tmp_path, recipe)
    assert [step for name, step in saved if name == "last"] == [6, 10]


def test_without_validation_there_is_no_best_one(tmp_path):
    from dataclasses import replace

    recipe = tiny.recipe()
    train(replace(recipe, data=replace(recipe.data, validation=0)), tiny.dataset(50), tmp_path)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["last.ckpt"]


def test_a_full_disk_stops_the_run_in_one_line_and_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    recipe = tiny.recipe(checkpoint=CheckpointConfig(every=3, seconds=0))
    really = torch.save

    def save(checkpoint, path):
        if checkpoint["global_step"] <= 3:
            return really(checkpoint, path)
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(
        UserError, match=r"(last|best)\.ckpt: No space left on device.*resume with --resume .*"
    ) as error:
        train(recipe, tiny.dataset(), tmp_path)
    assert "\n" not in str(error.value)
    assert torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 3
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.parametrize("damage", [b"", b"no checkpoint", None])
def test_a_damaged_checkpoint_is_refused_in_one_line_on_resume(tmp_path, damage):
    train(tiny.recipe(train={"length": "2 steps"}), tiny.dataset(), tmp_path)
    path = tmp_path / "checkpoints" / "last.ckpt"
    path.write_bytes(path.read_bytes()[:-2000] if damage is None else damage)
    with pytest.raises(UserError, match=r"cannot read checkpoint .*last\.ckpt") as error:
        train(tiny.recipe(), tiny.dataset(), tmp_path, resume=True)
    assert "\n" not in str(error.value)


def test_no_step_between_two_checkpoints_is_refused():
    with pytest.raises(ValueError, match=r"checkpoint\.every is 0; allowed: 1 or more"):
        CheckpointConfig(every=0)


def test_resuming_a_trained_run_leaves_its_checkpoint(tmp_path):
    """So that a prediction which a kill cut off knows the weights again."""
    train(tiny.recipe(), tiny.dataset(), tmp_path)
    last = tmp_path / "checkpoints" / "last.ckpt"
    before = last.read_bytes()
    train(tiny.recipe(), tiny.dataset(), tmp_path, resume=True)
    assert last.read_bytes() == before


def test_a_run_that_was_moved_knows_how_good_its_best_was(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    recipe = tiny.recipe()
    train(recipe, tiny.dataset(), old)
    old.rename(new)
    (best,) = (c for c in checkpoints.checkpoint_callbacks(new / "checkpoints", recipe.checkpoint, validate=True)
               if isinstance(c, checkpoints.BestCheckpoint))  # fmt: skip
    states = torch.load(new / "checkpoints" / "last.ckpt", weights_only=True)["callbacks"]
    state = next(state for state in states.values() if "best_k_models" in state)
    best.load_state_dict(state)
    assert best.best_model_score == state["best_model_score"]
    assert best.best_model_path == best.kth_best_model_path == str(new / "checkpoints" / "best.ckpt")
    assert Path(best.best_model_path).is_file()
    assert best.best_k_models == {best.best_model_path: state["best_model_score"]}
