"""Whole runs in a tenth of a second: repeatable, stopped by NaN, refused before they cost time."""

import json
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch._dynamo import exc as dynamo

from pipeline import cli
from pipeline.core.errors import UserError
from pipeline.data import sources
from pipeline.data.augment_settings import AugmentConfig, Resolution
from pipeline.data.splits import Split
from pipeline.models.settings import ModelConfig
from pipeline.optim.config import OptimConfig
from pipeline.runs import figures, tracking
from pipeline.runs import folder as runs
from pipeline.runs.session import train_beside_first
from pipeline.training.callbacks.stop import Stopped
from pipeline.training.checks import check_devices
from pipeline.training.classifier import reseed
from pipeline.training.devices import accelerator
from pipeline.training.recipe import LogConfig
from pipeline.training.settings import AveragingConfig, SelectionConfig, TrainConfig, lengths
from tests import tiny
from tests.tiny import train


def weights(classifier):
    return torch.cat([p.detach().flatten() for p in classifier.model.parameters()])


def test_the_same_seed_gives_the_same_weights_and_another_one_others(tmp_path):
    recipe = tiny.recipe(train={"length": "6 steps"})
    one, again = (weights(train(recipe, tiny.dataset(), tmp_path / name)) for name in ("one", "again"))
    assert torch.equal(one, again)
    assert not torch.equal(one, weights(train(replace(recipe, seed=1), tiny.dataset(), tmp_path / "other")))


def test_dropout_depends_on_the_seed_alone_not_on_what_was_drawn_before(tmp_path):
    from pipeline.models.settings import TimmConfig

    recipe = tiny.recipe(
        train={"length": "2 steps"}, model=ModelConfig(name="timm:test_resnet", timm=TimmConfig(drop_rate=0.5))
    )
    one = weights(train(recipe, tiny.dataset(), tmp_path / "one"))
    torch.rand(1000)
    assert torch.equal(one, weights(train(recipe, tiny.dataset(), tmp_path / "again")))


def test_a_step_reseeds_its_own_device_alone(tmp_path, monkeypatch):
    """torch.manual_seed tells every kind of device: one that is not there keeps each call with its stack, for ever."""
    calls = []
    monkeypatch.setattr(torch, "manual_seed", lambda seed: calls.append(seed) or torch.default_generator)
    train(tiny.recipe(train={"length": "6 steps"}), tiny.dataset(), tmp_path)
    assert len(calls) == 1, "the network's initialisation"


def test_reseeding_draws_what_torchs_own_would():
    reseed(5, torch.device("cpu"))
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(3))


