"""`python -m pipeline convolution`: the module's own commands, and `benchmark`."""

import argparse

from pipeline.convolution.commands import cli


def parser() -> argparse.ArgumentParser:
    """The commands and their options, `benchmark` among them."""
    return cli.parser(run_benchmark)


def main(argv: list[str]) -> int:
    """Run one command; 0, 1 if an identity fails, 2 for a user's mistake."""
    return cli.main(argv, run_benchmark)


def run_benchmark(threads: int | None, repeats: int) -> int:
    """Print the tables, each as soon as it is measured; 0."""
    import torch

    from pipeline.benchmark import convolution
    from pipeline.benchmark.printing import console

    if threads:
        torch.set_num_threads(threads)
    output = console()
    output.print(f"float32, {torch.get_num_threads()} threads, medians of {repeats} interleaved rounds")
    for table in convolution.tables(repeats):
        output.print(table)
    return 0
