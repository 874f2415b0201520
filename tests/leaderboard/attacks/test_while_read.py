"""Attempts that change a file while it is read: submissions, kept files, labels, the anchor, the sample."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from leaderboard.audit.verification import verify
from leaderboard.cli import main
from leaderboard.commands import arguments
from leaderboard.competition import entries, rescoring, teams
from leaderboard.competition.backup import backup
from leaderboard.competition.competition import Competition
from leaderboard.competition.folder import solution_path
from leaderboard.core.errors import LeaderboardError, RefusedError
from leaderboard.storage.archive import Archive
from leaderboard.submission import untrusted

Make, Entry = Callable[..., Competition], Callable[..., Path]


@pytest.fixture
def competition(make: Make) -> Competition:
    return make()


def test_what_is_judged_is_what_is_kept(competition: Competition, entry: Entry, monkeypatch) -> None:
    """The participant puts another file in place between the judging and the keeping."""
    path, other = entry(0.9, seed=1), entry(0.2, seed=2)
    judged, judge = path.read_bytes(), entries.validate_file

    def judge_then_change(*arguments):
        submission = judge(*arguments)
        path.write_bytes(other.read_bytes())
        return submission

    monkeypatch.setattr(entries, "validate_file", judge_then_change)
    entries.submit(competition, "a", path)
    assert competition.archive.get(hashlib.sha256(judged).hexdigest()) == judged
    assert verify(competition, again=True).faults == []


@pytest.mark.parametrize("change", ["grows", "shrinks", "is emptied", "is deleted", "is replaced"])
def test_a_file_that_changes_between_two_reads(
    competition: Competition, entry: Entry, monkeypatch, change: str
) -> None:
    path, read, calls = entry(0.9, seed=1), os.read, 0

    def read_slowly(descriptor: int, size: int) -> bytes:
        nonlocal calls
        calls += 1
        data = read(descriptor, min(size, 300))
        if calls == 2:
            {
                "grows": lambda: append(path, "201,cat\n" * 50),
                "shrinks": lambda: os.truncate(path, 700),
                "is emptied": lambda: os.truncate(path, 0),
                "is deleted": path.unlink,
                "is replaced": lambda: entry(0.2, seed=9).rename(path),
            }[change]()
        return data

    with monkeypatch.context() as patch:
        patch.setattr(untrusted.os, "read", read_slowly)
        receipt = entries.submit(competition, "a", path)
    assert (receipt.submission is None) == (change in ("grows", "shrinks", "is emptied"))
    assert verify(competition, again=True).faults == []


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_a_file_that_never_stops_growing_is_read_to_the_cap(tmp_path: Path, monkeypatch) -> None:
    path, read = tmp_path / "grows.csv", os.read
    path.write_text("id,label\n")

    def grow(descriptor: int, size: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"x" * 4096)
        return read(descriptor, size)

    monkeypatch.setattr(untrusted.os, "read", grow)
    report = untrusted.Report()
    assert untrusted.read_untrusted(path, 100_000, report) is None
    assert list(report.counts) == ["TOO_LARGE"]


@pytest.mark.parametrize("target", ["labels", "device", "pipe", "folder"])
def test_a_path_that_becomes_something_else_after_it_was_looked_at(
    competition: Competition, entry: Entry, tmp_path: Path, monkeypatch, target: str, capsys
) -> None:
    """Between the command's first look and the opening: a link to the labels, a device, a pipe, a folder."""
    path, open_team = entry(seed=1), arguments.acting_team

    def swap(*given):
        path.unlink()
        {
            "labels": lambda: path.symlink_to(solution_path(competition.root, 0)),
            "device": lambda: path.symlink_to("/dev/zero"),
            "pipe": lambda: os.mkfifo(path),
            "folder": path.mkdir,
        }[target]()
        return open_team(*given)

    monkeypatch.setattr(arguments, "acting_team", swap)
    assert main(["submit", "-f", str(path), "--team", "a", "--competition", str(competition.root)]) == 1
    told = capsys.readouterr().out
    assert ("SYMLINK" in told) == (target in ("labels", "device"))
    assert "cat" not in told
    assert "dog" not in told