def test_a_run_writes_a_row_an_epoch_and_gives_the_signals_back(tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    train(tiny.recipe(train={"length": "8 steps"}), tiny.dataset(), tmp_path)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    rows = pd.read_csv(tmp_path / "metrics.csv")
    assert rows["epoch"].tolist() == [1, 2]
    assert rows["step"].tolist() == [5, 8]
    assert rows[["train_loss", "train_accuracy", "seconds"]].notna().all(axis=None)
    assert rows["train_accuracy"].between(0, 1).all()
    assert rows["validation_accuracy"].notna().all()  # also where the run ends inside an epoch


def test_validation_every_second_epoch_shows_no_stale_numbers(tmp_path):
    train(tiny.recipe(train={"length": "3 epochs", "validate_every": 2}), tiny.dataset(), tmp_path)
    rows = pd.read_csv(tmp_path / "metrics.csv")
    assert rows["validation_accuracy"].notna().tolist() == [False, True, True]
    train(tiny.recipe(train={"length": "5 epochs", "validate_every": 3}), tiny.dataset(), tmp_path)
    assert pd.read_csv(tmp_path / "metrics.csv")["validation_accuracy"].notna().tolist() == [
        False,
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("kind", ["muon", "sgd"])
def test_an_absurd_learning_rate_stops_the_run_and_names_the_step(tmp_path, kind):
    recipe = tiny.recipe(optim=OptimConfig(kind=kind, lr=1e30, head_lr=1e30, bias_lr=1e30))
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(
        UserError, match=r"NaN or infinite at step \d+ \(epoch \d\).*lower optim\.lr \(1e\+30\).*own\.yaml"
    ) as error:
        train(recipe, tiny.dataset(), tmp_path)
    assert "\n" not in str(error.value)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """Run the train command on the tiny images; its code and its lines on standard error."""
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    (tmp_path / "tiny.yaml").write_text("model: {whitened: {widths: [8, 8, 8]}}\ndata: {validation: 10}\n"
        "train: {length: 6 steps, batch_size: 10, precision: fp32, device: cpu, kernels: torch}\n"
        "log: {wandb: 'off'}\n")  # fmt: skip

    def run(*arguments):
        config = ["--config", str(tmp_path / "tiny.yaml"), "--log.runs", str(tmp_path / "runs")]
        code = cli.main(["train", *config, *arguments])
        return code, capsys.readouterr()

    return run


def folders(tmp_path):
    return sorted(path for path in (tmp_path / "runs").glob("tiny/*"))


def test_the_command_twice_gives_identical_submissions_and_says_where(command, tmp_path, drawn_figures, monkeypatch):
    code, output = command()
    monkeypatch.setattr(figures, "write_figures", lambda *arguments: None)  # once is enough
    again, _ = command()
    assert code == again == 0
    one, other = folders(tmp_path)
    assert (one / "submission.csv").read_bytes() == (other / "submission.csv").read_bytes()
    assert (one / "submission.csv").read_bytes().startswith(b"id,label\n1,")
    assert str(one / "submission.csv") in output.out
    for name in ("config.yaml", "metrics.csv", "summary.json", "figures/curves.png", "figures/confusion.png",
                 "figures/mistakes.png", "checkpoints/last.ckpt"):  # fmt: skip
        assert (one / name).stat().st_size > 0
    assert (tmp_path / "runs" / "latest").resolve() == other
    assert "Traceback" not in output.err
    assert "Warning" not in output.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--optim.lr", "1e30", "--optim.head_lr", "1e30"], "NaN or infinite at step"),
        (["--model.name", "resnet99"], "model.name is 'resnet99'; allowed: whitened, resnet18"),
        (["--train.batch_size", "60"], "train.batch_size is 60; allowed: at most the 50 training images"),
        (["--data.validation", "61"], "data.validation is 61"),
        (["--resume", "/nowhere"], "--resume takes the run's own recipe"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(command, arguments, message):
    code, output = command(*arguments)
    assert code == 2
    assert output.err.splitlines()[-1].startswith("error: ")
    assert message in output.err.splitlines()[-1]
    assert "Traceback" not in output.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model.name", "resnet99"], "model.name is 'resnet99'"),
        (["--train.strategy", "ddb"], "train.strategy is 'ddb'; Lightning knows auto, ddp"),
        (["--train.length", "0 epochs"], "train.length is '0 epochs', which is less than half a step"),
        (
            ["--averaging.kind", "ema", "--averaging.start", "6 steps"],
            "averaging.start is '6 steps', step 6, but the run",
        ),
        (["--optim.lr", ".nan"], "optim.lr is nan; allowed: a positive number"),
        (["--optim.clip", ".nan"], "optim.clip is nan; allowed: 0 or a positive number"),
    ],
)
def test_a_mistake_that_shows_at_once_leaves_no_run_folder(command, tmp_path, arguments, message):
    code, output = command(*arguments)
    assert code == 2
    assert message in output.err.splitlines()[-1]
    assert folders(tmp_path) == []


def test_more_gpus_than_there_are_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_devices(TrainConfig(devices=2, batch_size=100))
    with pytest.raises(UserError, match=r"train\.devices is 4; this machine has 2"):
        check_devices(TrainConfig(devices=4, batch_size=100))


def test_what_is_resumed_by_the_link_is_the_run_that_it_leads_to(command, tmp_path, monkeypatch):
    command()
    link = tmp_path / "runs" / "latest"
    run = link.resolve()
    assert cli.main(["train", "--resume", str(link)]) == 0
    assert link.resolve() == run
    config = run / "config.yaml"  # as by default: relative to where training was started
    config.write_text(config.read_text().replace(str(tmp_path / "runs"), "runs"))
    monkeypatch.chdir(run)
    assert cli.main(["train", "--resume", "."]) == 0
    assert json.loads((run / "summary.json").read_text())["recipe"] == run.parent.name
    assert link.resolve() == run


def test_a_finished_run_that_is_resumed_keeps_its_training_time(command, tmp_path):
    command()
    run = (tmp_path / "runs" / "latest").resolve()
    summary = json.loads((run / "summary.json").read_text())
    assert summary["resumed"] is False
    summary["seconds"]["training"] = 1234.5
    (run / "summary.json").write_text(json.dumps(summary))
    assert cli.main(["train", "--resume", str(run)]) == 0
    again = json.loads((run / "summary.json").read_text())
    assert (again["seconds"]["training"], again["resumed"]) == (1234.5, False)
    (run / "summary.json").unlink()  # as if it had been cut off
    assert cli.main(["train", "--resume", str(run)]) == 0
    assert json.loads((run / "summary.json").read_text())["resumed"] is True


def test_validation_accuracy_is_that_of_all_held_out_images(command, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.runs.session.DRAWN", 3)
    command("--data.validation", "20")
    run = (tmp_path / "runs" / "latest").resolve()
    accuracy = json.loads((run / "summary.json").read_text())["validation_accuracy"]
    last = (run / "metrics.csv").read_text().splitlines()
    column = last[0].split(",").index("validation_accuracy")
    assert accuracy == pytest.approx(float(last[-1].split(",")[column]))


def test_a_run_whose_images_were_moved_takes_those_of_data_dir(command, tmp_path, monkeypatch):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    command("--data.directory", str(old))
    run = (tmp_path / "runs" / "latest").resolve()
    old.rename(new)
    monkeypatch.delenv("DATA_DIR", raising=False)
    with pytest.raises(UserError, match=r"old, the images' folder in .*config\.yaml, does not exist; set DATA_DIR"):
        runs.open_run(run)
    monkeypatch.setenv("DATA_DIR", str(new))
    assert runs.open_run(run).data.directory == str(new)


def test_a_further_process_that_is_stopped_leaves_the_code_to_the_first(monkeypatch):
    """Lightning kills the first one, which may still be writing, where another one's code is not 0."""
    monkeypatch.setattr("pipeline.runs.session.train", lambda *_, **__: raise_(Stopped(signal.SIGTERM)))
    assert train_beside_first(tiny.recipe(), tiny.dataset(), Split(np.arange(0), np.arange(0)), Path(), False) == 0


@pytest.mark.parametrize(
    ("error", "compiled", "message"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), False, r"train\.accumulate"),
        (dynamo.BackendCompilerFailed(print, RuntimeError("no C++ compiler"), None), True, "--train.compile false"),
    ],
)
def test_what_shows_in_the_first_step_is_one_line(error, compiled, message, tmp_path, monkeypatch):
    monkeypatch.setattr(pl.Trainer, "fit", lambda *_, **__: raise_(error))
    recipe = tiny.recipe(train={"compile": compiled})
    with pytest.raises(UserError, match=message) as caught:
        train(recipe, tiny.dataset(), tmp_path)
    assert "\n" not in str(caught.value)


