"""The exercises, one a file; `pipeline.exercise.registry` lists them."""
