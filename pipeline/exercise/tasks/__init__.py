"""The exercises, one per file; `pipeline.exercise.registry` lists them."""
