"""The command line's client for a competition server: address, token and requests; standard library only."""
