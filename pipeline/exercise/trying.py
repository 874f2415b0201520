"""Try a function in a notebook: the same checks, in the notebook's own process."""

from collections.abc import Callable

import numpy as np

from .judging import Answer, FailedCall, FailingCase, judge
from .printing import array_text, summary, values
from .registry import find

NOT_ANSWERED = "not answered yet"


def try_answer(function: Callable, seed: int = 0) -> None:
    """Check a function and print the verdict; its name selects the exercise, with underscores for hyphens."""
    exercise = find(function.__name__.replace("_", "-"))
    cases = exercise.cases(seed)
    answers = [_answer(function, case) for case in cases]
    if answers[0] is None:
        print(f"{exercise.name}: {NOT_ANSWERED}")
        return
    verdict = judge(
        exercise, cases, [FailedCall(reason="the function returns None") if a is None else a for a in answers]
    )
    print(f"{exercise.name}: {summary(verdict)}")
    if verdict.failing is not None:
        print(_details(verdict.failing, verdict.advice))


def _answer(function: Callable, case: dict) -> Answer | None:
    try:
        result = function(**{name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in case.items()})
    except Exception as error:
        return FailedCall(reason=f"{type(error).__name__}: {error}")
    if result is None:
        return None
    return np.asarray(result.detach().numpy() if hasattr(result, "detach") else result)


def _details(failing: FailingCase, advice: str) -> str:
    answer = failing.answer.reason if isinstance(failing.answer, FailedCall) else array_text(failing.answer)
    shown = [values(failing.inputs), "expected:", array_text(failing.expected), "your answer:", answer]
    return "\n".join(filter(None, [advice, "the smallest input that fails:", *shown]))
