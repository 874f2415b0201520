"""Set before any test imports a library: no network, no account, one thread."""

import atexit
import gc
import os
import sys
import tempfile
from pathlib import Path

import pytest

os.environ.update(
    # No login of this account to a competition server.
    XDG_CONFIG_HOME=tempfile.mkdtemp(prefix="tests-config-"),
    NO_ALBUMENTATIONS_UPDATE="1",
    WANDB_MODE="disabled",
    WANDB_ERROR_REPORTING="false",
    HF_HUB_OFFLINE="1",
    OMP_NUM_THREADS="1",
    MPLBACKEND="Agg",
)

# So that tests find `tests.tiny` however pytest was started.
sys.path.insert(0, str(Path(__file__).parents[1]))

pytest_plugins = ["tests.image_files"]

# To look for garbage among the objects of the libraries takes long, and finds none.
gc.disable()
# So that libraries which count their objects at the end find none left.
atexit.register(gc.unfreeze)

LONG = frozenset((Path(__file__).parent / "long_tests.txt").read_text().splitlines())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`make test-fast` does not even import a file of which all is long."""
    name = os.path.relpath(collection_path, Path(__file__).parents[1])
    return True if name in LONG and "not long" in config.option.markexpr else None


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but not among what the imports have left."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items) -> None:
    """Mark the tests that `make test-fast` leaves out: see tests/tools/long_tests.py."""
    for item in items:
        if LONG & {item.nodeid.partition("[")[0], item.nodeid.partition("::")[0]}:
            item.add_marker("long")


@pytest.fixture(scope="session", autouse=True)
def runs_without_figures(request):
    """A run writes no figures, unless its test asks for `drawn_figures`: drawing takes most of a tiny run's time."""
    if all("leaderboard" in item.path.parts for item in request.session.items):
        yield
        return
    from pipeline.runs import figures

    drawing = figures.write_figures
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "write_figures", lambda *arguments: None)
        yield drawing


@pytest.fixture
def drawn_figures(runs_without_figures, monkeypatch):
    """The runs of this test write their figures."""
    from pipeline.runs import figures

    monkeypatch.setattr(figures, "write_figures", runs_without_figures)


@pytest.fixture
def blank_figures(drawn_figures, monkeypatch):
    """The runs of this test write their figures, with nothing in them."""
    from pipeline.runs import figures

    for name in ("curves", "confusion", "mistakes"):
        monkeypatch.setattr(figures, name, lambda *arguments: figures.new_figure(figsize=(1, 1)))
