"""The command line's client of a competition server: address, token and calls, with the standard library alone."""
