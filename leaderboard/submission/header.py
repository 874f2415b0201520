"""What a first line that is not the header wants to be."""

from __future__ import annotations

from dataclasses import dataclass

from leaderboard.submission.expected import Expected
from leaderboard.submission.problems import Report
from leaderboard.table.trusted import HEADER

_SEPARATORS = {";": "a semicolon", "\t": "a tab", "|": "a bar", ":": "a colon"}


@dataclass(frozen=True)
class Layout:
    """Where the id and the label (or, for probabilities, all classes) stand in a row of `columns` fields."""

    id: int
    label: int
    columns: int
    first_line: int = 2
    probabilities: bool = False


def check_header(fields: list[str], expected: Expected, report: Report) -> Layout | None:
    """The layout of the rows; None when the first line leaves it open. A wrong header goes to the report."""
    if tuple(fields) == HEADER:
        return Layout(0, 1, 2)
    if expected.probabilities and tuple(fields) == expected.probability_header:
        return Layout(0, 1, len(fields), probabilities=True)
    wanted = expected.probability_header if _means_probabilities(fields, expected) else HEADER
    code = _diagnose(fields, wanted, expected)
    report.add(code, 1, ",".join(fields[:20]), _hint(wanted))
    if code == "NO_HEADER" and len(fields) == 2:
        return Layout(0, 1, 2, first_line=1)
    return None if code == "SEPARATOR" else _layout_by_name(fields)


def _means_probabilities(fields: list[str], expected: Expected) -> bool:
    classes = {name.casefold() for name in expected.classes}
    named = any(field.strip().casefold() in classes for field in fields[1:])
    return expected.probabilities and (len(fields) > 3 or (len(fields) > 2 and named))


def _layout_by_name(fields: list[str]) -> Layout | None:
    """The rows can still be checked where the first line names an id and a label column, or has two columns."""
    folded = [field.strip().casefold() for field in fields]
    if "id" in folded and "label" in folded:
        return Layout(folded.index("id"), folded.index("label"), len(fields))
    return Layout(0, 1, 2) if len(fields) == 2 else None


def _hint(header: tuple[str, ...]) -> str:
    return ",".join(header) if len(header) <= 12 else ",".join(header[:3]) + f",… ({len(header)} columns)"


def _diagnose(fields: list[str], wanted: tuple[str, ...], expected: Expected) -> str:
    """The one code that says best what is wrong with the first line."""
    stripped = [field.strip() for field in fields]
    folded = [field.casefold() for field in stripped]
    target = [name.casefold() for name in wanted]
    if len(fields) == 1 and any(separator in fields[0] for separator in _SEPARATORS):
        return "SEPARATOR"
    if _is_data(stripped, expected):
        return "NO_HEADER"
    if folded == target:
        return "HEADER_BLANKS" if tuple(stripped) == wanted else "HEADER_CASE"
    if len(set(folded)) < len(folded):
        return "DUPLICATE_COLUMN"
    if folded[1:] == target and (folded[0] in ("", "index") or folded[0].startswith("unnamed")):
        return "INDEX_COLUMN"
    if sorted(folded) == sorted(target):
        return "HEADER_ORDER"
    if len(fields) != len(wanted):
        return "EXTRA_COLUMN" if len(fields) > len(wanted) else "MISSING_COLUMN"
    return "HEADER_NAME"


def _is_data(fields: list[str], expected: Expected) -> bool:
    if fields[0] in expected.id_positions:
        return True
    if "id" in [field.casefold() for field in fields]:
        return False
    if len(fields) > 2 and all(field in expected.class_codes for field in fields[1:]):
        return False  # every class's column, below another name for the ids
    return any(field in expected.class_codes for field in fields[1:]) and "id" not in fields[0].casefold()
