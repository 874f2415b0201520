"""`reveal`: the question before it."""

from __future__ import annotations

import io
from pathlib import Path

from leaderboard.cli import main


def test_a_reveal_asks_once(board: Path, capsys, monkeypatch) -> None:
    main(["freeze"])
    for answer, code in (("", 2), ("no\n", 2), ("yes\n", 0), ("", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert main(["reveal"]) == code
        assert ("cannot be undone" in capsys.readouterr().err) == (answer != "" or code == 2)
