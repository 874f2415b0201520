"""Run a student's file in its own process, with limits on time, memory and access."""

from .run import Limits, Run, run

__all__ = ["Limits", "Run", "run"]
