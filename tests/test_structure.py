"""The order of the rooms: who may import whom, in both packages.

The imports are read from the syntax, including those inside functions and under `if TYPE_CHECKING`. `from a import b`
counts as an import of the module a.b if there is one, else of a. A room is a folder with all that is in it; in every
folder, its modules and rooms form no circle.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("leaderboard", "pipeline")
# From each module to the modules that it imports.
Imports = Mapping[str, set[str]]


# Reading the imports


def module_name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(tree: ast.AST, package: str) -> Iterator[str]:
    """Dotted names of what is imported; `package` is the one that relative imports start from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            start = ".".join(filter(None, (above, node.module)))
            yield from (f"{start}.{alias.name}" for alias in node.names)


def read_imports(root: Path, packages: tuple[str, ...] = PACKAGES) -> dict[str, set[str]]:
    """The imports among all modules of the packages."""
    files = {module_name(root, path): path for package in packages for path in (root / package).rglob("*.py")}
    return {name: set(modules_of(name, path, files)) - {name} for name, path in files.items()}


def modules_of(name: str, path: Path, files: Mapping[str, Path]) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for imported in imported_names(ast.parse(path.read_text()), package):
        found = next((n for n in (imported, imported.rpartition(".")[0]) if n in files), None)
        if found is not None:
            yield found


# The checks: each gives what is against its rule


def circles(arrows: Imports) -> list[tuple[str, ...]]:
    """The groups of two or more that import one another, in one step or several; each sorted."""
    reached = {name: reachable(arrows, name) for name in arrows}
    groups = {tuple(sorted({other for other in reached[name] if name in reached.get(other, ())})) for name in arrows}
    return sorted(group for group in groups if len(group) > 1)


def reachable(arrows: Imports, start: str) -> set[str]:
    """What is imported from `start`, in one step or several."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += new
    return seen


def between_rooms(imports: Imports) -> dict[str, set[str]]:
    """The arrows between what lies in one folder: its modules, and each folder in it taken as a whole."""
    folders = {name.rpartition(".")[0] for name in imports}
    paths = {name: (f"{name}.__init__" if name in folders else name).split(".") for name in imports}
    arrows: dict[str, set[str]] = {}
    for name, targets in imports.items():
        for target in targets:
            one, other = neighbours(paths[name], paths[target])
            arrows.setdefault(one, set()).add(other)
            arrows.setdefault(other, set())
    return arrows


def neighbours(one: list[str], other: list[str]) -> tuple[str, str]:
    """The first step where two paths part."""
    depth = next(depth for depth, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return ".".join(one[: depth + 1]), ".".join(other[: depth + 1])


def from_commands(imports: Imports) -> list[tuple[str, str]]:
    """Imports of a commands/ folder by any module but a command and a command line (cli, __main__)."""
    return [
        (name, target)
        for name, targets in sorted(imports.items())
        for target in sorted(targets)
        if "commands" in target.split(".")
        and "commands" not in name.split(".")
        and name.rpartition(".")[2] not in ("cli", "__main__")
    ]


def to_labels(imports: Imports) -> list[str]:
    """What of leaderboard.scoring the code that judges a submission can reach, packages on the way included."""
    found = set()
    for name in imports:
        if within(name, "leaderboard.submission"):
            found |= {target for target in reachable(imports, name) if within(target, "leaderboard.scoring")}
    return sorted(found)


def across(imports: Imports, one: str, other: str) -> list[tuple[str, str]]:
    """Imports from one package into another."""
    return [
        (name, target)
        for name, targets in sorted(imports.items())
        for target in sorted(targets)
        if within(name, one) and within(target, other)
    ]


def out_of(imports: Imports, room_name: str) -> list[tuple[str, str]]:
    """Imports that leave a room that can be lifted out."""
    return [
        (name, target)
        for name, targets in sorted(imports.items())
        for target in sorted(targets)
        if within(name, room_name) and not within(target, room_name)
    ]


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


# Both packages as they are


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    found = read_imports(ROOT)
    assert {"leaderboard.submission.validation", "pipeline.cli"} <= found.keys()
    return found


def test_no_file_circle(imports: Imports) -> None:
    assert circles(imports) == KNOWN_FILE_CIRCLES


def test_no_folder_circle(imports: Imports) -> None:
    assert circles(between_rooms(imports)) == KNOWN_FOLDER_CIRCLES


def test_nothing_imports_from_commands(imports: Imports) -> None:
    assert from_commands(imports) == KNOWN_IMPORTS_FROM_COMMANDS


def test_what_judges_a_submission_cannot_reach_the_labels(imports: Imports) -> None:
    assert to_labels(imports) == []


def test_the_packages_do_not_import_one_another(imports: Imports) -> None:
    """The pipeline's practice competition runs the leaderboard's commands as processes: it imports nothing of it."""
    assert across(imports, "leaderboard", "pipeline") == []
    assert across(imports, "pipeline", "leaderboard") == []


@pytest.mark.parametrize("name", ["convolution", "recurrent"])
def test_a_module_that_can_be_lifted_out(imports: Imports, name: str) -> None:
    assert out_of(imports, f"pipeline.{name}") == KNOWN_IMPORTS_OUT_OF[name]


# What is not yet in order. Each list is exact, so that what is mended must be taken off it.

KNOWN_FILE_CIRCLES: list[tuple[str, ...]] = []
KNOWN_FOLDER_CIRCLES: list[tuple[str, ...]] = []
KNOWN_IMPORTS_FROM_COMMANDS: list[tuple[str, str]] = []
KNOWN_IMPORTS_OUT_OF: dict[str, list[tuple[str, str]]] = {"convolution": [], "recurrent": []}


# Each check fails on a planted import


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository in order."""
    modules = (
        "leaderboard/cli leaderboard/commands/submit leaderboard/competition/entries leaderboard/scoring/solution "
        "leaderboard/submission/rows leaderboard/submission/header leaderboard/table/words "
        "pipeline/cli pipeline/commands/train pipeline/core/files pipeline/convolution/grid pipeline/recurrent/cells "
        "pipeline/training/train"
    )
    for module in modules.split():
        path = tmp_path / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in {path.parent, tmp_path / module.split("/")[0]}:
            (folder / "__init__.py").touch()
        path.touch()
    plant(tmp_path, "leaderboard/cli", "from leaderboard.commands import submit")
    plant(tmp_path, "leaderboard/commands/submit", "def run():\n    from leaderboard.competition.entries import x")
    plant(tmp_path, "leaderboard/competition/entries", "from leaderboard.scoring import solution")
    plant(tmp_path, "leaderboard/scoring/solution", "import leaderboard.submission.rows")
    plant(tmp_path, "leaderboard/submission/rows", "from leaderboard.submission.header import x")
    plant(tmp_path, "leaderboard/submission/header", "from ..table import words")
    plant(tmp_path, "pipeline/commands/train", "from pipeline.training.train import x")
    return tmp_path


