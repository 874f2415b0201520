"""A backup goes to another machine and back: through tar, under another owner's umask, and several side by side."""

from __future__ import annotations

import os
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.cli import main
from leaderboard.competition import entries, teams
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.competition.creation import Split, create
from leaderboard.standings.places import final_places
from leaderboard.storage import audit_log
from tests.leaderboard.conftest import write_csv

Make, Entry = Callable[..., Competition], Callable[..., Path]


def standings(competition: Competition) -> list[tuple]:
    with competition.read_transaction() as connection:
        places = final_places(connection, "earlier", 2)
    return [(m.after.rank, m.after.team.name, m.after.score.hits, m.after.entry.number) for m in places]


def head(competition: Competition) -> str:
    with competition.read_transaction() as connection:
        return str(audit_log.head(connection))


def carried(folder: Path, there: Path) -> Path:
    """The folder in another place, packed and unpacked as one does between machines."""
    there.mkdir()
    archive = there.parent / f"{there.name}.tar.gz"
    subprocess.run(["tar", "-C", str(folder.parent), "-czf", str(archive), folder.name], check=True)
    subprocess.run(["tar", "-C", str(there), "-xzf", str(archive)], check=True)
    return there / folder.name


def test_to_another_machine_and_back(make: Make, entry: Entry, clock, tmp_path: Path) -> None:
    here = make()
    entries.submit(here, "a", entry(0.8, 0))
    backup(here, tmp_path / "backup")
    there = Competition(carried(tmp_path / "backup", tmp_path / "there"), clock)
    assert (standings(there), head(there)) == (standings(here), head(here))
    # The term goes on there, and comes back.
    clock.at += 60_000_000
    entries.submit(there, "b", entry(0.9, 1))
    backup(there, tmp_path / "again")
    back = Competition(carried(tmp_path / "again", tmp_path / "back"), clock)
    assert standings(back) == standings(there)
    verdict = verify(back, audit_log.parse_head(head(here)), again=True)
    assert (verdict.faults, verdict.entries) == ([], 2)
    assert main(["submit", "-f", str(entry(0.7, 2)), "--team", "a", "--competition", str(back.root)]) == 0


def test_a_copy_that_others_can_read_says_what_to_do(make: Make, tmp_path: Path, capsys) -> None:
    """As after `scp -r`, which gives files the receiver's umask; the advice is followed to the letter."""
    backup(make(), tmp_path / "backup")
    for path in (tmp_path / "backup", *(tmp_path / "backup").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert main(["leaderboard", "--competition", str(tmp_path / "backup")]) == 2
    told = capsys.readouterr().err
    advice = told.split("run ")[1].split(";")[0]
    subprocess.run(advice, shell=True, check=True)
    assert main(["leaderboard", "--competition", str(tmp_path / "backup")]) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another account")
def test_a_copy_of_another_owner_says_what_to_do(make: Make, tmp_path: Path, capsys) -> None:
    backup(make(), tmp_path / "backup")
    copies = [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]
    for path in copies:
        os.chown(path, 12345, 12345)
    assert main(["leaderboard", "--competition", str(tmp_path / "backup")]) == 2
    assert "belongs to another account" in capsys.readouterr().err
    for path in copies:
        os.chown(path, os.geteuid(), os.getegid())
    assert main(["leaderboard", "--competition", str(tmp_path / "backup")]) == 0


def test_what_tar_carries_keeps_its_permissions(make: Make, tmp_path: Path) -> None:
    backup(make(), tmp_path / "backup")
    copy = carried(tmp_path / "backup", tmp_path / "there")
    with tarfile.open(tmp_path / "there.tar.gz") as archive:
        assert all(member.mode & 0o077 == 0 for member in archive.getmembers())
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in (copy, *copy.rglob("*")))


def test_several_competitions_side_by_side(tmp_path: Path, labels, entry: Entry, monkeypatch, capsys) -> None:
    """Teams, quotas, tokens and pages of one know nothing of the other."""
    solution = write_csv(tmp_path / "solution.csv", labels)
    made = [create(tmp_path / name, solution, {"name": name}, Split(seed=1)) for name in ("seminar", "lecture")]
    tokens = [teams.add(one, "ada") for one in made]
    monkeypatch.setenv("LEADERBOARD_DIR", str(made[0].root))
    assert main(["submit", "-f", str(entry()), "--team", "ada"]) == 0
    assert main(["submit", "-f", str(entry()), "--team", "ada", "--competition", str(made[1].root)]) == 0
    assert [len(standings(one)) for one in made] == [1, 1]
    capsys.readouterr()
    assert main(["submit", "-f", str(entry(0.5, 1)), "--token", tokens[0], "--competition", str(made[1].root)]) != 0
    assert main(["publish", str(tmp_path / "site")]) == 0
    assert main(["publish", str(tmp_path / "site"), "--competition", str(made[1].root)]) == 2
    assert "contains the page of another competition" in capsys.readouterr().err
