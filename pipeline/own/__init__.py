"""A participant's own parts, from a file: a network, an augmentation, an optimizer, a loss or a schedule."""
