"""`python -m pipeline runs`: the runs of this machine, sorted and filtered."""

import argparse
from pathlib import Path

from pipeline.core.files import path_of
from pipeline.runs.listing import COLUMNS, as_text, filter_rows, rows


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline runs", description=__doc__)
    parser.add_argument("root", nargs="?", type=path_of, default=Path("runs"), help="the folder that holds runs")
    parser.add_argument("--sort", choices=COLUMNS, default="run", help="the column to sort by")
    parser.add_argument("--reverse", action="store_true", help="largest first")
    parser.add_argument(
        "--where", action="append", default=[], metavar="COLUMN=TEXT", help="only runs whose column has this text"
    )
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table", help="how to print")
    return parser


def main(arguments: list[str]) -> int:
    """Print the runs; return the exit code."""
    options = parser().parse_args(arguments)
    found = filter_rows(rows(options.root), options.where, options.sort, reverse=options.reverse)
    print(as_text(found, options.format))
    resumed = [each["run"] for each in found if each["resumed"]]
    if options.format == "table" and resumed:
        print(f"\nThe minutes of a resumed run begin with its last resume: {', '.join(resumed)}")
    if options.format == "table" and found:
        print(f"\n{len(found)} runs; compare some: python -m pipeline report RUN RUN --out report.html")
    return 0
