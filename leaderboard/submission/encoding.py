"""From bytes to text: anything but UTF-8 text is a problem; harmless differences are corrected and noted."""

from __future__ import annotations

from leaderboard.submission.problems import Report

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip (an Excel workbook is one too)",
    b"PK\x05\x06": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"\x04\x22\x4d\x18": "lz4",
    b"Rar!": "rar",
}
_BINARY = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF",
    b"PAR1": "Parquet",
    b"\x93NUMPY": "a NumPy array",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"\x7fELF": "a program",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
}
_CONTROL = bytes(byte for byte in range(1, 32) if byte not in (9, 10, 13))
_BOMS_16_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def plain_lines(data: bytes, report: Report) -> bytes | None:
    """The text in UTF-8 without byte-order mark, with LF line ends; None, with a problem in the report, if not text."""
    problem = _not_text(data)
    if problem is not None:
        report.add(problem[0], value=problem[1])
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        report.notes.append("a byte-order mark was skipped")
    if b"\r" in data:
        data = _with_newlines(data, report)
    if not data or data.isspace():
        report.add("EMPTY")
        return None
    return data if _is_utf8(data, report) and _has_no_nul(data, report) else None


def _with_newlines(data: bytes, report: Report) -> bytes:
    """The text with LF line ends; a note in the report says which ones it had."""
    if b"\r\r\n" in data:
        report.notes.append('CR CR LF line ends were read as LF; in Python, open a CSV file with newline=""')
        data = data.replace(b"\r\r\n", b"\n")
    if b"\r" in data:
        report.notes.append("CRLF line ends were read as LF" if b"\r\n" in data else "CR line ends were read as LF")
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _not_text(data: bytes) -> tuple[str, str | None] | None:
    for magic, name in _COMPRESSED.items():
        if data.startswith(magic):
            return "COMPRESSED", name
    for magic, name in _BINARY.items():
        if data.startswith(magic):
            return "BINARY", name
    head = data[:4096]
    if data.startswith(_BOMS_16_32) or (len(head) > 3 and head.count(0) >= len(head) // 3):
        return "UTF16", None
    control = len(head) - len(head.translate(None, _CONTROL))
    return ("BINARY", None) if control > len(head) // 10 else None


def _is_utf8(data: bytes, report: Report) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        start = data.rfind(b"\n", 0, error.start) + 1
        end = data.find(b"\n", error.start)
        text = data[start : end if end >= 0 else len(data)][:200].decode("latin-1")
        report.add("NOT_UTF8", line, text)
        return False
    return True


def _has_no_nul(data: bytes, report: Report) -> bool:
    at = data.find(0)
    if at >= 0:
        report.add("NUL", data.count(b"\n", 0, at) + 1)
    return at < 0
