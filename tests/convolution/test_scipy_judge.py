"""scipy's own tests, run against this package: the installed test module with our functions in its names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import scipy.signal

TESTS = Path(scipy.signal.__file__).parent / "tests" / "test_signaltools.py"
CORE = (
    "TestConvolve", "TestConvolve2d", "TestAllFreqConvolves", "TestCorrelateReal", "TestCorrelate",
    "TestCorrelateComplex", "TestCorrelate2d", "test_correlation_lags", "test_correlation_lags_invalid_mode",
)  # fmt: skip
EVERY_NAME = ("convolve", "convolve2d", "correlate", "correlate2d", "fftconvolve", "oaconvolve", "correlation_lags")


def judge(classes, names, *, unflipped=False, marks="not slow"):
    """(passed, failed, output) of scipy's tests of these classes with these names replaced."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent),
        "JUDGE_REPLACE": ",".join(names),
        "JUDGE_UNFLIPPED": str(int(unflipped)),
    }
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "scipy_judge", "-p", "no:cacheprovider", "-q"]
    command += ["--import-mode=importlib", "--tb=line", "-m", marks, *(f"{TESTS}::{name}" for name in classes)]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=TESTS.parent).stdout
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed)", output[-200:])}
    return counts.get("passed", 0), counts.get("failed", 0), output


def test_core():
    passed, failed, output = judge(CORE, EVERY_NAME)
    assert failed == 0, output
    assert passed >= 129


def test_core_fails_without_the_flip():
    passed, failed, output = judge(CORE, EVERY_NAME, unflipped=True)
    assert failed >= 90, output
    assert passed + failed >= 129


def test_fft_along_axes():
    """The expected values come from numpy and from scipy's convolve2d, which stays scipy's."""
    passed, failed, output = judge(["TestFFTConvolve"], ["fftconvolve"], marks="slow or not slow")
    assert failed == 0, output
    assert passed >= 713


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_overlap_add():
    """The expected values come from scipy's fftconvolve."""
    passed, failed, output = judge(["TestOAConvolve"], ["oaconvolve"], marks="slow or not slow")
    assert failed == 0, output
    assert passed >= 10_827
