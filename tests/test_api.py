"""From Python: a recipe or a file, settings, threads, Ctrl-C in a loop, prediction."""

import threading
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import pipeline
from pipeline.core.errors import UserError
from pipeline.data import sources
from pipeline.runs import session, tracking
from tests import tiny


@pytest.fixture(autouse=True)
def tiny_images(monkeypatch, tmp_path):
    """Every source gives the tiny images; runs go into the test's folder."""
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    monkeypatch.setattr(sources, "exact_config", lambda config, taken: config)
    monkeypatch.chdir(tmp_path)


def test_a_recipe_trains_and_predicts(tmp_path):
    folder = pipeline.train(tiny.recipe(), {"train.length": "2 steps", "predict.views": 1}, name="mine")
    assert folder.parent.name == "mine"
    table = pipeline.predict(folder, tmp_path / "again.csv")
    written = pd.read_csv(folder / "submission.csv")
    assert table[["id", "label"]].to_dict("list") == written.to_dict("list")
    assert (tmp_path / "again.csv").read_bytes() == (folder / "submission.csv").read_bytes()
    np.testing.assert_allclose(table.iloc[:, 2:].sum(axis=1), 1, rtol=1e-5)


def test_a_file_of_settings_names_the_run(tmp_path):
    (tmp_path / "quick.yaml").write_text("train:\n  length: 2 steps\n  batch_size: 10\n  kernels: torch\n")
    settings = {"data.validation": 10, "model.whitened.widths": [8, 8, 8], "log.wandb": "off", "predict.views": 1}
    assert pipeline.train(tmp_path / "quick.yaml", settings).parent.name == "quick"
    with pytest.raises(UserError, match=r"optim\.rl is not a key of a recipe"):
        pipeline.train(tmp_path / "quick.yaml", {"optim.rl": 1})


def test_it_trains_in_a_thread(tmp_path):
    done = []
    thread = threading.Thread(target=lambda: done.append(pipeline.train(tiny.recipe(), {"train.length": "2 steps"})))
    thread.start()
    thread.join()
    assert (done[0] / "submission.csv").is_file()


def test_ctrl_c_in_a_loop_ends_it_and_closes_the_runs_page(monkeypatch, capsys):
    closed = []
    logger = SimpleNamespace(experiment=SimpleNamespace(finish=lambda exit_code: closed.append(exit_code)))
    monkeypatch.setattr(tracking, "wandb_logger", lambda *_: logger)
    monkeypatch.setattr(session, "train", lambda *_, **__: None)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "predict_test", interrupted)

    def loop():
        for seed in range(3):
            pipeline.train(tiny.recipe(), {"seed": seed})

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert closed == [1]
    assert "stopped by Ctrl-C; resume with: python -m pipeline train --resume runs/python/" in capsys.readouterr().err


def test_an_error_of_any_kind_closes_the_runs_page(monkeypatch):
    closed = []
    logger = SimpleNamespace(experiment=SimpleNamespace(finish=lambda exit_code: closed.append(exit_code)))
    monkeypatch.setattr(tracking, "wandb_logger", lambda *_: logger)

    def fails(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(session, "train", fails)
    with pytest.raises(ZeroDivisionError):
        pipeline.train(tiny.recipe())
    assert closed == [1]


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="has no attribute 'fit'"):
        _ = pipeline.fit
