"""The anchor file: whole lines, held by one at a time, torn ends cut off."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from leaderboard.storage.anchor import open_locked
from leaderboard.storage.audit_log import Head

FIRST, SECOND, THIRD = (Head(n, str(n) * 64) for n in (1, 2, 3))


def test_a_line_that_does_not_fit_on_the_disk_leaves_no_part_of_itself(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "anchor"
    with open_locked(path) as held:
        held.append([FIRST])
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
        with pytest.raises(OSError, match="No space left"):
            held.append([SECOND])
        monkeypatch.undo()
        held.append([THIRD])
    assert path.read_text() == f"{FIRST}\n{THIRD}\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", ["2", f"{SECOND}"[:-1], f"{SECOND}"])
def test_a_torn_line_is_cut_off(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "anchor"
    path.write_text(f"{FIRST}\n{torn}")
    with open_locked(path) as held:
        assert held.last() == FIRST
        held.append([SECOND])
    assert path.read_text() == f"{FIRST}\n{SECOND}\n"


def test_the_last_head_of_a_long_file_and_of_none(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    with open_locked(path) as held:
        assert held.last() is None
        held.append([Head(n, "a" * 64) for n in range(1, 2001)])
        assert held.last() == Head(2000, "a" * 64)


def test_it_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    path, order = tmp_path / "anchor", []

    def second() -> None:
        with open_locked(path) as held:
            order.append(held.last())

    with open_locked(path) as held:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.1)
        assert thread.is_alive()
        held.append([FIRST])
    thread.join()
    assert order == [FIRST]
