"""Small tables: as CSV files written whole, and as text with aligned columns."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path


def write_csv(path: Path, rows: list[dict]) -> Path:
    """Write rows as CSV, the columns in the order of their first appearance; under a temporary name, then renamed."""
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
    """Rows of text with columns of equal width, two blanks between them; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * min(sum(widths) + 2 * len(widths) - 2, 120), *lines[1:]])
