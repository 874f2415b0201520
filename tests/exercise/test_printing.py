"""Tasks and verdicts as a reader and a grader's program see them."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.exercise import printing
from pipeline.exercise.checking import CheckedFile
from pipeline.exercise.judging import FailedCall, judge
from pipeline.exercise.registry import EXERCISES, find

EXERCISE = find("correlate-complex")


def checked(answers_of, name="ada.py"):
    cases = EXERCISE.cases(0)
    return CheckedFile(file=Path(name), verdict=judge(EXERCISE, cases, [answers_of(**case) for case in cases]))


RIGHT = checked(EXERCISE.solve)
MISTAKE = checked(EXERCISE.mistakes[0].form, "=bob.py")
ERROR = checked(lambda x, w: FailedCall(reason="IndexError: 3"), "cleo.py")
WRONG = checked(lambda x, w: np.inf * np.ones(len(x) + len(w) - 1), "dan.py")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_every_task_is_plain_ascii_of_100_columns_and_its_numbers_can_be_pasted(exercise):
    text = printing.task(exercise, 7)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= printing.WIDTH
    space = {}
    exec(printing.values(exercise.case(7, 0)).replace("\n ", " "), space)
    for name, value in exercise.case(7, 0).items():
        np.testing.assert_allclose(space[name], value, atol=1e-4) if isinstance(value, np.ndarray) else None
        assert isinstance(value, np.ndarray) or space[name] == value


def test_the_numbers_follow_the_seed():
    assert printing.task(EXERCISE, 1) != printing.task(EXERCISE, 2)


def test_a_verdict_in_words():
    assert printing.text(EXERCISE, RIGHT) == "ada.py: right, 10 of 10 inputs"
    said = printing.text(EXERCISE, MISTAKE)
    assert said.startswith("=bob.py: mistake: conjugate missing\nSignal processing's correlation conjugates")
    assert "right on 0 of 10 inputs; the smallest that fails:\n    x = [" in said
    assert "cleo.py: the function fails\nIndexError: 3" in printing.text(EXERCISE, ERROR)


def test_json_is_valid_and_complete():
    results = json.loads(printing.as_json(EXERCISE, 5, [RIGHT, MISTAKE, ERROR, WRONG]), parse_constant=pytest.fail)
    assert (results["exercise"], results["seed"], results["right"]) == ("correlate-complex", 5, 1)
    right, mistake, error, wrong = results["results"]
    assert right["outcome"] == "right"
    assert right["failing"] is None
    assert (mistake["outcome"], mistake["mistake"]) == ("mistake", "conjugate missing")
    assert mistake["failing"]["inputs"]["x"][0] == [EXERCISE.case(0, 0)["x"][0].real, EXERCISE.case(0, 0)["x"][0].imag]
    assert error["failing"]["answer"] == "IndexError: 3"
    assert wrong["failing"]["answer"][0] == "inf"


def test_csv_has_a_row_a_file_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(printing.as_csv([RIGHT, MISTAKE]))))
    assert [row["file"] for row in rows] == ["ada.py", "'=bob.py"]
    assert [row["mistake"] for row in rows] == ["", "conjugate missing"]


def test_the_class_table_counts_the_mistakes():
    lines = printing.class_table([RIGHT, MISTAKE, MISTAKE, ERROR]).splitlines()
    assert lines[1].split() == ["ada", "10", "of", "10", "right"]
    assert lines[-2:] == ["1 of 4 right", "    2 times  conjugate missing"]
