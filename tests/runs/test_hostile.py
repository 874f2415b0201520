"""Run folders and checkpoints of a stranger: refused in one line or harmless, and no file outside is touched."""

import itertools
import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline import cli
from pipeline.core.errors import UserError
from pipeline.data import sources
from pipeline.own import source_copy
from pipeline.runs import figures
from pipeline.runs import folder as runs
from tests import tiny

OLD = Path(__file__).parent / "old_run"


class Trap:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch sprung",)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A finished run, and an empty folder to work in, which traps would write into."""
    monkeypatch.setattr(sources, "load", lambda config: tiny.dataset())
    monkeypatch.chdir(tmp_path)
    folder = Path(shutil.copytree(OLD, tmp_path / "runs" / "theirs" / "run"))
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("doubt:", "margin:"))
    return folder


def attempt(capsys, *words):
    """Run a command; its exit code and what it printed on stderr. A traceback would fail the test."""
    capsys.readouterr()
    code = cli.main([str(word) for word in words])
    assert not Path("sprung").exists()
    return code, capsys.readouterr().err


def predicted(capsys, run):
    return attempt(capsys, "predict", run, "--out", "out.csv")


def checkpoint(run):
    return run / "checkpoints" / "last.ckpt"


def changed(run, change):
    """The run's checkpoint after a change."""
    state = torch.load(checkpoint(run), weights_only=True)
    change(state)
    torch.save(state, checkpoint(run))


def with_code(run):
    torch.save({"state_dict": {}, "trap": Trap()}, checkpoint(run))


def plain_pickle(run):
    checkpoint(run).write_bytes(pickle.dumps(Trap()))


