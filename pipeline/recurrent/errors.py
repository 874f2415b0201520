"""The one exception that a caller's mistake raises."""


class RecurrentError(ValueError):
    """A mistake that the caller can fix: one line that says what is wrong, with the value, and what to do."""
