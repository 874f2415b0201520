"""The pipe between web processes and the desk: JSON and bytes in frames, so that nothing sent can be run."""
