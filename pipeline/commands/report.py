"""`python -m pipeline report RUN...`: one HTML page that compares runs, without network or script."""

import argparse
from pathlib import Path

from pipeline.core.files import path_of


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m pipeline report", description=__doc__)
    parser.add_argument("runs", nargs="+", type=path_of, metavar="RUN", help="run folders, finished or not")
    parser.add_argument("--out", type=path_of, default=Path("report.html"), help="the page to write")
    return parser


def main(arguments: list[str]) -> int:
    """Write the page; return the exit code."""
    options = parser().parse_args(arguments)
    from pipeline.runs.report.page import write_report

    write_report(options.runs, options.out)
    print(f"wrote {options.out} ({options.out.stat().st_size / 1000:,.0f} kB); open it in a browser")
    return 0
