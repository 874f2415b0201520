"""Text for a terminal that cannot show every character: the closest ASCII characters replace the others."""

import codecs
import sys
import unicodedata

_PLAIN = {
    "⋆": "(star)",
    "·": ".",
    "−": "-",
    "–": "-",
    "—": "-",
    "×": "x",
    "°": " degrees",
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "∞": "inf",
    # Shades of a picture: unlike those for negative values, which are plain already.
    "░": "+",
    "▒": "*",
    "▓": "%",
    "█": "#",
}


def show_everything() -> None:
    """From now on, print ASCII for characters that the terminal's encoding lacks, instead of raising an error."""
    codecs.register_error("plain", _replace)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="plain")


def to_ascii(text: str) -> str:
    """The text in ASCII."""
    return "".join(_character(c) for c in text)


def printable(text: str) -> str:
    """The text with control characters escaped, so that a name from a file cannot control the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


def _character(character: str) -> str:
    if character.isascii() or character in _PLAIN:
        return _PLAIN.get(character, character)
    name = unicodedata.name(character, "")
    if name.startswith("GREEK SMALL LETTER "):
        return name.rsplit(" ", 1)[1].lower()
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"
