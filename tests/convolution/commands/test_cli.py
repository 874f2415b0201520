"""The command line: one line for a mistake, a table, a picture."""

import matplotlib.image
import pytest
import torch

from pipeline.convolution import grid, identities
from pipeline.convolution.commands import cli


def test_verify_prints_every_identity(capsys, monkeypatch):
    monkeypatch.setattr(grid, "KERNELS", ((4,), (2, 3)))  # tests/convolution/test_identities.py measures on all
    assert cli.main(["verify", "--dtype", "float32"]) == 0
    output = capsys.readouterr().out
    assert "30 of 30 identities hold in" in output
    assert "cases within 1e-05 in float32" in output
    assert max(map(len, output.splitlines())) <= 100
    assert "A' of correlation = full convolution, channels swapped" in output


def test_verify_fails_when_an_identity_fails(capsys, monkeypatch):
    broken = identities.Identity(
        name="broken", error=1.0, cases=1, wrong="", wrong_error=1.0, tolerance=1e-12
    )  # fmt: skip
    monkeypatch.setattr(identities, "verify_identities", lambda *_: [broken])
    assert cli.main(["verify"]) == 1
    assert "FAILS" in capsys.readouterr().out


def test_explain_draws_and_prints(tmp_path, capsys):
    assert cli.main(["explain", "--output", str(tmp_path / "deep" / "picture.png")]) == 0
    output = capsys.readouterr().out
    assert matplotlib.image.imread(tmp_path / "deep" / "picture.png").ndim == 3
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["picture.png"]
    assert "convolution x * w" in output
    assert "Largest difference here: 1" in output


def test_explain_tells_a_symmetric_kernel(tmp_path, capsys):
    assert cli.main(["explain", "--kernel", "blur", "--output", str(tmp_path / "p.png")]) == 0
    assert "both operators agree" in capsys.readouterr().out


def test_explain_tells_an_image_that_hides_the_difference(tmp_path, capsys):
    arguments = ["explain", "--kernel", "1 2", "--image", "0 0 0; 0 0 0", "--output", str(tmp_path / "p.png")]
    assert cli.main(arguments) == 0
    output = capsys.readouterr().out
    assert "A half turn changes this kernel, but with this image both operators give the same" in output
    assert "leaves this kernel as it is" not in output


def test_explain_takes_rows_longer_than_a_file_name(tmp_path, capsys):
    rows = "; ".join([*[" ".join(["0"] * 12)] * 11, " ".join(["1"] + ["0"] * 11)])
    assert cli.main(["explain", "--image", rows, "--output", str(tmp_path / "p.png")]) == 0
    assert "Largest difference here" in capsys.readouterr().out


def test_explain_reads_rows_and_files(tmp_path, capsys):
    matplotlib.image.imsave(tmp_path / "wide.png", torch.rand(40, 200, 3).numpy())
    arguments = [
        "explain",
        "--kernel",
        "1 0; 0 -1",
        "--image",
        str(tmp_path / "wide.png"),
        "--output",
        str(tmp_path / "p.png"),
    ]
    assert cli.main(arguments) == 0
    assert "see the picture" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "--kernel", "1 2; 3"], "'1 2; 3' is not a name (F, sobel, corner, blur), a file or rows"),
        (["explain", "--kernel", "1 nan"], "'1 nan' is not a name"),
        (["explain", "--image", "missing.jpg"], "'missing.jpg' is not a name (dots, seven)"),
        (["explain", "--image", "1 2; 3 4"], "kernel (5, 5) is larger than the image (2, 2)"),
        (["explain", "--output", "picture.jpg"], "must end in .png, .svg or .pdf"),
        (["verify", "--device", "tpu"], "device 'tpu' cannot be used"),
        (["verify", "--device", "meta"], "device 'meta' cannot be used"),
        (["verify", "--seed", "99999999999999999999"], "seed is 99999999999999999999; it must be in"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, capsys):
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["verify", "--dtype", "int8"], ["draw"]])
def test_a_mistake_of_usage_is_one_line_and_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_a_file_that_is_no_image(tmp_path, capsys):
    (tmp_path / "text.png").write_text("no image")
    assert cli.main(["explain", "--image", str(tmp_path / "text.png")]) == 2
    assert "cannot be read as an image" in capsys.readouterr().err
