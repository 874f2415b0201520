"""`python -m pipeline convolution verify|explain|benchmark`: thin; torch is imported only when a command runs."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import ConvolutionError
from ..text import table

GLOSSARY = """error: the largest relative error over the cases of a row; right, of the mistake that must not hold
⋆ cross-correlation, * convolution, conj the complex conjugate, F the Fourier transform
A the layer without bias, A' its adjoint: <A x, g> = <x, A' g>; pad' the transposed padding
T the matrix of the layer, vec(x) the entries of x in one column, T' its transpose"""


# Measures and prints, given the number of threads (None: torch's choice) and of rounds; gives the exit code.
Benchmark = Callable[[int | None, int], int]


def main(argv: list[str], benchmark: Benchmark | None = None) -> int:
    """Run one command; 0 if all is well, 1 if an identity fails, 2 for a user's mistake.

    Without a `benchmark` there is no command of that name.
    """
    arguments = parser(benchmark).parse_args(argv)
    try:
        return arguments.run(arguments)
    except BrokenPipeError:  # the reader (head, less) went away
        raise
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}" if error.filename else f"error: {error}", file=sys.stderr)
        return 2
    except ConvolutionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def parser(run_benchmark: Benchmark | None = None) -> argparse.ArgumentParser:
    """The commands and their options; `benchmark` only if there is one to run."""
    parser = _OneLine(prog="python -m pipeline convolution", description="Correlation and convolution, told apart.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="measure every identity; exit code 1 if one fails")
    verify.add_argument(
        "--dtype", choices=("float64", "float32"), default="float64", help="precision; default: %(default)s"
    )
    verify.add_argument("--device", default="cpu", help="cpu, cuda, ...; default: %(default)s")
    verify.add_argument("--seed", type=int, default=0, help="seed of the random inputs; default: %(default)s")
    verify.set_defaults(run=_verify)
    explain = commands.add_parser("explain", help="draw one image and kernel, both results and their difference")
    explain.add_argument(
        "--kernel", default="F", help="F, sobel, corner, blur, or rows of numbers: '1 2 0; 0 1 0; 0 0 0'"
    )
    explain.add_argument("--image", default="dots", help="dots, seven, rows of numbers, or an image file")
    explain.add_argument(
        "--output", type=Path, default=Path("convolution.png"), help="PNG, SVG or PDF; default: %(default)s"
    )
    explain.set_defaults(run=_explain)
    if run_benchmark is not None:
        benchmark = commands.add_parser("benchmark", help="time our layers against torch's, FFT against direct")
        benchmark.add_argument("--threads", type=int, help="number of torch threads; default: torch's choice")
        benchmark.add_argument(
            "--repeats", type=int, default=15, help="medians of this many rounds; default: %(default)s"
        )
        benchmark.set_defaults(run=_benchmark, run_benchmark=run_benchmark)
    return parser


class _OneLine(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str):
        self.exit(2, f"error: {message}; {self.prog} --help tells more\n")


def _verify(arguments: argparse.Namespace) -> int:
    import torch

    from ..identities import verify_identities

    dtype = getattr(torch, arguments.dtype)
    try:
        torch.ones(1, dtype=dtype, device=arguments.device).item()
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ConvolutionError(f"device {arguments.device!r} cannot be used ({reason}); try --device cpu") from None
    if not -(2**63) <= arguments.seed < 2**64:
        raise ConvolutionError(f"seed is {arguments.seed}; it must be in -2^63..2^64-1")
    rows = verify_identities(dtype, arguments.device, arguments.seed)
    cells = [(r.name, f"{r.error:.1e}", "ok" if r.holds else "FAILS", r.wrong, f"{r.wrong_error:.1e}") for r in rows]
    print(table(("identity", "error", "", "must not hold", "error"), cells))
    print(f"\n{GLOSSARY}")
    failed = sum(not row.holds for row in rows)
    cases = sum(row.cases for row in rows)
    bound = f"in {cases} cases within {rows[0].tolerance:.0e} in {arguments.dtype}"
    print(f"\n{len(rows) - failed} of {len(rows)} identities hold {bound} and expose their mistake")
    print("Next: python -m pipeline convolution explain")
    return int(failed > 0)


def _explain(arguments: argparse.Namespace) -> int:
    from ..explain import explain

    print(explain(arguments.kernel, arguments.image, arguments.output))
    return 0


def _benchmark(arguments: argparse.Namespace) -> int:
    for name in ("threads", "repeats"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise ConvolutionError(f"{name} is {value}; it must be at least 1")
    return arguments.run_benchmark(arguments.threads, arguments.repeats)
