"""Lightning callbacks: checkpoints, metrics, progress, weight averaging, Lookahead, stopping on a signal."""
