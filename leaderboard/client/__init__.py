"""The command line's way to a competition server: its address and token, and the calls, without further packages."""
