"""What the commands set before torch is imported, and what they leave to the user."""

import os
from types import SimpleNamespace

import pytest

from pipeline.core import runtime


@pytest.mark.parametrize("value", [None, "0", "1"])
def test_whether_the_hub_may_be_asked_is_the_users_to_say(monkeypatch, value):
    """Nothing but a recipe with published weights asks it; a process started by another one must not differ."""
    monkeypatch.setattr(runtime, "keep_freed_memory", lambda: True)
    for name in ("NO_ALBUMENTATIONS_UPDATE", "WANDB_ERROR_REPORTING"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if value is None:
        monkeypatch.delenv("HF_HUB_OFFLINE")
    else:
        monkeypatch.setenv("HF_HUB_OFFLINE", value)
    runtime.set_up()
    assert os.environ.get("HF_HUB_OFFLINE") == value
    assert os.environ["WANDB_ERROR_REPORTING"] == "theirs"


@pytest.mark.parametrize("refused", [set(), {runtime.M_MMAP_THRESHOLD}])
def test_where_glibc_refuses_the_threshold_nothing_is_mapped(monkeypatch, refused):
    """Up to which version it does is not known here."""
    asked = []

    def mallopt(number, value):
        asked.append(number)
        return int(number not in refused)

    monkeypatch.setattr(runtime.ctypes, "CDLL", lambda name: SimpleNamespace(mallopt=mallopt))
    assert runtime.keep_freed_memory()
    assert {runtime.M_TRIM_THRESHOLD, runtime.M_TOP_PAD} < set(asked)
    assert (runtime.M_MMAP_MAX in asked) == bool(refused)
