"""A starting file for a network of your own: it trains as it is, and nothing is overwritten."""

import shlex

import pytest

from pipeline import cli
from pipeline.data import sources
from tests import tiny

QUICK = "--data.validation 10 --train.batch_size 10 --train.length '3 steps' --train.kernels torch --log.wandb off"


def test_the_file_trains_with_the_command_that_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    monkeypatch.setattr(sources, "exact_config", lambda config, taken: config)
    (tmp_path / "configs").symlink_to(__file__.rpartition("/tests/")[0] + "/configs")
    assert cli.main(["new", "network", "mynet.py"]) == 0
    said = capsys.readouterr().out
    command = next(line for line in said.splitlines() if line.startswith("train it: ")).partition("pipeline ")[2]
    assert cli.main([*shlex.split(command), *shlex.split(QUICK), "--model.own.width", "8"]) == 0
    run = (tmp_path / "runs" / "latest").resolve()
    assert (run / "submission.csv").read_text().count("\n") == 21
    assert (run / "source" / "mynet.py").read_bytes() == (tmp_path / "mynet.py").read_bytes()
    written = capsys.readouterr()
    assert "note:" not in written.err, "the first look finds nothing unusual"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("there.py", "there.py already exists; choose another name, or move it away"),
        ("link.py", "link.py already exists"),
        ("net.txt", "net.txt does not end in .py; write python -m pipeline new network mynet.py"),
        ("~nosuchuser/net.py", "~nosuchuser/net.py: Could not determine home directory"),
        ("there.py/net.py", "cannot write"),
    ],
)
def test_what_is_refused_is_one_line_and_changes_nothing(tmp_path, monkeypatch, capsys, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.py").write_text("mine = 1\n")
    (tmp_path / "link.py").symlink_to("nowhere.py")
    assert cli.main(["new", "network", name]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.py", "there.py"]
    assert (tmp_path / "there.py").read_text() == "mine = 1\n"
