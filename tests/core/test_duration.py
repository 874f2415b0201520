"""Durations: every form, and the forms that are none."""

import pytest

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
    with pytest.raises(ValueError, match="is no duration; allowed"):
        steps(text, RUN)
    with pytest.raises(ValueError, match=r'train\.length is .*; allowed: "200 steps"'):
        check("train.length", text)


def test_a_percentage_needs_a_known_length_and_at_most_a_hundred():
    with pytest.raises(ValueError, match="50%"):
        steps("50%", Run(batch_size=500, steps_per_epoch=90))
    with pytest.raises(ValueError, match="101%"):
        steps("101%", RUN)
