"""The options for the source of images, named as in a recipe, for commands that read no recipe."""

import argparse

from pipeline.data.settings import DataConfig


def add_source_options(parser: argparse.ArgumentParser, sources: tuple[str, ...]) -> None:
    """Add --data.source (auto or one of these), --data.directory and --data.download to the parser."""
    parser.add_argument(
        "--data.source",
        dest="source",
        choices=("auto", *sources),
        default="auto",
        help="which images; auto: what the directory holds, else a download, else the stand-in",
    )
    parser.add_argument("--data.directory", dest="directory", metavar="DIR", help="default: $DATA_DIR, else ./data")
    parser.add_argument(
        "--data.download",
        dest="download",
        type=_truth,
        default=True,
        metavar="true|false",
        help="whether CIFAR-10 may be downloaded",
    )


def source_config(arguments: argparse.Namespace) -> DataConfig:
    """The options as a config."""
    return DataConfig(source=arguments.source, directory=arguments.directory, download=arguments.download)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: true or false")
    return text == "true"