@pytest.mark.parametrize("command", ["submit", "select"])
def test_a_team_that_is_renamed_between_its_token_and_its_act_keeps_it(
    competition: Competition, entry: Entry, monkeypatch, command: str
) -> None:
    """Another team takes the name at once; the act belongs to the holder of the token."""
    token = teams.renew_token(competition, "a")
    number = entries.submit(competition, "a", entry(seed=1)).submission
    resolve = arguments.acting_team

    def rename(*given):
        team = resolve(*given)
        teams.rename(competition, "a", "was a")
        teams.rename(competition, "b", "a")
        return team

    monkeypatch.setattr(arguments, "acting_team", rename)
    what = ["-f", str(entry(seed=2))] if command == "submit" else [str(number)]
    where = ["--token", token, "--competition", str(competition.root)]
    assert main([command, *what, *where]) == 0
    with competition.read_transaction() as connection:
        owners = [teams.by_id(connection, row.team_id).name for row in _entries(connection)]
    assert set(owners) == {"was a"}
    assert verify(competition).faults == []


def _entries(connection):
    import sqlalchemy as sa

    from leaderboard.storage import database

    return connection.execute(sa.select(database.submissions)).all()


def test_a_kept_file_that_is_damaged_while_a_backup_reads_it_is_a_fault_of_the_copy(
    competition: Competition, entry: Entry, tmp_path: Path, monkeypatch
) -> None:
    entries.submit(competition, "a", entry(seed=1))
    monkeypatch.setattr(Archive, "get", lambda self, sha256: self.path(sha256).read_bytes()[:-5])
    try:
        backup(competition, tmp_path / "copy")
    except LeaderboardError:
        return
    monkeypatch.undo()
    assert verify(Competition(tmp_path / "copy", competition.clock)).faults


def test_labels_that_are_edited_while_entries_are_judged_count_for_none(
    competition: Competition, entry: Entry, tmp_path: Path
) -> None:
    """A process has read them before; a new one reads what is there, and verify names both files and scores."""
    path = solution_path(competition.root, 0)
    right = path.read_text()
    entries.submit(competition, "a", entry(seed=1))
    path.write_text(right.replace(",cat,", ",dog,"))
    entries.submit(competition, "a", entry(seed=2))
    assert verify(competition).faults == ["solution-0.csv was changed by hand: use leaderboard rescore for a label fix"]
    path.write_text(right)
    assert verify(competition, again=True).faults == []


def test_a_label_fix_that_changes_while_it_is_read_is_one_of_the_two(
    competition: Competition, entry: Entry, tmp_path: Path, labels, monkeypatch
) -> None:
    entries.submit(competition, "a", entry(seed=1))
    fixed = tmp_path / "fixed.csv"
    text = "id,label\n" + "".join(f"{i},{'cat' if i < 9 else label}\n" for i, label in enumerate(labels, 1))
    fixed.write_text(text)
    score = rescoring.score_codes

    def score_slowly(*arguments):
        fixed.write_text("id,label\n")
        return score(*arguments)

    monkeypatch.setattr(rescoring, "score_codes", score_slowly)
    rescoring.rescore(competition, fixed)
    monkeypatch.undo()
    assert verify(Competition(competition.root, competition.clock), again=True).faults == []


def test_an_anchor_that_is_moved_away_while_a_command_holds_it_is_found(competition: Competition, monkeypatch) -> None:
    with competition.transaction() as work:
        work.record("team disabled", team="a")
        work.record("team enabled", team="a")
        competition.anchor.rename(competition.anchor.with_name("elsewhere"))
    assert verify(competition).faults == ["audit.anchor is missing: a cut at the end of the log could not be seen"]
    teams.add(competition, "c")
    assert verify(competition).faults == ["audit.anchor was emptied: it had lines, and then held none"]


def test_the_sample_is_edited_while_participants_have_it(
    competition: Competition, entry: Entry, tmp_path: Path
) -> None:
    """Files are judged by the labels' ids, so an edited sample can mislead people, and no entry."""
    competition.sample.write_text("id,label\n1,cat\n")
    assert entries.submit(competition, "a", entry(seed=1)).submission == 1
    (fault,) = verify(competition).faults
    assert fault.startswith("sample_submission.csv was changed by hand: bring it back")


def test_files_that_are_refused_under_the_lock_do_not_stay(competition: Competition, entry: Entry) -> None:
    """Five get in; the others were kept for a moment, since they came at once."""
    refused = []

    def submit(path: Path) -> None:
        try:
            entries.submit(Competition(competition.root, competition.clock), "a", path)
        except RefusedError as error:
            refused.append(error)

    threads = [threading.Thread(target=submit, args=(entry(seed=seed),)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert len(list(competition.archive.root.rglob("*.csv"))) == 5
