"""Write predictions: the submission CSV, and a table of probabilities."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core.files import write_text


def write_submission(path: Path, ids: np.ndarray, table: np.ndarray, classes: tuple[str, ...]) -> None:
    """Write Kaggle's format: header `id,label`, one row per test image in order, LF line ends."""
    labels = np.asarray(classes)[table.argmax(1)]
    write_text(path, pd.DataFrame({"id": ids, "label": labels}).to_csv(index=False, lineterminator="\n"))


def write_probabilities(path: Path, ids: np.ndarray, table: np.ndarray, classes: tuple[str, ...]) -> None:
    """Write a CSV with `id` and one column of probabilities per class, with six decimals."""
    frame = pd.DataFrame(table, columns=list(classes))
    frame.insert(0, "id", ids)
    write_text(path, frame.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
