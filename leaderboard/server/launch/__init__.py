"""Start and end the server."""
