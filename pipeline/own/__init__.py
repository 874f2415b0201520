"""Parts that a participant brings: a network, an augmentation, an optimizer, a loss, a schedule, from a file."""
