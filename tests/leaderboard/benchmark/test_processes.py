"""What is measured of a process is that process's."""

from __future__ import annotations

import sys

from leaderboard.benchmark.processes import _peak_memory


def test_the_peak_is_the_commands_own() -> None:
    """100 MB more in the command are 100 MB more in the figure, though they are gone at its end."""
    small, large = (_peak_memory([sys.executable, "-c", f"len(bytearray(b'x' * {size}))"]) for size in (1, 50_000_000))
    assert 0 < small < 50
    # The literal's product and its copy.
    assert 95 < large - small < 110
