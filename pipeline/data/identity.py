"""Whether images are those of CIFAR-10, in any format and order."""

import hashlib

import numpy as np

from pipeline.core.images import SIZE

# SHA-256 of the sorted digests of the official images: training images with their labels, test images without.
TRAIN = "d249e8e6cf1e660655d3caa8ecaa685ead3af880162bc15429b0a9fdbb35f8e8"
TEST = "ac0f830465d8e2ccbdc29b708d74804cacbfbb5d4802fdf956cbeba4fe1eb8c6"


def is_cifar10(train_images: np.ndarray, train_labels: np.ndarray, test_images: np.ndarray) -> bool:
    """Whether these are the official 50,000 labelled and 10,000 test images, lossless, in any order.

    uint8 N x 32 x 32 x 3, labels in CIFAR-10's order of classes.
    """
    if (train_images.shape, test_images.shape) != ((50_000, SIZE, SIZE, 3), (10_000, SIZE, SIZE, 3)):
        return False
    return fingerprint(test_images) == TEST and fingerprint(train_images, train_labels) == TRAIN


def fingerprint(images: np.ndarray, labels: np.ndarray | None = None) -> str:
    """SHA-256 of the sorted digests of images, each followed by its label's byte if there are labels."""
    ends = [b""] * len(images) if labels is None else [bytes([label]) for label in labels.tolist()]
    digests = sorted(
        hashlib.blake2b(image.tobytes() + end, digest_size=16).digest() for image, end in zip(images, ends, strict=True)
    )
    return hashlib.sha256(b"".join(digests)).hexdigest()
