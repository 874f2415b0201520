"""What all parts of the server use: settings, refusals, memory and the sandbox."""