def code_in_the_archive(run):
    with zipfile.ZipFile(checkpoint(run), "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps(Trap()))
        archive.writestr("x/version", "3")


def huge_view(run):
    changed(run, lambda state: state["state_dict"].update(huge=torch.zeros(1).expand(10**12)))


def first_weight(state):
    return next(name for name, value in state["state_dict"].items() if value.ndim == 4)


def wrong_shape(run):
    changed(run, lambda state: state["state_dict"].update({first_weight(state): torch.zeros(2, 2)}))


def huge_shape(run):
    changed(run, lambda state: state["state_dict"].update({first_weight(state): torch.zeros(1).expand(10**6, 10**6)}))


CHECKPOINTS = {
    "a pickle that runs a command": plain_pickle,
    "a command beside the weights": with_code,
    "a command in an archive like torch's": code_in_the_archive,
    "a weight too many, of 10^12 numbers in 4 bytes": huge_view,
    "a weight of another shape": wrong_shape,
    "a weight of 10^12 numbers": huge_shape,
    "weights that are a list": lambda run: changed(run, lambda state: state.update(state_dict=[1, 2])),
    "weights that are numbers": lambda run: changed(run, lambda state: state.update(state_dict={"a": 1})),
    "no weights": lambda run: changed(run, lambda state: state.pop("state_dict")),
    "a tensor alone": lambda run: torch.save(torch.zeros(3), checkpoint(run)),
    "half of it": lambda run: checkpoint(run).write_bytes(checkpoint(run).read_bytes()[:20_000]),
    "an empty file": lambda run: checkpoint(run).write_bytes(b""),
    "text": lambda run: checkpoint(run).write_text("hello"),
    "a folder": lambda run: (checkpoint(run).unlink(), checkpoint(run).mkdir()),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("command", ["predict", "resume"])
def test_a_checkpoint_is_refused_in_one_line(command, name, run, capsys):
    for file in run.glob("*.npy"):
        file.unlink()
    if command == "resume":
        text = (run / "config.yaml").read_text()
        (run / "config.yaml").write_text(text.replace("length: 2 epochs", "length: 3 epochs"))
    CHECKPOINTS[name](run)
    code, said = predicted(capsys, run) if command == "predict" else attempt(capsys, "train", "--resume", run)
    assert code == 2
    assert said.startswith("error: ")
    assert said.count("\n") == 1


TRAINING = {
    "no counts of the loops": lambda state: state.update(loops={}),
    "no state of the optimizer": lambda state: state.update(optimizer_states=[]),
    "loops that are text": lambda state: state.update(loops="x"),
    "steps that are text": lambda state: state.update(global_step="x"),
    "callbacks that are a list": lambda state: state.update(callbacks=[]),
}


@pytest.mark.parametrize("name", TRAINING)
def test_a_checkpoint_with_another_state_of_training_is_refused_in_one_line(name, run, capsys):
    text = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(text.replace("length: 2 epochs", "length: 3 epochs"))
    changed(run, TRAINING[name])
    code, said = attempt(capsys, "train", "--resume", run)
    assert (code, said.count("\n")) == (2, 1)


CONFIGS = {
    "a python object": "seed: !!python/object/apply:os.system ['touch sprung']",
    "a python name": "seed: !!python/name:os.system",
    "a python module": "data: !!python/module:os",
    "an unknown tag": "seed: !mine 3",
    "a billion laughs": "a: &a [x, x]\n"
    + "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in itertools.pairwise("abcdefghi")),
    "an alias to itself": "data: &a {directory: *a}",
    "a deep nest": "seed: " + "[" * 2000,
    "nothing": "",
    "a list": "- 1",
    "a binary file": "\0\1\2",
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_is_refused_in_one_line(name, run, capsys):
    (run / "config.yaml").write_text(CONFIGS[name])
    code, said = predicted(capsys, run)
    assert (code, said.count("\n")) == (2, 1), said


def test_a_config_of_a_gigabyte_is_not_read(run, capsys):
    with (run / "config.yaml").open("r+b") as file:
        file.truncate(2**30)
    assert "larger than" in predicted(capsys, run)[1]


def test_a_run_without_its_config_is_named(run, capsys):
    (run / "config.yaml").unlink()
    assert "has no config.yaml" in predicted(capsys, run)[1]


SUMMARIES = [
    "",
    "[]",
    "3",
    "null",
    '{"data": 3}',
    '{"data": "cifar10", "seconds": 3}',
    "[" * 100_000,
    '{"data"',
    "\xff",
]


@pytest.mark.parametrize("text", SUMMARIES, ids=range(len(SUMMARIES)))
def test_a_damaged_summary_counts_as_none(text, run, capsys):
    (run / "summary.json").write_bytes(text.encode("latin1"))
    assert predicted(capsys, run)[0] == 0


# Resuming takes ten times as long: once for each way in which reading fails.
@pytest.mark.parametrize("text", ["", "[]", '{"data": "cifar10", "seconds": 3}', "\xff"])
def test_resuming_replaces_a_damaged_summary(text, run, capsys):
    (run / "summary.json").write_bytes(text.encode("latin1"))
    assert attempt(capsys, "train", "--resume", run)[0] == 0
    assert json.loads((run / "summary.json").read_text())["data"] == "cifar10"


@pytest.mark.parametrize("name", ["../../elsewhere", "\x1b[31mred", "a" * 5000, "/etc"])
def test_a_summary_steers_neither_paths_nor_the_terminal(name, run, capsys):
    (run / "summary.json").write_text(json.dumps({"data": name, "seconds": {"training": 1}}))
    for words in (["submit", run], ["standings", run], ["predict", run, "--out", "out.csv"]):
        code, said = attempt(capsys, *words)
        assert code == 2
        assert "\x1b" not in said


LINKS = ["config.yaml", "summary.json", "metrics.csv", "probabilities.npy", "probabilities.partial.npy",
         "probabilities.json", "submission.csv", "figures", "checkpoints/last.ckpt", "checkpoints", "wandb",
         "figures/curves.png"]  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_leads_out_is_refused_and_what_it_leads_to_stays(name, run, tmp_path, capsys):
    place, outside = run / name, tmp_path / "outside"
    if name in ("figures", "checkpoints", "wandb"):
        shutil.copytree(run / "checkpoints", outside)
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.parent.mkdir(exist_ok=True)
        outside.write_bytes(place.read_bytes() if place.exists() else b"mine")
        place.unlink(missing_ok=True)
    place.symlink_to(outside)
    before = {path: path.read_bytes() for path in [outside, *outside.rglob("*")] if path.is_file()}
    for words in (["predict", run, "--out", "out.csv"], ["train", "--resume", run]):
        code, said = attempt(capsys, *words)
        assert code == 2
        assert "is a link that leads out of the run folder" in said
    assert {path: path.read_bytes() for path in before} == before


def test_a_link_inside_the_run_and_one_to_the_run_are_followed(run, tmp_path, capsys):
    checkpoint(run).rename(run / "checkpoints" / "kept.ckpt")
    checkpoint(run).symlink_to("kept.ckpt")
    (tmp_path / "latest").symlink_to(run)
    assert predicted(capsys, tmp_path / "latest")[0] == 0


def object_array(path):
    np.save(path, np.array([Trap()], dtype=object), allow_pickle=True)


TABLES = {
    "objects": object_array,
    "an object in the header": lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\x10\x00__import__('os')"),
    "a huge shape": lambda path: path.write_bytes(
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000000, 10)}".ljust(118)
    ),
    "text": lambda path: path.write_text("hello"),
    "nothing": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_damaged_table_of_probabilities_is_made_again(name, run, capsys):
    assert predicted(capsys, run)[0] == 0
    expected = Path("out.csv").read_bytes()
    for file in ("probabilities.npy", "probabilities.partial.npy"):
        TABLES[name](run / file)
    assert predicted(capsys, run)[0] == 0
    assert Path("out.csv").read_bytes() == expected


@pytest.mark.parametrize("rows", [-5, 10**12, "x", None, 1e300])
def test_a_note_with_impossible_rows_is_not_believed(rows, run, capsys):
    assert predicted(capsys, run)[0] == 0
    expected = Path("out.csv").read_bytes()
    note = json.loads((run / "probabilities.json").read_text())
    (run / "probabilities.json").write_text(json.dumps(note | {"rows": rows}))
    assert predicted(capsys, run)[0] == 0
    assert Path("out.csv").read_bytes() == expected


METRICS = ["", "a,b\n1,2\n", "epoch,train_loss\nx,y\n", '"', "\0", "epoch\n" + "1," * 100]


@pytest.mark.parametrize("text", METRICS, ids=range(len(METRICS)))
def test_a_damaged_table_of_metrics_costs_no_more_than_its_figure(text, run, capsys, drawn_figures, monkeypatch):
    for name in ("confusion", "mistakes"):  # they do not read the table
        monkeypatch.setattr(figures, name, lambda *arguments: figures.new_figure(figsize=(1, 1)))
    (run / "metrics.csv").write_text(text)
    assert attempt(capsys, "train", "--resume", run)[0] == 0
    assert (run / "submission.csv").is_file()


SWEEPS = {
    "a run elsewhere": {"kind": "seeds", "count": 1, "runs": {"seed 0": "../../outside"}, "resumed": []},
    "an absolute run": {"kind": "seeds", "count": 1, "runs": {"seed 0": "/etc"}, "resumed": []},
    "the folder above": {"kind": "seeds", "count": 1, "runs": {"seed 0": ".."}, "resumed": []},
    "10^12 members": {"kind": "seeds", "count": 10**12, "runs": {}, "resumed": []},
    "another kind": {"kind": "x", "count": 1, "runs": {}, "resumed": []},
    "no runs": {"kind": "seeds", "count": 1},
    "a list": [],
    "runs that are a list": {"kind": "seeds", "count": 1, "runs": [1], "resumed": []},
}


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_of_a_stranger_is_refused_in_one_line(name, run, tmp_path, capsys):
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    shutil.copy(run / "config.yaml", sweep)
    (sweep / "sweep.json").write_text(json.dumps(SWEEPS[name]))
    code, said = attempt(capsys, "sweep", "--seeds", "2", "--with", sweep, "--data.validation", "10")
    assert (code, said.count("\n")) == (2, 1)
    assert "is not a sweep" in said


def test_two_processes_do_not_work_in_one_run(run, capsys):
    child = os.fork()
    if child == 0:
        with runs.locked(run):
            os.kill(os.getpid(), 19)  # SIGSTOP: it keeps the folder
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    try:
        code, said = attempt(capsys, "train", "--resume", run)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert (code, said.count("\n")) == (2, 1)
    assert "another process works in" in said
    assert attempt(capsys, "train", "--resume", run)[0] == 0  # a kill gives the folder back


@pytest.mark.parametrize("linked", ["folder", "package", "file"])
def test_own_code_behind_a_link_is_not_known_by_its_digest(linked, tmp_path):
    named, source = {"model.name": "net:Net"}, tmp_path / "run" / source_copy.FOLDER
    source.mkdir(parents=True)
    (source / "net.py").write_text("class Net: ...")
    assert source_copy.digest(tmp_path / "run", named)
    (tmp_path / "evil").mkdir()
    if linked == "folder":
        source.rename(tmp_path / "moved")
        source.symlink_to(tmp_path / "moved")
    else:
        (source / ("rich" if linked == "package" else "rich.py")).symlink_to(tmp_path / "evil")
    with pytest.raises(UserError, match="is a link, behind which code can change"):
        source_copy.digest(tmp_path / "run", named)
