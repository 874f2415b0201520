"""Columns of a CSV file as arrays of 64-bit words: the form in which 300,000 fields compare in milliseconds.

A field of up to 8k bytes is k little-endian words, zero-padded, so that equal fields are equal words.
Only the canonical form is read here: ASCII, comma, LF, no quotes, no NUL, the same number of fields on
every line. Anything else gives None, and the caller takes its exact and slower way.
"""

from __future__ import annotations

import numpy as np

COMMA, NEWLINE = 44, 10
# Keeps the low n bytes of a word, n = 0 .. 8.
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype="<u8")
# Odd multiplier (2^64 / golden ratio) that hashes a field's words into one key; exactness never rests on it.
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def split_canonical(data: bytes, columns: int) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Start and length (int64, bytes) of each field, one pair of arrays per column; None if not canonical."""
    if not data.isascii() or b'"' in data or b"\0" in data or b"\r" in data:
        return None
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    if data.count(b",") != lines * (columns - 1):  # before arrays are made of millions of commas
        return None
    buffer = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero((buffer == COMMA) | (buffer == NEWLINE))
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    if ends.size == 0 or ends.size % columns:
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    is_newline = (buffer[ends[:-1]] == NEWLINE) if ends.size > 1 else np.empty(0, bool)
    expected = np.zeros(ends.size, bool)
    expected[columns - 1 :: columns] = True
    if not np.array_equal(is_newline, expected[:-1]):
        return None
    lengths = ends - starts
    return [(starts[c::columns], lengths[c::columns]) for c in range(columns)]


def gather(data: bytes, starts: np.ndarray, lengths: np.ndarray, words: int) -> np.ndarray | None:
    """Fields as (rows, words) little-endian uint64; None when one is longer than 8 x words bytes."""
    if lengths.size and int(lengths.max()) > 8 * words:
        return None
    padded = data + bytes(8 * words + 8)
    window = np.ndarray((len(padded) - 7,), "<u8", padded, strides=(1,))
    out = np.empty((starts.size, words), "<u8")
    for word in range(words):
        out[:, word] = window[starts + 8 * word] & _MASKS[np.clip(lengths - 8 * word, 0, 8)]
    return out


def encode(fields: list[str]) -> np.ndarray:
    """Strings (UTF-8) as (rows, words), as wide as the longest needs."""
    raw = [field.encode() for field in fields]
    width = max(1, -(-max(map(len, raw), default=1) // 8))
    return np.array(raw, dtype=f"S{8 * width}").view("<u8").reshape(len(raw), width)


def decode(words: np.ndarray) -> list[str]:
    """The strings back from (rows, words)."""
    width = words.shape[1]
    return [raw.decode() for raw in np.ascontiguousarray(words).view(f"S{8 * width}").ravel().tolist()]


def hash_fields(words: np.ndarray) -> np.ndarray:
    """One uint64 key per field; different fields may share a key, so a match must be checked on the words."""
    keys = words[:, 0].copy()
    for word in range(1, words.shape[1]):
        keys = keys * _MULTIPLIER ^ words[:, word]
    return keys


def distinct(words: np.ndarray) -> set[str]:
    """The different strings among many fields."""
    _, first = np.unique(hash_fields(words), return_index=True)
    table = words[first]
    # Two strings that share a key would hide one another; the lookup notices, as it compares in full.
    return set(decode(table if Index(table).positions(words) is not None else words))


class Index:
    """Positions of fields in a table of distinct fields, exact: found by a hash, then compared in full."""

    def __init__(self, table: np.ndarray) -> None:
        self.table = table
        keys = hash_fields(table)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]
        self.has_shared_keys = bool((self._sorted[1:] == self._sorted[:-1]).any())
        self._slots = _slots(keys) if len(keys) <= _SMALL else None

    def positions(self, words: np.ndarray) -> np.ndarray | None:
        """Row in the table for each field; None when one is not there (or two of the table share a key)."""
        if self.has_shared_keys or not len(self._sorted):
            return None
        found = self._candidates(hash_fields(words))
        return found if np.array_equal(self.table.take(found, 0, mode="clip"), words) else None

    def _candidates(self, keys: np.ndarray) -> np.ndarray:
        """The one row that may hold each key."""
        if self._slots is not None:
            return self._slots.take(_slot(keys))
        place = np.searchsorted(self._sorted, keys)
        return self._order.take(place, mode="clip")


# Tables of so few fields are looked up by a hash without collisions: class names are asked for in every row.
_SMALL, _SLOT_BITS = 256, 16


def _slots(keys: np.ndarray) -> np.ndarray | None:
    """The row in each slot; None if two keys fall into one."""
    slots = np.zeros(1 << _SLOT_BITS, np.int16)
    taken = _slot(keys)
    slots[taken] = np.arange(len(keys))
    return slots if len(np.unique(taken)) == len(keys) else None


def _slot(keys: np.ndarray) -> np.ndarray:
    return ((keys * _MULTIPLIER) >> np.uint64(64 - _SLOT_BITS)).astype(np.intp)
