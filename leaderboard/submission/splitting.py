"""Split all lines of a table at once, with array operations; `separators.Splitter` decides what they cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_QUOTE, _NEWLINE = ord('"'), ord("\n")
# What `str.strip` removes, as far as it is ASCII; other blanks are left to the slower way.
_IS_BLANK = np.isin(np.arange(256), list(b"\t\x0b\x0c\x1c\x1d\x1e\x1f "))


@dataclass
class Split:
    """Lines, cut into fields. Per line, bool: `broken` quotes; `unclear`, to be split alone; `has_fields`, neither.

    `counts`: the number of fields (int64) of each line that has fields.
    """

    broken: np.ndarray
    unclear: np.ndarray
    counts: np.ndarray
    _buffer: np.ndarray
    _is_end: np.ndarray
    _is_mark: np.ndarray
    _starts: np.ndarray
    _ends: np.ndarray

    @property
    def has_fields(self) -> np.ndarray:
        return ~(self.broken | self.unclear)

    @property
    def is_quoted(self) -> np.ndarray:
        """The lines (bool) that are one field in quotes."""
        return self.has_fields & (self.counts == 1) & (self._buffer[self._starts] == _QUOTE)

    def texts(self, lines: np.ndarray, first: int, last: int) -> list[str]:
        """The fields from `first` on and before `last` of each of the lines (bool), in one list."""
        begin, end = self._bounds(np.flatnonzero(lines), first, last)
        if not len(begin):
            return []
        clean = np.where(self._is_end, np.uint8(_NEWLINE), self._buffer)
        is_kept = ~self._is_mark
        if (end - begin).sum() < len(self._buffer):
            change = np.zeros(len(self._buffer) + 1, np.int8)
            change[begin] += 1
            change[end] -= 1
            is_kept &= np.cumsum(change[:-1], dtype=np.int8).view(bool)
        clean = clean if is_kept.all() else clean[is_kept]
        return clean[:-1].tobytes().decode().split("\n")

    def are_blank(self, lines: np.ndarray, first: int) -> np.ndarray:
        """Per line, bool: it is one of the lines (bool), and its fields from `first` on are blank.

        Lines with other characters than ASCII there become unclear.
        """
        rows = np.flatnonzero(lines & (self.counts > first))
        if not len(rows):
            return np.zeros(len(lines), bool)
        begin, end = self._bounds(rows, first, None)
        is_text = ~(_IS_BLANK[self._buffer] | self._is_end | self._is_mark)
        is_blank = _count_between(is_text, begin, end) == 0
        if (is_foreign := self._buffer > 127).any():
            self.unclear[rows[_count_between(is_foreign, begin, end) > 0]] = True
        result = np.zeros(len(lines), bool)
        result[rows[is_blank]] = True
        return result

    def _bounds(self, rows: np.ndarray, first: int, last: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Where the fields from `first` to `last` of each row begin, and where they and their separators end."""
        counts = self.counts[rows]
        before = np.cumsum(self.counts)[rows] - counts
        begin = self._starts[rows] if first == 0 else self._ends[before + first - 1] + 1
        return begin, self._ends[before + (counts if last is None else last) - 1] + 1


def _count_between(marks: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    total = np.append(0, np.cumsum(marks, dtype=np.int32))
    return total[end] - total[begin]


def split_lines(lines: list[str], separator: str) -> Split:
    """Split the lines; none of them contains a line end."""
    buffer = np.frombuffer(("\n".join(lines) + "\n").encode(), np.uint8)
    is_newline = buffer == _NEWLINE
    starts = np.append(0, np.flatnonzero(is_newline)[:-1] + 1)
    is_separator, is_quote = buffer == ord(separator), buffer == _QUOTE
    broken, unclear = np.zeros((2, len(lines)), bool)
    is_inside = is_mark = np.zeros(len(buffer), bool)
    if is_quote.any():
        broken, unclear, is_inside, is_mark = _read_quotes(buffer, is_quote, is_separator | is_newline, starts)
    is_end = is_newline | (is_separator & ~is_inside)
    ends = np.flatnonzero(is_end)
    counts = np.diff(np.searchsorted(ends, np.append(starts, len(buffer))))
    return Split(broken, unclear, counts, buffer, is_end, is_mark, starts, ends)


def _read_quotes(
    buffer: np.ndarray, is_quote: np.ndarray, is_border: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Which lines are broken or unclear, which characters are inside quotes, and which quotes are no text.

    In a line, the first quote opens a field, the second closes it, and so on; a quote that opens directly behind one
    that closes stands for a quote in the text.
    """
    at = np.flatnonzero(is_quote)
    each = np.add.reduceat(is_quote, starts, dtype=np.int64)
    line = np.repeat(np.arange(len(starts)), each)
    closes = (np.arange(len(at)) - (np.cumsum(each) - each)[line]) % 2 == 1
    is_first = is_border[at - 1]  # the buffer ends with a newline, which is before its first character
    goes_on = is_quote[at + 1]
    opens_late = ~closes & ~is_first & ~is_quote[at - 1]
    closes_early = closes & ~goes_on & ~is_border[at + 1]
    odd = np.flatnonzero(opens_late | closes_early)
    odd = odd[np.append(True, np.diff(line[odd]) > 0)] if len(odd) else odd  # the first one of each line
    broken = each % 2 == 1
    broken[line[odd]] = closes_early[odd]
    opens_late = _lines_with(odd[opens_late[odd]], line, len(starts))
    # If no field begins with a quote, all quotes of the line are text.
    unclear = opens_late & _lines_with(is_first, line, len(starts))
    regular = ~(broken | opens_late)[line]
    is_inside = np.zeros(len(buffer), np.uint8)
    is_inside[at[regular]] = 1
    is_mark = np.zeros(len(buffer), bool)
    is_mark[at[regular & ~(closes & goes_on)]] = True
    return broken, unclear, np.bitwise_and(np.cumsum(is_inside, dtype=np.uint8), 1).view(bool), is_mark


def _lines_with(quotes: np.ndarray, line: np.ndarray, count: int) -> np.ndarray:
    """The lines (bool) with one of the quotes."""
    found = np.zeros(count, bool)
    found[line[quotes]] = True
    return found
