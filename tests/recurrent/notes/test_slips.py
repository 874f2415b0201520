"""Each numbered slip: the notes' form fails, and the corrected form holds."""

import pytest

from pipeline.recurrent.notes.slips import SLIPS

IDS = [f"{slip.number}" for slip in SLIPS]


def test_all_25_are_there():
    assert [slip.number for slip in SLIPS] == list(range(1, 26))
    assert all(slip.title and slip.notes and slip.corrected and slip.measure.__doc__ for slip in SLIPS)


@pytest.mark.parametrize("slip", SLIPS, ids=IDS)
def test_the_notes_form_fails(slip):
    assert slip.measure().notes > 1e-3


@pytest.mark.parametrize("slip", SLIPS, ids=IDS)
def test_the_corrected_form_holds(slip):
    assert slip.measure().corrected < 1e-10
