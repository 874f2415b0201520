"""Start and stop the server."""
