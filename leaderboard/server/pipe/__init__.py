"""The pipe between web processes and the desk: frames of JSON and bytes, so that received data never runs as code."""
