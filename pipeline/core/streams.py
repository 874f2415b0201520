"""Streams of random numbers. Each depends only on its key, so a resumed run repeats every draw.

A key begins with the run's seed and the number of a stream; every use has a number of its own.
"""

import torch

# Whether alternating flips begin with an image itself or with its mirror image.
FLIP = 1
# The order of an epoch's images, and their crops, flips and cutout squares.
ORDER = 2
# Mixup and cutmix.
MIX = 3
# Everything random inside a network, such as dropout.
DROPOUT = 4
# Brightness and contrast.
JITTER = 5
# TrivialAugment.
TRIVIAL = 6
# A participant's own augmentation.
OWN = 7


def generator(*key: int) -> torch.Generator:
    """A CPU generator whose stream depends on all numbers of the key and on nothing else."""
    seed = 0
    for number in key:  # a splitmix64 round per number: close keys give unrelated streams
        seed = (seed + number + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        seed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        seed ^= seed >> 27
    return torch.Generator().manual_seed(seed & 0x7FFFFFFFFFFFFFFF)
