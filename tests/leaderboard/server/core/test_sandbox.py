"""A process in the sandbox cannot open the folder, by whatever way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TRY = """
import os, subprocess, sys
from pathlib import Path
from leaderboard.server.core import sandbox
secret, beside, link = map(Path, sys.argv[1:])
if not sandbox.forbid([str(secret)]):
    print("no means"); sys.exit()
def tried(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return "open"
print(tried(lambda: (secret / "labels.csv").read_text()),
      tried(lambda: link.read_text()),
      tried(lambda: os.listdir(secret)),
      tried(lambda: (secret / "new").write_text("x")),
      tried(lambda: Path(f"/proc/{os.getppid()}/mem").read_bytes()),
      subprocess.run(["cat", str(secret / "labels.csv")], capture_output=True).returncode,
      tried(lambda: beside.read_text()))
import json.tool, zoneinfo
zoneinfo.ZoneInfo("Europe/Berlin")
"""


def test_it_cannot_open_the_folder_by_any_way(tmp_path: Path) -> None:
    secret, beside, link = tmp_path / "competition", tmp_path / "beside" / "file", tmp_path / "link"
    secret.mkdir()
    (secret / "labels.csv").write_text("1,cat")
    beside.parent.mkdir()
    beside.write_text("open")
    link.symlink_to(secret / "labels.csv")
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(secret), str(beside), str(link)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[4],
    )
    if done.stdout.strip() == "no means":
        pytest.skip("this system has no Landlock")
    assert done.stdout.split() == [*["PermissionError"] * 5, "1", "open"], done.stderr
