"""Runs that are killed for real end with the weights of the run that went through, bit by bit."""

import json

import pytest

from tests.commands import killing
from tests.forked import run_in_fork

MIDWAY = ["plain", "ema", "mean", "mixing", "dropout", "accumulate", "resolutions", "selection", "lookahead"]
ENDS = ["plain", "ema", "accumulate"]
KILLS = [
    *(f"{name}: mid-epoch" for name in MIDWAY),
    *(f"{name}: between last step and epoch end" for name in ENDS),
    *(f"{name}: in an epoch's first step" for name in ENDS),
    "plain: checkpoint three steps old",
    "plain: in the first epoch",
]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    code, output, error = run_in_fork(lambda: killing.main(folder), folder)
    assert code == 0, output.decode() + error
    return json.loads((folder / "result.json").read_text()) | {"stderr": error}


@pytest.mark.parametrize("kill", KILLS)
def test_a_killed_and_resumed_run_ends_with_the_same_weights(result, kill):
    assert result[kill]["code"] == -9
    assert result[kill]["differing"] == []


def test_the_kills_left_runs_in_their_middle(result):
    held = {kill: result[kill]["held_step"] for kill in KILLS}
    assert held.pop("plain: checkpoint three steps old") == 6
    assert held.pop("plain: in the first epoch") == 2
    assert {kill: step for kill, step in held.items() if "mid-epoch" in kill} == {f"{n}: mid-epoch": 7 for n in MIDWAY}
    assert {step for kill, step in held.items() if "epoch end" in kill} == {4}
    assert {step for kill, step in held.items() if "first step" in kill} == {5}


@pytest.mark.parametrize("kill", KILLS)
def test_metrics_have_every_epoch_once_and_nothing_half_written_stays(result, kill):
    assert result[kill]["epochs"] == [1, 2]
    assert result[kill]["partial"] == []


@pytest.mark.parametrize("kill", KILLS)
def test_the_best_checkpoint_is_the_same_one(result, kill):
    straight, resumed = result[kill]["best"]
    assert straight == resumed


def test_resuming_warns_of_nothing(result):
    assert "Warning" not in result["stderr"]
    assert "You're resuming" not in result["stderr"]


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGINT twice", 130)])
def test_a_signal_ends_the_command_with_its_code_and_says_how_to_go_on(result, name, code):
    outcome = result[name]
    assert outcome["code"] == code, outcome["output"]
    assert "Traceback" not in outcome["output"]
    assert f"resume with: python -m pipeline train --resume {outcome['folder']}" in outcome["output"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGINT twice"])
def test_a_signalled_run_resumes_by_command_to_its_submission(result, name):
    outcome = result[name]
    before, after = outcome["steps"]
    assert outcome["resumed"] == 0
    assert after == before + 3
    assert outcome["submission"]
