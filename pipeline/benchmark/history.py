"""Time to accuracy, from the runs that lie here: nothing is trained for it."""

import json
import statistics
from pathlib import Path

import pandas as pd

THRESHOLDS = (0.90, 0.94, 0.95, 0.96)


def times_to_accuracy(root: Path) -> list[tuple[str, str, float, float, int]]:
    """(recipe, images, threshold, median training seconds until a validation reached it, runs) of finished runs.

    Only runs that hold images out can say so; the seconds are those of metrics.csv, validation included.
    """
    found: dict[tuple[str, str, float], list[float]] = {}
    for file in sorted(root.glob("*/*/summary.json")):
        summary, metrics = json.loads(file.read_text()), file.with_name("metrics.csv")
        rows = pd.read_csv(metrics) if metrics.is_file() else pd.DataFrame()
        if "validation_accuracy" not in rows:
            continue
        for threshold in THRESHOLDS:
            seconds = seconds_until(rows, threshold)
            if seconds is not None:
                found.setdefault((summary["recipe"], summary["data"], threshold), []).append(seconds)
    return [(*key, statistics.median(times), len(times)) for key, times in sorted(found.items())]


def seconds_until(rows: pd.DataFrame, threshold: float) -> float | None:
    """Seconds from the start to the end of the first epoch whose validation accuracy is at least the threshold."""
    reached = rows["validation_accuracy"] >= threshold
    return float(rows["seconds"].cumsum()[reached.idxmax()]) if reached.any() else None
