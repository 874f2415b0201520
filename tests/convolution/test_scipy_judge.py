"""scipy's own tests, run against this package: the installed test module with our functions in its names."""

import os
import re
import sys
from pathlib import Path

import pytest
import scipy.signal

from tests.forked import run_in_fork

TESTS = Path(scipy.signal.__file__).parent / "tests" / "test_signaltools.py"
CORE = (
    "TestConvolve", "TestConvolve2d", "TestAllFreqConvolves", "TestCorrelateReal", "TestCorrelate",
    "TestCorrelateComplex", "TestCorrelate2d", "test_correlation_lags", "test_correlation_lags_invalid_mode",
)  # fmt: skip
SENSITIVE = ("TestConvolve2d", "TestCorrelateReal", "test_correlation_lags")
EVERY_NAME = ("convolve", "convolve2d", "correlate", "correlate2d", "fftconvolve", "oaconvolve", "correlation_lags")


def judge(folder, classes, names, *, unflipped=False, marks="not slow"):
    """(passed, failed, output) of scipy's tests of these classes with these names replaced, in a fork."""
    options = ["-c", os.devnull, "-p", "scipy_judge", "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    options += ["--import-mode=importlib", "--tb=line", "-m", marks, *(f"{TESTS}::{name}" for name in classes)]

    def work():
        os.chdir(TESTS.parent)
        os.environ |= {"JUDGE_REPLACE": ",".join(names), "JUDGE_UNFLIPPED": str(int(unflipped))}
        sys.path.insert(0, str(Path(__file__).parent))
        pytest.mark._config = None  # otherwise scipy may use only the markers of this project
        return pytest.main(options)

    output = run_in_fork(work, folder)[1].decode()
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed)", output[-200:])}
    return counts.get("passed", 0), counts.get("failed", 0), output


def test_core(tmp_path):
    passed, failed, output = judge(tmp_path, CORE, EVERY_NAME)
    assert failed == 0, output
    assert passed >= 129


def test_core_fails_without_the_flip(tmp_path):
    passed, failed, output = judge(tmp_path, SENSITIVE, EVERY_NAME, unflipped=True)
    assert failed >= 90, output
    assert passed + failed >= 113


@pytest.mark.parametrize(("marks", "count"), [("not slow", 109), pytest.param("slow", 604, marks=pytest.mark.slow)])
def test_fft_along_axes(tmp_path, marks, count):
    """The expected values come from numpy and from scipy's convolve2d, which stays scipy's."""
    passed, failed, output = judge(tmp_path, ["TestFFTConvolve"], ["fftconvolve"], marks=marks)
    assert failed == 0, output
    assert passed >= count


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_overlap_add(tmp_path):
    """The expected values come from scipy's fftconvolve."""
    passed, failed, output = judge(tmp_path, ["TestOAConvolve"], ["oaconvolve"], marks="slow or not slow")
    assert failed == 0, output
    assert passed >= 10_827
