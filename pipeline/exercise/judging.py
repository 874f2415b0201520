"""Judge answers: right, a named mistake, or wrong, with the smallest input that shows it.

No student code runs here; the answers come from `running`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .exercise import Exercise, Inputs

# Relative to the largest entry; an answer in single precision cannot be closer than about 1e-6.
TOLERANCE, SINGLE_TOLERANCE = 1e-7, 1e-4
_SINGLE = (np.float16, np.float32, np.complex64)


@dataclass(frozen=True, kw_only=True)
class FailedCall:
    """A call that did not return an array; `reason` is the message in one line."""

    reason: str


Answer = np.ndarray | FailedCall


@dataclass(frozen=True, kw_only=True)
class FailingCase:
    """The smallest input for which the answer is wrong."""

    inputs: Inputs
    expected: np.ndarray
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result for one student's function."""

    outcome: str
    """"right", "mistake" (known by name), "wrong", "error" (the calls failed) or "stopped" (by a limit)."""
    mistake: str = ""
    advice: str = ""
    failing: FailingCase | None = None
    cases: int = 0
    right_cases: int = 0

    @property
    def right(self) -> bool:
        """Whether every answer is right."""
        return self.outcome == "right"


def judge(exercise: Exercise, cases: Sequence[Inputs], answers: Sequence[Answer]) -> Verdict:
    """Compare the answers with the reference, then with each mistake; cases go from small to large."""
    expected = [np.asarray(exercise.reference(**case)) for case in cases]
    right = [agrees(answer, value) for answer, value in zip(answers, expected, strict=True)]
    if all(right):
        return Verdict(outcome="right", cases=len(cases), right_cases=len(cases))
    first = right.index(False)
    failing = FailingCase(inputs=cases[first], expected=expected[first], answer=answers[first])

    def verdict(outcome: str, name: str, advice: str) -> Verdict:
        return Verdict(
            outcome=outcome, mistake=name, advice=advice, failing=failing, cases=len(cases), right_cases=sum(right)
        )

    for mistake in exercise.mistakes:
        if _is_mistake(mistake.form, cases, answers, expected):
            return verdict("mistake", mistake.name, mistake.advice)
    failed = [answer for answer in answers if isinstance(answer, FailedCall)]
    if failed:
        return verdict("error", "", failed[0].reason)
    name, advice = _general_mistake([answer for answer in answers if isinstance(answer, np.ndarray)], expected)
    return verdict("mistake" if name else "wrong", name, advice)


def agrees(answer: Answer, value: np.ndarray) -> bool:
    """Whether an answer equals a value up to rounding, including its shape; words must be equal."""
    if isinstance(answer, FailedCall) or answer.shape != value.shape:
        return False
    if value.dtype.kind == "U" or answer.dtype.kind == "U":
        return answer.dtype.kind == value.dtype.kind and bool((answer == value).all())
    tolerance = SINGLE_TOLERANCE if answer.dtype in _SINGLE else TOLERANCE
    scale = np.abs(value).max(initial=0)
    with np.errstate(invalid="ignore", over="ignore"):
        return bool((np.abs(answer - value) <= tolerance * max(scale, 1e-300)).all())


def _is_mistake(form, cases, answers, expected) -> bool:
    """Whether the answers equal this mistake for all inputs for which it has one, and differ from the right ones."""
    differs = False
    for case, answer, value in zip(cases, answers, expected, strict=True):
        wrong = form(**case)
        if wrong is None:
            continue
        wrong = np.asarray(wrong)
        if not agrees(answer, wrong):
            return False
        differs = differs or not agrees(wrong, value)
    return differs


def _general_mistake(answers: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> tuple[str, str]:
    """Name and advice of a mistake that every exercise can have: the type, NaN, the shape, a constant factor."""
    pairs = list(zip(answers, expected, strict=True))
    words = expected[0].dtype.kind == "U"
    if any((answer.dtype.kind == "U") != words for answer in answers):
        return "words and numbers", "The answer has words instead of numbers, or numbers instead of words."
    if words:
        return "", ""
    if all(np.isnan(answer).any() for answer in answers):
        return "not a number", "The answers contain NaN: look for 0/0 or a root of a negative number."
    if all(a.size == v.size and agrees(a.reshape(v.shape), v) for a, v in pairs):
        shapes = f"{answers[0].shape} instead of {expected[0].shape}"
        return "another shape", f"The numbers are right, but their shape is not: {shapes}."
    factor = _common_factor(pairs)
    if factor is not None:
        return "a constant factor", f"Every answer is {factor:.6g} times the right one."
    return "", ""


def _common_factor(pairs) -> float | None:
    """The number c, not 0 or 1, if every answer is c times the right value; else None."""
    if any(answer.shape != value.shape or not value.any() for answer, value in pairs):
        return None
    answer, value = pairs[-1]
    with np.errstate(all="ignore"):  # the answers can contain anything
        factor = (np.vdot(value, answer) / np.vdot(value, value)).real
    if not np.isfinite(factor) or abs(factor) < 1e-9:
        return None
    return float(factor) if all(agrees(a, factor * v) for a, v in pairs) else None
