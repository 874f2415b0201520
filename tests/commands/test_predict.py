"""The predict command: its CSV against the runs' networks, options over the recipe's, mistakes in one line."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from pipeline import cli
from pipeline.data import sources
from pipeline.prediction.views import view_logits
from pipeline.runs import folder as runs
from pipeline.runs import session
from pipeline.training.recipe import LogConfig
from tests import tiny


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two runs of other seeds, trained once."""
    data, made = tiny.dataset(), []
    place = tmp_path_factory.mktemp("trained") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "load", lambda config: data)
        for seed in (0, 1):
            recipe = tiny.recipe(seed=seed, log=LogConfig(wandb="off", runs=str(place)))
            made.append(runs.create(place, "tiny", data.name, recipe))
            assert session.run(recipe, "tiny", made[-1]) == 0
    return made


@pytest.fixture
def folders(trained, tmp_path, monkeypatch):
    """Copies of the two runs."""
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    return [shutil.copytree(folder, tmp_path / "runs" / "tiny" / folder.name) for folder in trained]


@torch.no_grad()
def expected(folder, views, margin=1.0):
    network = runs.load_network(folder, runs.open_run(folder)).to(memory_format=torch.channels_last).eval()
    return view_logits(network, torch.from_numpy(tiny.dataset().test_images), views, margin).softmax(1).numpy()


@pytest.mark.parametrize("options", [{}, {"views": 1}, {"views": 18}, {"views": 18, "margin": 0.01}])
def test_probabilities_are_the_runs_mean_with_the_views_asked_for(folders, tmp_path, options):
    flags = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    out, table = tmp_path / "s.csv", tmp_path / "p.csv"
    command = ["predict", *map(str, folders), "--out", str(out), "--probabilities", str(table), *flags]
    assert cli.main(command) == 0
    mean = sum(expected(folder, **{"views": 6} | options) for folder in folders) / 2
    written = pd.read_csv(table).drop(columns="id").to_numpy()
    np.testing.assert_allclose(written, mean, atol=2e-5)
    assert pd.read_csv(out)["label"].tolist() == [tiny.CLASSES[best] for best in written.argmax(1)]


def test_a_margin_out_of_range_is_one_line_and_code_2(folders, tmp_path, capsys):
    capsys.readouterr()
    assert cli.main(["predict", str(folders[0]), "--out", str(tmp_path / "s.csv"), "--margin", "2"]) == 2
    assert capsys.readouterr().err == "error: --margin is 2.0; allowed: 0 to 1\n"
    assert not (tmp_path / "s.csv").exists()


def test_the_old_name_of_margin_is_still_read_and_a_line_names_the_new_one(folders, tmp_path, capsys):
    written = []
    for name in ("margin", "doubt"):
        out = tmp_path / f"{name}.csv"
        command = ["predict", str(folders[0]), "--out", str(out), "--probabilities", str(out), "--views", "18"]
        capsys.readouterr()
        assert cli.main([*command, f"--{name}", "0.01"]) == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert capsys.readouterr().err == "note: --doubt is called --margin now\n"


def test_an_unfinished_run_is_noted_and_one_named_twice_refused(folders, tmp_path, capsys):
    (folders[0] / "summary.json").unlink()
    capsys.readouterr()
    assert cli.main(["predict", *map(str, folders), "--out", str(tmp_path / "s.csv")]) == 0
    assert capsys.readouterr().err == f"note: {folders[0]} is not finished; its last checkpoint predicts\n"
    again = folders[0] / ".." / folders[0].name
    assert cli.main(["predict", str(folders[0]), str(again), "--out", str(tmp_path / "s.csv")]) == 2
    assert "is named twice" in capsys.readouterr().err
