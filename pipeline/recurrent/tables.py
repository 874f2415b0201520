"""Small tables: as CSV files, and as text with aligned columns."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path


def write_csv(path: Path, rows: list[dict]) -> Path:
    """Write rows as CSV under a temporary name and rename it; columns are in the order of their first appearance."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(buffer.getvalue(), encoding="utf-8")
    temporary.replace(path)
    return path


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as text with aligned columns, two spaces apart; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * min(sum(widths) + 2 * len(widths) - 2, 120), *lines[1:]])
