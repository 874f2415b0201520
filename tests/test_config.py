"""Recipes: every file parses, a mistake is one line with its dotted key, layers and the round trip."""

import functools
import re
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from pipeline import cli
from pipeline import config as config_module
from pipeline.commands import train
from pipeline.config import RENAMED, as_plain, parse, read_recipe, with_settings, without_defaults, write_recipe
from pipeline.core.errors import UserError
from pipeline.training.recipe import Recipe

# search.yaml holds the ranges of a search: tests/sweeps/test_search.py reads it.
CONFIGS = sorted(path for path in (Path(__file__).parents[1] / "configs").glob("*.yaml") if path.stem != "search")


def recipe(*arguments):
    return parse(train.parser(), list(arguments))[1]


@pytest.fixture
def config(tmp_path):
    """Write YAML text to a file and give its path."""

    def write(text, name="mine.yaml"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def test_there_are_recipes():
    assert {"fast", "smoke"} <= {path.stem for path in CONFIGS}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_recipe_parses_and_a_misspelt_key_in_it_fails_by_name(path, tmp_path):
    assert isinstance(read_recipe(path), Recipe)
    content = yaml.safe_load(path.read_text())
    content.setdefault("optim", {})["learning_rat"] = 0.1
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match=r"optim\.learning_rat"):
        read_recipe(tmp_path / "wrong.yaml")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_written_recipe_reads_back_equal(path, tmp_path):
    original = read_recipe(path)
    write_recipe(original, tmp_path / "config.yaml")
    assert read_recipe(tmp_path / "config.yaml") == original


def test_later_files_win_over_earlier_ones_and_the_line_over_both(config):
    first = config("train: {length: 3 epochs, batch_size: 100}\nseed: 1\n", "first.yaml")
    second = config("train: {batch_size: 200}\nseed: 2\n", "second.yaml")
    built = recipe("--config", first, "--config", second, "--seed", "3")
    assert (built.train.length, built.train.batch_size, built.seed) == ("3 epochs", 200, 3)
    assert recipe("--config", second, f"--config={first}").train.batch_size == 100


def test_nested_values_come_through(config):
    built = recipe("--config", config("augment:\n  resolutions:\n    - {size: 24, until: 50%}\n"),
                   "--model.whitened.widths", "[8, 16, 24]")  # fmt: skip
    assert built.augment.resolutions[0].size == 24
    assert tuple(built.model.whitened.widths) == (8, 16, 24)


def test_only_values_that_are_not_the_default_are_checked_in_a_file_alone(config):
    assert without_defaults(as_plain(asdict(Recipe()))) == {}
    some = {"seed": 1, "log": {"wandb": "off"}, "other": {}}
    assert without_defaults(some | {"log": {"tags": [], "wandb": "off"}, "loss": {"label_smoothing": 0.2}}) == some
    with pytest.raises(UserError, match="seed is False; allowed: a whole number"):  # equal to 0, but not a number
        read_recipe(Path(config("seed: false")))


