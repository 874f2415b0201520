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
    buffer = np.frombuffer(data, np.uint8)
    is_comma, is_newline = buffer == COMMA, buffer == NEWLINE
    lines = np.count_nonzero(is_newline) + (not data.endswith(b"\n"))
    if np.count_nonzero(is_comma) != lines * (columns - 1):  # before arrays are made of millions of commas
        return None
    ends = np.flatnonzero(is_comma | is_newline)
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    if ends.size == 0 or ends.size % columns or not is_newline[ends[columns - 1 : -1 : columns]].all():
        return None
    # These are all the newlines, so every other field ends with a comma.
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    lengths = ends - starts
    return [(starts[c::columns], lengths[c::columns]) for c in range(columns)]


def gather(data: bytes, starts: np.ndarray, lengths: np.ndarray, words: int) -> np.ndarray | None:
    """Fields as (rows, words) little-endian uint64; None when one is longer than 8 x words bytes."""
    if lengths.size and int(lengths.max()) > 8 * words:
        return None
    padded = data + bytes(8 * words + 8)
    window = np.ndarray((len(padded) - 7,), "<u8", padded, strides=(1,))
    out = np.empty((starts.size, words), "<u8")
    out[:, 0] = window[starts] & _MASKS.take(lengths, mode="clip")
    for word in range(1, words):
        rows = np.flatnonzero(lengths > 8 * word)
        out[:, word] = 0
        out[rows, word] = window[starts[rows] + 8 * word] & _MASKS.take(lengths[rows] - 8 * word, mode="clip")
    return out


def encode(fields: list[str]) -> np.ndarray:
    """Strings (UTF-8) as (rows, words), as wide as the longest needs."""
    raw = [field.encode() for field in fields]
    width = max(1, -(-max(map(len, raw), default=1) // 8))
    return np.array(raw, dtype=f"S{8 * width}").view("<u8").reshape(len(raw), width)


def encode_up_to(fields: list[str], words: int) -> np.ndarray | None:
    """Strings as (rows, words); one that needs more equals none. None if there is a line end in one of them."""
    data = "\n".join([*fields, ""]).encode()
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE)
    if len(ends) != len(fields):
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    is_long = lengths > 8 * words
    found = gather(data, ends - lengths, np.where(is_long, 0, lengths), words)
    if found is not None:
        found[is_long] = np.uint64(2**64 - 1)  # no text in UTF-8
    return found


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


# So many that the names of the classes usually have a slot each.
_LEAST_BITS = 16


class Index:
    """Positions of fields in a table of distinct fields, exact: found by a hash, then compared in full.

    A slot contains one row. If the keys of several rows have the same slot, the others are found by a binary search.
    """

    def __init__(self, table: np.ndarray) -> None:
        self.table = table
        self._keys = keys = hash_fields(table)
        self._bits = max(_LEAST_BITS, len(keys).bit_length() + 1)
        rows, slots = np.arange(len(keys)), self._slots_of(keys)
        self._rows = np.zeros(1 << self._bits, np.int32)
        self._rows[slots] = rows
        owners = self._rows[slots]
        others = np.flatnonzero(owners != rows)
        self._others = others[np.argsort(keys[others], kind="stable")]
        self._other_keys = keys[self._others]
        self.has_shared_keys = bool(
            (keys[owners[others]] == keys[others]).any() or (self._other_keys[1:] == self._other_keys[:-1]).any()
        )

    def positions(self, words: np.ndarray) -> np.ndarray | None:
        """Row in the table for each field; None when one is not there (or two of the table share a key)."""
        if self.has_shared_keys or not len(self._keys):
            return None
        found = self._candidates(hash_fields(words))
        return found if np.array_equal(self.table.take(found, 0, mode="clip"), words) else None

    def find(self, words: np.ndarray) -> np.ndarray:
        """Row in the table (int64) for each field, -1 if it is not there; only if no two of the table share a key."""
        assert not self.has_shared_keys, "two fields of the table share a key"
        found = self._candidates(hash_fields(words))
        return np.where((self.table.take(found, 0, mode="clip") == words).all(axis=1), found, -1).astype(np.int64)

    def _candidates(self, keys: np.ndarray) -> np.ndarray:
        """The one row that may hold each key."""
        found = self._rows.take(self._slots_of(keys))
        if len(self._others):
            rest = np.flatnonzero(self._keys.take(found) != keys)
            place = np.searchsorted(self._other_keys, keys[rest])
            found[rest] = self._others.take(place, mode="clip")
        return found

    def _slots_of(self, keys: np.ndarray) -> np.ndarray:
        return ((keys * _MULTIPLIER) >> np.uint64(64 - self._bits)).astype(np.intp)
