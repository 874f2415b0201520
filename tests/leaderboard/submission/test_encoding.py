"""Where text ends and something else begins: the shares of NUL bytes and control characters."""

from __future__ import annotations

import pytest

from leaderboard.submission import Report
from leaderboard.submission.encoding import plain_lines


def codes(data: bytes) -> list[str]:
    report = Report()
    plain_lines(data, report)
    return list(report.counts)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"ab\0" * 10, "UTF16"),
        (b"ab\0" * 9 + b"abc", "NUL"),
        (b"ab\0c", "UTF16"),
        (b"ab\0", "NUL"),
        # Of the first 4,096 bytes, 1,365 are a third.
        (b"\0" * 1365 + b"a" * 2731, "UTF16"),
        (b"\0" * 1364 + b"a" * 2732 + b"\0a", "NUL"),
    ],
)
def test_text_of_which_a_third_is_nul_is_utf_16(data: bytes, code: str) -> None:
    assert codes(data) == [code]


@pytest.mark.parametrize(("count", "found"), [(3, []), (4, ["BINARY"])])
def test_text_of_which_more_than_a_tenth_are_control_characters_is_binary(count: int, found: list[str]) -> None:
    assert codes(b"\x07" * count + b"a" * (30 - count)) == found
    # Tabs and line ends are none.
    assert codes(b"\t\r\n" * 9 + b"abc") == []


def test_a_nul_byte_and_a_byte_that_is_not_utf_8_are_named_with_their_line() -> None:
    for data, code, value in ((b"id,label\n1,cat\n2,c\0at\n", "NUL", None), (b"id\n1\nc\xe9\n", "NOT_UTF8", "'cé'")):
        report = Report()
        plain_lines(data, report)
        (problem,) = report.problems
        assert (problem.code, problem.line, problem.value) == (code, 3, value)
