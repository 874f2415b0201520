"""SIGTERM ends a command as Ctrl-C does."""

import os
import signal
import threading

import pytest

from pipeline import cli
from pipeline.core.signals import Terminated, described, terminate_as_interrupt


def test_sigterm_is_raised_in_the_block_and_the_handler_from_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), terminate_as_interrupt():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_leaves_the_handler_alone() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def other() -> None:
        with terminate_as_interrupt():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.parametrize(("number", "code", "name"), [(signal.SIGTERM, 143, "SIGTERM"), (signal.SIGINT, 130, "Ctrl-C")])
def test_a_command_says_what_stopped_it(monkeypatch, capsys, number: int, code: int, name: str) -> None:
    class Command:
        @staticmethod
        def main(arguments: list[str]) -> int:
            os.kill(os.getpid(), number)
            return 0

    monkeypatch.setattr(cli.importlib, "import_module", lambda module: Command)
    assert cli.main(["runs"]) == code
    assert capsys.readouterr().err == f"stopped by {name}\n"


def test_what_stopped_a_command_has_an_exit_code_and_a_name() -> None:
    assert described(Terminated()) == (143, "SIGTERM")
    assert described(KeyboardInterrupt()) == (130, "Ctrl-C")
