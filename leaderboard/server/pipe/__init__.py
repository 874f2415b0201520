"""The pipe between web processes and the backend: frames of JSON and bytes, so received data never runs as code."""
