"""Streams of random numbers: apart by number, and each a function of its whole key."""

import torch

from pipeline.core import streams
from pipeline.core.streams import generator


def test_no_two_streams_share_a_number():
    numbers = [value for name, value in vars(streams).items() if name.isupper()]
    assert len(numbers) >= 6
    assert len(set(numbers)) == len(numbers)


def test_a_stream_depends_on_every_number_of_its_key_and_on_their_order():
    keys = [(0,), (1,), (0, 0), (0, 1), (1, 0), (1, 2, 3), (3, 2, 1), (1, 2, 4)]
    first = [int(torch.randint(2**62, (), generator=generator(*key))) for key in keys]
    assert len(set(first)) == len(keys)
    assert first == [int(torch.randint(2**62, (), generator=generator(*key))) for key in keys]
