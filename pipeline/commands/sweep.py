"""`python -m pipeline sweep`: one recipe over several seeds, folds or settings, and what comes out together."""

import sys
from dataclasses import replace
from pathlib import Path

from pipeline.errors import UserError

KINDS = ("seeds", "folds", "trials")


def main(arguments: list[str]) -> int:
    """Train what is not yet trained, then compare, ensemble and (with --score) score; the exit code."""
    from pipeline.runtime import prepare

    prepare()
    from pipeline.config import parse
    from pipeline.data import sources

    parser = sweep_parser()
    if {"-h", "--help"} & set(arguments):
        parser.print_help()
        return 0
    options, recipe = parse(parser, arguments)
    kind, count = chosen_kind(options)
    if recipe.train.devices * recipe.train.nodes > 1:
        raise UserError("a sweep trains on one device; start several, each with a --seed of its own, to use more")
    dataset = sources.load(recipe.data)
    recipe = replace(recipe, data=sources.pinned(recipe.data, dataset))
    name = options.name or Path(str((options.config or ["default"])[-1])).stem
    if kind == "trials":
        from pipeline.search import search

        images = dataset.name
        del dataset  # each trial loads its own
        return search(recipe, name, count, Path(options.search), images, resume=options.resume)
    return sweep(recipe, dataset, name, kind, count, options)


def sweep_parser():
    """A recipe's keys, and what is asked of the sweep."""
    from pipeline.config import recipe_parser

    parser = recipe_parser()
    parser.prog = "python -m pipeline sweep"
    parser.add_argument("--name", metavar="NAME", help="the recipe's name in runs/; by default the config's file name")
    parser.add_argument("--seeds", type=int, metavar="N", help="train N seeds, from the recipe's own upward")
    parser.add_argument("--folds", type=int, metavar="N", help="train N times, each with another N-th held out")
    parser.add_argument("--trials", type=int, metavar="N", help="search settings in N runs, by validation accuracy")
    parser.add_argument(
        "--search", metavar="FILE", default="configs/search.yaml", help="of --trials: the settings and their ranges"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the newest sweep of this very command")
    parser.add_argument(
        "--with",
        dest="others",
        metavar="SWEEP",
        nargs="*",
        default=[],
        help="finished sweeps to weigh with this one",
    )
    parser.add_argument("--score", action="store_true", help="show accuracies on the test set, for the table alone")
    parser.add_argument(
        "--competition", metavar="DIR", default="competition", help="of --score: the practice competition"
    )
    return parser


def chosen_kind(options) -> tuple[str, int]:
    """Which of --seeds, --folds and --trials was given, and its number."""
    given = [(kind, number) for kind in KINDS if (number := getattr(options, kind)) is not None]
    if len(given) != 1:
        raise UserError(f"give one of --seeds N, --folds N and --trials N; given: {len(given)}")
    kind, count = given[0]
    least = 2 if kind == "folds" else 1
    if count < least:
        raise UserError(f"--{kind} is {count}; allowed: {least} or more")
    return kind, count


def sweep(recipe, dataset, name: str, kind: str, count: int, options) -> int:
    """Train the members, then report; the exit code."""
    from pipeline import outcome, sweeps
    from pipeline.train import check

    if options.score and recipe.data.source == "kaggle":
        raise UserError("--score: these images came without test labels; leave it out, and upload or hand in the CSVs")
    others = [finished(sweeps.open_sweep(Path(folder))) for folder in options.others]
    for other in others:
        check_same_images(recipe, dataset.name, other)
    for member in sweeps.members(recipe, kind, count):
        check(member.recipe, dataset)
    find = sweeps.find if options.resume else sweeps.create
    whole = find(recipe, name, kind, count)
    print(f"sweep: {whole.folder}   {count} {kind}")
    code = train_members(whole, dataset.name)
    if code:
        print(f"the sweep goes on with the same command and --resume ({whole.folder})", file=sys.stderr)
        return code
    outcome.report(whole, dataset, others, Path(options.competition) if options.score else None)
    return 0


def finished(other):
    """The sweep, if all of it is trained; else UserError."""
    for member in other.members:
        if not member.finished():
            raise UserError(f"--with {other.folder}: {member.label} is not finished; go on with that sweep first")
    return other


def check_same_images(recipe, dataset_name: str, other) -> None:
    """UserError where a sweep was trained on images among which this one's held-out ones could be."""
    from pipeline.practice import data_of

    theirs = {data_of(member.run) for member in other.members}
    if theirs != {dataset_name}:
        raise UserError(f"--with {other.folder}: its images are {', '.join(theirs)}, these are {dataset_name}")
    limits = other.recipe.data.train_limit, recipe.data.train_limit
    if limits[0] != limits[1]:
        raise UserError(f"--with {other.folder}: its data.train_limit is {limits[0]}, here it is {limits[1]}")


def train_members(whole, dataset_name: str) -> int:
    """Train every member that is not finished, one after the other; the first exit code that is not 0."""
    from pipeline import runs
    from pipeline.commands import train

    for number, member in enumerate(whole.members, start=1):
        if member.finished():
            print(f"{member.label} is finished: {member.run}")
            continue
        print(f"\n{member.label} ({number} of {len(whole.members)})")
        run = whole.prepare(member, dataset_name)
        if code := train.run(runs.open_run(run), whole.name, run):
            return code
    return 0
