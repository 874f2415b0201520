"""Measurements on this machine, for contributors."""
