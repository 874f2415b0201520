"""Metrics by name, and the contract of a course's own metric."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leaderboard.core.errors import LeaderboardError
from leaderboard.scoring import metrics
from leaderboard.scoring.metrics import accuracy, find_metric, probe, score_rows

TRUTH, PREDICTED = np.array([0, 5, 2], np.int16), np.array([1, 1, 2], np.int16)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], str]:
    """Put a function where a tutor's module would be; its name as a metric."""

    def install(function: Any) -> str:
        module = types.ModuleType("course_metrics")
        module.metric = function
        monkeypatch.setitem(sys.modules, "course_metrics", module)
        return "course_metrics:metric"

    return install


def test_a_metric_of_ones_own(own: Callable[[Any], str]) -> None:
    name = own(lambda truth, predicted: abs(truth - predicted) <= 1)
    probe(name, 10)
    assert score_rows(name, TRUTH, PREDICTED, 10).tolist() == [True, False, True]


@pytest.mark.parametrize("name", ["acuracy", "course:missing", "os:nothing", ":", "a:b:c", "", "os:"])
def test_an_unknown_metric_is_named(name: str) -> None:
    with pytest.raises(LeaderboardError, match="not known: use accuracy"):
        find_metric(name)


def writes(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    predicted[:] = truth
    return truth == predicted


def boom(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    raise KeyError("two\nlines")


DRAW = np.random.default_rng(0)
BROKEN: dict[str, tuple[Any, str]] = {
    "floats": (lambda t, p: np.where(t == p, 0.5, 0.1), "float64, not bool"),
    "ints": (lambda t, p: (t == p).astype(int), "int64, not bool"),
    "a scalar": (lambda t, p: float((t == p).mean()), "float, not an array"),
    "a NumPy scalar": (lambda t, p: (t == p).all(), "bool, not an array"),
    "a list": (lambda t, p: (t == p).tolist(), "list, not an array"),
    "nothing": (lambda t, p: None, "NoneType, not an array"),
    "too short": (lambda t, p: (t == p)[:2], r"shape \(2,\) for"),
    "a column": (lambda t, p: (t == p)[:, None], r"shape \(100, 1\) for"),
    "a matrix": (lambda t, p: t[:, None] == p, r"shape \(100, 100\) for"),
    "objects": (lambda t, p: (t == p).astype(object), "object, not bool"),
    "the errors": (lambda t, p: t != p, "where the right class is not"),
    "one class upside down": (lambda t, p: (t == p) ^ (t == 7), "where the right class is not"),
    "always True": (lambda t, p: t == t, "True for every prediction"),
    "never True": (lambda t, p: t != t, "False for every prediction"),
    "by chance": (
        lambda t, p: (t == p) & (DRAW.random(len(t)) < 0.5),
        "it must not be random",
    ),
    "raises": (boom, "it raised KeyError: 'two"),
    "takes one argument": (lambda t: t == 0, "it raised TypeError"),
    "writes into the truth's neighbour": (writes, "it raised ValueError"),
    "not a function": (3.14, "it is float, not a function"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_metric_that_breaks_the_contract_is_refused_in_one_line(own: Callable[[Any], str], kind: str) -> None:
    function, reason = BROKEN[kind]
    name = own(function)
    for use in (lambda: probe(name, 10), lambda: score_rows(name, TRUTH, PREDICTED, 10)):
        with pytest.raises(LeaderboardError, match=reason) as raised:
            use()
        assert "\n" not in str(raised.value)


def test_a_metric_that_fails_only_on_the_real_rows_is_refused(own: Callable[[Any], str]) -> None:
    name = own(lambda t, p: (t == p)[:100])
    probe(name, 10)
    with pytest.raises(LeaderboardError, match=r"shape \(100,\) for 2,000 rows"):
        score_rows(name, np.zeros(2000, np.int16), np.zeros(2000, np.int16), 10)


@pytest.mark.parametrize(("wrong", "is_refused"), [(99, True), (100, False)])
def test_a_hundred_classes_are_tried(own: Callable[[Any], str], wrong: int, is_refused: bool) -> None:
    """So that all pairs fit into int16; this metric is upside down for one class."""
    name = own(lambda t, p: (t == p) ^ (t == wrong))
    if is_refused:
        with pytest.raises(LeaderboardError, match="where the right class is not"):
            probe(name, 1000)
    else:
        probe(name, 1000)


def test_two_hundred_characters_of_an_error_are_shown(own: Callable[[Any], str]) -> None:
    def fails(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        raise ValueError("x" * 500)

    with pytest.raises(LeaderboardError) as raised:
        probe(own(fails), 10)
    assert str(raised.value).partition("it raised ")[2] == "ValueError: " + "x" * 188


@pytest.mark.parametrize("is_safe", [True, False])
def test_the_current_folder_is_not_searched_under_pythons_safe_path(
    monkeypatch: pytest.MonkeyPatch, is_safe: bool
) -> None:
    path = ["elsewhere"]
    monkeypatch.setattr(
        metrics, "sys", types.SimpleNamespace(flags=types.SimpleNamespace(safe_path=is_safe), path=path)
    )
    with pytest.raises(LeaderboardError, match="not known"):
        find_metric("nothing_of_this_name:metric")
    assert path == (["elsewhere"] if is_safe else [str(Path.cwd()), "elsewhere"])


def test_a_metric_of_some_classes_is_accepted(own: Callable[[Any], str]) -> None:
    """Only two classes count: rows of the other classes are never hits."""
    name = own(lambda t, p: (t == p) & (t < 2))
    probe(name, 10)
    assert score_rows(name, np.arange(10), np.arange(10), 10).tolist() == [True] * 2 + [False] * 8


def test_many_classes_and_the_built_in_metric_are_probed() -> None:
    for classes in (2, 10, 1000):
        probe("accuracy", classes)
    assert score_rows("accuracy", TRUTH, PREDICTED, 10).tolist() == accuracy(TRUTH, PREDICTED).tolist()


def test_numpys_functions_keep_the_contract_or_are_refused() -> None:
    probe("numpy:equal", 10)
    for name in ("numpy:subtract", "numpy:greater", "numpy:not_equal", "operator:is_"):
        with pytest.raises(LeaderboardError, match="metric"):
            probe(name, 10)


@pytest.mark.parametrize("text", ["import nowhere_at_all", "1 / 0", "def (", "raise SystemExit(3)"])
def test_a_module_that_cannot_be_imported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "broken_metric.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_metric", raising=False)
    with pytest.raises(LeaderboardError, match=r"its module cannot be imported: [A-Z]"):
        find_metric("broken_metric:near")


@pytest.mark.parametrize("way", ["module", "console script"])
def test_the_module_is_found_in_the_current_folder(tmp_path: Path, way: str) -> None:
    source = "def near(truth, predicted):\n    return abs(truth - predicted) <= 1\n"
    (tmp_path / "vehicles_metric.py").write_text(source)
    rows = "".join(f"{i},{label}\n" for i, label in enumerate("aabb", 1))
    (tmp_path / "solution.csv").write_text("id,label\n" + rows + "5,c\n")
    (tmp_path / "sub.csv").write_text("id,label\n" + rows.replace("a", "b") + "5,a\n")
    script = "import sys; sys.path.remove(''); from leaderboard.cli import main; sys.exit(main())"
    start = ["-m", "leaderboard"] if way == "module" else ["-c", script]
    asked = ["score", "sub.csv", "--solution", "solution.csv", "--metric", "vehicles_metric:near"]
    done = subprocess.run([sys.executable, *start, *asked], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "near 0.8000 (4 of 5" in done.stdout, done.stderr
