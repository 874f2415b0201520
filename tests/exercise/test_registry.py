"""Each exercise: its solution is right, its mistakes are wrong, apart from each other, and found by name."""

import numpy as np
import pytest

from pipeline.exercise.exercise import SIZES
from pipeline.exercise.judging import agrees, judge
from pipeline.exercise.registry import EXERCISES, find

SEEDS = range(5)


def exercises_and_mistakes():
    return [(exercise, mistake) for exercise in EXERCISES.values() for mistake in exercise.mistakes]


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_solution_is_right(exercise):
    for seed in SEEDS:
        cases = exercise.cases(seed)
        assert judge(exercise, cases, [np.asarray(exercise.solve(**case)) for case in cases]).right


@pytest.mark.parametrize(
    ("exercise", "mistake"), exercises_and_mistakes(), ids=[f"{e.name}-{m.name}" for e, m in exercises_and_mistakes()]
)
def test_each_mistake_is_found_by_its_own_name(exercise, mistake):
    for seed in SEEDS:
        cases = exercise.cases(seed)
        forms = [mistake.form(**case) for case in cases]
        answers = [
            np.asarray(exercise.solve(**case) if form is None else form)
            for case, form in zip(cases, forms, strict=True)
        ]
        verdict = judge(exercise, cases, answers)
        assert (verdict.outcome, verdict.mistake) == ("mistake", mistake.name)
        assert verdict.failing is not None


def _wrong_where_it_can_be(exercise, mistake, case):
    form = mistake.form(**case)
    return np.asarray(exercise.solve(**case) if form is None else form)


def test_there_are_enough_mistakes():
    count = {"convolution": 0, "recurrent": 0}
    for exercise in EXERCISES.values():
        count[exercise.subject] += len(exercise.mistakes)
        assert len({mistake.name for mistake in exercise.mistakes}) == len(exercise.mistakes)
    assert count["convolution"] >= 12
    assert count["recurrent"] >= 16


def test_a_name_may_be_written_as_in_python():
    assert find("cell_jacobian") is find("cell-jacobian")


def test_inputs_are_the_same_for_a_seed_and_differ_between_seeds():
    exercise = EXERCISES["rnn-gradient"]
    for size in range(SIZES):
        once, again, other = (exercise.case(seed, size) for seed in (3, 3, 4))
        assert all(agrees(np.asarray(once[name]), np.asarray(again[name])) for name in once)
        assert any(not agrees(np.asarray(once[name]), np.asarray(other[name])) for name in once)
