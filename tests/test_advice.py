"""A refusal that names allowed values names values that are accepted: every key of a recipe, given wrong values."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from pipeline.config import with_settings
from pipeline.core.errors import UserError
from pipeline.training.recipe import Recipe

WRONG = ("soon", "50%", "101%", "", -1, -0.5, 0, 1e12, 10**9, float("nan"), (), None, True)


def sections(part, above: str = "") -> Iterator[tuple[str, object]]:
    """Each config of a recipe with the dotted name in front of its keys."""
    yield above, part
    for field in fields(part):
        if is_dataclass(getattr(part, field.name)):
            yield from sections(getattr(part, field.name), f"{above}{field.name}.")


def keys() -> Iterator[tuple[str, object, str]]:
    for above, part in sections(Recipe()):
        for field in fields(part):
            if not is_dataclass(getattr(part, field.name)):
                yield pytest.param(part, field.name, id=f"{above}{field.name}")


def examples(message: str) -> list:
    """The values that a refusal names as allowed: quoted ones, a list of words, the start of a range of numbers."""
    allowed = message.split("allowed:", 1)[1]
    quoted = re.findall(r'"([^"]*)"', allowed)
    if quoted:
        return quoted
    words = [word.strip() for word in re.split(r",| or ", allowed)]
    if len(words) > 1 and all(re.fullmatch(r"[a-z][a-z0-9_-]*", word) for word in words):
        return words
    at_least = re.search(r"(-?[0-9.]+) or more", allowed)
    return [float(at_least[1]) if "." in at_least[1] else int(at_least[1])] if at_least else []


@pytest.mark.parametrize(("part", "name"), list(keys()))
def test_every_value_that_a_refusal_names_is_accepted(part, name):
    for wrong in WRONG:
        message = ""
        # Values of another type are refused by the parser, before a config is made.
        with contextlib.suppress(TypeError, AttributeError):
            try:
                replace(part, **{name: wrong})
            except ValueError as error:
                message = str(error)
        assert "\n" not in message
        for value in examples(message) if "allowed:" in message else ():
            replace(part, **{name: value})


@pytest.mark.parametrize("key", ["train.precision", "augment.flip", "averaging.kind"])
def test_every_choice_that_the_parser_names_is_accepted(key):
    with pytest.raises(UserError, match="allowed:") as error:
        with_settings(Recipe(), {key: "soon"})
    words = examples(str(error.value))
    assert len(words) > 1
    for word in words:
        with_settings(Recipe(), {key: word})
