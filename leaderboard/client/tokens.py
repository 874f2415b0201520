"""Remember the servers that this user is logged in to, in one file that only its owner can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from leaderboard.core.errors import LeaderboardError
from leaderboard.storage.files import PRIVATE_FILE, PRIVATE_FOLDER, require_private, write_whole

SERVER, TOKEN = "LEADERBOARD_SERVER", "LEADERBOARD_TOKEN"


def path(environment: Mapping[str, str]) -> Path:
    """The path of the token file."""
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "leaderboard" / "servers.json"


def save(environment: Mapping[str, str], server: str, token: str) -> Path:
    """Store the token of a server, which commands use from now on; the path of the token file."""
    file = path(environment)
    file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    known = {name: kept for name, kept in _read(file).items() if name != server}
    text = json.dumps({**known, server: token}, indent=1)
    write_whole(file, f"{text}\n".encode(), PRIVATE_FILE)
    return file


def load(environment: Mapping[str, str], server: str | None = None) -> tuple[str, str]:
    """Address and token of `server`, else of LEADERBOARD_SERVER, else of the last login. Raises LeaderboardError."""
    known = _read(path(environment))
    address = server or environment.get(SERVER) or next(reversed(known), None)
    if address is None:
        raise LeaderboardError("no server is known: log in first, with leaderboard login https://...")
    address = address.rstrip("/")
    token = environment.get(TOKEN) or known.get(address)
    if not token:
        raise LeaderboardError(f"no token for {address}: run leaderboard login {address}, or set {TOKEN}")
    return address, token


def is_logged_in(environment: Mapping[str, str]) -> bool:
    """Whether commands use a server if they are given no folder."""
    return bool(environment.get(SERVER)) or bool(_read(path(environment)))


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    require_private(file)
    try:
        known = json.loads(file.read_text())
    except ValueError:
        raise LeaderboardError(f"{file} is damaged: delete it, and log in again") from None
    if not isinstance(known, dict) or not all(isinstance(token, str) for token in known.values()):
        raise LeaderboardError(f"{file} is damaged: delete it, and log in again")
    return known
