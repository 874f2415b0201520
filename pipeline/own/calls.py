"""Call a participant's class or function with arguments from a recipe, converted to the types of its signature."""

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from pipeline.core.errors import UserError

CLASSES = ("classes", "num_classes", "n_classes", "class_count")


def parameters(target: Callable) -> Mapping[str, inspect.Parameter]:
    """The parameters of a class's constructor or of a function, by name; empty if Python cannot tell."""
    try:
        return inspect.signature(target).parameters
    except (TypeError, ValueError):
        return {}


def is_open(target: Callable) -> bool:
    """Whether it accepts arbitrary keyword arguments (**options)."""
    return any(each.kind is each.VAR_KEYWORD for each in parameters(target).values())


def call(target: Callable, key: str, values: dict[str, Any], given: dict[str, Any], positional: tuple = ()) -> Any:
    """`target(*positional, **given, **values)`, with `values` checked against the signature and converted to its types.

    Args:
        target: a class or function.
        key: the recipe's key of the values, such as model.own.
        values: arguments from the recipe.
        given: arguments from the kit; those that the signature does not name are dropped.
        positional: positional arguments from the kit.

    Raises:
        UserError: an argument is unknown, has the wrong type or is missing, or the call itself fails.
    """
    known = parameters(target)
    given = {name: value for name, value in given.items() if name in known and name not in values}
    names = list(known)
    taken = {*given, *names[: len(positional)]}
    chosen = typed(target, key, values, taken)
    try:
        return target(*positional, **given, **chosen)
    except UserError:
        raise
    except Exception as error:
        called = getattr(target, "__name__", type(target).__name__)
        raise UserError(f"{called}(...) raised {type(error).__name__}: {' '.join(str(error).split())}") from error


def typed(target: Callable, key: str, values: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    """The values converted to the types of the signature by jsonargparse; `taken`: arguments that the kit provides."""
    from jsonargparse import ArgumentError, ArgumentParser

    if not values:
        return {}
    allowed = [name for name in parameters(target) if name not in taken and name != "self"]
    for name in values:
        if name not in allowed and not is_open(target):
            near = get_close_matches(name, allowed, n=3, cutoff=0.3) or allowed
            raise UserError(f"{key}.{name} is not an argument of {target.__name__}; it takes: {', '.join(near)}")
    named = {name: value for name, value in values.items() if name in allowed}
    parser = ArgumentParser(exit_on_error=False)
    add = parser.add_class_arguments if inspect.isclass(target) else parser.add_function_arguments
    try:
        add(target, "own", skip={name for name in parameters(target) if name not in named}, fail_untyped=False)
        parsed = parser.parse_object({"own": named}).own
    except (ArgumentError, ValueError, TypeError) as error:
        raise UserError(f"{key} of {target.__name__}: {' '.join(str(error).split())}") from error
    return values | {name: getattr(parsed, name) for name in named}
