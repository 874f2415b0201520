"""What every part of the server knows: how it runs, and why a request is refused."""
