"""A student's file run in a process of its own, with limits on time, memory and what it may touch."""

from .run import Limits, Run, run

__all__ = ["Limits", "Run", "run"]
