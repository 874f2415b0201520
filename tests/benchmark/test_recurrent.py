"""The benchmark measures what it says; timings themselves are not tested here."""

import pytest

from pipeline.benchmark import recurrent as benchmark
from pipeline.benchmark.monitor_trial import fit_with_monitor
from pipeline.commands import recurrent as command


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


def row(value):
    return benchmark.Row(name="a", value=value, unit="s", target=2.0, peak=2**21)


def test_a_row_shows_its_target():
    assert benchmark.cells(row(0.5)) == ("a", "0.50 s", "<= 2 s", "2 MiB")


@pytest.mark.parametrize(("value", "code", "words"), [(2.0, 0, "all targets are met"), (2.1, 1, "above the target: a")])
def test_a_missed_target_is_named_and_fails(monkeypatch, capsys, value, code, words):
    monkeypatch.setattr(benchmark, "rows", lambda repeats, scale: iter([row(value)]))
    assert command.main(["benchmark"]) == code
    output = capsys.readouterr().out
    assert "<= 2 s" in output
    assert words in output


def test_shorter_sequences_are_held_to_no_target(monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "rows", lambda repeats, scale: iter([row(9.0)]))
    assert command.main(["benchmark", "--scale", "0.5"]) == 0
    assert "scale 0.5: sequences are shorter than the targets are for" in capsys.readouterr().out
