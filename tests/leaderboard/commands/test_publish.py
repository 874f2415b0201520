"""`publish` and `backup`: where they may write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from leaderboard.cli import main


def test_backups_and_pages_do_not_land_where_they_would_be_lost(board: Path, capsys) -> None:
    assert main(["backup", "competition/copy"]) == 2
    assert "is inside the competition folder" in capsys.readouterr().err
    main(["init", "other", "--solution", "solution.csv", "--name", "Other"])
    assert main(["publish", "site", "--competition", "other"]) == 0
    assert main(["publish", "site", "--competition", "competition"]) == 2
    assert "another competition" in capsys.readouterr().err
    assert main(["publish", "site", "--competition", "other"]) == 0


def test_a_page_is_readable_whatever_the_umask(board: Path) -> None:
    (board / "www").mkdir()
    (board / "www" / ".htaccess").write_text("")
    before = os.umask(0o077)
    try:
        assert main(["publish", "www/new/site"]) == 0
        assert main(["publish", "www"]) == 2
        assert main(["publish", "www/new/site"]) == 0
    finally:
        os.umask(before)
    assert [stat.S_IMODE((board / "www" / name).stat().st_mode) for name in ("new", "new/site")] == [0o755, 0o755]
