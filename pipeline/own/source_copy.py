"""The code of own parts, stored in the run folder with hashes. Code from somebody else runs only if it is trusted.

RUN/source/ contains the files, RUN/source.json their names and SHA-256 hashes. Code that this account has trained with
is recognised by a digest of names and files, wherever the folder is.
"""

import hashlib
import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.core.errors import UserError
from pipeline.core.files import path_of, write_text
from pipeline.own import parts

FOLDER, RECORD = "source", "source.json"


def copy_source(folder: Path, named: dict[str, str]) -> None:
    """Copy the code of these own parts (name by recipe key) into a run folder, and trust it from now on."""
    if not named:
        return
    files: dict[str, Path] = {}
    entries: dict[str, dict[str, str]] = {}
    for key, name in named.items():
        root, paths = parts.files_of(name, key)
        files |= {str(path.relative_to(root)): path for path in paths}
        if parts.is_file(name):
            entries[key] = {"name": name, "path": str(path_of(name.rpartition(":")[0]).resolve())}
        else:
            entries[key] = {"name": name}
    for relative, path in files.items():
        target = folder / FOLDER / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    sums = {relative: _sha256(folder / FOLDER / relative) for relative in sorted(files)}
    write_text(folder / RECORD, json.dumps({"parts": entries, "sha256": sums}, indent=2) + "\n")
    _remember(digest(folder, named))


def open_parts(folder: Path, named: dict[str, str], *, trust: bool) -> dict[str, str]:
    """The names of a run folder's own parts, changed to refer to the copies in the folder.

    Prints a line if the copies or the original file were changed since.

    Raises:
        UserError: this account has not trained with the code, and `trust` is false.
    """
    if not named:
        return {}
    record = _record(folder)
    changed = [name for name, known in record["sha256"].items() if _sha256(folder / FOLDER / name) != known]
    if changed:
        print(f"note: {folder / FOLDER}: {', '.join(changed)} was changed since training", file=sys.stderr)
    found = digest(folder, named)
    if found not in _known():
        if not trust:
            raise UserError(
                f"{folder} contains code of its own ({', '.join(sorted(set(named.values())))}), which this account has "
                f"not trained with; read {folder / FOLDER}, then add --trust to run it"
            )
        _remember(found)
    source = str((folder / FOLDER).resolve())
    if source not in sys.path:
        sys.path.insert(0, source)
    return {key: _place(folder, key, name, record) for key, name in named.items()}


def _place(folder: Path, key: str, name: str, record: dict) -> str:
    if not parts.is_file(name):
        return name
    place, _, attribute = name.rpartition(":")
    copy = folder / FOLDER / Path(place).name
    original = Path(record["parts"].get(key, {}).get("path", copy))
    if original.is_file() and copy.is_file() and _sha256(original) != _sha256(copy):
        print(f"note: {original} was changed since training; this run uses its own copy, {copy}", file=sys.stderr)
    return f"{copy.resolve()}:{attribute}"


def digest(folder: Path, named: dict[str, str]) -> str:
    """A digest of everything that would be executed: the names of own parts and every file in RUN/source."""
    root = folder / FOLDER
    links = [path for path in (root, *root.rglob("*")) if path.is_symlink()]
    if links:
        raise UserError(f"{links[0]} is a link, behind which code can change; replace it by what it leads to")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    facts = [[str(path.relative_to(root)), _sha256(path)] for path in files]
    names = {key: f"{Path(name.rpartition(':')[0]).name}:{name.rpartition(':')[2]}" for key, name in named.items()}
    return hashlib.sha256(json.dumps([sorted(names.items()), facts]).encode()).hexdigest()


def named_parts(recipe: Any) -> dict[str, str]:
    """The own parts of a recipe: names by dotted key."""
    tree = asdict(recipe)
    values = {key: tree[key.split(".")[0]].get(key.split(".")[1]) for key in KEYS}
    return {key: value for key, value in values.items() if isinstance(value, str) and parts.is_own(value)}


# The keys of a recipe that can refer to own code.
KEYS = ("model.name", "augment.own", "optim.kind", "optim.schedule", "loss.name")


def _record(folder: Path) -> dict:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {"parts": dict(record["parts"]), "sha256": dict(record["sha256"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"parts": {}, "sha256": {}}


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _memory() -> Path:
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return home / "cifar10-competition-kit" / "trusted-code"


def _known() -> set[str]:
    try:
        return set(_memory().read_text(encoding="utf-8").split())
    except OSError:
        return set()


def _remember(found: str) -> None:
    known = _known() | {found}
    try:
        write_text(_memory(), "\n".join(sorted(known)) + "\n")
    except UserError as error:
        print(f"note: this code will need --trust later: {error}", file=sys.stderr)
