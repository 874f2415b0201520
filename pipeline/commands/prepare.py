"""`python -m pipeline prepare`: the files that a tutor needs to open a competition."""

import argparse
from pathlib import Path

from pipeline.data.prepare import SOLUTION, prepare
from pipeline.data.sources import SourceConfig


def main(argv: list[str]) -> int:
    """Write the public and the private folder and say what to do with them; the exit code."""
    arguments = _parser().parse_args(argv)
    config = SourceConfig(source=arguments.source, directory=arguments.directory, download=arguments.download)
    dataset = prepare(arguments.out, config)
    public, solution = arguments.out / "public", arguments.out / "private" / SOLUTION
    print(
        f"images: {dataset.origin}\n"
        f"public:  {public}: {len(dataset.train_images)} training and {len(dataset.test_images)} test images; "
        f"participants train with DATA_DIR={public}\n"
        f"private: {solution}: keep it; score with: python -m leaderboard score submission.csv --solution {solution}"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline prepare",
        description="Write the public files of a competition, in Kaggle's layout, and its private solution.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder for public/ and private/")
    parser.add_argument(
        "--data.source",
        dest="source",
        choices=("auto", "cifar10", "stand-in"),
        default="auto",
        help="images to take; auto: what the directory holds, else a download, else the drawn stand-in",
    )
    parser.add_argument("--data.directory", dest="directory", metavar="DIR", help="default: $DATA_DIR, else ./data")
    parser.add_argument(
        "--data.download",
        dest="download",
        type=_truth,
        default=True,
        metavar="true|false",
        help="whether CIFAR-10 may be downloaded (default true)",
    )
    return parser


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: true or false")
    return text == "true"
