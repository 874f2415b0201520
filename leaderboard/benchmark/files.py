"""The files to measure: correct ones, and those that cost a careless reader the most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from leaderboard.submission.expected import CIFAR10

SEED = 10
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_FORMS = ("{}.0", "{}.png", "test/{}.jpg", " {} ", "id_{}", "{:06}", "+{}", "{}e0", "'{}'")


# Files of which every line is wrong or odd in its own way: the line with the number i, from 1.
_LINES: dict[str, Callable[[int], str]] = {
    "distinct wrong labels": lambda i: f"{i},x{i}",
    "distinct labels in quotes": lambda i: f"{i},['x{i}']",
    "distinct number labels": lambda i: f"{i},{i}.5",
    "ids as 1.0": lambda i: f"{i}.0,cat",
    "ids as 1e0": lambda i: f"{i}e0,cat",
    "ids as 1.000000e+00": lambda i: f"{i:e},cat",
    "distinct wrong ids": lambda i: f"thing{i}x,cat",
    "ids in a folder": lambda i: f"a/b/{i}.png,cat",
    "invisible ids": lambda i: f"\u200b{i},cat",
    "thousands": lambda i: f'"{i:,}",cat',
    "ids from 0": lambda i: f"{i - 1},cat",
    "ids from 0 as floats": lambda i: f"{i - 1}.0,cat",
    "negative ids": lambda i: f"-{i},cat",
    "one id again and again": lambda i: "7,cat",
    "broken quotes": lambda i: f'{i},"cat',
    "doubled quotes": lambda i: '"' * 20,
    "commas alone": lambda i: ",",
    "one field": lambda i: f"{i}",
    "long lines": lambda i: f"{i},{'c' * 40}",
    "digits without end": lambda i: f"{'1' * 39}{i},cat",
    "digits of another script": lambda i: f"{i},cat".translate(_WIDE),
    "ids as formulas": lambda i: f'="{i}",cat',
    "ids and a half": lambda i: f"{i}.5,cat",
    "ids as dates": lambda i: f"2026-11-{i},cat",
    "ids behind long words": lambda i: f"{'a' * 30}{i},cat",
    "ids from 0 in a folder": lambda i: f"test/{i - 1}.png,cat",
    "ids from 0 in many forms": lambda i: f"{_FORMS[i % len(_FORMS)].format(i - 1)},cat",
    "ids from 0 with signs": lambda i: f"+{i - 1}.0,cat",
    "ten times the ids": lambda i: f"{10 * i}.0,cat",
    "blanks that do not show": lambda i: f"{i}\u00a0,\u00a0cat",
    "quotes in labels": lambda i: f'"{i}","ca""t"',
    "a quote closed too early": lambda i: f'"{i}","cat"s',
    "a quote within a label": lambda i: f'{i},c"a"t',
    "quotes and separators in turn": lambda i: f'"{i}"{",;|"[i % 3]}"cat"',
    "many columns": lambda i: f"{i},cat{',x' * 25}",
    "many empty columns": lambda i: f"{i},cat{',' * 40}",
    "two problems a row": lambda i: f" {i}.0 ,Cat{i}",
    "ids in many forms": lambda i: f'{_FORMS[i % len(_FORMS)].format(i)},"Cat"',
    "ids from 0, floats in quotes": lambda i: f'"{i - 1}.0","cat"',
    "ids as 1e300": lambda i: f"{i}e300,cat",
    "ids of 60 digits": lambda i: f"{10**59 + i},cat",
    "ids in hexadecimal": lambda i: f"{i:#x},cat",
    "ids in many folders": lambda i: f"d{i}/{i}.png,cat",
    "ids in deep folders": lambda i: f"{'a/' * 25}{i}.png,cat",
    "apostrophes between thousands": lambda i: f"{i % 1000}'{i // 1000:03},cat",
    "many invisible characters": lambda i: f"{chr(0xF0000 + i % 65000)}{i},cat",
}
# The same with another header.
_LINES_WITH_HEADER: dict[str, tuple[str, Callable[[int], str]]] = {
    "all quoted": ('"id","label"', lambda i: f'"{i}","cat"'),
    "semicolons": ("id;label", lambda i: f"{i};cat"),
    "blanks": ("id label", lambda i: f"{i} cat"),
    "lines in quotes": ('"id,label"', lambda i: f'"{i},cat"'),
    "lines in quotes with quotes": ('"id,""label"""', lambda i: f'"{i},""cat"""'),
    "blanks and quotes": ('"id" "label"', lambda i: f'"{i}" "cat"'),
}


