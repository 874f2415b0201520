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


@pytest.mark.parametrize(
    ("number", "written", "misread"),
    [
        (15, "lim_{n -> inf} lambda_i^n = ... 0 else < 1", "all of the gradient vanishes"),
        (23, "dC_t/dC_{t-1} = d/dC_{t-1} (f_t . C_{t-1}", "a factor of dC_t/dC_k"),
        (24, "decides what information to throw away or remember", "f = 1 throws away"),
    ],
)
def test_a_passage_easily_misread_is_quoted_as_it_stands(number, written, misread):
    slip = SLIPS[number - 1]
    assert slip.notes.startswith(written)
    assert "easily misread as" in slip.title
    assert misread in slip.title
