"""The line that sets a run beside the measured recipes, and the table it comes from."""

import re
from pathlib import Path

import pytest

from pipeline.runs.comparison import compare_with_recipes, measured_recipes

ROOT = Path(__file__).parents[2]
EPYC = {"cpu": "AMD EPYC 9R14", "cores": 2, "gpu": "none"}


def summary(accuracy=0.9466, seconds=1290.0, hardware=EPYC, **changes):
    found = {"data": "cifar10", "validation_accuracy": accuracy, "seconds": {"training": seconds}, "resumed": False}
    return found | {"hardware": hardware} | changes


def test_the_recipe_of_the_nearest_time_is_named_with_both_figures():
    assert compare_with_recipes(summary()) == (
        "0.4 points below strong.yaml: 95.06 % (test images, n = 3) after 1,304 s on 2 cores of an AMD EPYC with "
        "AVX-512 BF16; this run: 94.66 % (held-out images, n = 1) after 1,290 s"
    )
    assert compare_with_recipes(summary(0.9453, 310)).startswith("0.5 points above fast.yaml: 94.03 %")
    assert compare_with_recipes(summary(0.9403, 310)).startswith("level with fast.yaml")


@pytest.mark.parametrize(
    "machine", [EPYC | {"cores": 64}, EPYC | {"cpu": "Intel Xeon"}, EPYC | {"gpu": "NVIDIA H100"}, {}]
)
def test_other_hardware_is_said(machine):
    line = compare_with_recipes(summary(hardware=machine))
    assert line.endswith("so the times are not comparable")
    assert ("NVIDIA H100" in line) == (machine.get("gpu") == "NVIDIA H100")


@pytest.mark.parametrize(
    "changes",
    [
        {"data": "stand-in"},
        {"data": "npz"},
        {"resumed": True},
        {"validation_accuracy": None},
        {"seconds": {"training": 0}},
    ],
)
def test_what_cannot_be_compared_gets_no_line(changes):
    assert compare_with_recipes(summary() | changes) is None


def test_each_measured_recipe_exists_and_its_header_says_the_same():
    found = measured_recipes()
    assert {"fast.yaml", "strong.yaml", "strongest.yaml"} <= {one.recipe for one in found}
    for one in found:
        header = re.match(r"(#[^\n]*\n)+", (ROOT / "configs" / one.recipe).read_text())[0]
        assert f"{one.accuracy:.2f} %" in header, one.recipe
        assert one.date in header, one.recipe
        numbers = [float(each) for each in re.findall(r"\d\d\.\d\d", one.each)]
        assert len(numbers) == one.n
        assert sum(numbers) / one.n == pytest.approx(one.accuracy, abs=0.006)
