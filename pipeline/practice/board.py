"""A practice competition on this machine: the leaderboard's commands, run as a tutor and a participant would.

The leaderboard is another package behind its command line; nothing of it is imported here.
"""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.data.settings import DataConfig
from pipeline.practice.baseline import write_linear
from pipeline.practice.files import write_solution
from pipeline.runs.folder import read_summary, recipe_of

# A practice board is for trying things out: no limit that a person would meet.
DAILY_QUOTA = 1000

# Not `competition`, which is the folder of a tutor's own in every example.
FOLDER, OLD = Path("practice"), Path("competition")
RULES, MARK = "rules.toml", "practice.txt"
MARKED = "A competition for practice, made by `python -m pipeline submit`; delete it when you like.\n"

# The leaderboard's exit code where a rule refuses an entry, such as the same file a second time.
REFUSED_BY_RULES = 3


def data_of(run: Path) -> str:
    """The source that a finished run was trained on; raises UserError if the run is not finished."""
    summary = read_summary(run)
    if summary is not None:
        return data_name(run, summary["data"])
    if not (run / "config.yaml").is_file():
        raise UserError(f"there is no run {run}; `make train` makes one, and runs/ lists those that exist")
    raise UserError(f"{run} is not a finished run (no readable summary.json); finish it with --resume {run}")


def data_name(run: Path, name: str) -> str:
    """The name of a source as a summary tells it.

    Raises UserError for one that no source has: it becomes part of a path.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        raise UserError(f"{run / 'summary.json'} names {name!r} as its data, which is not the name of a source")
    return name


def source_of(run: Path) -> DataConfig:
    """The DataConfig of a run: the same images again, whichever way they were found, and all of them."""
    return replace(recipe_of(run).data, train_limit=None)


def folder_of(data: str, base: Path | None) -> Path:
    """Where the practice competition of a source lies: the stand-in's says so in its name.

    Without a `base`, FOLDER; or, if there is none, a practice competition that an older version made in OLD.
    Raises UserError if a competition lies there that is not marked as one for practice, unless `base` asks for it.
    """
    if base is not None:
        return _named(base, data)
    new, old = _named(FOLDER, data), _named(OLD, data)
    folder = old if not new.exists() and (old / RULES).exists() and is_practice(old) else new
    if (folder / RULES).exists() and not is_practice(folder):
        raise UserError(
            f"{folder} is a competition, and not one for practice: move it, or, if you mean it, --competition {folder}"
        )
    return folder


def _named(base: Path, data: str) -> Path:
    return base if data == "cifar10" else base.with_name(f"{base.name}-{data}")


def is_practice(competition: Path) -> bool:
    """Whether the folder is marked; or, of an older version, has its solution and its baseline beside it."""
    private = competition.with_name(f"{competition.name}-solution")
    return (competition / MARK).exists() or all((private / name).exists() for name in ("solution.csv", "linear.csv"))


def leaderboard(*words: str | Path | int, quiet: bool = False, fine: tuple[int, ...] = (0,)) -> str:
    """Run `python -m leaderboard ...`; what it printed, if quiet.

    Raises UserError if it ends with an exit code that is not `fine` (it has said why).
    """
    command = [sys.executable, "-m", "leaderboard", *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE if quiet else None, text=True, check=False)
    if done.returncode not in fine:
        raise UserError(f"the leaderboard refused `{' '.join(map(str, words[:2]))}` (exit code {done.returncode})")
    return done.stdout or ""


def ensure(competition: Path, data: str, config: DataConfig) -> None:
    """Make the practice competition of the source `data`, with its baselines, unless it is there."""
    if (competition / RULES).exists():
        return
    print(f"making a practice competition in {competition}; its labels serve for scoring only")
    private = competition.with_name(f"{competition.name}-solution")
    solution = write_solution(private, config, data)
    leaderboard("init", competition, "--solution", solution, "--daily-quota", DAILY_QUOTA, quiet=True)
    (competition / MARK).write_text(MARKED)
    enter_baseline(competition, "classes in turn", competition / "sample_submission.csv")
    linear = private / "linear.csv"
    write_linear(linear, config)
    enter_baseline(competition, "linear on pixels", linear)


def enter_baseline(competition: Path, name: str, file: Path) -> None:
    """Enter a file that is shown on the board and not ranked, so that the board is never empty."""
    leaderboard("submit", "--competition", competition, "--baseline", "--team", name, "-f", file, quiet=True)


def enter(competition: Path, team: str, file: Path, message: str) -> None:
    """Score a file on all test images, then enter it for a team, which is added if it is new."""
    solution = competition.with_name(f"{competition.name}-solution") / "solution.csv"
    leaderboard("score", file, "--solution", solution)
    if team not in teams(competition):
        leaderboard("team", "add", "--competition", competition, team, quiet=True)
    entry = ("submit", "--competition", competition, "--team", team, "-f", file, "-m", message)
    leaderboard(*entry, fine=(0, REFUSED_BY_RULES))


def teams(competition: Path) -> set[str]:
    """The names on the board."""
    rows = json.loads(leaderboard("team", "list", "--competition", competition, "--format", "json", quiet=True))
    return {row["teamName"] for row in rows}


def publish(competition: Path) -> Path:
    """Write the page; where it lies."""
    page = competition.with_name(f"{competition.name}-page")
    leaderboard("publish", "--competition", competition, page, quiet=True)
    return page / "index.html"
