"""Training and prediction from Python: in a script, a notebook or a thread, with the same files as the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.config import read_recipe, with_settings
from pipeline.core.files import path_of
from pipeline.prediction.submission import write_submission
from pipeline.runs import folder as runs
from pipeline.runs import session
from pipeline.runs.predictions import mean_probabilities, test_images
from pipeline.training.recipe import Recipe


def train(recipe: Recipe | str | Path, settings: Mapping[str, Any] | None = None, *, name: str = "python") -> Path:
    """Train and predict. Returns the run folder, with submission.csv, summary.json, metrics.csv and figures.

    Args:
        recipe: a Recipe, or a YAML file such as configs/fast.yaml; the run is then named after the file.
        settings: values of dotted keys, such as {"optim.lr": 0.1}; they override the recipe.
        name: the name in runs/ of a Recipe that comes from no file.

    Raises:
        UserError: one line about a mistake in the recipe, the images or the files.
        KeyboardInterrupt: on Ctrl-C, once the checkpoint is saved, so that a loop over runs ends too.
    """
    if not isinstance(recipe, Recipe):
        name, recipe = Path(recipe).stem, read_recipe(path_of(recipe))
    code, folder = session.run_in_folder(with_settings(recipe, dict(settings or {})), name)
    if code:
        raise KeyboardInterrupt
    return folder


def predict(
    run: str | Path | Sequence[str | Path],
    out: str | Path | None = None,
    *,
    views: int | None = None,
    trust: bool = False,
) -> pd.DataFrame:
    """The mean prediction of one or several finished runs for the test images.

    Args:
        run: a run folder, or several.
        out: a submission CSV to write as well.
        views: test-time views, 1, 2, 6 or 18; by default the recipe's.
        trust: run code that came with a run folder from somebody else.

    Returns:
        Columns id, label, and the probability of each class; one row per test image, in the order of the ids.
    """
    folders = [path_of(each) for each in ([run] if isinstance(run, str | Path) else run)]
    recipes = [runs.open_run(folder, trust=trust) for folder in folders]
    if views is not None:
        recipes = [replace(recipe, predict=replace(recipe.predict, views=views)) for recipe in recipes]
    dataset = test_images(folders, recipes[0])
    table = mean_probabilities(folders, recipes, dataset)
    if out is not None:
        write_submission(path_of(out), dataset.test_ids, table, dataset.classes)
    labels = [dataset.classes[index] for index in table.argmax(1)]
    frame = pd.DataFrame(table, columns=list(dataset.classes))
    frame.insert(0, "label", labels)
    frame.insert(0, "id", dataset.test_ids)
    return frame