def write_pair(root: Path, rows: int, *, shuffled: bool = False) -> tuple[Path, Path]:
    """A random solution and a submission that is right on 90 % of the rows."""
    generator = np.random.default_rng(SEED)
    truth = generator.integers(0, 10, rows)
    guess = np.where(generator.random(rows) < 0.9, truth, generator.integers(0, 10, rows))
    order = generator.permutation(rows) if shuffled else np.arange(rows)
    paths = root / f"solution-{rows}.csv", root / f"submission-{rows}-{shuffled}.csv"
    for path, labels, sequence in zip(paths, (truth, guess), (np.arange(rows), order), strict=True):
        path.write_text("id,label\n" + "".join(f"{i + 1},{CIFAR10[labels[i]]}\n" for i in sequence))
    return paths


def hostile_files(canonical: bytes, cap: int) -> dict[str, bytes]:
    """Files that cost a careless reader the most, each no larger than the size cap."""
    body = canonical.removeprefix(b"id,label\n")
    return {
        "every label wrong": b"id,label\n" + body.upper(),
        "every id wrong": b"id,label\n" + body.replace(b",", b".0,"),
        "every line quoted badly": b"id,label\n" + body.replace(b",", b',"'),
        "newlines only": b"id,label\n" + b"\n" * (cap - 9),
        "commas only": b"id,label\n" + b"," * (cap - 9),
        "long numbers": b"id,label\n" + (b"1," + b"1" * 498 + b"x\n") * ((cap - 9) // 502),
        "one endless field": b"id,label\n1," + b"x" * (cap - 11),
        "one endless quote": b'id,label\n1,"' + b"x\n" * ((cap - 12) // 2),
        "NUL bytes": canonical[: len(canonical) // 2] + bytes(1000) + canonical,
        "random bytes": np.random.default_rng(SEED).bytes(cap),
    }


def distinct_files(root: Path, count: int) -> Iterator[str]:
    _, submission = write_pair(root, 10_000)
    lines = submission.read_text().splitlines(keepends=True)
    for number in range(count):
        path = root / f"distinct-{number}.csv"
        path.write_text("".join([lines[0], *lines[number + 2 :], *lines[1 : number + 2]]))
        yield str(path)


def rewritten_files(rows: int) -> dict[str, Callable[[], bytes]]:
    """Files whose every line is wrong or odd in its own way; each is a function that makes it, to spare memory."""
    files: dict[str, Callable[[], bytes]] = {name: partial(_made, rows, line) for name, line in _LINES.items()}
    files |= {name: partial(_made, rows, line, header) for name, (header, line) in _LINES_WITH_HEADER.items()}
    return files | {
        "reversed": lambda: _made(rows, lambda i: f"{rows + 1 - i},cat"),
        "blank lines": lambda: b"id,label\n" + b"x\n\n" * rows,
        "one line of commas": lambda: b"id,label\n" + b"," * 4_000_000,
        "one long header": lambda: b"id,label" + b",x" * 1_000_000,
        "blanks at the end": lambda: _made(rows, lambda i: f"{i},cat") + b"\n" + b" ,\n" * rows,
        "thousands with points": lambda: _made(rows, lambda i: f"{i:,}".replace(",", ".") + ",cat") + b"\n\n",
        "random letters": lambda: _random_letters(rows, 0x21, 0x7F),
        "random letters of all scripts": lambda: _random_letters(rows, 0x80, 0x2FFF),
    }


def _made(rows: int, line: Callable[[int], str], header: str = "id,label") -> bytes:
    return "\n".join([header, *map(line, range(1, rows + 1))]).encode()


def _random_letters(rows: int, first: int, last: int) -> bytes:
    """Ids and labels of letters between two code points."""
    letters = np.random.default_rng(SEED).integers(first, last, (rows, 8)).astype("<u4")
    texts = letters.view("<U8").ravel().tolist()
    return "\n".join(["id,label", *(f"{text[:5]}{row},{text[5:]}" for row, text in enumerate(texts))]).encode()