def plant(root: Path, module: str, line: str) -> None:
    with (root / f"{module}.py").open("a") as file:
        file.write(f"{line}\n")


def test_a_tree_in_order_passes_every_check(tree: Path) -> None:
    imports = read_imports(tree)
    assert imports["leaderboard.submission.header"] == {"leaderboard.table.words"}
    assert not circles(imports)
    assert not circles(between_rooms(imports))
    assert not from_commands(imports)
    assert not to_labels(imports)
    assert not across(imports, "pipeline", "leaderboard")
    assert not out_of(imports, "pipeline.convolution")


@pytest.mark.parametrize(
    "line",
    [
        "import leaderboard.submission.rows",
        "from leaderboard.submission import rows",
        "from leaderboard.submission.rows import IdColumn",
        "from . import rows",
        "from .rows import IdColumn",
        "def check():\n    from leaderboard.submission.rows import IdColumn",
        "class Header:\n    def check(self):\n        if True:\n            from .rows import IdColumn",
        "if TYPE_CHECKING:\n    from leaderboard.submission.rows import IdColumn",
        "if TYPE_CHECKING:\n    import ast\nelse:\n    from .rows import IdColumn",
    ],
)
def test_a_planted_file_circle(tree: Path, line: str) -> None:
    plant(tree, "leaderboard/submission/header", line)
    assert circles(read_imports(tree)) == [("leaderboard.submission.header", "leaderboard.submission.rows")]


def test_a_planted_folder_circle(tree: Path) -> None:
    (tree / "pipeline/core/hardware.py").touch()
    plant(tree, "pipeline/core/hardware", "def main():\n    from pipeline.training import train")
    plant(tree, "pipeline/training/train", "from pipeline.core.files import write")
    imports = read_imports(tree)
    assert not circles(imports)
    assert circles(between_rooms(imports)) == [("pipeline.core", "pipeline.training")]


def test_a_planted_circle_of_a_folder_and_one_inside_it(tree: Path) -> None:
    (tree / "pipeline/core/deep").mkdir()
    (tree / "pipeline/core/deep/inner.py").write_text("from pipeline.core.files import write\n")
    (tree / "pipeline/core/other.py").write_text("from pipeline.core.deep import inner\n")
    imports = read_imports(tree)
    assert not circles(imports)
    # The folder is used by what lies beside it, and may use another neighbour; not the one that uses it.
    assert not circles(between_rooms(imports))
    plant(tree, "pipeline/core/deep/inner", "import pipeline.core.other")
    assert ("pipeline.core.deep", "pipeline.core.other") in circles(between_rooms(read_imports(tree)))


@pytest.mark.parametrize(
    "line", ["from pipeline.commands import train", "def f():\n    import pipeline.commands.train"]
)
def test_a_planted_import_from_commands(tree: Path, line: str) -> None:
    plant(tree, "pipeline/core/files", line)
    assert from_commands(read_imports(tree)) == [("pipeline.core.files", "pipeline.commands.train")]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("leaderboard/submission/rows", "from leaderboard.scoring import solution"),
        ("leaderboard/submission/__init__", "def f():\n    from leaderboard.competition import entries"),
        ("leaderboard/table/words", "import leaderboard.scoring.solution"),
    ],
)
def test_a_planted_way_to_the_labels(tree: Path, module: str, line: str) -> None:
    plant(tree, module, line)
    assert "leaderboard.scoring.solution" in to_labels(read_imports(tree))


def test_a_planted_import_of_the_other_package(tree: Path) -> None:
    plant(tree, "leaderboard/cli", "from pipeline.core import files")
    plant(tree, "pipeline/core/files", "import leaderboard.cli")
    imports = read_imports(tree)
    assert across(imports, "leaderboard", "pipeline") == [("leaderboard.cli", "pipeline.core.files")]
    assert across(imports, "pipeline", "leaderboard") == [("pipeline.core.files", "leaderboard.cli")]


@pytest.mark.parametrize(("name", "module"), [("convolution", "grid"), ("recurrent", "cells")])
def test_a_planted_import_out_of_a_room(tree: Path, name: str, module: str) -> None:
    plant(tree, f"pipeline/{name}/{module}", "def f():\n    from pipeline.core import files")
    assert out_of(read_imports(tree), f"pipeline.{name}") == [(f"pipeline.{name}.{module}", "pipeline.core.files")]
