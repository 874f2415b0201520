"""The count of type errors: rooms are told apart, a rise is refused, a fall has to be recorded."""

import json

import pytest

from tests.tools import type_ratchet

ERRORS = [
    'pipeline/data/png.py:12: error: "None" has no attribute "x"  [attr-defined]',
    "pipeline/data/stand_in/shapes.py:3:5: error: Missing return statement  [return]",
    "pipeline/config.py:7: error: Missing return statement  [return]",
]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A record of its own, and the errors above in place of mypy's."""
    monkeypatch.setattr(type_ratchet, "RECORD", tmp_path / "type_errors.json")
    monkeypatch.setattr(type_ratchet, "type_errors", lambda: ERRORS)
    return tmp_path / "type_errors.json"


def test_errors_are_counted_by_room(recorded):
    assert type_ratchet.main(["--write"]) == 0
    assert json.loads(recorded.read_text()) == {"pipeline": 1, "pipeline/data": 2}


def test_a_new_error_is_refused_and_shown(recorded, capsys):
    recorded.write_text('{"pipeline/data": 2}')
    assert type_ratchet.main([]) == 1
    shown = capsys.readouterr().out
    assert ERRORS[2] in shown
    assert "pipeline: 1 type errors, 0 recorded" in shown
    assert "png.py" not in shown


def test_a_mended_error_has_to_be_recorded(recorded, capsys):
    recorded.write_text('{"pipeline": 1, "pipeline/data": 3}')
    assert type_ratchet.main([]) == 1
    assert "--write" in capsys.readouterr().out


def test_the_leaderboard_has_no_error_on_record():
    assert [room for room in json.loads(type_ratchet.RECORD.read_text()) if room.startswith("leaderboard")] == []
