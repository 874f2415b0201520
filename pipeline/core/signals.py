"""SIGTERM, which a cluster or `kill` sends, ends a command as Ctrl-C does: everything is closed, one line says so."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def terminate_as_interrupt() -> Iterator[None]:
    """Raise Terminated for SIGTERM within the block. Only in the main thread, which alone is told of signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def described(stop: BaseException) -> tuple[int, str]:
    """The exit code and the name of what stopped a command: 143 and SIGTERM, or 130 and Ctrl-C."""
    return (143, "SIGTERM") if isinstance(stop, Terminated) else (130, "Ctrl-C")


def _terminated(number: int, frame: object) -> None:
    raise Terminated
