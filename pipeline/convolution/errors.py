"""The one exception of this package."""


class ConvolutionError(ValueError):
    """A wrong argument: the operator, the offending shapes or value, and what to do instead, in one line."""
