"""The fast columns against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderboard.table import words

FIELD = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=',"'), max_size=20)


@settings(deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=20), st.booleans())
def test_fields_come_back(rows: list[tuple[str, str]], final_newline: bool) -> None:
    data = "\n".join(map(",".join, rows)) + "\n" * (final_newline or not rows[-1][1])
    columns = words.split_canonical(data.encode(), 2)
    assert columns is not None
    for column, (starts, lengths) in enumerate(columns):
        gathered = words.gather(data.encode(), starts, lengths, 3)
        assert gathered is not None
        assert words.decode(gathered) == [row[column] for row in rows]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a,b", "a", "a,b,c", ""]), max_size=6))
def test_only_rows_of_the_right_width_are_canonical(rows: list[str]) -> None:
    canonical = bool(rows) and all(row.count(",") == 1 for row in rows)
    assert (words.split_canonical("".join(f"{row}\n" for row in rows).encode(), 2) is not None) == canonical


@settings(deadline=None)
@given(st.lists(FIELD, min_size=1, max_size=30, unique=True), st.data())
def test_positions_are_exact(table: list[str], data: st.DataObject) -> None:
    index = words.Index(words.encode([*table, "x" * 21]))
    wanted = data.draw(st.lists(st.sampled_from(table), min_size=1))
    padded = np.resize(0, (len(wanted), index.table.shape[1])).astype("<u8")
    encoded = words.encode(wanted)
    padded[:, : encoded.shape[1]] = encoded
    found = index.positions(padded)
    assert found is not None
    assert [table[i] for i in found] == wanted


def test_an_absent_field_has_no_position() -> None:
    index = words.Index(words.encode(["cat", "dog"]))
    assert index.positions(words.encode(["cat", "cow"])) is None


def test_fields_that_share_a_key_are_noticed() -> None:
    # The hash of two words is first * odd constant ^ second: choose the second so that the keys agree.
    first = np.array([[1, 5], [2, 0]], "<u8")
    first[1, 1] = words.hash_fields(first[:1])[0] ^ words.hash_fields(first[1:])[0]
    assert words.hash_fields(first)[0] == words.hash_fields(first)[1]
    assert words.Index(first).has_shared_keys
    assert words.Index(first).positions(first) is None


def test_distinct() -> None:
    assert words.distinct(words.encode(["cat", "dog", "cat"])) == {"cat", "dog"}


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_characters="\0\n", codec="utf-8"), min_size=1, max_size=20), unique=True),
    st.lists(st.text(st.characters(exclude_characters="\0\n", codec="utf-8"), max_size=20)),
)
def test_texts_are_found_where_a_dictionary_finds_them(table: list[str], others: list[str]) -> None:
    index = words.Index(words.encode(table or ["x"]))
    places = {text: place for place, text in enumerate(table or ["x"])}
    asked = [*others, *table, ""]
    encoded = words.encode_up_to(asked, index.table.shape[1])
    assert encoded is not None
    if not index.has_shared_keys:
        assert index.find(encoded).tolist() == [places.get(text, -1) for text in asked]


def test_a_text_that_is_too_long_equals_none_and_a_line_end_is_not_encoded() -> None:
    index = words.Index(words.encode(["", "cat"]))
    encoded = words.encode_up_to(["a longer text", "", "cat"], 1)
    assert encoded is not None
    assert index.find(encoded).tolist() == [-1, 0, 1]
    assert words.encode_up_to(["ca\nt"], 1) is None
