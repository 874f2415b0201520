"""One round: each mistake of a whole file is reported once with its fix, and so are all other problems.

Every case is a right file spoilt in known ways; exactly these must be named. Undoing them gives the right file back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest

from leaderboard.submission import Expected, Report, validate_bytes
from leaderboard.table import words

CLASSES = ("bird", "cat", "dog")
ROWS = 300
LABELS = [CLASSES[int(code)] for code in np.random.default_rng(0).integers(0, 3, ROWS)]
IDS = [str(i) for i in range(1, ROWS + 1)]
PAIRS = list(zip(IDS, LABELS, strict=True))
ALL = ROWS


def expected(ids: list[str], probabilities: bool = False) -> Expected:
    return Expected(words.encode(ids), CLASSES, probabilities)


PLAIN = expected(IDS)
PADDED = expected([i.zfill(5) for i in IDS])
IMAGES = expected([f"{i}.png" for i in IDS])
PADDED_IMAGES = expected([f"{i.zfill(4)}.png" for i in IDS])
NAMES = expected([f"photo_{i.zfill(3)}" for i in IDS])


def lines(pairs: list, header: str = "id,label", separator: str = ",", end: str = "") -> str:
    return "\n".join([header, *(separator.join(map(str, row)) + end for row in pairs)]) + "\n"


def quoted(pairs: list, separator: str, header: tuple[str, ...] = ("id", "label"), *, all_fields: bool = True) -> str:
    out = io.StringIO()
    style = csv.QUOTE_ALL if all_fields else csv.QUOTE_NONNUMERIC
    rows = pairs if all_fields else [(int(i), label) for i, label in pairs]
    csv.writer(out, delimiter=separator, quoting=style, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def ids(change: Callable[[str], str], pairs: list = PAIRS) -> list[tuple[str, str]]:
    return [(change(i), label) for i, label in pairs]


def labels(change: Callable[[str], str]) -> list[tuple[str, str]]:
    return [(i, change(label)) for i, label in PAIRS]


def shifted(by: int) -> list[tuple[str, str]]:
    return ids(lambda i: str(int(i) + by))


CODE = {name: code for code, name in enumerate(CLASSES)}
ROW_NUMBERS = [(row, *pair) for row, pair in enumerate(PAIRS)]
GOOD = lines(PAIRS)

# name: (file, what is expected, how often each code must come, words that the report must have)
CASES: dict[str, tuple[str, Expected, dict[str, int], str]] = {
    "R's write.csv2": (quoted(PAIRS, ";", all_fields=False), PLAIN, {"SEPARATOR": 1}, "not by semicolons"),
    "R's write.csv2, all quoted": (quoted(PAIRS, ";"), PLAIN, {"SEPARATOR": 1}, "not by semicolons"),
    "a quoted tab file": (quoted(PAIRS, "\t"), PLAIN, {"SEPARATOR": 1}, "not by tabs"),
    "a tab file": (lines(PAIRS, "id\tlabel", "\t"), PLAIN, {"SEPARATOR": 1}, "not by tabs"),
    "bars": (lines(PAIRS, "id|label", "|"), PLAIN, {"SEPARATOR": 1}, "not by bars"),
    "blanks": (lines(PAIRS, "id label", " "), PLAIN, {"SEPARATOR": 1}, "not by blanks"),
    "columns of blanks": (lines(PAIRS, "  id   label", "     "), PLAIN, {"SEPARATOR": 1}, "not by blanks"),
    "R's write.table": (
        '"id" "label"\n' + "".join(f'"{row}" {i} "{label}"\n' for row, (i, label) in enumerate(PAIRS, 1)),
        PLAIN,
        {"SEPARATOR": 1, "INDEX_COLUMN": 1},
        "row.names=FALSE",
    ),
    "R's write.csv": (
        quoted([(str(row), *pair) for row, pair in enumerate(PAIRS, 1)], ",", ("", "id", "label")),
        PLAIN,
        {"INDEX_COLUMN": 1},
        "row.names=FALSE",
    ),
    "a comma header over semicolons": (lines(PAIRS, separator=";"), PLAIN, {"SEPARATOR": 1}, "line 2:"),
    "a semicolon header over commas": (lines(PAIRS, "id;label"), PLAIN, {"SEPARATOR": 1}, "line 1:"),
    "semicolons and no header": (
        lines(PAIRS, "", ";").lstrip("\n"),
        PLAIN,
        {"SEPARATOR": 1, "NO_HEADER": 1},
        "add a first line above it: id,label",
    ),
    "semicolons and wrong case": (
        lines(labels(str.upper), "ID;Label", ";"),
        PLAIN,
        {"SEPARATOR": 1, "HEADER_CASE": 1, "LABEL_CASE": ALL},
        "make the first line exactly id,label",
    ),
    "sep=,": ("sep=,\n" + GOOD, PLAIN, {"SEP_LINE": 1}, "delete it"),
    "SEP=; over commas": ('"SEP=;"\n' + GOOD, PLAIN, {"SEP_LINE": 1}, "delete it"),
    "sep=; over semicolons": ("sep=;\n" + GOOD.replace(",", ";"), PLAIN, {"SEP_LINE": 1, "SEPARATOR": 1}, "delete it"),
    "sep=, with Excel's commas": ("sep=,,\n" + GOOD, PLAIN, {"SEP_LINE": 1}, "delete it"),
    "every line in quotes": (
        "".join(f'"{line}"\n' for line in GOOD.splitlines()),
        PLAIN,
        {"QUOTED_LINES": 1},
        "remove the quotes around every line",
    ),
    "Excel's empty columns": (
        lines(PAIRS, "id,label,,", end=",,"),
        PLAIN,
        {"EMPTY_COLUMNS": 1},
        "there are empty columns at the end of every line",
    ),
    "one empty column": (lines(PAIRS, "id,label,", end=","), PLAIN, {"EMPTY_COLUMNS": 1}, "every line"),
    "empty columns and wrong case": (
        lines(labels(str.title), "id,label,,,", end=",,,"),
        PLAIN,
        {"EMPTY_COLUMNS": 1, "LABEL_CASE": ALL},
        "(3)",
    ),
    "empty columns in semicolons": (
        lines(PAIRS, "id;label;;", ";", end=";;"),
        PLAIN,
        {"EMPTY_COLUMNS": 1, "SEPARATOR": 1},
        "(2)",
    ),
    "pandas' empty columns": (
        lines(PAIRS, "id,label,Unnamed: 2,Unnamed: 3", end=",,"),
        PLAIN,
        {"EMPTY_COLUMNS": 1},
        "(2)",
    ),
    "commas at the end of the rows alone": (lines(PAIRS, end=","), PLAIN, {"EMPTY_COLUMNS": 1}, "(1)"),
    "a comma at the end of the header alone": (
        lines(PAIRS, "id,label,"),
        PLAIN,
        {"EXTRA_COLUMN": 1},
        "exactly id,label",
    ),
    "a comma at the end of three rows": (
        lines([(i, label + "," * (i in ("4", "7", "9"))) for i, label in PAIRS]),
        PLAIN,
        {"FIELDS": 3},
        "delete the separators at its end",
    ),
    "an index column": (lines(ROW_NUMBERS, ",id,label"), PLAIN, {"INDEX_COLUMN": 1}, "index=False"),
    "an index column and capitals": (
        lines(ROW_NUMBERS, "Unnamed: 0,Id,Label"),
        PLAIN,
        {"INDEX_COLUMN": 1, "HEADER_CASE": 1},
        "exactly id,label",
    ),
    "an index column and no header": (
        lines(ROW_NUMBERS, "").lstrip("\n"),
        PLAIN,
        {"INDEX_COLUMN": 1, "NO_HEADER": 1},
        "add a first line",
    ),
    "an extra column": (
        lines([(*pair, 0.9) for pair in PAIRS], "id,label,confidence"),
        PLAIN,
        {"EXTRA_COLUMN": 1},
        "delete 'confidence' in every line",
    ),
    "an extra column between": (
        lines([(i, "x", label) for i, label in PAIRS], "id,path,label"),
        PLAIN,
        {"EXTRA_COLUMN": 1},
        "delete 'path' in every line",
    ),
    "columns swapped": (
        lines([pair[::-1] for pair in PAIRS], "label,id"),
        PLAIN,
        {"HEADER_ORDER": 1},
        "put the id first and the label second in every line",
    ),
    "columns swapped below the right header": (
        lines([pair[::-1] for pair in PAIRS]),
        PLAIN,
        {"HEADER_ORDER": 1},
        "in every line, below the first line id,label",
    ),
    "other names": (lines(PAIRS, "filename,class"), PLAIN, {"HEADER_NAME": 1}, "exactly id,label"),
    "the id has no name": (lines(PAIRS, ",label"), PLAIN, {"HEADER_NAME": 1}, "exactly id,label"),
    "no header": (lines(PAIRS, "").lstrip("\n"), PLAIN, {"NO_HEADER": 1}, "add a first line above it: id,label"),
    "no header, ids from 0": (
        lines(shifted(-1), "").lstrip("\n"),
        PLAIN,
        {"NO_HEADER": 1, "ID_SHIFTED": 1},
        "add 1 to every id",
    ),
    "ids from 0": (
        lines(shifted(-1)),
        PLAIN,
        {"ID_SHIFTED": 1},
        "ids seem to start at 0, the sample's start at 1: add 1 to every id",
    ),
    "ids from 2": (lines(shifted(1)), PLAIN, {"ID_SHIFTED": 1}, "subtract 1 from every id"),
    "ids that go on after the training rows": (
        lines(shifted(50_000)),
        PLAIN,
        {"ID_SHIFTED": 1},
        "subtract 50000 from every id",
    ),
    "ids from 0 in another order": (lines(shifted(-1)[::-1]), PLAIN, {"ID_SHIFTED": 1}, "add 1 to every id"),
    "ids from 0, one line lost": (
        lines(shifted(-1)[:100] + shifted(-1)[101:]),
        PLAIN,
        {"ID_SHIFTED": 1, "ID_MISSING": 1},
        "'101'",
    ),
    "ids from 0.0": (
        lines(ids(lambda i: f"{int(i) - 1}.0")),
        PLAIN,
        {"ID_SHIFTED": 1, "ID_FORM": ALL},
        "'0.0'; write it as 1",
    ),
    "file names from 0": (
        lines(ids(lambda i: f"{int(i) - 1:04}.png")),
        PADDED_IMAGES,
        {"ID_SHIFTED": 1},
        "add 1 to every id",
    ),
    "ids from 0 where zeros are wanted": (
        lines(shifted(-1)),
        PADDED,
        {"ID_SHIFTED": 1, "ID_FORM": ALL},
        "'0'; write it as 00001",
    ),
    "ids times 10": (lines(ids(lambda i: i + "0")), PLAIN, {"ID_SCALED": 1}, "divide every id by 10"),
    "ids times 100, from 0": (
        lines(ids(lambda i: str((int(i) - 1) * 100))),
        PLAIN,
        {"ID_SCALED": 1},
        "add 100, then divide every id by 100",
    ),
    "ids as 1.0": (lines(ids(lambda i: i + ".0")), PLAIN, {"ID_FORM": ALL}, "'1.0'; write it as 1"),
    "ids as 1.000": (lines(ids(lambda i: i + ".000")), PLAIN, {"ID_FORM": ALL}, "'1.000'; write it as 1"),
    "ids as 1e0": (lines(ids(lambda i: f"{int(i):e}")), PLAIN, {"ID_FORM": ALL}, "'1.000000e+00'; write it as 1"),
    "zeros lost": (GOOD, PADDED, {"ID_FORM": ALL}, "'1'; write it as 00001"),
    "zeros added": (lines(ids(lambda i: i.zfill(5))), PLAIN, {"ID_FORM": ALL}, "'00001'; write it as 1"),
    "too few zeros": (lines(ids(lambda i: i.zfill(3))), PADDED, {"ID_FORM": ALL}, "'001'; write it as 00001"),
    ".png lost": (GOOD, IMAGES, {"ID_FORM": ALL}, "'1'; write it as 1.png"),
    ".png added": (lines(ids(lambda i: i + ".png")), PLAIN, {"ID_FORM": ALL}, "'1.png'; write it as 1"),
    ".jpg for .png": (lines(ids(lambda i: i + ".jpg")), IMAGES, {"ID_FORM": ALL}, "'1.jpg'; write it as 1.png"),
    "zeros and .png lost": (GOOD, PADDED_IMAGES, {"ID_FORM": ALL}, "'1'; write it as 0001.png"),
    "zeros lost in a name with .png": (
        lines(ids(lambda i: i + ".png")),
        PADDED_IMAGES,
        {"ID_FORM": ALL},
        "'1.png'; write it as 0001.png",
    ),
    "a folder before the id": (lines(ids(lambda i: f"test/{i}.png")), PLAIN, {"ID_FORM": ALL}, "write it as 1"),
    "a Windows folder": (lines(ids(lambda i: rf"data\test\{i}.png")), IMAGES, {"ID_FORM": ALL}, "write it as 1.png"),
    "ids in capitals": (
        lines([(f"PHOTO_{i.zfill(3)}", label) for i, label in PAIRS]),
        NAMES,
        {"ID_FORM": ALL},
        "write it as photo_001",
    ),
    "names with .png": (
        lines([(f"photo_{i.zfill(3)}.png", label) for i, label in PAIRS]),
        NAMES,
        {"ID_FORM": ALL},
        "write it as photo_001",
    ),
    "ids with blanks": (lines(ids(lambda i: f" {i}")), PLAIN, {"ID_BLANKS": ALL}, "write it as 1"),
    "ids of other things": (
        lines(ids(lambda i: "thing" + i + "x")),
        PLAIN,
        {"ID_UNKNOWN": ALL},
        "keep exactly the ids of the sample submission: 1, 2, 3, … 300",
    ),
    "class numbers from 0": (
        lines(labels(lambda name: str(CODE[name]))),
        PLAIN,
        {"LABEL_NUMBER": ALL},
        "if your numbers follow bird, cat, dog from 0",
    ),
    "class numbers as 0.0": (
        lines(labels(lambda name: f"{CODE[name]}.0")),
        PLAIN,
        {"LABEL_NUMBER": ALL},
        f"write the class name, {LABELS[0]} if",
    ),
    "class numbers from 1": (
        lines(labels(lambda name: str(CODE[name] + 1))),
        PLAIN,
        {"LABEL_NUMBER": ALL},
        "if your numbers follow bird, cat, dog from 1",
    ),
    "class numbers beyond the classes": (
        lines(labels(lambda name: str(CODE[name] + 5))),
        PLAIN,
        {"LABEL_NUMBER": ALL},
        "write the class name, one of bird, cat, dog",
    ),
    "tensors": (lines(labels(lambda name: f"tensor({CODE[name]})")), PLAIN, {"LABEL_NUMBER": ALL}, "from 0"),
    "bytes": (lines(labels(lambda name: f"b'{name}'")), PLAIN, {"LABEL_UNKNOWN": ALL}, f"write {LABELS[0]}"),
    "lists": (lines(labels(lambda name: f"['{name}']")), PLAIN, {"LABEL_UNKNOWN": ALL}, f"write {LABELS[0]}"),
    "plurals": (lines(labels(lambda name: name + "s")), PLAIN, {"LABEL_UNKNOWN": ALL}, f"write {LABELS[0]}"),
    "labels one row down": (
        lines(list(zip(IDS, ["", *LABELS[:-1]], strict=True))),
        PLAIN,
        {"ROW_OFF": 1},
        "check that each label is in the line of its own id",
    ),
    "labels one row up": (lines(list(zip(IDS, [*LABELS[1:], ""], strict=True))), PLAIN, {"ROW_OFF": 1}, "line 301"),
    "ids one row down": (lines(list(zip(["", *IDS[:-1]], LABELS, strict=True))), PLAIN, {"ROW_OFF": 1}, "is 300"),
    "ids one row up": (lines(list(zip([*IDS[1:], ""], LABELS, strict=True))), PLAIN, {"ROW_OFF": 1}, "is 1"),
    "a third field in every row": (lines([(*pair, "x") for pair in PAIRS]), PLAIN, {"FIELDS": ALL}, "write exactly 2"),
    "the label lost in every row": (lines([(i,) for i in IDS]), PLAIN, {"FIELDS": ALL}, "write exactly 2 fields"),
    "broken quotes in every row": (
        lines(labels(lambda name: '"' + name)),
        PLAIN,
        {"QUOTES": ALL},
        "close every quote, or use none",
    ),
    "blank lines between": (GOOD.replace("\n", "\n\n"), PLAIN, {"BLANK_LINE": ALL}, "delete it"),
    "blank lines above": ("\n\n" + GOOD, PLAIN, {"BLANK_LINE": 2}, "line 1:"),
    "half of the file": (lines(PAIRS[:150]), PLAIN, {"ID_MISSING": 150}, "'151'"),
    "thousands": (
        lines([(f'"{int(i) + 999:,}"', label) for i, label in PAIRS]),
        expected([str(int(i) + 999) for i in IDS]),
        {"ID_FORM": ALL},
        "'1,000'; write it as 1000",
    ),
}


def judged(text: str, wanted: Expected) -> Report:
    return validate_bytes(text.encode(), wanted)


@pytest.mark.parametrize("name", CASES)
def test_every_cause_is_named_once_with_its_fix(name: str) -> None:
    text, wanted, counts, words_said = CASES[name]
    report = judged(text, wanted)
    assert report.counts == counts
    said = "\n".join(report.lines())
    assert words_said in said
    # Neither the whole sample nor more than a few examples.
    assert len(said) < 1500
    assert all("{" not in problem.fix and problem.fix for problem in report.problems)


@pytest.mark.parametrize("name", [name for name in CASES if "QUOTES" not in CASES[name][2]])
def test_a_mark_and_other_line_ends_change_nothing(name: str) -> None:
    text, wanted, counts, _ = CASES[name]
    assert judged("\ufeff" + text.replace("\n", "\r\n"), wanted).counts == counts
    assert judged(text.rstrip("\n"), wanted).counts == counts


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2] == {"ID_FORM": ALL}])
def test_the_three_hints_for_ids_are_the_samples_ids(name: str) -> None:
    text, wanted, _, _ = CASES[name]
    fixes = [problem.fix for problem in judged(text, wanted).problems]
    assert fixes == [f"write it as {name}" for name in wanted.id_strings[:3]]


def said_of(text: str, wanted: Expected = PLAIN) -> tuple[list[int], str]:
    report = judged(text, wanted)
    assert report.valid, report.lines()
    assert report.codes is not None
    return report.codes.tolist(), "; ".join(report.notes)


RIGHT = [CODE[name] for name in LABELS]
EMPTY_ROWS = {
    "one empty line": "\n",
    "many empty lines": "\n" * 50,
    "blanks": "  \n\t\n",
    "Excel's rows of commas": ",\n" * 200,
    "longer rows of commas": ",,,\n" * 3,
    "rows of semicolons": ";\n;\n",
    "empty quotes": '"",""\n',
    "a comma and no line end": ",",
}


@pytest.mark.parametrize("name", EMPTY_ROWS)
def test_empty_rows_at_the_end_are_a_note(name: str) -> None:
    codes, notes = said_of(GOOD + EMPTY_ROWS[name])
    assert codes == RIGHT
    assert "at the end" in notes


def test_rows_of_commas_in_the_middle_are_a_note() -> None:
    codes, notes = said_of(lines([*PAIRS[:9], ("", ""), ("", "", ""), *PAIRS[9:]]))
    assert codes == RIGHT
    assert "rows with only separators were skipped" in notes


def test_what_the_order_gives_away_is_said() -> None:
    assert said_of(GOOD) == (RIGHT, "")
    assert "in the reverse order" in said_of(lines(PAIRS[::-1]))[1]
    assert "1 off the sample's order" in said_of(lines([*PAIRS[1:], PAIRS[0]]))[1]
    assert "1 off the sample's order" in said_of(lines([PAIRS[-1], *PAIRS[:-1]]))[1]
    assert "sorted by id as text" in said_of(lines(sorted(PAIRS)))[1]
    shuffled = [PAIRS[row] for row in np.random.default_rng(1).permutation(ROWS)]
    codes, notes = said_of(lines(shuffled))
    assert codes == RIGHT
    assert "in another order than the sample's" in notes


@pytest.mark.parametrize("downwards", [False, True])
def test_a_note_on_labels_that_were_sorted_without_the_ids(downwards: bool) -> None:
    sorted_labels = sorted(LABELS, reverse=downwards)
    assert "the label column was sorted alone" in said_of(lines(list(zip(IDS, sorted_labels, strict=True))))[1]
    # Whole rows sorted by label are right.
    assert "sorted alone" not in said_of(lines(sorted(PAIRS, key=lambda pair: pair[1])))[1]
    assert "sorted alone" not in said_of(lines([(i, "cat") for i in IDS]))[1]


def test_one_wrong_id_is_not_taken_for_a_slip() -> None:
    for row, wrong in ((0, "0"), (ROWS - 1, "301"), (5, "9999")):
        pairs = list(PAIRS)
        pairs[row] = (wrong, pairs[row][1])
        report = judged(lines(pairs), PLAIN)
        assert report.counts == {"ID_UNKNOWN": 1, "ID_MISSING": 1}


def test_labels_that_may_start_anywhere_are_not_guessed() -> None:
    """1 and 2 of three classes are both right from 0 and from 1."""
    report = judged(lines(labels(lambda name: str(max(1, CODE[name])))), PLAIN)
    assert report.counts == {"LABEL_NUMBER": ROWS}
    assert "from" not in report.problems[0].fix
