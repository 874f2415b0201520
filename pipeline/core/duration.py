"""Durations in steps, epochs, examples or per cent, converted to optimizer steps."""

import re
from dataclasses import dataclass

PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(k|M)?\s*(steps?|epochs?|examples?|%)\s*")
LENGTHS = ("200 steps", "8 epochs", "400k examples")
SHARES = (*LENGTHS, "50%")


@dataclass(frozen=True, kw_only=True)
class Run:
    """The lengths that a duration is measured against."""

    batch_size: int
    """Examples per optimizer step, over all devices and accumulated batches."""
    steps_per_epoch: int
    total_steps: int = 0
    """Optimizer steps of the whole run, for percentages; 0 if not known yet."""


def steps(duration: str, run: Run) -> int:
    """The optimizer steps (rounded to the nearest) of a duration such as "8 epochs".

    Raises ValueError on another form.
    """
    match = PATTERN.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration; allowed: {_quoted(SHARES)}")
    amount = float(match[1]) * {"k": 1e3, "M": 1e6, None: 1}[match[2]]
    unit = match[3].rstrip("s")
    if unit == "%":
        if not run.total_steps or amount > 100:
            raise ValueError(f"{duration!r}: a percentage must be 0% to 100%, and needs a run whose length is known")
        return round(amount / 100 * run.total_steps)
    return round(amount * {"step": 1, "epoch": run.steps_per_epoch, "example": 1 / run.batch_size}[unit])


def check(key: str, duration: str, *, percent: bool = True) -> None:
    """Raise ValueError, naming the dotted key, unless the duration has a known form.

    `percent`: whether a percentage is allowed; it is not for a key that sets the length of the run itself.
    """
    match = PATTERN.fullmatch(duration)
    wrong = match is None or (match[3] == "%" and (not percent or match[2] or float(match[1]) > 100))
    if wrong:
        raise ValueError(f"{key} is {duration!r}; allowed: {_quoted(SHARES if percent else LENGTHS)}")


def _quoted(examples: tuple[str, ...]) -> str:
    *first, last = (f'"{example}"' for example in examples)
    return f"{', '.join(first)} or {last}"
