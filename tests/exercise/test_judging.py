"""The judge: right answers written differently are right; general mistakes have names; a wrong answer is shown."""

import numpy as np
import pytest

from pipeline.exercise.judging import FailedCall, agrees, judge
from pipeline.exercise.registry import EXERCISES, find
from tests.exercise.right_answers import RIGHT


def answers_of(source, exercise, cases):
    """What `running` would bring back, without a process for each of the many answers."""
    space = {}
    exec(compile(source, "student.py", "exec"), space)
    function, answers = space[exercise.function], []
    for case in cases:
        result = function(**{name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in case.items()})
        answers.append(np.asarray(result.detach().numpy() if hasattr(result, "detach") else result))
    return answers


@pytest.mark.parametrize(("name", "source"), RIGHT, ids=[f"{name}-{n}" for n, (name, _) in enumerate(RIGHT)])
def test_a_right_answer_written_differently_is_right(name, source):
    exercise = find(name)
    for seed in (0, 20261126):
        cases = exercise.cases(seed)
        assert judge(exercise, cases, answers_of(source, exercise, cases)).right


def test_there_are_fifty_right_answers_and_some_for_each_exercise():
    assert len(RIGHT) >= 50
    assert {name for name, _ in RIGHT} == set(EXERCISES)


EXERCISE = EXERCISES["rnn-gradient"]
CASES = EXERCISE.cases(1)
EXPECTED = [EXERCISE.reference(**case) for case in CASES]


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        (lambda v: -v, "a constant factor", "Every answer is -1 times the right one."),
        (lambda v: v / 2, "a constant factor", "Every answer is 0.5 times"),
        (lambda v: v[None], "another shape", "(1, 2, 2) instead of (2, 2)"),
        (lambda v: v * np.nan, "not a number", "NaN"),
        (lambda v: np.array("zero"), "words and numbers", "words instead of numbers"),
    ],
)
def test_a_general_mistake_has_a_name(change, outcome, words):
    verdict = judge(EXERCISE, CASES, [change(value) for value in EXPECTED])
    assert (verdict.outcome, verdict.mistake) == ("mistake", outcome)
    assert words in verdict.advice


def test_a_wrong_answer_near_no_mistake_shows_the_smallest_input():
    answers = [value.copy() for value in EXPECTED]
    answers[4][0, 0] += 1e-3
    answers[7][0, 0] += 1
    verdict = judge(EXERCISE, CASES, answers)
    assert (verdict.outcome, verdict.mistake, verdict.right_cases) == ("wrong", "", 8)
    assert verdict.failing.inputs is CASES[4]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize(
    "odd",
    [
        np.array(np.inf),
        np.array("word"),
        np.zeros((0, 3)),
        np.full((2, 2), 1e308),
        np.full((2, 2), np.inf),
        np.array(True),
        np.full(3, 1j, np.complex64),
        np.zeros(1, np.uint8),
        np.full((1, 1, 1, 1, 1), np.nan),
    ],
    ids=str,
)
def test_any_array_gets_a_verdict(name, odd):
    """A stranger's answer may be anything: the judge says that it is wrong, without a warning or an error."""
    exercise = EXERCISES[name]
    cases = exercise.cases(0)
    for answers in ([odd] * len(cases), [odd, *[np.asarray(exercise.reference(**case)) for case in cases[1:]]]):
        assert judge(exercise, cases, answers).outcome in ("wrong", "mistake")


def test_one_call_that_fails_is_an_error_with_its_reason():
    verdict = judge(EXERCISE, CASES, [*EXPECTED[:-1], FailedCall(reason="IndexError: 3")])
    assert (verdict.outcome, verdict.advice, verdict.right_cases) == ("error", "IndexError: 3", 9)


def test_single_precision_is_right_and_a_thousandth_is_not():
    assert judge(EXERCISE, CASES, [value.astype(np.float32) for value in EXPECTED]).right
    assert judge(EXERCISE, CASES, [value * 1.001 for value in EXPECTED]).mistake == "a constant factor"


def test_agreement_needs_the_shape_and_the_kind():
    assert agrees(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-12]))
    assert not agrees(np.array([[1.0, 2.0]]), np.array([1.0, 2.0]))
    assert not agrees(np.array("1"), np.array(1.0))
    assert not agrees(np.array([np.inf]), np.array([1.0]))
