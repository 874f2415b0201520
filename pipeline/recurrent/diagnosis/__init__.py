"""Diagnose a recorded pass: evidence, rules, plots, the report and the monitor for training."""
