"""All numbered slips in order."""

from . import bptt, lstm, matrices

SLIPS = tuple(sorted((*matrices.SLIPS, *bptt.SLIPS, *lstm.SLIPS), key=lambda slip: slip.number))
