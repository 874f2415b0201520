"""The benchmark of the operators at its smallest: which rows it has, and what it does with the times."""

import pytest

from pipeline.benchmark import convolution
from pipeline.commands import convolution as command


@pytest.fixture
def constant(monkeypatch):
    """Few cases, and times that are 1 s for the first contender, 2 s for the second, and so on."""
    monkeypatch.setattr(convolution, "LAYERS", ((1, 1, 2, 4, 0),))
    monkeypatch.setattr(convolution, "BATCHES", (2,))
    monkeypatch.setattr(convolution, "DENSE_KERNELS", (3,))
    monkeypatch.setattr(convolution, "DEPTHWISE_KERNELS", ())
    monkeypatch.setattr(convolution, "LONG_KERNELS", (9,))
    monkeypatch.setattr(convolution, "SIGNALS", (((8,), (3,)),))

    def seconds(contenders, repeats):
        for call in contenders.values():
            call()
        return {name: float(number) for number, name in enumerate(contenders, 1)}

    monkeypatch.setattr(convolution, "medians", seconds)


def test_the_tables_hold_the_ratios_of_the_times(constant):
    layers, methods, signals = (
        list(zip(*(column.cells for column in table.columns), strict=True)) for table in convolution.tables(1)
    )
    ratios = ("1000.000", "2.000", "3.000", "1000.000", "2.000")
    assert layers == [("  1 -> 1   2x2 at 4", "2", *ratios), ("all of them", "2", *ratios)]
    assert [row[:3] for row in methods] == [
        ("dense 64 -> 64, 3x3", "1000.000", "2000.000"),
        ("depthwise 64, 9", "1000.000", "2000.000"),
        ("dense 16 -> 16, 9", "1000.000", "2000.000"),
    ]
    assert all(row[4] == {"direct": "1.00", "fft": "2.00"}[row[3]] for row in methods)
    assert [row[0] for row in signals] == ["8 * 3"]


def test_the_command_prints_the_tables(constant, capsys):
    assert command.main(["benchmark", "--repeats", "1"]) == 0
    output = capsys.readouterr().out
    assert "medians of 1 interleaved rounds" in output
    assert "True convolution relative to nn.Conv2d" in output
    assert "all of them" in output
    assert "dense 16 -> 16, 9" in output


@pytest.mark.parametrize(
    ("option", "message"), [(["--repeats", "0"], "repeats is 0"), (["--threads", "-1"], "threads is -1")]
)
def test_a_number_below_one_is_refused_in_one_line(option, message, capsys):
    assert command.main(["benchmark", *option]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
