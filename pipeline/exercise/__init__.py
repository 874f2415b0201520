"""Exercises on convolution and recurrent gradients: tasks, a judge that names the mistake, sheets and notebooks."""
