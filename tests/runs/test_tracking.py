"""Weights & Biases: every way to choose the mode, without a network, and a real offline run."""

import socket
import sys

import pytest

from pipeline.runs import tracking
from pipeline.runs.tracking import choose_mode
from pipeline.training.recipe import LogConfig


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """No account, no network, nothing forced."""
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    def refuse(*_, **__):
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def connected(monkeypatch):
    """A host that answers; the list of who was asked."""
    asked = []

    class Connection:
        def close(self):
            pass

    def connect(address, timeout):
        asked.append((*address, timeout))
        return Connection()

    monkeypatch.setattr(socket, "create_connection", connect)
    return asked


@pytest.mark.parametrize("wanted", ["off", "offline"])
def test_the_config_decides_without_looking_further(wanted, connected, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert choose_mode(wanted) == (wanted, "by log.wandb")
    assert connected == []


@pytest.mark.parametrize(("forced", "mode"), [("disabled", "off"), ("offline", "offline")])
def test_the_environment_can_forbid_the_network(forced, mode, connected, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_MODE", forced)
    assert choose_mode("auto") == (mode, "by WANDB_MODE")
    assert connected == []


@pytest.mark.parametrize("wanted", ["auto", "online"])
def test_without_an_account_it_is_offline_and_says_how_to_log_in(wanted, connected):
    mode, why = choose_mode(wanted)
    assert mode == "offline"
    assert "wandb login" in why
    assert connected == []


@pytest.mark.parametrize("wanted", ["auto", "online"])
def test_logged_in_without_network_it_is_offline_and_names_the_host(wanted, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert choose_mode(wanted) == ("offline", "api.wandb.ai does not answer")


def test_logged_in_and_reachable_it_is_online_and_waits_at_most_two_seconds(connected, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert choose_mode("auto") == ("online", "logged in")
    assert connected == [("api.wandb.ai", 443, 2.0)]


def test_a_netrc_entry_is_a_login_for_its_own_host_only(connected, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine wandb.school.example login user password " + "0" * 40 + "\n")
    (tmp_path / "netrc").chmod(0o600)
    assert choose_mode("auto")[0] == "offline"
    monkeypatch.setenv("WANDB_BASE_URL", "http://wandb.school.example:8080")
    assert choose_mode("auto") == ("online", "logged in")
    assert connected == [("wandb.school.example", 8080, 2.0)]


def test_a_broken_netrc_is_no_login(tmp_path):
    (tmp_path / "netrc").write_text("machine without end login")
    assert choose_mode("auto")[0] == "offline"


def test_off_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert tracking.wandb_logger(LogConfig(), "off", tmp_path, "name", [], {}) is None
    tracking.record_files(None, tmp_path, tmp_path / "last.ckpt")
    assert str(tmp_path / "metrics.csv") in tracking.viewing_hint(None, "off", tmp_path)


def test_a_failing_start_leaves_the_run_without_wandb_and_says_so(tmp_path, monkeypatch, capsys):
    import wandb

    def fail(*_, **__):
        raise RuntimeError("no such project")

    monkeypatch.setattr(wandb, "init", fail)
    assert tracking.wandb_logger(LogConfig(), "online", tmp_path, "name", [], {}) is None
    assert "W&B is left out of this run: no such project" in capsys.readouterr().err


def test_an_offline_run_starts_and_ends_without_a_question(tmp_path, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked"))
    run = tmp_path / "20260101-000000-seed0"
    run.mkdir()
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "home"))
    for name in ("submission.csv", "config.yaml", "last.ckpt"):
        (run / name).write_text("id,label\n1,cat\n")
    logger = tracking.wandb_logger(LogConfig(wandb="offline"), "offline", run, "tiny", ["tiny"], {"seed": 0})
    logger.log_metrics({"loss": 1.0}, step=1)
    tracking.record_files(logger, run, run / "last.ckpt")
    copies = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and "id,label" in path.read_text()]
    assert copies == [], "W&B keeps no second copy of what lies in the run's folder"
    folders = list((run / "wandb").glob("offline-run-*"))
    assert len(folders) == 1
    assert next(folders[0].glob("run-*.wandb")).stat().st_size > 0
    line = tracking.viewing_hint(logger, "offline", run)
    assert "wandb leet" in line
    assert str(run) in line


def test_an_open_run_of_somebody_elses_is_never_written_into(tmp_path, monkeypatch):
    """Ctrl-C in a loop of runs may leave one open."""
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("WANDB_PROJECT", "my-course")
    started = []
    for seed in (0, 1):
        run = tmp_path / f"20260101-000000-seed{seed}"
        run.mkdir()
        started.append(
            tracking.wandb_logger(LogConfig(group="sweep", tags=["late"]), "offline", run, "tiny", ["tiny"], {})
        )
    experiments = [logger.experiment for logger in started]
    assert [each.id for each in experiments] == ["20260101-000000-seed0", "20260101-000000-seed1"]
    assert {(each.project, each.group, each.tags) for each in experiments} == {("my-course", "sweep", ("tiny", "late"))}
    for logger in started:
        tracking.close(logger, failed=True)
