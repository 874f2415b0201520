"""When a slip counts as shown."""

import torch

from pipeline.recurrent.notes.slip import Measured, compare


def test_shown_needs_both():
    assert Measured(notes=0.1, corrected=1e-15).shown
    assert not Measured(notes=1e-12, corrected=1e-15).shown
    assert not Measured(notes=0.1, corrected=1e-3).shown
    assert not Measured(notes=0.1, corrected=float("nan")).shown


def test_errors_are_relative():
    reference = torch.tensor([3.0, 4.0])
    assert compare(reference * 1.5, reference, reference) == Measured(notes=0.5, corrected=0.0)
