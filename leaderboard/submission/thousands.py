"""Ids with separators between thousands: 1,000 or 1.000."""

from __future__ import annotations

import numpy as np

from leaderboard.submission.expected import UNKNOWN, Expected

_DIGITS, _SEPARATORS, _NEWLINE = b"0123456789", b".,' ", ord("\n")
_IS_SEPARATOR = np.isin(np.arange(256), list(_SEPARATORS))


def join_thousands(shown: list[str], places: np.ndarray, lines: np.ndarray, expected: Expected) -> np.ndarray:
    """The places, but of the number without separators for an id whose own place is UNKNOWN or taken.

    `shown`: the visible text of each id. `places`: its position in the sample, or UNKNOWN. `lines`: for each position,
    the line that already has it, or 0.
    """
    rows = _rows_with_thousands(shown)
    if not len(rows):
        return places
    text = "\n".join([shown[row] for row in rows.tolist()]).encode()
    meant = expected.positions(text.translate(None, _SEPARATORS).decode().split("\n"))
    rows, meant = rows[meant != UNKNOWN], meant[meant != UNKNOWN]
    is_clear = places[rows] == UNKNOWN
    places = places.copy()
    places[rows[is_clear]] = meant[is_clear]
    unclear = rows[~is_clear]
    if len(unclear):
        _decide(unclear.tolist(), meant[~is_clear].tolist(), places, lines)
    return places


def _decide(rows: list[int], meant: list[int], places: np.ndarray, lines: np.ndarray) -> None:
    """Correct the places of rows whose text is a number and another one without separators; the first use counts."""
    others = np.flatnonzero(places != UNKNOWN)
    others = others[~np.isin(others, rows)]
    first = np.full(len(lines), len(places))
    first[places[others[::-1]]] = others[::-1]
    first[lines > 0] = -1
    for row, place in zip(rows, meant, strict=True):
        if first[places[row]] < row:
            places[row] = place
        first[places[row]] = min(first[places[row]], row)


def _rows_with_thousands(shown: list[str]) -> np.ndarray:
    """The rows whose text is one to three digits, and then groups of a separator and three digits."""
    buffer = np.frombuffer(("\n".join([*shown, ""])).encode(), np.uint8)
    is_separator, is_end = _IS_SEPARATOR[buffer], buffer == _NEWLINE
    if not is_separator.any():
        return np.zeros(0, np.int64)
    borders = np.flatnonzero(is_separator | is_end)
    gaps = np.diff(borders, prepend=-1) - 1
    opens = np.append(True, is_end[borders[:-1]])
    starts = np.flatnonzero(opens)
    fits = np.where(opens, (gaps >= 1) & (gaps <= 3), gaps == 3)
    has_group = np.diff(np.append(starts, len(borders))) > 1
    rows = np.flatnonzero(np.logical_and.reduceat(fits, starts) & has_group)
    return rows[_are_digits([shown[row] for row in rows.tolist()])]


def _are_digits(texts: list[str]) -> np.ndarray:
    """Per text, bool: it has digits and separators alone."""
    others = "\n".join(texts).encode().translate(None, _DIGITS + _SEPARATORS).split(b"\n")
    return np.array([not other for other in others[: len(texts)]], bool)
