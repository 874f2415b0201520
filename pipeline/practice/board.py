"""A practice competition on this machine: runs the leaderboard's commands as a tutor and a participant would.

The leaderboard is a separate package, used through its command line; nothing of it is imported here.
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

# Entries per team and day in a practice competition: more than anybody needs.
DAILY_QUOTA = 1000

# Not `competition`, which is a tutor's folder in all examples.
FOLDER, OLD = Path("practice"), Path("competition")
RULES, MARK = "rules.toml", "practice.txt"
MARKED = "A competition for practice, made by `python -m pipeline submit`; delete it when you like.\n"

# The leaderboard's exit code if a rule refuses an entry, such as the same file a second time.
REFUSED_BY_RULES = 3


def data_of(run: Path) -> str:
    """The name of the source that a finished run was trained on; raises UserError if the run is not finished."""
    summary = read_summary(run)
    if summary is not None:
        return data_name(run, summary["data"])
    if not (run / "config.yaml").is_file():
        raise UserError(
            f"there is no run {run}; `make train` trains one, `python -m pipeline runs` lists those that exist"
        )
    raise UserError(f"{run} is not a finished run (no readable summary.json); finish it with --resume {run}")


def data_name(run: Path, name: str) -> str:
    """A source's name from a summary, checked.

    Raises UserError for a name that no source has, since it becomes part of a path.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        raise UserError(f"{run / 'summary.json'} names {name!r} as its data, which is not the name of a source")
    return name


def source_of(run: Path) -> DataConfig:
    """The DataConfig for all images of a run's source, however they were found."""
    return replace(recipe_of(run).data, train_limit=None)


def folder_of(data: str, base: Path | None) -> Path:
    """The folder of the practice competition of a source; the stand-in has its own.

    Without a `base` it is FOLDER, or a practice competition of an older version in OLD if there is no FOLDER.
    Raises UserError if the folder is a competition that is not marked as one for practice, unless `base` names it.
    """
    if base is not None:
        return _named(base, data)
    new, old = _named(FOLDER, data), _named(OLD, data)
    folder = old if not new.exists() and (old / RULES).exists() and is_practice(old) else new
    if (folder / RULES).exists() and not is_practice(folder):
        raise UserError(
            f"{folder} is a competition, but not one for practice: move it, or use it with --competition {folder}"
        )
    return folder


def _named(base: Path, data: str) -> Path:
    return base if data == "cifar10" else base.with_name(f"{base.name}-{data}")


def is_practice(competition: Path) -> bool:
    """Whether the folder is marked, or comes from an older version, with its solution and baseline beside it."""
    private = competition.with_name(f"{competition.name}-solution")
    return (competition / MARK).exists() or all((private / name).exists() for name in ("solution.csv", "linear.csv"))


def leaderboard(*words: str | Path | int, quiet: bool = False, fine: tuple[int, ...] = (0,)) -> str:
    """Run `python -m leaderboard ...`; with `quiet`, return what it printed.

    Raises UserError if it ends with an exit code that is not in `fine` (it has printed the reason).
    """
    command = [sys.executable, "-m", "leaderboard", *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE if quiet else None, text=True, check=False)
    if done.returncode not in fine:
        raise UserError(f"the leaderboard refused `{' '.join(map(str, words[:2]))}` (exit code {done.returncode})")
    return done.stdout or ""


def create_if_missing(competition: Path, data: str, config: DataConfig) -> None:
    """Create the practice competition of the source `data`, with baselines, unless it exists."""
    if (competition / RULES).exists():
        return
    print(f"creating a practice competition in {competition}; its labels are used only for scoring")
    private = competition.with_name(f"{competition.name}-solution")
    solution = write_solution(private, config, data)
    leaderboard("init", competition, "--solution", solution, "--daily-quota", DAILY_QUOTA, quiet=True)
    (competition / MARK).write_text(MARKED)
    enter_baseline(competition, "classes in turn", competition / "sample_submission.csv")
    linear = private / "linear.csv"
    write_linear(linear, config)
    enter_baseline(competition, "linear on pixels", linear)


def enter_baseline(competition: Path, name: str, file: Path) -> None:
    """Enter a file as an unranked baseline, so that the board is never empty."""
    leaderboard("submit", "--competition", competition, "--baseline", "--team", name, "-f", file, quiet=True)


def enter_submission(competition: Path, team: str, file: Path, message: str) -> None:
    """Score a file on all test images, then enter it for a team; the team is added if it is new."""
    solution = competition.with_name(f"{competition.name}-solution") / "solution.csv"
    leaderboard("score", file, "--solution", solution)
    if team not in teams(competition):
        leaderboard("team", "add", "--competition", competition, team, quiet=True)
    entry = ("submit", "--competition", competition, "--team", team, "-f", file, "-m", message)
    leaderboard(*entry, fine=(0, REFUSED_BY_RULES))


def teams(competition: Path) -> set[str]:
    """The names of the teams."""
    rows = json.loads(leaderboard("team", "list", "--competition", competition, "--format", "json", quiet=True))
    return {row["teamName"] for row in rows}


def publish(competition: Path) -> Path:
    """Write the page; return its path."""
    page = competition.with_name(f"{competition.name}-page")
    leaderboard("publish", "--competition", competition, page, quiet=True)
    return page / "index.html"
