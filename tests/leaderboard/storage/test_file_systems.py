"""Which file systems another machine may write to, by the kernel's list of mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.storage.file_systems import may_be_shared

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:30 / /home rw,relatime shared:1 - nfs4 server:/home rw
31 30 0:31 / /home/me/local\\040disk rw - xfs /dev/vdb rw
32 22 0:32 / /mnt/c rw - 9p C:\\134 rw
33 22 0:33 / /mnt/sshfs rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        ("/var/lib/competition/leaderboard.db", False),
        ("/home/me/competition/leaderboard.db", True),
        ("/home/me/local disk/leaderboard.db", False),
        ("/homes/leaderboard.db", False),
        ("/mnt/c/leaderboard.db", True),
        ("/mnt/sshfs/leaderboard.db", True),
    ],
)
def test_the_longest_mount_point_decides(tmp_path: Path, path: str, shared: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert may_be_shared(Path(path), mounts) is shared


def test_where_it_cannot_be_found_out_it_may_be(tmp_path: Path) -> None:
    assert may_be_shared(tmp_path, tmp_path / "none")
