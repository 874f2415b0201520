"""The table of a sweep: columns without a value are left out."""

from pathlib import Path

import pytest

from pipeline.sweeps.report import Row, known_columns


@pytest.mark.parametrize(
    ("values", "headings"),
    [
        ({}, []),
        ({"seconds": 3.0}, ["training s"]),
        ({"validation": 0.5, "test": 0.4}, ["validation", "test"]),
        ({"validation": 0.0, "seconds": 0.0, "test": 0.0}, ["validation", "training s", "test"]),
    ],
)
def test_a_column_without_a_value_is_left_out(values, headings):
    rows = [Row("seed 0", Path("a.csv")), Row("seed 1", Path("b.csv"), **values)]
    assert list(known_columns(rows)) == headings
