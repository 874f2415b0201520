"""Which team names are allowed: without hidden characters, and no two that look the same."""

from __future__ import annotations

import re
import unicodedata

from leaderboard.core.errors import LeaderboardError

LONGEST_NAME = 60
_JOINER, _NON_JOINER, _EMOJI_STYLE = "\u200d", "\u200c", "\ufe0f"
# Fillers, the Braille blank and similar characters show nothing, but Python calls them printable.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001d159\U000e0100-\U000e01ef]"
)
_BLANKS = re.compile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
# Letters of other scripts that look like a Latin one, small, as Unicode's confusables.txt pairs them.
_CYRILLIC = str.maketrans("аеорсухіѕјԁһԛԝѵёївкмтнгӏ", "aeopcyxisjdhqwveibkmthrl")
_GREEK = str.maketrans("ονραικτυχβηεςγσ", "ovpaiktuxbnecyo")
# The form of pseudonyms on pages: no team may take such a name.
_PSEUDONYM = re.compile("team [0-9a-f]{10}")


def check_name(name: str) -> str:
    """The name in normal form (NFC), with single blanks. Raises LeaderboardError for hidden characters."""
    normal = _BLANKS.sub(" ", unicodedata.normalize("NFC", name)).strip()
    if not normal or len(normal) > LONGEST_NAME:
        raise LeaderboardError(f"a team's name has 1 to {LONGEST_NAME} characters, not {len(normal)}")
    seen = "".join(c for at, c in enumerate(normal) if not _joins(normal, at))
    if not seen.isprintable() or _UNSEEN.search(seen) or not skeleton(normal):
        raise LeaderboardError(f"the team name {name!a} has control or invisible characters: type it again")
    if _PSEUDONYM.fullmatch(skeleton(normal)):
        raise LeaderboardError(f"the team name {normal!r} has the form of a pseudonym: choose another")
    return normal


def _joins(name: str, at: int) -> bool:
    """Whether an invisible character is needed at this place: in an emoji, or between letters that join."""
    before, after = name[at - 1 : at], name[at + 1 : at + 2]
    if name[at] == _EMOJI_STYLE:
        return _is_symbol(before)
    if name[at] == _JOINER and _is_symbol(after):
        return _is_symbol(before) or before in (_EMOJI_STYLE, *map(chr, range(0x1F3FB, 0x1F400)))
    return name[at] in (_JOINER, _NON_JOINER) and _is_joining_letter(before) and _is_joining_letter(after)


def _is_symbol(character: str) -> bool:
    return bool(character) and unicodedata.category(character) == "So" and character != "\u2800"


def _is_joining_letter(character: str) -> bool:
    """A letter, or a mark on one, of a script whose letters join: Arabic, Persian, those of India."""
    return bool(character) and unicodedata.category(character) in ("Lo", "Mn", "Mc") and ord(character) >= 0x600


def skeleton(name: str) -> str:
    """A form that is equal for two names that look the same: differences in case, width, blanks and letters removed.

    Source: the idea of https://www.unicode.org/reports/tr39/, for the letters that occur in names.
    """
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_CYRILLIC).translate(_GREEK)
    plain = unicodedata.normalize("NFKC", plain)
    shown = (c for c in plain if unicodedata.category(c) not in ("Cf", "Cc") and not _UNSEEN.match(c))
    return " ".join("".join(shown).split())
