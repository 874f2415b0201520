"""When a slip counts as shown."""

import torch

from pipeline.recurrent.notes.slip import Measurement, compare


def test_confirmed_needs_both():
    assert Measurement(notes=0.1, corrected=1e-15).confirmed
    assert not Measurement(notes=1e-12, corrected=1e-15).confirmed
    assert not Measurement(notes=0.1, corrected=1e-3).confirmed
    assert not Measurement(notes=0.1, corrected=float("nan")).confirmed


def test_errors_are_relative():
    reference = torch.tensor([3.0, 4.0])
    assert compare(reference * 1.5, reference, reference) == Measurement(notes=0.5, corrected=0.0)
