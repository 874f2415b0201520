"""Run a prediction competition: validate, score and rank submission files, and publish the standings."""
