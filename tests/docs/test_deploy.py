"""The examples in docs/deploy/ that no test can run whole: the systemd unit and the Dockerfile."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"


def test_the_unit_is_understood_by_systemd(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    text = (DEPLOY / "leaderboard.service").read_text()
    unit = tmp_path / "leaderboard.service"
    unit.write_text(text.replace("/opt/leaderboard/bin/leaderboard", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "leaderboard.service" in line and "postgresql" not in line]
    assert not ours, done.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("leaderboard.service", ("127.0.0.1", 8000, "https://cifar.example.org", "127.0.0.1")),
        ("Dockerfile", ("0.0.0.0", 8000, "http://localhost:8000", "")),
    ],
)
def test_the_commands_in_the_examples_are_understood(name: str, expected: tuple) -> None:
    from leaderboard.cli import build_parser
    from leaderboard.server.core.settings import Settings

    text = (DEPLOY / name).read_text()
    if name == "Dockerfile":
        lists = [json.loads(found) for found in re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", text, re.MULTILINE)]
        words = [*lists[0][1:], *lists[1]]
    else:
        words = re.search(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE)[1].split()
    args = build_parser().parse_args(words)
    settings = Settings(host=args.host, port=args.port, url=args.url, proxy=args.behind_proxy)
    assert (settings.host, settings.port, settings.url, settings.proxy) == expected


def test_the_image_copies_what_is_there_and_runs_as_nobody_special() -> None:
    """What a linter of Dockerfiles would say first; it is built only where a builder is."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY "):
            *sources, _ = line.split()[1:]
            assert all((DEPLOY.parents[1] / source).exists() for source in sources), line
    last_user = [line.split()[1] for line in lines if line.startswith("USER ")][-1]
    assert last_user not in ("root", "0")
    assert not any(re.match(r"FROM \S+(:latest)?$", line) and ":" not in line for line in lines)
    assert all("--no-cache-dir" in line for line in lines if "pip install" in line and not line.startswith("#"))
