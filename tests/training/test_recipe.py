"""What a recipe refuses because its parts do not fit together, before any image is read."""

import pytest

from pipeline.config import with_settings
from pipeline.core.errors import UserError
from pipeline.training.recipe import Recipe


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data.train_limit": 100}, "data.validation is 5000, but data.train_limit keeps 100 .* allowed: 0 to 99"),
        ({"data.train_limit": 100, "data.validation": 99, "train.batch_size": 2}, "allowed: 1 to 1$"),
        ({"data.train_limit": 3000, "data.validation": 0, "train.batch_size": 4000}, "allowed: 1 to 3000$"),
        (
            {"data.train_limit": 100, "data.folds": 3, "train.batch_size": 67},
            "beside 34 held-out ones; allowed: 1 to 66$",
        ),
    ],
)
def test_settings_that_cannot_fit_are_refused_with_the_range_that_works(settings, message):
    with pytest.raises(UserError, match=message):
        with_settings(Recipe(), settings)


def test_the_ends_of_the_named_ranges_work():
    for settings in (
        {"data.train_limit": 100, "data.validation": 99, "train.batch_size": 1},
        {"data.train_limit": 100, "data.folds": 3, "train.batch_size": 66},
    ):
        assert with_settings(Recipe(), settings).train.batch_size == settings["train.batch_size"]
