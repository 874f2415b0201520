"""A recipe: the configs of all parts, read from YAML files and dotted overrides."""

import functools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path

import yaml

from pipeline.core.errors import UserError
from pipeline.core.files import path_of, write_text
from pipeline.training.recipe import Recipe

# Keys of older versions, which are still read. To rename a key, add an entry here.
RENAMED = {"predict.doubt": "predict.margin"}
# Keys of older versions that are ignored, with the reason.
REMOVED = {"model.whitened.winograd": "train.kernels chooses how convolutions are computed"}
# The same in C where PyYAML has it: ten times as fast.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST_FILE = 1_000_000
"""Bytes. A recipe has a few thousand."""


def recipe_parser(*, alone: bool = False):
    """A parser of `--config FILE` (several: later ones win) and `--part.key VALUE` for every key of a recipe.

    alone: for one file and nothing else. Values that are the default are then not checked, which takes time.
    """
    import jsonargparse
    from jsonargparse import ActionConfigFile, ArgumentParser

    # Only --help shows the docstrings.
    jsonargparse.set_parsing_settings(docstring_parse_attribute_docstrings=not alone)
    load_yaml = jsonargparse.get_loader("yaml")
    mode, change = ("recipe alone", without_defaults) if alone else ("recipe", lambda tree: tree)
    jsonargparse.set_loader(mode, lambda text: change(with_new_names(load_yaml(text))), exceptions=(yaml.YAMLError,))
    parser = ArgumentParser(prog="python -m pipeline train", exit_on_error=False, allow_abbrev=False, parser_mode=mode)
    parser.add_argument(
        "--config",
        action=ActionConfigFile,
        help="a recipe, such as configs/fast.yaml; several are layered, later ones win",
    )
    parser.add_class_arguments(Recipe, None)
    return parser


@functools.cache
def _file_parser():
    return recipe_parser(alone=True)


def parse(parser, arguments: list[str]):
    """The parsed namespace, with the command's own options in full, and its Recipe.

    Raises UserError, one line with the dotted key, for any mistake.
    """
    with as_user_error():
        for path in (value for flag, value in _pairs(arguments) if flag == "--config"):
            _check_file(path_of(path))
        # A recipe's classes have the defaults. The parser's take most of its time, and only --print_config needs them.
        defaults = any(word.startswith("--print_config") for word in arguments)
        namespace = parser.parse_args(list(_current_flags(arguments)), defaults=defaults)
        recipe = _recipe(parser, namespace)
    for name, default in _own_defaults(parser).items():
        if name not in namespace:
            namespace[name] = default
    return namespace, recipe


@functools.cache
def _own_defaults(parser) -> dict:
    """The defaults of a command's own options."""
    defaults = vars(parser.get_defaults(skip_validation=True))
    return {name: default for name, default in defaults.items() if name not in Recipe.__dataclass_fields__}


@contextmanager
def as_user_error() -> Iterator[None]:
    """Turn a parser's error into a UserError of one line."""
    from jsonargparse import ArgumentError

    try:
        yield
    except (ArgumentError, ValueError, TypeError) as error:
        raise UserError(one_line(error)) from error


def read_recipe(path: Path) -> Recipe:
    """The recipe of a YAML file; raises UserError for a missing file or a wrong key or value."""
    return parse(_file_parser(), ["--config", str(path)])[1]


def with_settings(recipe: Recipe, values: dict) -> Recipe:
    """The recipe with other values of some dotted keys.

    Raises UserError for a key or a value that a recipe does not take.
    """
    parser, tree = _file_parser(), as_plain(asdict(recipe))
    for key, value in values.items():
        if key in REMOVED:
            note_removed(key)
            continue
        *above, name = new_name(key).split(".")
        node = functools.reduce(lambda part, word: part.get(word) if isinstance(part, dict) else None, above, tree)
        if not isinstance(node, dict) or (name not in node and above[-1:] != ["own"]):
            raise UserError(unknown_key_message(key))
        node[name] = value
    with as_user_error():
        return _recipe(parser, parser.parse_object(without_defaults(tree), defaults=False))


def new_name(key: str) -> str:
    """The current name of a dotted key; prints a line with both names if the key is from an older version."""
    if key in RENAMED:
        note_renamed(key)
    return RENAMED.get(key, key)


@functools.cache
def note_renamed(old: str) -> None:
    """Say, once per process, that a key has a new name."""
    print(f"note: {old} is called {RENAMED[old]} now; rename it in your recipe or command", file=sys.stderr)


@functools.cache
def note_removed(old: str) -> None:
    """Say, once per process, that a key is ignored."""
    print(f"note: {old} has no effect any more: {REMOVED[old]}; remove it from your recipe or command", file=sys.stderr)


def with_new_names(tree):
    """A recipe as read from YAML, with keys from older versions renamed or removed; anything else is unchanged.

    Raises ValueError if a key is given under both names.
    """
    for old in REMOVED:
        node, name = _parent(tree, old)
        if name in node and node.pop(name):  # the configs of old runs have every key
            note_removed(old)
    for old, new in RENAMED.items():
        (node, name), wanted = _parent(tree, old), new.rpartition(".")[2]
        if name in node:
            if wanted in node:
                raise ValueError(f"{old} and {new} are the same key; allowed: {new} alone")
            note_renamed(old)
            node[wanted] = node.pop(name)
    return tree


