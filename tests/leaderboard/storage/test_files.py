"""Files for their owner alone: refused where they are open or the disk cannot close them, and for other accounts."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.cli import main
from leaderboard.competition import entries
from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import solution_path
from leaderboard.core.errors import LeaderboardError

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def competition(make: Callable[..., Competition], alike, entry: Callable[..., Path]) -> Competition:
    def play() -> Competition:
        made = make()
        entries.submit(made, "a", entry())
        return made

    return alike(play)


OPEN = {
    "the folder": ["."],
    "the labels": ["private/solution-0.csv"],
    "the database and the anchor": ["leaderboard.db", "audit.anchor"],
    "everything": [".", "private", "private/solution-0.csv", "leaderboard.db", "audit.anchor", "submissions"],
}


@pytest.mark.parametrize("kind", OPEN)
def test_one_message_names_what_is_open_and_its_command_mends_all(competition: Competition, kind: str, capsys) -> None:
    for name in OPEN[kind]:
        (competition.root / name).chmod(0o755 if (competition.root / name).is_dir() else 0o644)
    assert main(["leaderboard", "--competition", str(competition.root)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    command = error.partition(": run ")[2].partition(";")[0]
    subprocess.run(shlex.split(command), check=True)
    assert main(["leaderboard", "--competition", str(competition.root)]) == 0


@pytest.fixture
def no_permissions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which chmod is obeyed and changes nothing, as WSL shows Windows' disks."""
    ask = Path.stat

    def everything(path: Path, **options) -> os.stat_result:
        told = list(ask(path, **options))
        told[0] |= 0o777
        return os.stat_result(told)

    monkeypatch.setattr(Path, "stat", everything)


def test_init_on_a_disk_without_permissions_is_refused_and_leaves_nothing(
    tmp_path: Path, labels, no_permissions: None, capsys, database: None
) -> None:
    (tmp_path / "solution.csv").write_text("id,label\n" + "".join(f"{i},{name}\n" for i, name in enumerate(labels)))
    before = sorted(tmp_path.iterdir())
    assert main(["init", str(tmp_path / "c"), "--solution", str(tmp_path / "solution.csv")]) == 2
    error = capsys.readouterr().err
    assert f"{tmp_path}/c would be open to other users: the disk does not store permissions" in error
    assert "choose another place, such as your home folder" in error
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_was_moved_to_such_a_disk_is_refused(competition: Competition, no_permissions, capsys) -> None:
    assert main(["leaderboard", "--competition", str(competition.root)]) == 2
    assert "if that does not help, the disk does not store permissions" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["leaderboard", "publish site", "audit verify", "rules set picks 3"])
def test_another_account_is_refused_root_too(competition: Competition, command: str, capsys, monkeypatch) -> None:
    owner = competition.root.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 12345)
    before = {path: path.read_bytes() for path in competition.root.rglob("*") if path.is_file()}
    assert main([*command.split(), "--competition", str(competition.root)]) == 2
    assert "belongs to another account: run the command as its owner: sudo -u " in capsys.readouterr().err
    assert {path: path.read_bytes() for path in competition.root.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_in_the_folder_of_a_service_user_is_refused(competition: Competition, capsys) -> None:
    for path in (competition.root, *competition.root.rglob("*")):
        os.chown(path, 65534, 65534)
    assert main(["publish", "site", "--competition", str(competition.root)]) == 2
    assert "sudo -u nobody" in capsys.readouterr().err
    assert {path.stat().st_uid for path in competition.root.rglob("*")} == {65534}


@pytest.mark.parametrize("what", ["file", "solution"])
def test_a_file_that_cannot_be_read_is_told_from_one_that_was_changed(
    competition: Competition, monkeypatch, what: str
) -> None:
    path = next(competition.archive.root.glob("*/*.csv")) if what == "file" else solution_path(competition.root, 0)
    read = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return read(self)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        (fault,) = verify(competition).faults
    assert "cannot be read (Permission denied); it may be unchanged" in fault
    assert verify(competition).faults == []
    path.write_text("")
    assert "was changed" in verify(competition).faults[0]
    path.unlink()
    assert "is missing" in verify(competition).faults[0]


def test_an_emptied_database_is_one_line_for_every_command(competition: Competition, capsys) -> None:
    competition.close()
    for path in competition.root.glob("leaderboard.db*"):
        path.unlink()
    (competition.root / "leaderboard.db").touch(0o600)
    for command in (["leaderboard"], ["audit", "verify"], ["audit", "log"], ["backup", "copy"], ["team", "add", "x"]):
        assert main([*command, "--competition", str(competition.root)]) == 2
        assert "the database was emptied: restore a backup" in capsys.readouterr().err
    with pytest.raises(LeaderboardError, match="was emptied"):
        verify(Competition(competition.root))


def test_the_mode_of_all_that_is_made_is_for_the_owner_alone(
    competition: Competition, entry: Callable[..., Path]
) -> None:
    previous = os.umask(0)
    try:
        entries.submit(competition, "b", entry())
    finally:
        os.umask(previous)
    for path in (competition.root, *competition.root.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077 or path.name in ("rules.toml", "sample_submission.csv"), (
            path
        )
