"""publish --every: it writes only after changes, continues after a failure, and ends cleanly."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leaderboard.competition import entries, lifecycle
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.page.repeat import Publisher, interval, keep_publishing
from tests.leaderboard.conftest import HOUR, ManualClock

Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture
def database() -> None:
    """The page does not depend on the database: SQLite is enough."""


def times(site: Path) -> dict[str, int]:
    return {str(path.relative_to(site)): path.stat().st_mtime_ns for path in site.rglob("*.*")}


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("2h", 7200), ("entry", None)])
def test_intervals(text: str, seconds: int | None) -> None:
    assert interval(text) == seconds


@pytest.mark.parametrize("text", ["0s", "5", "m", "-5m", "25h", "5 m", "1d", ""])
def test_invalid_intervals(text: str) -> None:
    with pytest.raises(LeaderboardError, match="write 30s, 5m or 2h"):
        interval(text)


@pytest.mark.parametrize("names", ["all", "top"])
def test_a_round_writes_only_what_has_changed(
    make: Make, entry: Entry, clock: ManualClock, tmp_path: Path, names
) -> None:
    competition = make(deadline="2025-12-01", names=names)
    entries.submit(competition, "a", entry(0.5, 1))
    site = tmp_path / "site"
    publisher = Publisher(lambda: Competition(competition.root, clock), site)
    assert publisher.round()
    first = times(site)
    # Five minutes later, without a change.
    clock.at += HOUR // 12
    assert not publisher.has_news()
    assert not publisher.round()
    assert times(site) == first
    entries.submit(competition, "b", entry(0.6, 2))
    assert publisher.has_news()
    assert publisher.round()
    assert times(site) != first
    # On the next day, a team has a new number of entries left, which is on its own page.
    clock.at += 25 * HOUR
    assert publisher.round() is (names == "top")
    assert not publisher.round()
    # The deadline passes.
    clock.at += 24 * 7 * HOUR
    assert publisher.has_news()
    assert publisher.round()
    lifecycle.reveal(competition)
    assert publisher.round()
    assert "Final standings" in (site / "index.html").read_text()
    (site / "index.html").unlink()
    assert publisher.round()
    assert (site / "index.html").exists()


def test_a_failed_round_is_one_line_and_the_next_one_works(make: Make, entry: Entry, clock, tmp_path: Path) -> None:
    competition, said, wrong, rounds = make(), [], [], []
    stop = threading.Event()

    def opened() -> Competition:
        rounds.append(1)
        if len(rounds) > 12:
            stop.set()
        if 3 <= len(rounds) <= 5:
            raise LeaderboardError("the database does not answer: gone")
        return Competition(competition.root, clock)

    class AtOnce(threading.Event):
        """Does not wait."""

        def wait(self, timeout: float | None = None) -> bool:
            return stop.is_set()

    keep_publishing(Publisher(opened, tmp_path / "site"), 300, AtOnce(), said.append, wrong.append)
    assert wrong == ["not written: the database does not answer: gone; the next try is in 300 s"] * 3
    assert said[0].endswith("index.html is written; the next round is at 2025-11-24 12:05:00 UTC")
    assert said[1].startswith("2025-11-24 12:00:00 UTC: nothing has changed, nothing was written; the next round is")


def test_the_first_round_says_a_mistake_at_once(make: Make, tmp_path: Path) -> None:
    competition = make()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("")
    publisher = Publisher(lambda: competition, tmp_path / "thesis")
    with pytest.raises(LeaderboardError, match="did not write"):
        keep_publishing(publisher, 300, threading.Event(), print, print)


@pytest.fixture
def running(make: Make, tmp_path: Path) -> Iterator[Callable[[str], tuple[subprocess.Popen, Competition, Path]]]:
    started: list[subprocess.Popen] = []

    def start(every: str) -> tuple[subprocess.Popen, Competition, Path]:
        competition, site = make(), tmp_path / "site"
        command = [sys.executable, "-m", "leaderboard", "publish", str(site), "--every", every]
        command += ["--competition", str(competition.root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert "is written" in process.stdout.readline()
        return process, competition, site

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(running, number: signal.Signals) -> None:
    process, _, site = running("1h")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert out == f"Stopped. The page in {site} stays as it is.\n"


def test_after_each_entry(running, entry: Entry) -> None:
    process, competition, site = running("entry")
    before = (site / "leaderboard.json").read_bytes()
    entries.submit(competition, "a", entry(0.7, 1))
    assert "written; the next round is after the next entry" in process.stdout.readline()
    assert (site / "leaderboard.json").read_bytes() != before
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_rules_that_are_edited_just_now_stop_nothing(running) -> None:
    process, competition, _ = running("1s")
    rules = competition.root / "rules.toml"
    text = rules.read_text()
    rules.write_text(text[: text.index('"') + 3])
    time.sleep(2.5)
    rules.write_text(text)
    time.sleep(1.5)
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert err.count("not written: ") == err.count("\n") >= 1
    assert "nothing has changed" in out.splitlines()[-2]
