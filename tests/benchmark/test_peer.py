"""A recipe beside a peer's script, which really runs: in a process of its own, a step at a time."""

from dataclasses import replace

import pytest
from rich.console import Console

from pipeline.benchmark import peer
from pipeline.benchmark.peer import Contender, PacedProcess, side_by_side, stages_of
from pipeline.benchmark.tables import peer_table
from pipeline.core.errors import UserError
from pipeline.data.augment_settings import AugmentConfig, Resolution
from tests import tiny

SCRIPT = """
import sys, torch
small, large = torch.zeros(1, requires_grad=True), torch.zeros(5, requires_grad=True)
optimizers = [torch.optim.SGD([small]), torch.optim.SGD([large])]
for step in range(int(sys.argv[1])):
    (small.sum() + large.sum()).backward()
    for optimizer in optimizers:
        optimizer.step()
    print(step, file=open(sys.argv[2], "w"))
raise ValueError("the end")
"""


@pytest.fixture
def script(tmp_path):
    """The words that start a script of so many steps, which keeps the last one's number in last.txt."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    return lambda steps: [str(file), str(steps), str(tmp_path / "last.txt")]


def test_a_script_takes_a_step_when_it_is_asked_to(script, tmp_path):
    paced = PacedProcess("peer", script(100))
    before = int((tmp_path / "last.txt").read_text())
    for more in range(1, 4):
        clock, processor = paced.step()
        assert clock > 0
        assert processor > 0
        assert int((tmp_path / "last.txt").read_text()) == before + more
    paced.close()
    assert paced.process.poll() is not None


def test_a_script_that_ends_too_soon_is_named_with_its_last_words(script):
    with pytest.raises(UserError, match=r"script.py ended before it was measured \(exit code 1\): ValueError: the end"):
        PacedProcess("script.py", script(1))


def test_all_take_turns_and_the_recipe_comes_first(monkeypatch):
    steps = []

    class Counted:
        """Takes steps that last as many seconds as all have taken by then."""

        def __init__(self, name, arguments):
            self.name = name

        def step(self):
            steps.append(self.name)
            return len(steps), 10 * len(steps)

        def close(self):
            steps.append(f"{self.name} closed")

    monkeypatch.setattr(peer, "PacedProcess", Counted)
    found = side_by_side(tiny.recipe(), 50, ["peer.py"], steps=200, rounds=3)
    assert steps == [*3 * ["whole images", "peer.py"], "whole images closed", "peer.py closed"]
    assert found == [
        Contender("whole images", 10, [1, 3, 5], [10, 30, 50]), Contender("peer.py", 200, [2, 4, 6], [20, 40, 60])
    ]  # fmt: skip


def test_each_resolution_has_the_steps_of_its_stage():
    stages = [Resolution(size=16, until="30%"), Resolution(size=24, until="1 epochs")]
    recipe = replace(tiny.recipe(), augment=AugmentConfig(resolutions=stages))
    found = stages_of(recipe, 50)
    assert [(name, count) for name, count, _ in found] == [("16 pixels", 3), ("24 pixels", 2), ("whole images", 5)]
    assert [[stage.size for stage in each.augment.resolutions] for *_, each in found] == [[16], [24], []]
    assert found[0][2].augment.resolutions[0].until == "100%"


def test_the_ratio_is_of_whole_runs():
    ours = [Contender("24 pixels", 10, [1.0, 3.0, 2.0], [1.0] * 3), Contender("whole images", 20, [2.0] * 3, [1.0] * 3)]
    console = Console(width=200, record=True)
    console.print(peer_table("fast", [*ours, Contender("/x/peer.py", 10, [10.0, 5.0, 20.0], [6.0] * 3)]))
    last = console.export_text().splitlines()[-2]
    assert [word for word in last.split() if word[0].isdigit()] == ["1.00", "0.60", "0.50"]
