"""What watches a training run: checkpoints, metrics, progress, weight averages, the stop on a signal."""
