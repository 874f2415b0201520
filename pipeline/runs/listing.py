"""The runs of a folder as rows: network, images, accuracy, time, and whether each is finished."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.errors import UserError

COLUMNS = ("run", "recipe", "network", "data", "seed", "held_out", "minutes", "state")


def rows(root: Path) -> list[dict[str, Any]]:
    """One row per run folder below the root: the columns above and `resumed`; a run with missing files is `damaged`.

    Raises UserError if the root is not a folder.
    """
    if not root.is_dir():
        raise UserError(f"{root} is not a folder; runs are in runs/, or in the folder that log.runs names")
    configs = sorted(root.glob("*/*/config.yaml")) + sorted(root.glob("*/config.yaml"))
    places = [path.parent for path in configs if not path.parent.is_symlink()]  # runs/latest is one of the others
    return [row(folder) for folder in places if (folder / "checkpoints").is_dir()]


def row(folder: Path) -> dict[str, Any]:
    """The row of one run.

    Held_out is an accuracy from 0 to 1, None without held-out images or for an unfinished run. The minutes of a run
    that was `resumed` begin with its last resume.
    """
    config, summary = _mapping(folder / "config.yaml"), _mapping(folder / "summary.json")
    seconds = summary.get("seconds")
    training = seconds.get("training") if isinstance(seconds, dict) else None
    return {
        "run": str(folder),
        "recipe": summary.get("recipe") or folder.parent.name,
        "network": _at(config, "model", "name"),
        "data": summary.get("data"),
        "seed": config.get("seed"),
        "held_out": summary.get("validation_accuracy"),
        "minutes": round(training / 60, 2) if isinstance(training, int | float) else None,
        "state": _state(folder, config, summary),
        "resumed": summary.get("resumed") is True,
    }


def _state(folder: Path, config: dict, summary: dict) -> str:
    if not config:
        return "damaged"
    if summary:
        return "finished"
    return "stopped" if (folder / "checkpoints" / "last.ckpt").is_file() else "begun"


def _at(tree: Any, *keys: str) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _mapping(path: Path) -> dict:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def filter_rows(found: list[dict], where: Iterable[str], by: str, *, reverse: bool) -> list[dict]:
    """The rows that satisfy every `column=text` (the value contains the text), sorted by a column, empty ones last."""
    for condition in where:
        column, equals, text = condition.partition("=")
        if not equals or column not in COLUMNS:
            raise UserError(f"--where {condition}: write COLUMN=TEXT, with one of {', '.join(COLUMNS)}")
        found = [each for each in found if text in str(each[column])]
    known = [each for each in found if each[by] is not None]
    key = (lambda each: each[by]) if by in ("held_out", "minutes", "seed") else (lambda each: str(each[by]))
    return sorted(known, key=key, reverse=reverse) + [each for each in found if each[by] is None]


def as_text(found: list[dict], kind: str) -> str:
    """The rows as an aligned table, as CSV, or as JSON."""
    if kind == "json":
        return json.dumps([{name: each[name] for name in COLUMNS} for each in found], indent=2)
    if kind == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
        return out.getvalue().rstrip("\n")
    cells = [list(COLUMNS)] + [[_cell(name, each[name]) for name in COLUMNS] for each in found]
    widths = [max(len(line[index]) for line in cells) for index in range(len(COLUMNS))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2%}" if name == "held_out" else str(value)
