"""One round for files of probabilities: columns by name, rounded and misprinted numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from leaderboard.scoring.details import calibration
from leaderboard.submission import Expected, Report, validate_bytes
from leaderboard.table import words

CLASSES = ("bird", "cat", "dog")
ROWS = 60
VALUES = np.random.default_rng(0).dirichlet([0.4] * 3, ROWS)
EXPECTED = Expected(words.encode([str(i) for i in range(1, ROWS + 1)]), CLASSES, probabilities=True)


def table(
    values: np.ndarray = VALUES, header: str = "id,bird,cat,dog", form: str = "{:.6f}", separator: str = ","
) -> str:
    rows = (separator.join([str(i), *map(form.format, row)]) for i, row in enumerate(values, 1))
    return "\n".join([header, *rows]) + "\n"


def judged(text: str, expected: Expected = EXPECTED) -> Report:
    return validate_bytes(text.encode(), expected)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_columns_in_any_order_are_matched_by_name(order: tuple[int, ...]) -> None:
    report = judged(table(VALUES[:, order], ",".join(["id", *(CLASSES[column] for column in order)])))
    assert report.valid, report.lines()
    np.testing.assert_array_equal(report.codes, VALUES.argmax(axis=1))
    np.testing.assert_allclose(report.probabilities, VALUES, atol=1e-5)
    assert ("matched by name" in "".join(report.notes)) == (order != (0, 1, 2))


def test_the_id_may_stand_behind_the_classes() -> None:
    text = "dog,id,bird,cat\n" + "".join(f"{d:.6f},{i},{b:.6f},{c:.6f}\n" for i, (b, c, d) in enumerate(VALUES, 1))
    np.testing.assert_array_equal(judged(text).codes, VALUES.argmax(axis=1))


NAMED = {
    "case": ("id,Bird,CAT,dog", {"HEADER_CASE": 1}, "exactly id,bird,cat,dog"),
    "case and order": ("id,DOG,bird,cat", {"HEADER_CASE": 1}, "exactly id,dog,bird,cat"),
    "blanks": ("id, bird, cat, dog", {"HEADER_BLANKS": 1}, "exactly id,bird,cat,dog"),
    "prefixes": ("id,p_dog,p_cat,p_bird", {"HEADER_NAME": 1}, "exactly id,dog,cat,bird"),
    "probabilities of": ("id,prob_bird,prob_cat,prob_dog", {"HEADER_NAME": 1}, "exactly id,bird,cat,dog"),
    "one misspelt": ("id,dgo,bird,cat", {"HEADER_NAME": 1}, "exactly id,dog,bird,cat"),
    "numbers": ("id,0,1,2", {"HEADER_NAME": 1}, "the classes bird, cat, dog, each above its own column"),
    "another id": ("filename,dog,cat,bird", {"HEADER_NAME": 1}, "exactly id,dog,cat,bird"),
    "twice": ("id,bird,cat,cat", {"DUPLICATE_COLUMN": 1, "MISSING_COLUMN": 1}, "missing: dog"),
}


@pytest.mark.parametrize("name", NAMED)
def test_the_fix_of_a_header_keeps_the_columns_where_they_are(name: str) -> None:
    header, counts, said = NAMED[name]
    report = judged(table(header=header))
    assert report.counts == counts
    assert said in "\n".join(report.lines())
    if "exactly " in said:
        assert judged(table(header=said.removeprefix("exactly "))).valid


def test_no_header_an_index_and_an_extra_column() -> None:
    body = table().partition("\n")[2]
    assert judged(body).counts == {"NO_HEADER": 1}
    assert "id and the classes in the order of your columns" in judged(body).lines()[0]
    indexed = "".join(f"{row},{line}\n" for row, line in enumerate(body.splitlines()))
    assert judged(",id,dog,cat,bird\n" + indexed).counts == {"INDEX_COLUMN": 1}
    extra = "".join(f"{line},7\n" for line in body.splitlines())
    assert judged("id,bird,cat,dog,fold\n" + extra).counts == {"EXTRA_COLUMN": 1}
    assert judged("id,bird,cat,dog,\n" + extra.replace(",7\n", ",\n")).counts == {"EMPTY_COLUMNS": 1}
    assert judged("id,bird,cat\n" + "".join(line.rpartition(",")[0] + "\n" for line in body.splitlines())).counts == {
        "MISSING_COLUMN": 1
    }


COMMAS = table(form="{:.4f}", separator=";", header="id;bird;cat;dog").replace(".", ",")
MISPRINTED = {
    "decimal commas": (COMMAS, {"SEPARATOR": 1, "DECIMAL_COMMA": ROWS}, "write decimal points, such as 0."),
    "decimal commas in quotes": (
        table(form='"{:.4f}"').replace(".", ","),
        {"DECIMAL_COMMA": ROWS},
        "write decimal points",
    ),
    "decimal commas among commas": (
        table(form="{:.4f}").replace(".", ","),
        {"DECIMAL_COMMA": ROWS},
        "write decimal points, such as 0.",
    ),
    "percent": (table(VALUES * 100), {"PROBABILITY_RANGE": ROWS}, "divided by 100: they are percent"),
    "percent signs": (table(VALUES * 100, form="{:.3f}%"), {"PROBABILITY_FORM": ROWS}, "divided by 100, without %"),
    "logarithms": (table(np.log(VALUES)), {"PROBABILITY_RANGE": ROWS}, "exp() of every number"),
    "logits": (table(np.log(VALUES) + 9), {"PROBABILITY_RANGE": ROWS}, "of logits, the softmax"),
    "not numbers": (table().replace("1,0.", "1,x0.", 1), {"PROBABILITY_FORM": 1}, "a number such as 0.125"),
    "ids from 0": (
        "id,bird,cat,dog\n" + "".join(f"{i},1,0,0\n" for i in range(ROWS)),
        {"ID_SHIFTED": 1},
        "add 1 to every id",
    ),
    "half of the mass": (table(VALUES / 2), {"PROBABILITY_SUM": ROWS}, "make the sum of each line 1, within 0.001"),
}


@pytest.mark.parametrize("name", MISPRINTED)
def test_misprinted_numbers_are_named_with_their_fix(name: str) -> None:
    text, counts, said = MISPRINTED[name]
    report = judged(text)
    assert report.counts == counts
    assert said in "\n".join(report.lines())


@pytest.mark.parametrize("decimals", [2, 3])
def test_rounded_probabilities_are_accepted_and_said(decimals: int) -> None:
    names = tuple(f"class{c}" for c in range(10))
    expected = Expected(words.encode([str(i) for i in range(1, 501)]), names, probabilities=True)
    values = np.random.default_rng(1).dirichlet([0.3] * 10, 500)
    text = table(values, ",".join(["id", *names]), f"{{:.{decimals}f}}")
    report = judged(text, expected)
    assert report.valid, report.lines()
    rounded = values.round(decimals)
    broken = int((abs(rounded.sum(axis=1) - 1) > 1e-3).sum())
    assert broken > 50
    assert f"{broken:,} lines do not add up to 1 because of rounding" in "".join(report.notes)
    assert "log-likelihood (NLL)" in "".join(report.notes)
    np.testing.assert_array_equal(report.codes, rounded.argmax(axis=1))
    # What the tutor's details use sums to 1, or the log-likelihood of an inflated row would be too good.
    np.testing.assert_allclose(report.probabilities.sum(axis=1), 1)
    assert calibration(report.codes, report.probabilities).nll >= 0


def test_trailing_zeros_cut_by_pandas_do_not_narrow_the_tolerance() -> None:
    rows = ["0.33,0.33,0.33", "0.9,0.09,0", "1,0,0", "0.5,0.5,0"]
    values = [*rows, *["1,0,0"] * (ROWS - 4)]
    report = judged("id,bird,cat,dog\n" + "".join(f"{i},{row}\n" for i, row in enumerate(values, 1)))
    assert report.valid, report.lines()
    assert "(2 lines have one)" in "".join(report.notes)


@pytest.mark.parametrize("row", ["0.5,0.5,0.5", "0.3,0.3,0.3", "0.4,0.4,0.25", "0.30,0.30,0.30", "0,0,0"])
def test_what_rounding_does_not_explain_is_refused(row: str) -> None:
    report = judged("id,bird,cat,dog\n" + "".join(f"{i},{row}\n" for i in range(1, ROWS + 1)))
    assert report.counts == {"PROBABILITY_SUM": ROWS}


def test_probabilities_where_none_are_taken_are_named_once() -> None:
    expected = Expected(EXPECTED.ids, CLASSES)
    report = judged(table(), expected)
    assert report.counts == {"EXTRA_COLUMN": 1}
    assert "does not accept probabilities: write the most probable class per line" in report.lines()[0]
