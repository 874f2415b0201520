"""CSV and aligned text."""

import csv

from pipeline.recurrent.tables import aligned, write_csv


def test_csv_has_all_columns_and_leaves_no_other_file(tmp_path):
    path = write_csv(tmp_path / "a.csv", [{"step": 1, "x": 0.5}, {"step": 2, "y, z": 3}])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"step": "1", "x": "0.5", "y, z": ""}, {"step": "2", "x": "", "y, z": "3"}]
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_columns_line_up():
    lines = aligned([("a", "bb"), ("cccc", "d")]).splitlines()
    assert lines == ["a     bb", "--------", "cccc  d"]
