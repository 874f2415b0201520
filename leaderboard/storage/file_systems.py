"""Which file systems are shared between machines: SQLite's write-ahead log does not work on them."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# Names of Linux file systems to which another machine may write too; WSL mounts Windows disks as 9p.
NETWORK = re.compile(r"(nfs|cifs|smb|9p|afs|ceph|lustre|gpfs|glusterfs|beegfs|ocfs2|gfs2|fuse|vboxsf|drvfs|virtiofs)")


def may_be_shared(path: Path, mounts: Path = MOUNTS) -> bool:
    """Whether another machine may write to the file system of the path; True if that cannot be found out."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:  # not Linux
        return True
    kinds = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) > 4 and after:
            kinds[_unescape(fields[4])] = after.split()[0]
    resolved = path.resolve()
    for folder in (resolved, *resolved.parents):
        if str(folder) in kinds:
            return NETWORK.match(kinds[str(folder)]) is not None
    return True


def _unescape(text: str) -> str:
    """The mount point, with blanks that the kernel writes as octal numbers restored."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)
