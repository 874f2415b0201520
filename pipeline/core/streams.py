"""Streams of random numbers: each is a function of its key alone, so a resumed run repeats every draw.

A key begins with the run's seed and the number of a stream; no two uses share a number.
"""

import torch

# Which side of an image alternating mirrors show first.
FLIP = 1
# The order of an epoch's images, their crops, mirrors and cutout squares.
ORDER = 2
# Mixup and cutmix.
MIX = 3
# Everything random inside a network, such as dropout.
DROPOUT = 4
# Brightness and contrast.
JITTER = 5
# TrivialAugment.
TRIVIAL = 6
# An augmentation of the participant's own.
OWN = 7


def generator(*key: int) -> torch.Generator:
    """A CPU generator whose stream depends on every number of the key and on nothing else."""
    seed = 0
    for number in key:  # a splitmix64 round per number: close keys give unrelated streams
        seed = (seed + number + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        seed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        seed ^= seed >> 27
    return torch.Generator().manual_seed(seed & 0x7FFFFFFFFFFFFFFF)
