"""Type errors per room may fall and never rise: compare mypy's count with tests/tools/type_errors.json.

`python -m tests.tools.type_ratchet` ends with exit code 1 if a room has more errors than recorded, and prints them;
`--write` records the present counts after some were mended. A room that is not listed has 0 errors.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORD = Path(__file__).with_name("type_errors.json")
PACKAGES = ("leaderboard", "pipeline")


def main(arguments: list[str] | None = None) -> int:
    """Run mypy and compare; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="record the present counts")
    write = parser.parse_args(arguments).write
    errors = type_errors()
    counts = count(errors)
    if write:
        RECORD.write_text(json.dumps(dict(sorted(counts.items())), indent=2) + "\n")
    problems = compare(counts, json.loads(RECORD.read_text()))
    for room in problems:
        print("\n".join(line for line in errors if room_of(line) == room))
    print("\n".join(problems.values()) or f"types: {sum(counts.values())} recorded errors, no new one")
    return int(bool(problems))


def type_errors() -> list[str]:
    """The lines of mypy's output that report an error."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--num-workers=2", *PACKAGES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"mypy did not run: {done.stdout}{done.stderr}")
    return [line for line in done.stdout.splitlines() if ": error: " in line]


def count(errors: list[str]) -> Counter:
    """Errors per room."""
    return Counter(map(room_of, errors))


def room_of(line: str) -> str:
    """The folder of the file that an error line names: at most two levels, such as pipeline/data."""
    return "/".join(re.split(r":\d+", line)[0].split("/")[:-1][:2])


def compare(counts: Counter, recorded: dict[str, int]) -> dict[str, str]:
    """What is wrong, by room: more errors than recorded, or fewer, so that the record has to follow."""
    problems = {}
    for room in sorted(counts.keys() | recorded.keys()):
        now, before = counts.get(room, 0), recorded.get(room, 0)
        if now > before:
            problems[room] = f"{room}: {now} type errors, {before} recorded: mend the new ones above"
        elif now < before:
            problems[room] = f"{room}: {now} type errors, {before} recorded: python -m tests.tools.type_ratchet --write"
    return problems


if __name__ == "__main__":
    sys.exit(main())
