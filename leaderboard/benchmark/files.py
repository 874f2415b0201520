"""The files that are measured: right ones, and those that cost a careless reader the most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from leaderboard.submission.expected import CIFAR10

SEED = 10


def write_pair(root: Path, rows: int, *, shuffled: bool = False) -> tuple[Path, Path]:
    """A random solution and a submission that is right on nine rows of ten."""
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