def test_a_mistake_of_ours_in_training_is_not_explained_away(tmp_path, monkeypatch):
    monkeypatch.setattr(pl.Trainer, "fit", lambda *_, **__: raise_(RuntimeError("shapes do not fit")))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        train(tiny.recipe(train={"compile": True}), tiny.dataset(), tmp_path)


def test_a_run_that_fails_is_closed_at_wandb(command, monkeypatch):
    """Or the next one of a search would be recorded as this one."""
    closed = []
    run = SimpleNamespace(finish=lambda exit_code: closed.append(exit_code))
    monkeypatch.setattr(tracking, "wandb_logger", lambda *_: SimpleNamespace(experiment=run))
    monkeypatch.setattr("pipeline.runs.session.train_and_predict", lambda *_: raise_(UserError("disk full")))
    assert command()[0] == 2
    assert closed == [1]


def raise_(error):
    raise error


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_precision_is_muons_too_and_its_proxys(tmp_path, precision):
    recipe = tiny.recipe(train={"length": "1 steps", "precision": precision}, selection=SelectionConfig(share=0.5))
    trained = train(recipe, tiny.dataset(), tmp_path)
    for optimizer in (trained.optimizers().optimizer, trained.selection.optimizer):
        assert {group["bf16"] for group in optimizer.param_groups} == {precision == "bf16"}


def test_resuming_what_is_no_run_is_one_line(capsys):
    assert cli.main(["train", "--resume", "/nowhere"]) == 2
    assert "/nowhere is not a run folder: it has no config.yaml" in capsys.readouterr().err


def test_a_run_folder_that_cannot_be_made_is_one_line(command, tmp_path):
    (tmp_path / "file").write_text("")
    code, output = command("--log.runs", str(tmp_path / "file" / "runs"))
    assert code == 2
    assert "cannot create the run folder" in output.err
    assert "set log.runs" in output.err


def test_a_gpu_where_there_is_none_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"train\.device is 'gpu', but this machine has none; use --train\.device cpu"):
        accelerator(TrainConfig(device="gpu"))
    assert accelerator(TrainConfig(device="auto")) == "cpu"


