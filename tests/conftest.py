"""Set before any test imports a library: no network, no account, one thread."""

import os
import sys
import tempfile
from pathlib import Path

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

LONG = frozenset((Path(__file__).parent / "long_tests.txt").read_text().splitlines())


def pytest_collection_modifyitems(items) -> None:
    """Mark the tests that `make test-fast` leaves out: see tests/tools/long_tests.py."""
    for item in items:
        if item.nodeid.partition("[")[0] in LONG:
            item.add_marker("long")
