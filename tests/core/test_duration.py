"""Durations: every form, what is refused, and that each example in a refusal is accepted."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.duration import Run, check, steps

RUN = Run(batch_size=500, steps_per_epoch=90, total_steps=720)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200 steps", 200), ("1 step", 1), ("200steps", 200), (" 7  steps ", 7), ("2k steps", 2000), ("0 steps", 0),
        ("8 epochs", 720), ("1 epoch", 90), ("0.5 epochs", 45), ("400k examples", 800), ("1M examples", 2000),
        ("1.5M examples", 3000), ("500 examples", 1), ("1 example", 0), ("50%", 360), ("12.5 %", 90), ("100%", 720),
        ("0%", 0),
    ],
)  # fmt: skip
def test_a_duration_in_optimizer_steps(text, expected):
    assert steps(text, RUN) == expected
    check("train.length", text)


@pytest.mark.parametrize("text", ["", "8", "epochs", "-1 epochs", "8 Epochs", "1e3 steps", "8 epochs 3 steps",
                                  "2 weeks", "½ epochs", "1,000 steps"])  # fmt: skip
def test_another_form_is_refused_with_the_allowed_ones(text):
    with pytest.raises(ValueError, match="is not a duration; allowed"):
        steps(text, RUN)
    with pytest.raises(ValueError, match=r'train\.length is .*; allowed: "200 steps"'):
        check("train.length", text)


def test_a_percentage_needs_a_known_length_and_at_most_a_hundred():
    with pytest.raises(ValueError, match="50%"):
        steps("50%", Run(batch_size=500, steps_per_epoch=90))
    with pytest.raises(ValueError, match="101%"):
        steps("101%", RUN)


AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=2)


@settings(deadline=None)
@given(amount=AMOUNTS, unit=st.sampled_from(["steps", "epochs", "examples"]), batch=st.integers(1, 5000),
       epoch=st.integers(1, 5000))  # fmt: skip
def test_a_duration_is_rounded_to_the_nearest_step(amount, unit, batch, epoch):
    exact = Fraction(amount) * {"steps": Fraction(1), "epochs": Fraction(epoch), "examples": Fraction(1, batch)}[unit]
    found = steps(f"{amount:f} {unit}", Run(batch_size=batch, steps_per_epoch=epoch))
    assert abs(found - exact) <= Fraction(1, 2) + exact / 10**9


@settings(deadline=None)
@given(amount=st.decimals(min_value=0, max_value=100, places=2), total=st.integers(1, 10**6))
def test_a_percentage_is_rounded_to_the_nearest_step(amount, total):
    exact = Fraction(amount) * total / 100
    assert abs(steps(f"{amount:f}%", Run(batch_size=1, steps_per_epoch=1, total_steps=total)) - exact) <= Fraction(
        1, 2
    ) + Fraction(1, 10**6)


@pytest.mark.parametrize("percent", [True, False])
@pytest.mark.parametrize("text", ["soon", "101%", "5k%", ""])
def test_every_example_in_a_refusal_is_accepted(text, percent):
    with pytest.raises(ValueError, match="allowed:") as error:
        check("train.length", text, percent=percent)
    examples = re.findall(r'"([^"]*)"', str(error.value))
    assert len(examples) >= 3
    for example in examples:
        check("train.length", example, percent=percent)
        steps(example, RUN)


def test_the_length_of_a_run_is_not_a_percentage():
    with pytest.raises(ValueError, match="allowed") as error:
        check("train.length", "50%", percent=False)
    assert "%" not in str(error.value).split("allowed:")[1]
