"""A message that names allowed values names values that are accepted: every key of a recipe, given wrong values."""

import functools
import re
from dataclasses import fields, is_dataclass

import pytest

from pipeline import config
from pipeline.config import with_settings
from pipeline.core.errors import UserError
from pipeline.training.recipe import Recipe

WRONG = ("soon", "50%", "", -1, -0.5, 0, 1e12, 10**9, float("nan"), [], None, True)


@pytest.fixture(autouse=True)
def one_parser(monkeypatch):
    """Building the parser takes most of the time, and it keeps nothing of what it parsed."""
    monkeypatch.setattr(config, "recipe_parser", PARSER)


PARSER = functools.cache(config.recipe_parser)


def keys(part, above=""):
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            yield from keys(value, f"{above}{field.name}.")
        else:
            yield f"{above}{field.name}"


def examples(message: str) -> list:
    """The values that a refusal names as allowed: quoted ones, a list of words, the ends of a range of numbers."""
    allowed = message.split("allowed:", 1)[1]
    quoted = re.findall(r'"([^"]*)"', allowed)
    if quoted:
        return quoted
    words = [word.strip() for word in re.split(r",| or ", allowed)]
    if all(re.fullmatch(r"[a-z][a-z0-9_-]*", word) for word in words) and len(words) > 1:
        return words
    at_least = re.search(r"(-?[0-9.]+) or more", allowed)
    return [float(at_least[1]) if "." in at_least[1] else int(at_least[1])] if at_least else []


@pytest.mark.parametrize("key", list(keys(Recipe())))
def test_every_value_that_a_refusal_names_is_accepted(key):
    for wrong in WRONG:
        try:
            with_settings(Recipe(), {key: wrong})
        except UserError as error:
            message = str(error)
        else:
            continue
        assert "\n" not in message
        if "allowed:" in message:
            for value in examples(message):
                if value not in ("true", "false", "null"):
                    with_settings(Recipe(), {key: value})
