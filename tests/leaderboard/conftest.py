"""Small competitions to test on, on SQLite and, where LEADERBOARD_TEST_POSTGRES names one, on PostgreSQL."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leaderboard.competition import teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.core.clock import Clock
from tests.leaderboard.copies import NOON as NOON
from tests.leaderboard.copies import Copies, ManualClock
from tests.leaderboard.postgres import Databases

POSTGRES = "LEADERBOARD_TEST_POSTGRES"
CLASSES = ("bird", "cat", "dog")
HOUR = 3_600_000_000
MEMORY = Path("/dev/shm")


class TickingClock(ManualClock):
    """A clock that goes on by a second whenever it is read, as the clocks of real transactions do."""

    def __call__(self) -> int:
        self.at += 1_000_000
        return self.at


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory where the system has such a place: every entry is flushed to the disk, which a busy disk makes slow."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as they are, whatever COLUMNS says where the tests run."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases | None]:
    """The PostgreSQL databases of this process; None if there is no server."""
    server = os.environ.get(POSTGRES)
    made = Databases(server) if server else None
    yield made
    if made is not None:
        made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, databases: Databases | None) -> Iterator[str | None]:
    """None for SQLite, or the URL of an empty PostgreSQL database."""
    if request.param == "sqlite":
        yield None
        return
    if databases is None:
        pytest.skip(f"set {POSTGRES} to the URL of a PostgreSQL server")
    url = databases.take()
    yield url
    databases.give_back(url)


def write_csv(path: Path, labels: list[str] | np.ndarray) -> Path:
    path.write_text("id,label\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels, 1)))
    return path


def guess(labels: np.ndarray, accuracy: float, seed: int) -> np.ndarray:
    """Right on about this share of the rows; distinct seeds give distinct files."""
    generator = np.random.default_rng(seed)
    return np.where(generator.random(len(labels)) < accuracy, labels, generator.choice(CLASSES, len(labels)))


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(0).choice(CLASSES, 200)


@pytest.fixture(scope="session")
def copies() -> Iterator[Copies]:
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Copies(Path(folder))


@pytest.fixture
def alike(
    tmp_path: Path, labels: np.ndarray, database: str | None, clock: Clock, copies: Copies
) -> Callable[..., Competition]:
    """`alike(play, **rules)` is `play(**rules)`: a copy of what an earlier test has played, if it is the same."""

    def played(play: Callable[..., Competition], **rules: object) -> Competition:
        if not isinstance(clock, ManualClock):
            return play(**rules)
        what = (play.__module__, play.__qualname__, repr(rules), labels.tobytes())
        return copies.get(what, tmp_path / "competition", database, clock, functools.partial(play, **rules))

    return played


@pytest.fixture
def make(
    tmp_path: Path, labels: np.ndarray, database: str | None, clock: Clock, alike: Callable[..., Competition]
) -> Callable[..., Competition]:
    """Make a competition of 200 rows with the teams a and b, under the rules given."""

    solution = write_csv(tmp_path / "solution.csv", labels)

    def build(**rules: object) -> Competition:
        rules = {"name": "test", **rules}
        made = create(tmp_path / "competition", solution, rules, Split(seed=1), database=database, clock=clock)
        for name in ("a", "b"):
            teams.add(made, name)
        return made

    return functools.partial(alike, build)


@pytest.fixture
def entry(tmp_path: Path, labels: np.ndarray) -> Callable[..., Path]:
    """Write a submission of about the accuracy given; each seed another."""

    def write(accuracy: float = 0.8, seed: int = 0) -> Path:
        return write_csv(tmp_path / f"entry-{accuracy}-{seed}.csv", guess(labels, accuracy, seed))

    return write


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of one file; what a test opens in it, the test closes."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("there is no Chromium on the PATH")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def edited(competition: Competition, old: str, new: str) -> Competition:
    """The competition after an edit of its rules."""
    path = competition.root / "rules.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Competition(competition.root, competition.clock)
