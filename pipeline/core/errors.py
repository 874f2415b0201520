"""The one exception that a user's mistake raises."""


class UserError(Exception):
    """A mistake that the user can fix: one line that says what is wrong, with the value, and what to do.

    The command line prints it without a traceback and exits with code 2.
    """
