"""Choosing by measured times."""

import time

import pytest
import torch

from pipeline.kernels import choice
from pipeline.kernels.algorithms import Shape, algorithm_names
from pipeline.kernels.choice import fastest, measure_times, time_in_turn

SMALL = Shape(4, 6, 3, 3)


def test_the_fastest_algorithm_is_chosen_and_torchs_own_unless_it_is_clearly_slower():
    shapes = [Shape(4, 4, size, size) for size in (2, 3, 4, 5)]
    times = {
        "4->4 2x2": {"torch": 10.0, "dense": 4.0, "gathered": 5.0},
        "4->4 3x3": {"torch": 10.0, "dense": 9.8},
        "4->4 4x4": {"torch": 1.0, "gathered": 3.0},
    }
    assert list(fastest(shapes, times).values()) == ["dense", "torch", "torch", "torch"]


def test_every_algorithm_of_a_shape_is_timed_and_one_without_choice_is_not():
    for dtype in (torch.float32, torch.bfloat16):
        times = measure_times([SMALL, Shape(3, 4, 40, 40)], dtype, images=8)
        assert list(times) == [str(SMALL)]
        assert list(times[str(SMALL)]) == algorithm_names(SMALL, dtype)
        assert all(ms > 0 for ms in times[str(SMALL)].values())


def test_when_the_time_is_over_further_shapes_are_left_out(monkeypatch):
    clock = iter(range(10**6))
    monkeypatch.setattr(time, "thread_time", lambda: float(next(clock)))
    times = measure_times([SMALL, Shape(4, 6, 4, 4)], torch.float32, images=2, seconds=3)
    assert list(times) == [str(SMALL)]


def test_a_hopeless_algorithm_is_tried_once_and_the_least_time_counts(monkeypatch):
    calls = {"torch": 0, "slow": 0, "fast": 0}
    clock = [0.0]

    def step(name, seconds):
        def run():
            calls[name] += 1
            clock[0] += seconds / calls[name]

        return run

    monkeypatch.setattr(time, "thread_time", lambda: clock[0])
    least = time_in_turn(
        {"torch": step("torch", 4.0), "slow": step("slow", 8.0), "fast": step("fast", 2.0)}, seconds=1e9
    )
    assert calls == {"torch": choice.ROUNDS + 1, "slow": 2, "fast": choice.ROUNDS + 1}
    last = choice.ROUNDS + 1
    assert least == pytest.approx({"torch": 4000 / last, "slow": 4000, "fast": 2000 / last})


def test_measuring_draws_nothing_from_torchs_generator_and_keeps_its_threads():
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    measure_times([SMALL], torch.float32, images=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
