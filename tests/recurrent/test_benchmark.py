"""The benchmark measures what it says; timings themselves are not tested here."""

import pytest

from pipeline.recurrent import benchmark
from pipeline.recurrent.errors import RecurrentError
from pipeline.recurrent.monitor_trial import fit_with_monitor


@pytest.mark.parametrize("name", [*benchmark.SECONDS, *benchmark.PROBES])
def test_a_row_is_measured(name):
    row = benchmark.measure(name, repeats=1, scale=0.02, threads=1)
    assert row.value > 0
    assert row.peak >= 0
    assert row.name == name


def test_the_trial_run_is_really_watched():
    monitor = fit_with_monitor(steps=4, every=2, batch=4)
    assert [row["step"] for row in monitor.history][:1] == [2]
    assert 0 < monitor.share < 1


def test_the_monitors_share_is_a_percentage():
    row = benchmark.measure(benchmark.MONITOR, repeats=1, scale=0.01, threads=1)
    assert row.unit == "%"
    assert 0 <= row.value < 100


def test_targets_are_those_of_full_length():
    rows = [benchmark.Row(name="a", value=0.5, unit="s", target=2.0, peak=2**21)]
    assert benchmark.table(rows).splitlines()[-1].split() == ["a", "0.50", "s", "<=", "2", "s", "2", "MiB"]


def test_wrong_numbers_are_refused():
    with pytest.raises(RecurrentError, match="repeats must be at least 1"):
        benchmark.run(repeats=0)