def without_defaults(tree, defaults: dict | None = None):
    """A recipe as read from YAML, without the values that it has by default; anything else is unchanged."""
    if not isinstance(tree, dict):
        return tree
    defaults = as_plain(asdict(Recipe())) if defaults is None else defaults
    kept = {}
    for name, value in tree.items():
        default = defaults.get(name)
        if value and isinstance(value, dict) and isinstance(default, dict):
            if value := without_defaults(value, default):
                kept[name] = value
        elif name not in defaults or repr(value) != repr(default):  # 1, 1.0 and true are equal, but not the same
            kept[name] = value
    return kept


def _parent(tree, key: str) -> tuple[dict, str]:
    """The dictionary that would hold a dotted key, empty if there is none, and the last part of the key."""
    *above, name = key.split(".")
    node = functools.reduce(lambda part, word: part.get(word) if isinstance(part, dict) else None, above, tree)
    return (node if isinstance(node, dict) else {}), name


def _current_flags(arguments: list[str]) -> Iterator[str]:
    """The arguments with flags of older versions renamed, or removed with their values."""
    words = iter(arguments)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag[2:] in REMOVED:
            note_removed(flag[2:])
            if not equals:
                next(words, None)
        else:
            yield f"--{new_name(flag[2:])}{equals}{value}" if flag.startswith("--") else word


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write the whole recipe, defaults included, as YAML."""
    write_text(path, yaml.safe_dump(as_plain(asdict(recipe)), sort_keys=False))


def as_plain(value):
    """Dictionaries, lists and plain values only (YAML has no tuple)."""
    if isinstance(value, dict):
        return {key: as_plain(item) for key, item in value.items()}
    return [as_plain(item) for item in value] if isinstance(value, list | tuple) else value


# How a type is named in a message to the user.
_KINDS = (
    ("'int'", "a whole number"),
    ("'float'", "a number"),
    ("'bool'", "true or false"),
    ("'str'", "text"),
    ("'tuple'|'list'", "a list such as [1, 2, 3]"),
    ("'NoneType'", "null"),
)


def one_line(error: Exception) -> str:
    """A parser's message without its line breaks and the usage hint."""
    text = " ".join(str(error).split())
    cause = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__
    # If a dataclass refused the value, its message is the clearest: it names the key.
    if isinstance(cause, ValueError) and "allowed:" in str(cause):
        return " ".join(str(cause).split())
    unknown = re.search(r"Group '(\S+)' does not accept option '(\S+)'", text)
    if unknown:
        return unknown_key_message(f"{unknown[1]}.{unknown[2]}")
    wrong = re.fullmatch(r'Parser key "([\w.]+)": (.*?)\.? (?:Got value|Given value type: .* Given value): (.*)', text)
    kinds = wrong and [word for pattern, word in _KINDS if re.search(pattern, wrong[2])]
    choices = wrong and re.search(r"Literal\[(.*?)\]", wrong[2])
    if choices:
        return f"{wrong[1]} is {wrong[3]}; allowed: {choices[1].replace(chr(39), '')}"
    if kinds:
        return f"{wrong[1]} is {wrong[3]}; allowed: {' or '.join(kinds)}"
    if re.search(r"unrecognized arguments: [^-]\S*\.ya?ml", text):
        return f"{text}; name a recipe's file with --config FILE"
    flag = re.search(r"unrecognized arguments: --([\w.]+)", text, re.IGNORECASE)
    return unknown_key_message(flag[1]) if flag else text


def unknown_key_message(dotted: str) -> str:
    """The message that a recipe has no such key, with the most similar keys."""
    known = [".".join(path) for path in _paths(as_plain(asdict(Recipe())))]
    near = get_close_matches(dotted, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "--help lists the keys"
    return f"{dotted} is not a key of a recipe; {hint}"


def _paths(tree: dict, above: tuple[str, ...] = ()):
    for name, value in tree.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _paths(value, (*above, name))


def _recipe(parser, namespace) -> Recipe:
    built = parser.instantiate(namespace)
    return Recipe(**{name: getattr(built, name) for name in Recipe.__dataclass_fields__ if name in built})


def _pairs(arguments: list[str]):
    for position, word in enumerate(arguments):
        flag, equals, value = word.partition("=")
        if equals:
            yield flag, value
        elif position + 1 < len(arguments):
            yield word, arguments[position + 1]


def _check_file(path: Path) -> None:
    """Refuse a missing file, and a key given twice: YAML would silently take the last one."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        raise UserError(f"--config {path}: {what}; the recipes are in configs/")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"--config {path}: larger than {LARGEST_FILE:,} bytes, so it is not a recipe")
        text = path.read_text(encoding="utf-8")
        # With aliases a short file can stand for endlessly many keys, and no recipe needs one.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=_YAML)):
            raise UserError(f"--config {path}: has a YAML alias (*name); write the values out")
        node = yaml.compose(text, Loader=_YAML)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"--config {path}: not valid YAML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise UserError(f"cannot read --config {path}: {error.strerror}") from error
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"--config {path}: not a recipe, which has `key: value` lines as in configs/fast.yaml")
    _refuse_twice(node, path, ())


def _refuse_twice(node, path: Path, above: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        dotted = ".".join((*above, str(key.value)))
        if dotted in seen:
            raise UserError(f"--config {path}: {dotted} occurs twice (line {key.start_mark.line + 1}); keep one")
        seen.add(dotted)
        _refuse_twice(value, path, (*above, str(key.value)))
