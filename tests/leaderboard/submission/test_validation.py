"""Malformed files that other scorers accept or crash on, and many more; accepted files; random files."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.submission import Expected, Report, validate_bytes, validate_data, validate_file
from leaderboard.submission.diagnosis import diagnose_label
from leaderboard.submission.probabilities import judge_probabilities
from leaderboard.table import words

CLASSES = ("bird", "cat", "dog")
ROWS = 30
EXPECTED = Expected(words.encode([str(i) for i in range(1, ROWS + 1)]), CLASSES)
WITH_PROBABILITIES = Expected(EXPECTED.ids, CLASSES, probabilities=True)
LABELS = [CLASSES[i % 3] for i in range(ROWS)]
LINES = [f"{i},{label}" for i, label in enumerate(LABELS, 1)]
GOOD = "\n".join(["id,label", *LINES]) + "\n"


def text(lines: list[str], header: str = "id,label") -> str:
    return "\n".join([header, *lines]) + "\n"


def line(number: int, value: str) -> str:
    """The good file with one line replaced."""
    lines = list(LINES)
    lines[number - 1] = value
    return text(lines)


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission.csv", data)
    return out.getvalue()


# name: (file, codes that must be reported)
REJECTED: dict[str, tuple[str | bytes, set[str]]] = {
    "empty": (b"", {"EMPTY"}),
    "only blanks": (b" \n\n ", {"EMPTY"}),
    "only a byte-order mark": (b"\xef\xbb\xbf", {"EMPTY"}),
    "header only": ("id,label\n", {"NO_ROWS"}),
    "header only without line end": ("id,label", {"NO_ROWS"}),
    "no header": ("\n".join(LINES) + "\n", {"NO_HEADER"}),
    "no header, first label unknown": ("1,zebra\n" + "\n".join(LINES[1:]), {"NO_HEADER", "LABEL_UNKNOWN"}),
    "header in capitals": (text(LINES, "ID,LABEL"), {"HEADER_CASE"}),
    "header with one capital": (text(LINES, "Id,label"), {"HEADER_CASE"}),
    "header with blanks": (text(LINES, "id, label"), {"HEADER_BLANKS"}),
    "header swapped": (text([",".join(s.split(",")[::-1]) for s in LINES], "label,id"), {"HEADER_ORDER"}),
    "header with other names": (text(LINES, "image,class"), {"HEADER_NAME"}),
    "header misspelt": (text(LINES, "id,lable"), {"HEADER_NAME"}),
    "header with a no-break space": (text(LINES, "id,label\u00a0"), {"HEADER_BLANKS"}),
    "header with a zero-width space": (text(LINES, "id,label\u200b"), {"HEADER_NAME"}),
    "header twice": ("id,label\n" + GOOD, {"ID_UNKNOWN", "LABEL_UNKNOWN"}),
    "pandas index, no name": (text([f"{i},{s}" for i, s in enumerate(LINES)], ",id,label"), {"INDEX_COLUMN"}),
    "pandas index, read back": (
        text([f"{i},{s}" for i, s in enumerate(LINES)], "Unnamed: 0,id,label"),
        {"INDEX_COLUMN"},
    ),
    "extra column": (text([f"{s},0.9" for s in LINES], "id,label,confidence"), {"EXTRA_COLUMN"}),
    "extra column in the header alone": (text(LINES, "id,label,"), {"EXTRA_COLUMN"}),
    "extra empty column": (text([f"{s}," for s in LINES], "id,label,"), {"EMPTY_COLUMNS"}),
    "extra field in every row": (text([f"{s},x" for s in LINES]), {"FIELDS"}),
    "one column": (text([s.split(",")[1] for s in LINES], "label"), {"MISSING_COLUMN"}),
    "one column, no header": ("\n".join(LABELS), {"MISSING_COLUMN"}),
    "duplicate column": (text([f"{s},cat" for s in LINES], "id,label,label"), {"DUPLICATE_COLUMN"}),
    "duplicate column in another case": (text([f"{s},cat" for s in LINES], "id,label,Label"), {"DUPLICATE_COLUMN"}),
    "semicolons": (GOOD.replace(",", ";"), {"SEPARATOR"}),
    "tabs": (GOOD.replace(",", "\t"), {"SEPARATOR"}),
    "bars": (GOOD.replace(",", "|"), {"SEPARATOR"}),
    "header comma, rows semicolons": (text([s.replace(",", ";") for s in LINES]), {"SEPARATOR"}),
    "blanks for commas": (GOOD.replace(",", " "), {"SEPARATOR"}),
    "a blank line in the middle": (line(5, "") + "5,dog\n", {"BLANK_LINE"}),
    "blank lines above the header": ("\n\n" + GOOD, {"BLANK_LINE"}),
    "a ragged row": (line(3, "3"), {"FIELDS"}),
    "a ragged row with three fields": (line(3, "3,cat,dog"), {"FIELDS"}),
    "a comment line": (GOOD + "# made by me\n", {"FIELDS"}),
    "a footer": (GOOD + "total,30\n", {"ID_UNKNOWN", "LABEL_NUMBER"}),
    "an unclosed quote": (line(3, '3,"cat'), {"QUOTES"}),
    "a quote closed too early": (line(3, '3,"c"at'), {"QUOTES"}),
    "a quote within": (line(3, '3,c"at'), {"LABEL_UNKNOWN"}),
    "a line end in quotes": (line(3, '3,"cat\n"'), {"QUOTES"}),
    "single quotes": (line(3, "3,'cat'"), {"LABEL_UNKNOWN"}),
    "one id missing": (text(LINES[1:]), {"ID_MISSING"}),
    "the last id missing": (text(LINES[:-1]), {"ID_MISSING"}),
    "half of the file": (GOOD[: len(GOOD) // 2], {"ID_MISSING"}),
    "an unknown id": (line(3, "31,cat"), {"ID_UNKNOWN", "ID_MISSING"}),
    "an id twice": (GOOD + "3,cat\n", {"ID_TWICE"}),
    "an id twice and another missing": (line(4, "3,cat"), {"ID_TWICE", "ID_MISSING"}),
    "an id twice with another label": (GOOD + "3,bird\n", {"ID_TWICE"}),
    "the file twice": (GOOD + GOOD.removeprefix("id,label\n"), {"ID_TWICE"}),
    "training rows appended": (GOOD + "".join(f"{i},cat\n" for i in range(31, 60)), {"ID_UNKNOWN"}),
    "ids from 0": (text([f"{i},{s}" for i, s in enumerate(LABELS)]), {"ID_SHIFTED"}),
    "ids as 1.0": (text([s.replace(",", ".0,") for s in LINES]), {"ID_FORM"}),
    "ids as 0001": (text([s.zfill(4 + len(s)) for s in LINES]), {"ID_FORM"}),
    "ids as 1e0": (text([s.replace(",", "e0,") for s in LINES]), {"ID_FORM"}),
    "ids as 1.": (line(3, "3.,cat"), {"ID_FORM"}),
    "ids with a plus": (text([f"+{s}" for s in LINES]), {"ID_FORM"}),
    "ids with a minus": (text([f"-{s}" for s in LINES]), {"ID_UNKNOWN"}),
    "ids as file names": (text([s.replace(",", ".png,") for s in LINES]), {"ID_FORM"}),
    "ids with thousands": (line(3, '"3,0",cat'), {"ID_UNKNOWN"}),
    "ids in hexadecimal": (line(3, "0x3,cat"), {"ID_UNKNOWN"}),
    "ids in Arabic digits": (line(3, "٣,cat"), {"ID_UNKNOWN"}),
    "an id with a small digit": (line(3, "²,cat"), {"ID_UNKNOWN"}),
    "a huge id": (line(3, "9" * 200 + ",cat"), {"ID_UNKNOWN"}),
    "an id of 1e308": (line(3, "1e308,cat"), {"ID_UNKNOWN"}),
    "an id of 1e999": (line(3, "1e999,cat"), {"ID_UNKNOWN"}),
    "an empty id": (line(3, ",cat"), {"ID_EMPTY", "ID_MISSING"}),
    "an id of nan": (line(3, "nan,cat"), {"ID_UNKNOWN", "ID_MISSING"}),
    "an id with a blank": (line(3, " 3,cat"), {"ID_BLANKS"}),
    "an id with a zero-width space": (line(3, "3\u200b,cat"), {"ID_BLANKS"}),
    "labels in capitals": (GOOD.upper().replace("ID,LABEL", "id,label"), {"LABEL_CASE"}),
    "one label capitalised": (line(3, "3,Cat"), {"LABEL_CASE"}),
    "a label with a trailing blank": (line(3, "3,cat "), {"LABEL_BLANKS"}),
    "a label with a leading blank": (line(3, "3, cat"), {"LABEL_BLANKS"}),
    "a label with a tab": (line(3, "3,cat\t"), {"LABEL_BLANKS"}),
    "a label with a no-break space": (line(3, "3,cat\u00a0"), {"LABEL_BLANKS"}),
    "a label with a right-to-left mark": (line(3, "3,\u202ecat"), {"LABEL_BLANKS"}),
    "a label with a soft hyphen": (line(3, "3,c\u00adat"), {"LABEL_BLANKS"}),
    "a label with a Cyrillic letter": (line(3, "3,c\u0430t"), {"LABEL_UNKNOWN"}),
    "a full-width label": (line(3, "3,ｃａｔ"), {"LABEL_UNKNOWN"}),
    "an unknown class": (line(3, "3,zebra"), {"LABEL_UNKNOWN"}),
    "a plural": (line(3, "3,cats"), {"LABEL_UNKNOWN"}),
    "two classes": (line(3, "3,cat dog"), {"LABEL_UNKNOWN"}),
    "class numbers": (text([f"{i},{i % 3}" for i in range(1, ROWS + 1)]), {"LABEL_NUMBER"}),
    "class numbers as floats": (text([f"{i},{i % 3}.0" for i in range(1, ROWS + 1)]), {"LABEL_NUMBER"}),
    "an empty label": (line(3, "3,"), {"LABEL_EMPTY"}),
    "a label of nan": (line(3, "3,NaN"), {"LABEL_EMPTY"}),
    "a label of None": (line(3, "3,None"), {"LABEL_EMPTY"}),
    "a formula": (line(3, "3,=1+1"), {"LABEL_FORMULA"}),
    "a formula that runs a program": (line(3, "3,@SUM(cmd|'/c calc'!A1)"), {"LABEL_FORMULA"}),
    "a formula with plus": (line(3, "3,+cat"), {"LABEL_FORMULA"}),
    "probabilities where labels are asked": (
        text([f"{i},1,0,0" for i in range(1, ROWS + 1)], "id,bird,cat,dog"),
        {"EXTRA_COLUMN"},
    ),
    "a field of 5 MB": (line(3, "3," + "c" * 1_000_000), {"LONG_LINE"}),
    "a line of commas": (line(3, "," * 100_000), {"LONG_LINE"}),
    "a million lines": ("id,label\n" + "x\n" * 200_000, {"TOO_MANY_ROWS"}),
    "NUL in a label": (line(3, "3,c\0at"), {"NUL"}),
    "NUL at the end": (GOOD + "\0", {"NUL"}),
    "UTF-16": (GOOD.encode("utf-16"), {"UTF16"}),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), {"UTF16"}),
    "UTF-32": (GOOD.encode("utf-32"), {"UTF16"}),
    "latin-1": (line(3, "3,café").encode("latin-1"), {"NOT_UTF8"}),
    "UTF-8 cut within a letter": (line(3, "3,caf\u00e9").encode()[:-200] + b"\xc3", {"NOT_UTF8"}),
    "surrogates": (GOOD.encode() + b"\xed\xa0\x80", {"NOT_UTF8"}),
    "gzip": (gzip.compress(GOOD.encode()), {"COMPRESSED"}),
    "gzip bomb": (gzip.compress(bytes(3_000_000), 9), {"COMPRESSED"}),
    "zip": (zipped(GOOD.encode()), {"COMPRESSED"}),
    "bzip2": (bz2.compress(GOOD.encode()), {"COMPRESSED"}),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), {"BINARY"}),
    "PDF": (b"%PDF-1.7\n" + GOOD.encode(), {"BINARY"}),
    "Parquet": (b"PAR1" + bytes(50), {"BINARY"}),
    "pickle": (pickle.dumps(LABELS), {"BINARY"}),
    "NumPy": (b"\x93NUMPY\x01\x00v\x00", {"BINARY"}),
    "random bytes": (np.random.default_rng(0).bytes(5000), {"BINARY"}),
    "JSON": ('{"1": "cat"}\n', {"HEADER_NAME", "MISSING_COLUMN", "SEPARATOR"}),
    "HTML": ("<!doctype html>\n<html></html>\n", {"MISSING_COLUMN"}),
    "a stored password page": ("id,label\n<script>alert(1)</script>\n", {"FIELDS"}),
}


def as_bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


@pytest.mark.parametrize("name", REJECTED)
def test_rejected_with_the_reason(name: str) -> None:
    data, codes = REJECTED[name]
    report = validate_bytes(as_bytes(data), EXPECTED)
    assert not report.valid
    assert report.codes is None
    assert report.counts.keys() & codes
    # One printable line per problem, each with a fix.
    assert all(problem.what and problem.fix and "{" not in problem.fix for problem in report.problems)
    assert all(sentence.isprintable() and len(sentence) < 400 for sentence in report.lines())


@pytest.mark.parametrize("name", [name for name, (_, codes) in REJECTED.items() if len(codes) > 1 and name != "JSON"])
def test_all_problems_at_once(name: str) -> None:
    data, codes = REJECTED[name]
    assert codes <= validate_bytes(as_bytes(data), EXPECTED).counts.keys()


ACCEPTED = {
    "as it should be": GOOD,
    "no line end at the end": GOOD.rstrip("\n"),
    "CRLF": GOOD.replace("\n", "\r\n"),
    "CR CR LF": GOOD.replace("\n", "\r\r\n"),
    "CR": GOOD.replace("\n", "\r"),
    "byte-order mark": "\ufeff" + GOOD,
    "byte-order mark and CRLF": "\ufeff" + GOOD.replace("\n", "\r\n"),
    "quotes": "".join(",".join(f'"{field}"' for field in s.split(",")) + "\n" for s in GOOD.splitlines()),
    "some quotes": GOOD.replace("cat", '"cat"'),
    "reversed": text(LINES[::-1]),
    "blank lines at the end": GOOD + "\n\n",
    "a line of blanks at the end": GOOD + "   \n",
    "rows of commas at the end": GOOD + ",\n,\n",
    "a row of commas in the middle": text([*LINES[:5], ",", *LINES[5:]]),
    "sorted as strings": text(sorted(LINES)),
}


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("fast", [True, False])
def test_accepted_and_said(name: str, fast: bool) -> None:
    report = validate_bytes(ACCEPTED[name].encode(), EXPECTED, fast=fast)
    assert report.valid, report.lines()
    assert [CLASSES[code] for code in report.codes] == LABELS
    assert bool(report.notes) == (name not in ("as it should be", "no line end at the end"))


def test_value_line_and_fix_are_named() -> None:
    (problem,) = validate_bytes(line(3, "3,Cat").encode(), EXPECTED).problems
    assert (problem.code, problem.line, problem.value, problem.fix) == ("LABEL_CASE", 4, "'Cat'", "write it as cat")


def test_many_problems_are_counted_and_three_of_each_shown() -> None:
    report = validate_bytes(GOOD.upper().replace("ID,LABEL", "id,label").encode(), EXPECTED)
    assert report.counts == {"LABEL_CASE": ROWS}
    assert len(report.problems) == 3
    assert report.lines()[-1] == "LABEL_CASE: and 27 more"


def test_unknown_ids_far_down_are_counted_exactly() -> None:
    expected = Expected(words.encode([str(number) for number in range(1, 3001)]), CLASSES)
    ids = [number if number <= 1500 else number + 7_000_000 for number in range(1, 3001)]
    report = validate_bytes(text([f"{number},cat" for number in ids]).encode(), expected)
    assert report.counts == {"ID_UNKNOWN": 1500, "ID_MISSING": 1500}


@pytest.mark.parametrize(("count", "end"), [(12, "c11"), (13, "c11,…")])
def test_up_to_thirteen_columns_are_named(count: int, end: str) -> None:
    classes = tuple(f"c{number}" for number in range(count))
    expected = Expected(EXPECTED.ids, classes, probabilities=True)
    report = validate_bytes(text(["1" + ",0" * (count - 1)] * ROWS, ",".join(classes)).encode(), expected)
    assert report.problems[0].fix == "write the columns id," + ",".join(classes[:11]) + "," + end


@pytest.mark.parametrize(("length", "is_long"), [(5 * 256, False), (5 * 256 + 1, True)])
def test_a_header_may_have_as_many_characters_as_all_its_fields_together(length: int, is_long: bool) -> None:
    report = validate_bytes(text(LINES, "id,label" + "x" * (length - 8)).encode(), EXPECTED)
    assert ("LONG_LINE" in report.counts) == is_long


@pytest.mark.parametrize(("length", "is_long"), [(2 * 256, False), (2 * 256 + 1, True)])
def test_a_line_may_have_as_many_characters_as_its_two_fields_together(length: int, is_long: bool) -> None:
    report = validate_bytes(line(3, "3," + "x" * (length - 2)).encode(), EXPECTED)
    assert ("LONG_LINE" in report.counts) == is_long


def test_hidden_characters_are_spelt_out() -> None:
    for bad, shown in (("\u202ecat", "u202e"), ("c\u0430t", "u0430"), ("\x1b[31mcat", "u001b")):
        report = validate_bytes(line(3, f"3,{bad}").encode(), EXPECTED)
        assert shown in report.lines()[0]


def test_hidden_characters_of_the_header_are_spelt_out_in_the_fix_too() -> None:
    report = validate_bytes("\t\u202e!,\n".encode(), EXPECTED)
    assert report.problems[0].fix == r"make the first line exactly \t\u202e!"


def test_string_ids_and_classes_beyond_ascii() -> None:
    expected = Expected(words.encode(["img_ä", "img_b" * 9]), ("Hündin", "Katze, grau"))
    good = 'id,label\nimg_ä,"Katze, grau"\n' + "img_b" * 9 + ",Hündin\n"
    assert list(validate_bytes(good.encode(), expected).codes) == [1, 0]
    assert not validate_bytes(good.replace("ä", "a").encode(), expected).valid


def probabilities(rows: list[str], header: str = "id,bird,cat,dog") -> bytes:
    return text([f"{i},{row}" for i, row in enumerate(rows, 1)], header).encode()


def test_probabilities_are_read_and_their_top_class_scored() -> None:
    values = np.random.default_rng(0).dirichlet([1, 1, 1], ROWS)
    report = validate_bytes(probabilities([",".join(f"{v:.6f}" for v in row) for row in values]), WITH_PROBABILITIES)
    np.testing.assert_array_equal(report.codes, values.argmax(axis=1))
    np.testing.assert_allclose(report.probabilities, values, atol=1e-6)
    assert validate_bytes(GOOD.encode(), WITH_PROBABILITIES).valid


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("nan,0.5,0.5", "PROBABILITY_FORM"),
        ("inf,0,0", "PROBABILITY_FORM"),
        ("1_0,0,0", "PROBABILITY_FORM"),
        (" 1,0,0", "PROBABILITY_FORM"),
        (",0,1", "PROBABILITY_FORM"),
        ("0x1,0,0", "PROBABILITY_FORM"),
        ("-0.1,0.5,0.6", "PROBABILITY_RANGE"),
        ("1.5,0,0", "PROBABILITY_RANGE"),
        ("0.5,0.5,0.5", "PROBABILITY_SUM"),
        ("0,0,0", "PROBABILITY_SUM"),
        ("50,30,20", "PROBABILITY_RANGE"),
        ("0.5,0.5", "FIELDS"),
    ],
)
def test_probabilities_that_are_none(row: str, code: str) -> None:
    rows = ["1,0,0"] * (ROWS - 1)
    assert code in validate_bytes(probabilities([row, *rows]), WITH_PROBABILITIES).counts


@pytest.mark.parametrize("row", ["1.0000001,0,0", "1,-0.0,0", "1,-1e-09,1e-9"])
def test_what_float32_rounds_over_the_edge_is_taken(row: str) -> None:
    report = validate_bytes(probabilities([row] * ROWS), WITH_PROBABILITIES)
    assert report.valid, report.lines()
    assert report.probabilities.min() >= 0
    assert report.probabilities.max() <= 1


@pytest.mark.parametrize(
    ("header", "row", "code"),
    [
        (",id,bird,cat,dog", "0,1,1,0,0", "INDEX_COLUMN"),
        ("Unnamed: 0,id,bird,cat,dog", "0,1,1,0,0", "INDEX_COLUMN"),
        ("image,bird,cat,dog", "1,1,0,0", "HEADER_NAME"),
    ],
)
def test_a_header_of_classes_is_not_taken_for_data(header: str, row: str, code: str) -> None:
    report = validate_bytes(f"{header}\n{row}\n".encode(), WITH_PROBABILITIES)
    assert report.problems[0].code == code
    assert report.problems[0].hint == "id,bird,cat,dog"


@pytest.mark.parametrize(("header", "code"), [("id,Cat,dog", "HEADER_CASE"), ("id,cat ,dog", "HEADER_BLANKS")])
def test_probabilities_of_two_classes_are_not_to_be_thrown_away(header: str, code: str) -> None:
    expected = Expected(words.encode(["1", "2"]), ("cat", "dog"), probabilities=True)
    report = validate_bytes(f"{header}\n1,0.5,0.5\n2,1,0\n".encode(), expected)
    assert report.problems[0].code == code
    assert report.problems[0].hint == "id,cat,dog"


@pytest.mark.parametrize("field", ["1" * 100_000 + "x", "." + "1" * 100_000 + ".", "-" + "1" * 100_000 + "x"])
def test_a_long_number_costs_no_more_than_its_length(field: str) -> None:
    """Each was minutes of backtracking under a pattern in which a digit can match in two places."""
    assert diagnose_label(field, EXPECTED)[0] in ("LABEL_UNKNOWN", "LABEL_FORMULA")
    report = Report()
    assert judge_probabilities([2], [[field], ["0"], ["0"]], WITH_PROBABILITIES, report) is None
    assert set(report.counts) == {"PROBABILITY_FORM"}


@pytest.mark.parametrize("field", ["0.2;0.2", "1e", "1e1234", "nan", ".", "", "1.2.3", "٣", "0x1", "1_0", "0.2 "])
def test_one_field_that_is_no_number_is_named_far_down(field: str) -> None:
    rows = ["0.25,0.25,0.5"] * (ROWS - 1) + [f"{field},0.3,0.5"]
    report = validate_bytes(probabilities(rows), WITH_PROBABILITIES)
    assert [(problem.code, problem.line) for problem in report.problems] == [("PROBABILITY_FORM", ROWS + 1)]


def test_all_rows_out_of_range_are_counted() -> None:
    report = validate_bytes(probabilities(["1.5,-0.5,0"] * ROWS), WITH_PROBABILITIES)
    assert report.counts == {"PROBABILITY_RANGE": ROWS}
    assert [problem.line for problem in report.problems] == [2, 3, 4]


@pytest.mark.parametrize(
    ("row", "is_percent"), [("19,30,50", True), ("21,30,50", True), ("18.5,30,50", False), ("21.5,30,50", False)]
)
def test_numbers_that_sum_to_a_hundred_within_one_are_percent(row: str, is_percent: bool) -> None:
    problem = validate_bytes(probabilities([row] * ROWS), WITH_PROBABILITIES).problems[0]
    assert problem.code == "PROBABILITY_RANGE"
    assert ("they are percent" in problem.fix) == is_percent


def test_one_number_a_line_is_not_taken_for_all_classes() -> None:
    report = validate_bytes(probabilities(["1"] * ROWS), WITH_PROBABILITIES)
    assert set(report.counts) == {"FIELDS"}


def special_files(folder: Path) -> dict[str, Callable[[Path], object]]:
    target = folder / "target.csv"
    target.write_text(GOOD)
    return {
        "SYMLINK": lambda path: path.symlink_to(target),
        "NOT_A_FILE": Path.mkdir,
        "NOT_A_FILE (pipe)": os.mkfifo,
        "TOO_LARGE": lambda path: path.write_bytes(b"x" * (EXPECTED.max_bytes + 1)),
        "SYMLINK (dangling)": lambda path: path.symlink_to(folder / "nowhere"),
    }


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["SYMLINK", "NOT_A_FILE", "NOT_A_FILE (pipe)", "TOO_LARGE", "SYMLINK (dangling)"])
def test_only_plain_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "submission.csv"
    special_files(tmp_path)[kind](path)
    submission = validate_file(path, EXPECTED)
    assert submission.data is None
    assert list(submission.report.counts) == [kind.split(" ")[0]]


@pytest.mark.parametrize(("more", "codes"), [(0, []), (1, ["TOO_LARGE"])])
def test_a_file_may_have_the_largest_size(tmp_path: Path, more: int, codes: list[str]) -> None:
    data = GOOD.encode().ljust(EXPECTED.max_bytes + more, b"\n")
    (tmp_path / "submission.csv").write_bytes(data)
    for submission in (validate_file(tmp_path / "submission.csv", EXPECTED), validate_data(data, EXPECTED)):
        assert list(submission.report.counts) == codes


def test_a_sparse_terabyte_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert list(validate_file(path, EXPECTED).report.counts) == ["TOO_LARGE"]


FIELDS = st.sampled_from(["1", "2", "30", "31", "1.0", "", "cat", "dog", "Cat", "bird ", '"cat"', '"', "\0", "é", "\r"])
ROW = st.one_of(st.sampled_from(LINES), st.lists(FIELDS, max_size=4).map(",".join))
NEAR = st.tuples(
    st.sampled_from(["id,label", "id,label\r", "label,id", "\ufeffid,label", ""]), st.lists(ROW, max_size=40)
)


@settings(deadline=None, max_examples=100)
@given(NEAR.map(lambda pair: text(pair[1], pair[0]).encode()) | st.binary(max_size=300))
def test_fuzz_never_crashes_and_both_ways_agree(data: bytes) -> None:
    assert_same_verdict(data)


@pytest.mark.slow
@settings(deadline=None, max_examples=20_000)
@given(NEAR.map(lambda pair: text(pair[1], pair[0]).encode()) | st.binary(max_size=300))
def test_fuzz_at_length(data: bytes) -> None:
    assert_same_verdict(data)


@settings(deadline=None, max_examples=100)
@given(st.permutations(LINES), st.data())
def test_one_changed_byte_gets_the_same_verdict_both_ways(lines: list[str], data: st.DataObject) -> None:
    raw = bytearray(text(lines).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert_same_verdict(bytes(raw))


def assert_same_verdict(data: bytes) -> None:
    fast, exact = (validate_bytes(data, EXPECTED, fast=way) for way in (True, False))
    assert (fast.counts, fast.problems, fast.notes) == (exact.counts, exact.problems, exact.notes)
    np.testing.assert_array_equal(fast.codes, exact.codes)
    assert fast.valid == (fast.codes is not None)
    assert all(sentence.isprintable() for sentence in fast.lines())
