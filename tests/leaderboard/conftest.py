"""Small competitions to test on, on SQLite and, where LEADERBOARD_TEST_POSTGRES names one, on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from leaderboard.competition import teams
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.core.clock import Clock

POSTGRES = "LEADERBOARD_TEST_POSTGRES"
CLASSES = ("bird", "cat", "dog")
NOON = 1_763_985_600_000_000  # 2025-11-24 12:00 UTC
HOUR = 3_600_000_000


class ManualClock:
    """A clock that a test sets."""

    def __init__(self, at: int = NOON) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


class TickingClock(ManualClock):
    """A clock that goes on by a second whenever it is read, as the clocks of real transactions do."""

    def __call__(self) -> int:
        self.at += 1_000_000
        return self.at


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory where the system has such a place: every entry is flushed to the disk, which a busy disk makes slow."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as they are, whatever COLUMNS says where the tests run."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """None for SQLite, or the URL of a new and empty PostgreSQL database."""
    if request.param == "sqlite":
        yield None
        return
    server = os.environ.get(POSTGRES)
    if not server:
        pytest.skip(f"set {POSTGRES} to the URL of a PostgreSQL server")
    import sqlalchemy as sa

    name = f"test_{secrets.token_hex(6)}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


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


@pytest.fixture
def make(tmp_path: Path, labels: np.ndarray, database: str | None, clock: Clock) -> Callable[..., Competition]:
    """Make a competition of 200 rows with the teams a and b, under the rules given."""

    def build(**rules: object) -> Competition:
        solution = write_csv(tmp_path / "solution.csv", labels)
        rules = {"name": "test", **rules}
        made = create(tmp_path / "competition", solution, rules, Split(seed=1), database=database, clock=clock)
        for name in ("a", "b"):
            teams.add(made, name)
        return made

    return build


@pytest.fixture
def entry(tmp_path: Path, labels: np.ndarray) -> Callable[..., Path]:
    """Write a submission of about the accuracy given; each seed another."""

    def write(accuracy: float = 0.8, seed: int = 0) -> Path:
        return write_csv(tmp_path / f"entry-{accuracy}-{seed}.csv", guess(labels, accuracy, seed))

    return write


def edited(competition: Competition, old: str, new: str) -> Competition:
    """The competition after an edit of its rules."""
    path = competition.root / "rules.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Competition(competition.root, competition.clock)
