"""Make a competition: split the solution, write the folder atomically, start the log."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from leaderboard.competition.competition import Competition
from leaderboard.competition.csv_files import sample_csv, solution_csv
from leaderboard.competition.folder import (
    ANCHOR,
    DATABASE,
    DATABASE_URL,
    PRIVATE,
    RULES,
    SAMPLE,
    SUBMISSIONS,
    solution_path,
)
from leaderboard.competition.rules import Rules
from leaderboard.core.clock import Clock, system_clock
from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring.metrics import probe
from leaderboard.scoring.solution import PRIVATE as PRIVATE_ROWS
from leaderboard.scoring.solution import PUBLIC, Solution, read_solution
from leaderboard.scoring.split import stratified_usage
from leaderboard.storage import anchor, audit_log, database
from leaderboard.storage.files import PRIVATE_FOLDER, file_sha256, require_permissions, write_whole
from leaderboard.table import words


@dataclass(frozen=True, kw_only=True)
class Split:
    """The public part of the rows: its fraction, 0 to 1, and the random seed (None: drawn; the audit log has it)."""

    public: float | None = None
    seed: int | None = None


def create(
    root: Path,
    solution_file: Path,
    rules: dict,
    split: Split = Split(),
    *,
    database: str | None = None,
    clock: Clock = system_clock,
) -> Competition:
    """Make the folder `root`, which must be new or empty, and return the open competition.

    `rules` are the fields of Rules without `classes`, which come from the solution. A failure leaves no files behind.
    Raises LeaderboardError.
    """
    if root.resolve() == Path.cwd():
        raise LeaderboardError(f"{root}: choose a new folder, such as competition")
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise LeaderboardError(f"{root} exists and is not empty: choose a new folder")
    if database is not None and not database.startswith("postgres"):
        raise LeaderboardError("the database URL is not understood: write postgresql://user@host/name")
    solution = _in_order_of_ids(read_solution(solution_file))
    _check_ids(solution_file, solution)
    checked = Rules(classes=solution.classes, **rules)
    probe(checked.metric, len(solution.classes))
    if split.seed is not None and split.seed < 0:
        raise LeaderboardError(f"--seed {split.seed}: it must be 0 or more")
    seed = secrets.randbits(63) if split.seed is None else split.seed
    solution = replace(solution, usage=_usage(solution, split.public, seed))
    root.parent.mkdir(parents=True, exist_ok=True)
    building = root.with_name(f".{root.name}.{secrets.token_hex(6)}.partial")
    building.mkdir(mode=PRIVATE_FOLDER)
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, building, ignore_errors=True)
        _write_folder(building, solution, checked, database)
        require_permissions(building, root)
        made = Competition(building, clock)
        made.store.create()
        undo.callback(made.store.drop)
        _open_log(made, solution, seed)
        os.rename(building, root)  # noqa: PTH104 - onto an empty folder, atomically
        undo.pop_all()
    return Competition(root, clock)


def _in_order_of_ids(solution: Solution) -> Solution:
    """The rows sorted by length of the id, then by id: 1, 2, 10. The order of a file sorted by label reveals labels."""
    ids = words.decode(solution.ids)
    order = np.array(sorted(range(len(ids)), key=lambda row: (len(ids[row]), ids[row])))
    usage = None if solution.usage is None else solution.usage[order]
    return Solution(solution.ids[order], solution.classes, solution.truth[order], usage)


def _check_ids(path: Path, solution: Solution) -> None:
    """Raise LeaderboardError for an id that would not survive when people edit a file with a spreadsheet."""
    for name in words.decode(solution.ids):
        if not name.isprintable() or name != name.strip() or "," in name or '"' in name:
            raise LeaderboardError(
                f"{path}: the id {name!r} has a comma, a quote, blanks at an end or hidden characters: rename it"
            )


def _usage(solution: Solution, public: float | None, seed: int) -> np.ndarray:
    split = solution.usage
    if split is not None and (split == PUBLIC).any() and (split == PRIVATE_ROWS).any():
        if public is not None:
            raise LeaderboardError("the solution's usage column already splits it: leave out --public")
        return split
    fraction = 0.3 if public is None else public
    if not 0 < fraction < 1:
        raise LeaderboardError(f"--public {fraction}: it must be between 0 and 1, such as 0.3")
    usage = stratified_usage(solution.truth, fraction, seed)
    if not (usage == PUBLIC).any() or not (usage == PRIVATE_ROWS).any():
        text = f"--public {fraction} of {int(solution.scored.sum())} rows leaves one part empty"
        raise LeaderboardError(f"{text}: choose another fraction")
    return usage


def _write_folder(root: Path, solution: Solution, rules: Rules, database: str | None) -> None:
    for name in (PRIVATE, SUBMISSIONS):
        (root / name).mkdir(mode=PRIVATE_FOLDER)
    write_whole(solution_path(root, 0), solution_csv(solution))
    write_whole(root / SAMPLE, sample_csv(solution))
    write_whole(root / RULES, rules.to_toml().encode())
    if database is None:
        os.close(os.open(root / DATABASE, os.O_CREAT | os.O_EXCL, 0o600))
    else:
        write_whole(root / DATABASE_URL, database.encode())


def _open_log(made: Competition, solution: Solution, seed: int) -> None:
    at = made.clock()
    text, secret = (made.root / RULES).read_text(), secrets.token_hex(16)
    with made.store.engine.begin() as connection:
        row = {"id": 1, "created_at": at, "revision": 0, "rules": text, "secret": secret}
        connection.execute(database.competition.insert().values(row))
        details: dict[str, Any] = {
            "rules": text,
            "seed": seed,
            "rows": solution.usage_counts(),
            "solution_sha256": file_sha256(solution_path(made.root, 0)),
            "sample_sha256": file_sha256(made.sample),
            "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
        }
        head = audit_log.append(connection, at, "init", **details)
    with anchor.open_locked(made.root / ANCHOR) as held:
        held.append([head])
