"""The one exception that a caller's mistake raises."""


class RecurrentError(ValueError):
    """A mistake that the caller can mend: one line that says what, with the value, and what to do."""
