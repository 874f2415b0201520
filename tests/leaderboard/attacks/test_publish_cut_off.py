"""Attempts on the page while it is written: Ctrl-C, a kill, a full disk, links and odd things in its folder."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leaderboard.cli import main
from leaderboard.competition import entries, lifecycle, teams
from leaderboard.competition.competition import Competition
from leaderboard.core.errors import LeaderboardError
from leaderboard.page import publish as publishing
from leaderboard.page.publish import publish
from tests.leaderboard.conftest import edited

Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture(autouse=True)
def obeyed_signals() -> Iterator[None]:
    """Ctrl-C is obeyed, here and in children, also in the background of a shell, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def competition(make: Make, alike, entry: Entry) -> Competition:
    def play() -> Competition:
        made = make(names="top")
        for number in range(14):
            teams.add(made, f"team {number}")
            entries.submit(made, f"team {number}", entry(0.4 + number / 30, seed=number))
        return made

    return alike(play)


def contents(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def is_whole(site: Path) -> None:
    for name, data in contents(site).items():
        assert not name.endswith(".partial"), name
        if name.endswith(".html") and data:
            assert data.rstrip().endswith(b"</html>"), name
        elif name.endswith(".json"):
            json.loads(data)


@pytest.mark.parametrize("stage", [*range(8), 18])
def test_ctrl_c_at_each_file_leaves_whole_files_and_publish_goes_on(
    competition: Competition, tmp_path: Path, monkeypatch, stage: int, capsys
) -> None:
    site, write, count = tmp_path / "site", publishing.write_whole, 0

    def interrupted(path: Path, data: bytes, mode: int) -> None:
        nonlocal count
        count += 1
        if count > stage:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        write(path, data, mode)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "write_whole", interrupted)
        assert main(["publish", str(site), "--competition", str(competition.root)]) == 130
    assert capsys.readouterr().err == "leaderboard: stopped; what was accepted before is kept\n"
    is_whole(site)
    assert len(publish(competition, site)) == 15


def test_ctrl_c_and_kill_of_real_processes_at_many_moments(competition: Competition, tmp_path: Path) -> None:
    site, command = tmp_path / "site", [sys.executable, "-m", "leaderboard", "publish"]
    environment = os.environ | {"LEADERBOARD_DIR": str(competition.root)}
    codes = set()
    for number in range(8):
        process = subprocess.Popen(
            [*command, str(site)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        wait_for(site, process, number)
        process.send_signal(signal.SIGKILL if number % 2 else signal.SIGINT)
        _, error = process.communicate(timeout=60)
        codes.add(process.returncode)
        assert "Traceback" not in error
        for path in site.rglob("*"):
            if path.is_file() and path.suffix != ".partial" and path.suffix == ".html" and path.stat().st_size:
                assert path.read_bytes().rstrip().endswith(b"</html>")
    assert codes & {130, -signal.SIGKILL}, "some were met at work"
    assert len(publish(competition, site)) == 15


def wait_for(site: Path, process: subprocess.Popen, files: int) -> None:
    """Until the process has written some files, each time more, or has ended."""
    began = time.time_ns()
    while process.poll() is None:
        fresh = [path for path in site.rglob("*") if path.is_file() and path.lstat().st_mtime_ns >= began - 10**9]
        if len(fresh) >= 2 * files:
            return
        time.sleep(0.002)


def publish_until(name: str, competition: Competition, site: Path, monkeypatch) -> None:
    """A publish that is interrupted before it writes the file with this name."""
    write = publishing.write_whole

    def interrupted(path: Path, data: bytes, mode: int) -> None:
        if path.name == name:
            raise KeyboardInterrupt
        write(path, data, mode)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "write_whole", interrupted)
        with pytest.raises(KeyboardInterrupt):
            publish(competition, site)


def test_an_unfinished_switch_to_pseudonyms_is_finished_by_the_next_publish(
    competition: Competition, tmp_path: Path, monkeypatch
) -> None:
    site = tmp_path / "site"
    publish(edited(competition, 'names = "top"', 'names = "all"'), site)
    hidden = edited(competition, 'names = "all"', 'names = "anonymous"')
    publish_until("index.html", hidden, site, monkeypatch)
    is_whole(site)
    publish(hidden, site)
    assert b"team 13" not in b"".join(contents(site).values())


def test_an_unfinished_publish_after_the_reveal_says_of_each_file_which_part_it_holds(
    competition: Competition, tmp_path: Path, monkeypatch
) -> None:
    site = tmp_path / "site"
    publish(competition, site)
    lifecycle.set_frozen(competition, True)
    lifecycle.reveal(competition)
    publish_until("leaderboard.csv", competition, site, monkeypatch)
    assert json.loads((site / "leaderboard.json").read_text())["part"] == "private"
    assert {line.rsplit(",", 1)[1] for line in (site / "leaderboard.csv").read_text().splitlines()[1:]} == {"public"}


def test_a_full_disk_is_one_line_and_keeps_the_page_that_was_there(
    competition: Competition, tmp_path: Path, monkeypatch, capsys
) -> None:
    site = tmp_path / "site"
    publish(competition, site)
    before, sync = contents(site), os.fsync

    def full(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    assert main(["publish", str(site), "--competition", str(competition.root)]) == 2
    assert capsys.readouterr().err == "leaderboard: the system: No space left on device\n"
    assert contents(site) == before


@pytest.mark.parametrize("name", ["index.html", "leaderboard.json", "leaderboard.csv", "sample_submission.csv"])
def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(
    competition: Competition, tmp_path: Path, name: str
) -> None:
    site, victim = tmp_path / "site", tmp_path / "victim"
    publish(competition, site)
    victim.write_text("{}")
    (site / name).unlink()
    (site / name).symlink_to(victim)
    publish(competition, site)
    assert victim.read_text() == "{}"
    assert not (site / name).is_symlink()


def test_a_link_in_place_of_the_folder_of_own_pages_is_refused(competition: Competition, tmp_path: Path) -> None:
    site, victim = tmp_path / "site", tmp_path / "victim"
    victim.mkdir()
    (victim / "index.html").touch()
    (victim / f"{'a' * 32}.html").write_text("a tutor's")
    site.mkdir()
    (site / "team").symlink_to(victim)
    (site / "leaderboard.json").write_text("{}")
    with pytest.raises(LeaderboardError, match="is a link"):
        publish(competition, site)
    assert sorted(path.name for path in victim.iterdir()) == [f"{'a' * 32}.html", "index.html"]


@pytest.mark.parametrize("name", ["index.html", "leaderboard.json"])
def test_a_folder_in_place_of_a_file_is_one_line(competition: Competition, tmp_path: Path, name: str, capsys) -> None:
    site = tmp_path / "site"
    publish(competition, site)
    (site / name).unlink()
    (site / name / "x").mkdir(parents=True)
    assert main(["publish", str(site), "--competition", str(competition.root)]) == 2
    error = capsys.readouterr().err
    assert (error.count("\n"), "Traceback" in error) == (1, False)


def test_two_that_publish_at_once_leave_whole_pages(competition: Competition, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "leaderboard", "publish", str(tmp_path / "site")]
    environment = os.environ | {"LEADERBOARD_DIR": str(competition.root)}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert 0 in [process.wait(timeout=60) for process in both]
    is_whole(tmp_path / "site")