WRONG = {
    "seed: -1": "seed is -1; allowed: 0 to 18446744073709551615",
    "optim: {lrr: 0.1}": "optim.lrr",
    "otpim: {lr: 0.1}": "otpim",
    "optim: {lr: fast}": "optim.lr",
    "optim: {lr: -1}": "optim.lr is -1.0; allowed: a positive number",
    "optim: {kind: lion}": "optim.kind",
    "optim: {warmup: soon}": "optim.warmup is 'soon'; allowed: \"200 steps\"",
    "train: {length: 50%}": "train.length is '50%'; allowed",
    "train: {batch_size: 1.5}": "train.batch_size",
    "train: {batch_size: 10, accumulate: 3}": "train.batch_size is 10; allowed: multiples of 3",
    "train: {precision: fp8}": "train.precision",
    "data: {validation: -5}": "data.validation is -5; allowed: 0 or more",
    "augment: {cutout: 40}": "augment.cutout is 40; allowed: 0 to 32",
    "augment: {resolutions: [{size: 25, until: 50%}]}": "augment.resolutions",
    "model: {whitened: {depth: 7}}": "model.whitened.depth is 7; allowed: 2 or 3",
    "loss: {label_smoothing: 1.0}": "loss.label_smoothing is 1.0; allowed: 0 to below 1",
    "averaging: {kind: ema, decay: 1.0}": "averaging.decay is 1.0; allowed: 0 to below 1",
    "checkpoint: {every: 0}": "checkpoint.every is 0; allowed: 1 or more",
    "checkpoint: {seconds: .nan}": "checkpoint.seconds is nan; allowed: 0 or a positive number",
    "predict: {views: 3}": "predict.views",
    "predict: {checkpoint: best}\ndata: {validation: 0}": "predict.checkpoint is 'best'",
    "log: {wandb: maybe}": "log.wandb",
    "seed: 1\nseed: 2": "seed occurs twice (line 2)",
    "optim:\n  lr: 1\n  lr: 2": "optim.lr occurs twice (line 3)",
    "seed: [1": "not valid YAML",
    "- a\n- b": "mine.yaml",
    "just words": "mine.yaml",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_in_a_file_is_one_line_with_its_key(config, text):
    with pytest.raises(UserError, match=re.escape(WRONG[text])) as error:
        recipe("--config", config(text))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--optim.lrr", "0.1"], "optim.lrr"),
        (["--selection.shar", "0.3"], "did you mean selection.share"),
        (["--optim.lr", "fast"], "optim.lr"),
        (["--optim.lr=-1"], "optim.lr is -1.0; allowed"),
        (["--optim.lr"], "optim.lr"),
        (["--config", "nowhere.yaml"], "--config nowhere.yaml: no such file"),
        (["--config=nowhere.yaml"], "--config nowhere.yaml: no such file"),
        (["--config"], "--config"),
        (["words"], "words"),
        (["--train.length", "eight"], "train.length is 'eight'; allowed"),
        (["--model.whitened.widths", "[8, 8]"], "model.whitened.widths"),
    ],
)
def test_a_mistake_on_the_line_is_one_line_with_its_key_and_code_2(arguments, named, capsys):
    assert cli.main(["train", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert named in error
    assert error.count("\n") == 1


def test_help_names_every_part_with_its_text(capsys):
    assert cli.main(["train", "--help", "all"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for key in ("--optim.lr", "--augment.cutmix", "--data.validation", "--train.length", "--model.name", "--resume"):
        assert key in text
    assert "Peak learning rate of the filters" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--train.device", "cuda"], "train.device is cuda; allowed: auto, cpu, gpu"),
        (["--optim.lr", "abc"], "optim.lr is abc; allowed: a number"),
        (["--seed", "0,1"], "seed is 0,1; allowed: a whole number"),
        (["--train.compile", "7"], "train.compile is 7; allowed: true or false"),
        (["--data.train_limit", "x"], "data.train_limit is x; allowed: a whole number or null"),
        (["--model.whitened.widths", "x"], "model.whitened.widths is x; allowed: a list such as [1, 2, 3]"),
        (["fast.yaml"], "unrecognized arguments: fast.yaml; name a recipe's file with --config FILE"),
        (["--config", "configs"], "--config configs: a folder; the recipes are in configs/"),
    ],
)
def test_a_value_of_a_wrong_type_is_answered_in_a_users_words(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    with pytest.raises(UserError) as error:
        parse(train.parser(), arguments)
    assert str(error.value) == message


def test_print_config_shows_the_defaults_too(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--print_config", "--seed", "3"])
    options = {"resume": None, "trust": False, "name": None}
    assert yaml.safe_load(capsys.readouterr().out) == as_plain(asdict(Recipe(seed=3))) | options


@pytest.fixture
def fresh_notes():
    """Each note is printed once per process: forget those of other tests."""
    config_module.note_renamed.cache_clear()
    config_module.note_removed.cache_clear()


@pytest.mark.parametrize(("old", "new"), sorted(RENAMED.items()))
def test_a_renamed_key_names_one_that_a_recipe_has_and_is_gone_itself(old, new):
    tree = as_plain(asdict(Recipe()))
    *above, name = new.split(".")
    node = functools.reduce(dict.__getitem__, above, tree)
    assert name in node
    assert old.rpartition(".")[2] not in node


@pytest.mark.parametrize("form", ["file", "flag", "flag with =", "setting"])
def test_an_old_key_is_still_read_and_a_line_names_the_new_one(form, config, capsys, fresh_notes):
    if form == "setting":
        built = with_settings(Recipe(), {"predict.doubt": 0.25})
    else:
        file = config("predict: {doubt: 0.25, views: 18}\n")
        words = {
            "file": ["--config", file],
            "flag": ["--predict.doubt", "0.25"],
            "flag with =": ["--predict.doubt=0.25"],
        }
        built = recipe(*words[form])
    assert built.predict.margin == 0.25
    note = "note: predict.doubt is called predict.margin now; rename it in your recipe or command\n"
    assert capsys.readouterr().err == note


def test_an_old_key_beside_its_new_name_is_refused(config):
    with pytest.raises(UserError, match=r"predict\.doubt and predict\.margin are the same key"):
        recipe("--config", config("predict: {doubt: 0.25, margin: 0.5}\n"))


@pytest.mark.parametrize("form", ["file", "flag", "flag with =", "setting"])
def test_a_removed_key_is_ignored_and_a_line_says_so(form, config, capsys, fresh_notes):
    if form == "setting":
        built = with_settings(Recipe(), {"model.whitened.winograd": True, "model.whitened.depth": 3})
    else:
        file = config("model: {whitened: {winograd: true, depth: 3}}\n")
        words = {
            "file": ["--config", file],
            "flag": ["--model.whitened.winograd", "true", "--model.whitened.depth", "3"],
            "flag with =": ["--model.whitened.winograd=true", "--model.whitened.depth=3"],
        }
        built = recipe(*words[form])
    assert built.model.whitened.depth == 3
    assert not hasattr(built.model.whitened, "winograd")
    error = capsys.readouterr().err
    assert error.startswith("note: model.whitened.winograd has no effect any more: train.kernels chooses")
    assert error.count("\n") == 1


def test_a_removed_key_at_its_default_is_dropped_silently(config, capsys, fresh_notes):
    """The config.yaml of an old run has every key."""
    assert recipe("--config", config("model: {whitened: {winograd: false}}\n")) == Recipe()
    assert capsys.readouterr().err == ""