def test_lengths_round_down_to_whole_batches_and_refuse_a_batch_too_large():
    run = lengths(TrainConfig(length="3 epochs", batch_size=30), 100)
    assert (run.steps_per_epoch, run.total_steps) == (3, 9)
    with pytest.raises(UserError, match=r"train\.batch_size is 101; allowed: at most the 100"):
        lengths(TrainConfig(batch_size=101), 100)


def finished(tmp_path):
    recipe = tiny.recipe(train={"length": "2 steps"})
    train(recipe, tiny.dataset(), tmp_path)
    return recipe


def test_a_checkpoint_of_another_network_is_refused_in_one_line(tmp_path):
    recipe = finished(tmp_path)
    for model, detail in ((ModelConfig(name="resnet18"), "parameters differ, such as"),
                          (ModelConfig(), "the shapes of parameters differ")):  # fmt: skip
        with pytest.raises(UserError, match=detail) as error:
            runs.load_network(tmp_path, replace(recipe, model=model))
        assert "\n" not in str(error.value)


def test_a_damaged_or_missing_checkpoint_is_refused_in_one_line(tmp_path):
    recipe = finished(tmp_path)
    last = tmp_path / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"cannot read .*last\.ckpt: .*damaged"):
        runs.load_network(tmp_path, recipe)
    last.unlink()
    with pytest.raises(UserError, match=r"has no last\.ckpt; it has best\.ckpt"):
        runs.load_network(tmp_path, recipe)
    last.with_name("best.ckpt").unlink()
    with pytest.raises(UserError, match=r"has no last\.ckpt; resume with --resume"):
        runs.load_network(tmp_path, recipe)


def test_finished_weights_load_as_they_were(tmp_path):
    recipe = tiny.recipe(train={"length": "2 steps"})
    trained = train(recipe, tiny.dataset(), tmp_path).model.eval()
    images = torch.from_numpy(np.ascontiguousarray(tiny.dataset().test_images)).permute(0, 3, 1, 2) / 255
    assert torch.equal(runs.load_network(tmp_path, recipe)(images), trained(images))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"log": LogConfig(gradients_every=5)}, "recurrent"),
        (
            {
                "model": ModelConfig(name="timm:vit_tiny_patch16_224"),
                "augment": AugmentConfig(resolutions=[Resolution(size=24, until="50%")]),
            },
            "24",
        ),
        (
            {
                "model": ModelConfig(name="timm:convnext_atto", operation="convolution"),
                "augment": AugmentConfig(resolutions=[Resolution(size=16, until="50%")]),
            },
            r"augment\.resolutions has 16 pixels, which timm:convnext_atto does not take",
        ),
        (
            {"model": ModelConfig(name="timm:inception_v4")},
            "images have 32 pixels, which timm:inception_v4 does",
        ),
        ({"augment": AugmentConfig(resolutions=[Resolution(size=64, until="1 epoch", by="crop")])}, "crops 64 pixels"),
    ],
)
def test_settings_that_do_not_fit_the_network_are_refused_before_a_folder_is_made(changes, message):
    with pytest.raises(UserError, match=message) as error:
        tiny.check(replace(tiny.recipe(), **changes), tiny.dataset())
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize("proxy", ["self", "whitened"])
def test_compiled_networks_train_and_their_weights_keep_their_names(tmp_path, monkeypatch, proxy):
    """Traced as for any backend, then run as traced: a compiler is not part of this."""
    compiled, compile_ = [], nn.Module.compile
    monkeypatch.setattr(
        nn.Module, "compile", lambda module: compiled.append(module) or compile_(module, backend="eager")
    )
    chosen = SelectionConfig(share=0.5, widths=(4, 8, 8), proxy=proxy)
    recipe = tiny.recipe(train={"compile": True}, selection=chosen, averaging=AveragingConfig(kind="ema"))
    trained = train(recipe, tiny.dataset(), tmp_path)
    assert len(compiled) == (2 if proxy == "whitened" else 1)
    assert weights(trained).isfinite().all()
    state = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    names = [*state["state_dict"], *state["current_model_state"], *state["selection"].get("network", {})]
    assert not [name for name in names if "_orig_mod" in name]
    plain = replace(recipe, train=replace(recipe.train, compile=False))
    expected = train(plain, tiny.dataset(), tmp_path / "plain")
    torch.testing.assert_close(weights(trained), weights(expected), rtol=1e-3, atol=1e-4)
    runs.load_network(tmp_path, recipe)
