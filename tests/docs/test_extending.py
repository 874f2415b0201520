"""The worked examples of docs/extending.md, applied to a copy of the project and run."""

import importlib
import os
import shlex
import shutil
import sys

import pytest

from tests.docs import pages
from tests.docs.small_images import CLASSES, TEST, write_images
from tests.forked import run_in_fork

PAGE = pages.ROOT / "docs" / "extending.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with every example applied, small random images, a solution and a submission."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("pipeline", "leaderboard", "configs"):
        shutil.copytree(pages.ROOT / name, folder / name)
    for block in pages.blocks(PAGE):
        if block.kind == "diff":
            change(folder / block.title, block.text)
        elif block.title:
            assert not (folder / block.title).exists(), f"{block.title} exists already"
            (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.title).write_text(block.text)
    write_images(folder / "data")
    labels = "".join(f"{number},{CLASSES[number % 10]}\n" for number in range(1, TEST + 1))
    (folder / "solution.csv").write_text("id,label\n" + labels)
    (folder / "submission.csv").write_text("id,label\n" + labels.replace("truck", "ship").replace("cat", "truck"))
    return folder


def change(path, diff):
    """Apply a diff without line numbers; what it changes stands in the file once."""
    lines = diff.splitlines()
    old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name} does not hold once:\n{old}"
    path.write_text(text.replace(old, new))


def run(project, command: str) -> tuple[int, bytes, str]:
    """Run a command of the page in a process that imports the copy: its code, its output, its errors."""
    words = shlex.split(command)
    module, words = ("leaderboard", words[1:]) if words[0] == "leaderboard" else (words[2], words[3:])

    def work() -> int:
        for name in [name for name in sys.modules if name.split(".")[0] in ("pipeline", "leaderboard", "tests")]:
            del sys.modules[name]
        sys.path.insert(0, str(project))
        os.environ.pop("DATA_DIR", None)
        if module == "pipeline":  # as in other tests, no figures
            importlib.import_module("pipeline.runs.figures").write_figures = lambda *arguments: None
        main = pytest.main if module == "pytest" else importlib.import_module(f"{module}.cli").main
        return int(main(words) or 0)

    return run_in_fork(work, project)


COMMANDS = [piece.text for piece in pages.commands() if piece.page == PAGE and piece.kind == "command"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(project, command):
    code, output, error = run(project, command)
    assert code == 0, output.decode() + error


def test_the_metric_counts_what_it_says(project):
    """Ships for trucks are right, trucks for cats are wrong: 18 of 20."""
    score = next(command for command in COMMANDS if command.startswith("leaderboard score"))
    code, output, error = run(project, score)
    assert code == 0, error
    assert "0.9000 (18 of 20;" in output.decode()
