"""The worked examples of docs/extending.md, applied to a copy of the project and run."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.docs import pages
from tests.docs.small_images import CLASSES, TEST, write_images

PAGE = pages.ROOT / "docs" / "extending.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with every example applied, small random images, a solution and a submission."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("pipeline", "leaderboard", "configs"):
        shutil.copytree(pages.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
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


def run(project, command: str) -> subprocess.CompletedProcess:
    """Run a command of the page in the copy."""
    words = shlex.split(command)
    words = ["-m", "leaderboard", *words[1:]] if words[0] == "leaderboard" else words[1:]
    environment = {name: value for name, value in os.environ.items() if name != "DATA_DIR"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=project,
        env=environment | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


COMMANDS = [piece.text for piece in pages.commands() if piece.page == PAGE and piece.kind == "command"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(project, command):
    done = run(project, command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_metric_counts_what_it_says(project):
    """Ships for trucks are right, trucks for cats are wrong: 18 of 20."""
    score = next(command for command in COMMANDS if command.startswith("leaderboard score"))
    done = run(project, score)
    assert done.returncode == 0, done.stderr
    assert "0.9000 (18 of 20;" in done.stdout
