"""One message: the length of a JSON part, the length of the bytes, the JSON part, the bytes."""

from __future__ import annotations

import json
import struct
from typing import Any

_LENGTHS = struct.Struct("!II")
HEAD = _LENGTHS.size
# In bytes, more than any upload: a longer frame is an error.
MAX_BYTES = 1 << 30


def header(value: dict[str, Any], blob_length: int) -> bytes:
    """The start of a message: the two lengths and the JSON part."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
    return _LENGTHS.pack(len(text), blob_length) + text


def lengths(head: bytes) -> tuple[int, int]:
    """The lengths of the JSON part and of the bytes. Raises ValueError if their sum is over MAX_BYTES."""
    text, blob = _LENGTHS.unpack(head)
    if text + blob > MAX_BYTES:
        raise ValueError(f"a frame of {text + blob:,} bytes")
    return text, blob


def unpack(text: bytes) -> dict[str, Any]:
    """The value of the JSON part."""
    return json.loads(text.decode(errors="surrogatepass"))
