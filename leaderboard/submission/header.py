"""Find the id and label columns: from the header, or from the rows below if the header does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from leaderboard.submission.expected import Expected
from leaderboard.submission.forms import NUMBER, form_key
from leaderboard.submission.problems import Report

_IDS = {"image", "image_id", "imageid", "img", "img_id", "file", "filename", "file_name", "name", "sample", "row_id"}
_LABELS = {"class", "lable", "labels", "category", "prediction", "predictions", "predicted", "pred", "target", "y"}
_INDEX = {"", "index", "x", "row", "rownames", "row.names", "v1"}
_UNNAMED = re.compile(r"(unnamed: ?\d+)?")
_MOST = 0.9


@dataclass(frozen=True)
class Layout:
    """The positions of the id and the label, or of the columns of all classes, in a row of `columns` fields.

    Up to `empty` more fields without text may follow. `has_header` is False if the first line is a row.
    """

    id: int
    label: int
    columns: int
    classes: tuple[int, ...] = ()
    empty: int = 0
    has_header: bool = True


def find_layout(
    header: list[str], body: list[list[str]], expected: Expected, report: Report, line: int
) -> Layout | None:
    """The layout of the rows; None if it cannot be found.

    `header`: the fields of the first line, which has the number `line`. `body`: the fields of the first rows below.
    Problems of the header, and problems that all rows have, go to the report.
    """
    if _is_data(header, expected):
        return _without_header(header, [header, *body], expected, report, line)
    header, empty = _without_empty_end(header, body, report, line)
    if len(header) < 2:
        report.add("MISSING_COLUMN", line, ",".join(header), _expected_header(expected, header))
        return None
    if _means_probabilities(header, expected):
        layout = _probability_layout(header, expected, report, line)
    else:
        layout = _label_layout(header, body, expected, report, line)
    if layout is None:
        return None
    return _as_the_rows_are(replace(layout, empty=empty), body, expected, report, line)


def _casefold(header: list[str]) -> list[str]:
    return [field.strip().casefold() for field in header]


def _is_data(fields: list[str], expected: Expected) -> bool:
    folded = _casefold(fields)
    if len(fields) < 2 or "id" in folded or "label" in folded:
        return False
    if len(fields) > 2 and all(field in expected.classes_folded for field in folded[1:]):
        return False  # a header with all classes and another name for the id column
    if _is_id(fields[0], expected) or all(NUMBER.fullmatch(field) for field in folded):
        return True
    return any(field in expected.class_codes for field in fields[1:]) and folded[0] not in _IDS | _INDEX


def _is_id(value: str, expected: Expected) -> bool:
    return value in expected.id_positions or form_key(value) in expected.id_keys


def _share(body: list[list[str]], column: int, test) -> float:
    """The share of rows (0 to 1) in which the field of a column passes the test."""
    return sum(len(row) > column and test(row[column]) for row in body) / len(body) if body else 0.0


def _holds_ids(body: list[list[str]], column: int, expected: Expected) -> bool:
    return _share(body, column, lambda field: _is_id(field, expected)) > _MOST - 0.2


def _holds_labels(body: list[list[str]], column: int, expected: Expected) -> bool:
    return _share(body, column, lambda field: field.strip().casefold() in expected.classes_folded) > 0.5


def _without_header(
    header: list[str], rows: list[list[str]], expected: Expected, report: Report, line: int
) -> Layout | None:
    columns = len(header)
    if expected.probabilities and columns == len(expected.classes) + 1:
        hint = "id and the classes in the order of your columns, separated by commas"
        report.add("NO_HEADER", line, ",".join(header[:20]), hint)
        return Layout(0, 1, columns, tuple(range(1, columns)), has_header=False)
    report.add("NO_HEADER", line, ",".join(header[:20]), "id,label")
    layout = Layout(0, 1, columns, has_header=False)
    if columns == 3 and _holds_ids(rows, 1, expected) and _holds_labels(rows, 2, expected):
        report.add("INDEX_COLUMN", line, ",".join(header), "id,label")
        return replace(layout, id=1, label=2)
    return _swap_columns(layout, rows, expected, report, line) if columns == 2 else None


def _without_empty_end(header: list[str], body: list[list[str]], report: Report, line: int) -> tuple[list[str], int]:
    """The header without the empty columns at its end, and how many such columns the rows have."""
    width = len(header)
    while (
        width > 1
        and _UNNAMED.fullmatch(header[width - 1].strip().casefold())
        and not any(len(row) >= width and row[width - 1].strip() for row in body)
    ):
        width -= 1
    empty = max((len(row) for row in body if not any(field.strip() for field in row[width:])), default=0) - width
    many = sum(len(row) > width for row in body) > _MOST * len(body) if body else False
    if empty > 0 and many:
        report.add("EMPTY_COLUMNS", line, None, str(empty))
        return header[:width], empty
    if width < len(header):
        report.add("EXTRA_COLUMN", line, ",".join(header), f"make the first line exactly {','.join(header[:width])}")
    return header[:width], 0


def _expected_header(expected: Expected, header: list[str] = []) -> str:  # noqa: B006 - never changed
    names = ("id", *expected.classes) if header and _means_probabilities(header, expected) else ("id", "label")
    return ",".join(names[:13]) + (",…" if len(names) > 13 else "")


def _means_probabilities(header: list[str], expected: Expected) -> bool:
    folded = _casefold(header)
    if not expected.probabilities or "label" in folded or len(header) < 3:
        return False
    named = len({_class_of(field, expected) for field in folded} - {None})
    return named >= 2 or len(header) >= len(expected.classes) + 1


def _class_of(field: str, expected: Expected) -> int | None:
    """The class that a column name means: the class name in any case, also with p_, prob_ and similar."""
    bare = re.sub(r"^(p|prob|probability|proba|class|score)[_. (]+|[)]$|_?(prob|probability|proba|score)$", "", field)
    code = expected.classes_folded.get(field)
    return expected.classes_folded.get(bare) if code is None else code


def _probability_layout(header: list[str], expected: Expected, report: Report, line: int) -> Layout | None:
    """The layout of a file with probabilities. Columns are matched by name, so their order is free."""
    folded = _casefold(header)
    columns: dict[int, int] = {}
    twice: list[str] = []
    for column, field in enumerate(folded):
        code = _class_of(field, expected)
        if code in columns:
            twice.append(header[column])
        elif code is not None:
            columns[code] = column
    rest = [column for column in range(len(header)) if _class_of(folded[column], expected) is None]
    identity = folded.index("id") if "id" in folded else _first_id(rest, folded)
    rest = [column for column in rest if column != identity]
    lost = [code for code in range(len(expected.classes)) if code not in columns]
    if identity is None:
        report.add("MISSING_COLUMN", line, ",".join(header[:20]), _expected_header(expected, header))
        return None
    if twice:
        report.add("DUPLICATE_COLUMN", line, ",".join(header[:20]), f"one column {twice[0]!r}")
    if len(lost) == len(rest) == 1:
        columns[lost.pop()] = rest.pop()
    index = [column for column in rest if column < identity and _is_index(folded[column])]
    if index:
        named = [expected.classes[code] for code, _ in sorted(columns.items(), key=lambda item: item[1])]
        report.add("INDEX_COLUMN", line, ",".join(header[:20]), ",".join(["id", *named]))
    rest = [column for column in rest if column not in index]
    if lost and len(lost) == len(rest):
        hint = f"id and the classes {expected.class_list}, each above its own column"
        report.add("HEADER_NAME", line, ",".join(header[:20]), hint)
        columns |= dict(zip(lost, rest, strict=True))
    elif lost:
        names = ", ".join(expected.classes[code] for code in lost[:12])
        report.add("MISSING_COLUMN", line, ",".join(header[:20]), f"id and all classes; missing: {names}")
        return None
    elif rest:
        report.add("EXTRA_COLUMN", line, ",".join(header[:20]), _delete([header[column] for column in rest]))
    else:
        right = {identity: "id", **{column: expected.classes[code] for code, column in columns.items()}}
        _check_names(header, right, report, line)
    order = tuple(columns[code] for code in range(len(expected.classes)))
    if list(order) != sorted(order) and not twice:
        report.notes.append("the columns are not in the order of the classes: they were matched by name")
    return Layout(identity, order[0], len(header), order)


def _first_id(columns: list[int], folded: list[str]) -> int | None:
    named = [column for column in columns if folded[column] in _IDS]
    return named[0] if named else columns[0] if columns else None


def _is_index(name: str) -> bool:
    return name in _INDEX or bool(_UNNAMED.fullmatch(name))


def _delete(names: list[str]) -> str:
    return "delete " + ", ".join(repr(name[:40]) for name in names[:5]) + " in every line"


def _check_names(header: list[str], right: dict[int, str], report: Report, line: int) -> None:
    """Report the worst problem of the column names; its fix does not move columns."""
    pairs = [(header[column], name) for column, name in sorted(right.items())]
    hint = ",".join(name for _, name in pairs)
    shown = ",".join(header[:20])
    for code, same in (
        ("HEADER_NAME", lambda a, b: a.strip().casefold() == b.casefold()),
        ("HEADER_CASE", lambda a, b: a.strip() == b),
        ("HEADER_BLANKS", lambda a, b: a == b),
    ):
        if not all(same(field, name) for field, name in pairs):
            report.add(code, line, shown, hint)
            return


def _label_layout(
    header: list[str], body: list[list[str]], expected: Expected, report: Report, line: int
) -> Layout | None:
    folded = _casefold(header)
    shown = ",".join(header[:20])
    identity = _find_column(
        folded, "id", _IDS, lambda column: _holds_ids(body, column, expected), taken=_index_of(folded, "label")
    )
    label = _find_column(folded, "label", _LABELS, lambda column: _holds_labels(body, column, expected), taken=identity)
    twice = [name for name in ("id", "label") if folded.count(name) > 1]
    rest = [column for column in range(len(header)) if column not in (identity, label)]
    index = [column for column in rest if column < identity and _is_index(folded[column])]
    rest = [column for column in rest if column not in index and folded[column] not in twice]
    if index:
        report.add("INDEX_COLUMN", line, shown, "id,label")
    if twice:
        report.add("DUPLICATE_COLUMN", line, shown, "the first line id,label")
    if rest and sum(name in expected.classes_folded for name in folded) > 1:
        hint = "this competition does not accept probabilities: write the most probable class per line, below id,label"
        report.add("EXTRA_COLUMN", line, shown, hint)
        return None
    if rest:
        report.add("EXTRA_COLUMN", line, shown, _delete([header[column] for column in rest]))
    layout = Layout(identity, label, len(header))
    if identity > label:
        report.add("HEADER_ORDER", line, shown)
        return layout
    _check_names(header, {identity: "id", label: "label"}, report, line)
    return layout if rest or index or twice else _swap_columns(layout, body, expected, report, line + 1)


def _index_of(folded: list[str], name: str) -> int | None:
    return folded.index(name) if name in folded else None


def _find_column(folded: list[str], name: str, others: set[str], holds, taken: int | None) -> int:
    """The column with this name, or else with a similar name, with fitting rows, or the first free one."""
    if name in folded:
        return folded.index(name)
    free = [column for column in range(len(folded)) if column != taken]
    for column in free:
        if folded[column] in others:
            return column
    for column in free:
        if holds(column):
            return column
    return free[0]


def _swap_columns(layout: Layout, body: list[list[str]], expected: Expected, report: Report, line: int) -> Layout:
    """The layout with both columns exchanged, if the labels are below `id` and the ids below `label`."""
    if _holds_labels(body, layout.id, expected) and _holds_ids(body, layout.label, expected):
        report.add("HEADER_ORDER", line, ",".join(body[0]))
        return replace(layout, id=layout.label, label=layout.id)
    return layout


def _as_the_rows_are(layout: Layout, body: list[list[str]], expected: Expected, report: Report, line: int) -> Layout:
    """The layout for rows that all have one field more than the header (R's row names), or only the needed fields."""
    if not body:
        return layout
    needed = 1 + max(1, len(layout.classes))
    longer = sum(len(row) == layout.columns + 1 and _is_id(row[layout.id + 1], expected) for row in body)
    if longer > _MOST * len(body) and not layout.empty:
        report.add("INDEX_COLUMN", line + 1, ",".join(body[0]), _expected_header(expected, ["id", *expected.classes]))
        moved = tuple(column + 1 for column in layout.classes)
        return replace(layout, id=layout.id + 1, label=layout.label + 1, columns=layout.columns + 1, classes=moved)
    if layout.columns > needed and all(len(row) == needed for row in body):
        order = sorted({layout.id, *(layout.classes or (layout.label,))})
        place = {column: index for index, column in enumerate(order)}
        classes = tuple(place[column] for column in layout.classes)
        return replace(layout, id=place[layout.id], label=place[layout.label], columns=needed, classes=classes)
    return layout
