"""The benchmark's parts at their smallest: counts against formulas, both loops step for step; no speed is asserted."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from pipeline.benchmark import augmentation, history, lightning, machine, networks, prediction, tables
from pipeline.commands import benchmark
from pipeline.optim.config import OptimConfig
from pipeline.training.loss import LossConfig
from pipeline.training.recipe import LogConfig
from pipeline.training.settings import AveragingConfig, LookaheadConfig, SelectionConfig
from tests import tiny

CPU = torch.device("cpu")


def test_operations_of_a_convolution_are_the_formulas():
    step = networks.convolution_step(channels=4, pixels=8, batch=3, device=CPU, dtype=torch.float32)
    once = 2 * 3 * 8 * 8 * 4 * 4 * 3 * 3  # a multiplication and an addition a kernel element and output
    assert networks.count_flops(step) == 3 * once  # forward, and back to the images and to the weights


def test_rates_and_the_ceiling_share_one_clock(monkeypatch):
    monkeypatch.setattr(networks, "CEILINGS", ((4, 8),))
    monkeypatch.setattr(networks, "medians", lambda calls, repeats: dict.fromkeys(calls, 0.5))
    (rate,), ceiling = networks.training_rates([(tiny.recipe().model, 24)], CPU, torch.float32, 2, 1)
    assert (rate.name, rate.pixels, rate.images_per_second) == ("whitened", 24, 4.0)
    assert ceiling == pytest.approx(3 * 2 * 2 * 8 * 8 * 4 * 4 * 9 / 0.5)
    assert rate.flops_per_second == 4 * rate.flops_per_image


def test_every_part_measures_something(tmp_path):
    forward, rates = prediction.prediction_rates(tiny.recipe().model, CPU, None, 2, 1)
    assert forward > 0
    assert min(rates.values()) > 0
    assert set(augmentation.augmentation_rates(CPU, 20, 1)) == {"tensor", "albumentations"}


def test_both_loops_take_the_same_steps(monkeypatch):
    recipe = tiny.recipe(train={"length": "8 steps"}, loss=LossConfig(label_smoothing=0))  # else it is logged without
    recipe = replace(recipe, data=replace(recipe.data, validation=0))
    losses = []
    cross_entropy = torch.nn.functional.cross_entropy

    def watched(logits, *rest, **options):
        loss = cross_entropy(logits, *rest, **options)
        losses.append(loss.item())
        return loss

    monkeypatch.setattr(torch.nn.functional, "cross_entropy", watched)
    dataset = lightning.random_images(40)  # two epochs
    for loop in (lightning.bare_loop, lightning.lightning_loop):
        assert len(loop(recipe, dataset)) == 8 - lightning.WARM_UP - 1
    assert len(losses) == 16
    np.testing.assert_allclose(losses[:8], losses[8:], rtol=1e-5)
    assert len(set(losses[:8])) == 8


def test_what_a_bare_loop_does_not_have_is_left_out():
    rich = tiny.recipe(
        train={"devices": 5, "nodes": 2, "strategy": "ddp", "accumulate": 1, "compile": True},
        log=LogConfig(gradients_every=5),
        selection=SelectionConfig(share=0.5),
        lookahead=LookaheadConfig(every=2),
        averaging=AveragingConfig(kind="ema"),
        optim=OptimConfig(clip=1.0),
    )
    plain = lightning.without_extras(rich, 6)
    train = plain.train
    assert (train.devices, train.nodes, train.strategy, train.accumulate, train.compile) == (1, 1, "auto", 1, False)
    assert (plain.log.gradients_every, plain.optim.clip, plain.averaging.kind) == (0, 0, "none")
    assert (plain.selection.on, plain.lookahead.every) == (False, 0)


def test_the_gradients_watch_stays_out_of_a_sequences_overhead():
    """It would refuse any network that is no sequence's, as the benchmark's tiny one."""
    recipe = tiny.recipe(train={"batch_size": 5}, log=LogConfig(gradients_every=1))
    assert lightning.overhead(recipe, 10, 1).bare > 0


def test_overhead_is_of_each_steps_median_in_rounds_that_take_turns(monkeypatch):
    calls = []

    def loop(name, rounds):
        remaining = iter(rounds)
        return lambda recipe, dataset: calls.append((name, recipe, len(dataset.train_labels))) or next(remaining)

    monkeypatch.setattr(lightning, "MOST", 1)
    bare = loop("bare", [[1.0, 3.0], [1.0, 3.0], [9.0, 3.0]])
    monkeypatch.setattr(lightning, "bare_loop", bare)
    monkeypatch.setattr(lightning, "lightning_loop", loop("lightning", [[1.1, 3.1], [1.1, 9.0], [1.1, 3.1]]))
    clipped = replace(tiny.recipe(), optim=OptimConfig(clip=1.0), averaging=AveragingConfig(kind="ema"))
    cost = lightning.overhead(clipped, steps=6, rounds=3)
    assert (cost.bare, cost.lightning, cost.share) == (2.0, pytest.approx(2.1), pytest.approx(0.05))
    assert [name for name, *_ in calls] == ["lightning", "bare", "bare", "lightning", "lightning", "bare"]
    for _, recipe, images in calls:
        assert (recipe.optim.clip, recipe.averaging.kind, recipe.train.length, images) == (0, "none", "6 steps", 30)


def test_a_busy_machine_is_told_from_a_quiet_one():
    assert not machine.Load(others=0.02, share=0.98).busy
    assert "idle machine (others used 2% of the cores" in str(machine.Load(others=0.02, share=0.98))
    for quiet in (machine.Load(others=0.5, share=0.98), machine.Load(others=0.0, share=0.5)):
        assert quiet.busy
        assert str(quiet).startswith("BUSY MACHINE")
    assert 0 < machine.cpu_share(0.05) <= 1


def test_others_are_what_all_used_but_for_this_process(monkeypatch):
    used, here, clock = iter([100.0, 106.0]), iter([7.0, 9.0]), iter([50.0, 58.0])
    monkeypatch.setattr(machine, "cores", lambda: {0, 1})
    monkeypatch.setattr(machine, "system_cpu_seconds", lambda: next(used))
    monkeypatch.setattr(machine, "process_cpu_seconds", lambda: next(here))
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))
    assert machine.LoadWatch().others() == (6 - 2) / (8 * 2)


def test_a_system_that_tells_nothing_has_no_others(monkeypatch):
    monkeypatch.setattr(machine, "system_cpu_seconds", lambda: None)
    assert machine.LoadWatch().others() == 0


def test_what_all_use_grows_by_what_this_process_uses():
    before, own = machine.system_cpu_seconds(), machine.process_cpu_seconds()
    if before is None:
        pytest.skip("this system has no /proc/stat")
    machine.cpu_share(0.3)
    assert (
        machine.system_cpu_seconds() - before >= machine.process_cpu_seconds() - own - 0.1
    )  # the clock ticks every 0.01 s


def run_with(folder, accuracies, recipe="r"):
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"recipe": recipe, "data": "cifar10"}))
    rows = {"seconds": [10.0] * len(accuracies), "validation_accuracy": accuracies}
    pd.DataFrame(rows).to_csv(folder / "metrics.csv")


def test_time_to_accuracy_is_up_to_the_first_epoch_that_reached_it(tmp_path):
    run_with(tmp_path / "r" / "one", [0.5, 0.91, 0.89])
    run_with(tmp_path / "r" / "other", [None, None, None, 0.945])
    run_with(tmp_path / "r" / "third", [0.2, 0.3, 0.4])
    assert history.times_to_accuracy(tmp_path) == [("r", "cifar10", 0.9, 30.0, 2), ("r", "cifar10", 0.94, 40.0, 1)]


def test_the_command_prints_each_part_and_says_if_the_machine_is_busy(monkeypatch, tmp_path, capsys):
    def table(name):
        def made(*_):
            made = tables.new_table(name, "a", "b")
            made.add_row("x", "1")
            return made

        return made

    for name in ("training", "augmentation", "lightning", "prediction"):
        monkeypatch.setattr(tables, f"{name}_table", table(name))
    monkeypatch.setattr(machine, "measure_load", lambda: machine.Load(others=0.6, share=1.0))
    assert benchmark.main(["--quick", "--device", "cpu", "--runs", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    places = [output.index(name) for name in ("training", "augmentation", "lightning", "prediction", "from start")]
    assert places == sorted(places)
    assert "others used 60% of the cores" in output
    assert output.count("BUSY MACHINE") >= 5
    assert "--train trains the recipe" in output


def test_the_recipe_to_train_holds_images_out_and_lies_with_the_other_runs(tmp_path):
    recipe = tiny.recipe(data=tiny.DataConfig(validation=0, split_seed=3))
    changed = benchmark.with_validation(recipe, tmp_path)
    assert changed.data == tiny.DataConfig(validation=5000, split_seed=3)
    assert changed.log == replace(recipe.log, runs=str(tmp_path))
    assert (changed.optim, changed.train) == (recipe.optim, recipe.train)


def test_the_recipe_to_measure_is_the_named_one_or_fast_or_the_built_in_one(monkeypatch, tmp_path):
    (tmp_path / "mine.yaml").write_text("train: {batch_size: 77}\n")
    recipe, name = benchmark.recipe_to_measure(tmp_path / "mine.yaml")
    assert (recipe.train.batch_size, name) == (77, "mine")
    monkeypatch.setattr(benchmark, "DEFAULT", tmp_path / "mine.yaml")
    assert benchmark.recipe_to_measure(None)[1] == "mine"
    monkeypatch.setattr(benchmark, "DEFAULT", tmp_path / "none.yaml")
    assert benchmark.recipe_to_measure(None)[1] == "built in"
