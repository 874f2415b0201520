"""Start and stop the server: the backend in this process, and web processes, each with its own pipe to the backend."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from leaderboard.core.errors import LeaderboardError
from leaderboard.server.core import memory
from leaderboard.server.core.settings import Settings
from leaderboard.server.pipe import server

if TYPE_CHECKING:
    from leaderboard.server.backend.backend import Backend

# Slow calls have their own threads, so that quick calls need not wait for them.
SLOW = frozenset({"submit", "validate", "tutor_export"})
# The numbers of threads. Files that wait for the disk at the same time share a commit.
SLOW_THREADS, QUICK_THREADS = 16, 6
BACKLOG = 2048
# In seconds: if the first web process ends this soon after its start, a new one would fail too.
EARLY_END_SECONDS = 5.0
# The environment variables that a web process gets; the password of a database is not among them.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
log = logging.getLogger(__name__)


class Server:
    """One backend and its web processes.

    `open_backend` imports slow modules and opens the competition, while the web processes start.
    """

    def __init__(self, root: Path, open_backend: Callable[[], Backend], settings: Settings, workers: int) -> None:
        self.root, self.open_backend, self.settings, self.workers = root.resolve(), open_backend, settings, workers
        self._executors = ThreadPoolExecutor(SLOW_THREADS, "slow"), ThreadPoolExecutor(QUICK_THREADS, "quick")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._backend: Backend | None = None
        self._opened, self._stopping, self._ready = threading.Event(), threading.Event(), threading.Event()

    def run(self, ready: Callable[[], None]) -> int:
        """Serve until SIGTERM or SIGINT; the exit code. `ready` is called when the first web process answers."""
        memory.return_freed_memory()
        listening = _listen(self.settings)
        spool = Path(tempfile.mkdtemp(prefix="leaderboard-"))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        keepers = [threading.Thread(target=self._keep_running, args=(listening, spool)) for _ in range(self.workers)]
        try:
            for keeper in keepers:
                keeper.start()
            self._backend = self.open_backend()
            self._opened.set()
            threading.Thread(target=self._announce, args=(ready,), daemon=True).start()
            self._stopping.wait()
        finally:
            self._stopping.set()
            self._opened.set()
            self._stop()
            for keeper in keepers:
                keeper.join()
            listening.close()
            shutil.rmtree(spool, ignore_errors=True)
            for executor in self._executors:
                executor.shutdown()
            if self._backend is not None:
                self._backend.competition.close()
        return 0 if self._ready.is_set() else LeaderboardError.exit_code

    def _announce(self, ready: Callable[[], None]) -> None:
        self._ready.wait()
        if not self._stopping.is_set():
            ready()

    def _stop(self) -> None:
        for process in self._processes:
            process.terminate()

    def _keep_running(self, listening: socket.socket, spool: Path) -> None:
        """Run a web process, and start a new one whenever it ends."""
        while not self._stopping.is_set():
            began = time.monotonic()
            ours, theirs = socket.socketpair()
            process = self._start(listening, theirs, spool)
            theirs.close()
            self._processes.append(process)
            if self._stopping.is_set():  # the signal came in between
                process.terminate()
            self._opened.wait()
            server.serve(ours, self._call, self._executor_of)
            process.wait()
            self._processes.remove(process)
            if not self._stopping.is_set():
                log.warning("a web process ended with code %s; another one starts", process.returncode)
                if time.monotonic() - began < EARLY_END_SECONDS and not self._ready.is_set():
                    self._stopping.set()
                time.sleep(0.2)

    def _call(self, method: str, credential: object, arguments: dict, blob: bytes) -> tuple[dict, bytes]:
        if method == "started":
            self._ready.set()
            return {}, b""
        assert self._backend is not None, "calls are read once the backend is open"
        return self._backend.call(method, credential, arguments, blob)

    def _executor_of(self, method: str) -> Executor:
        return self._executors[method not in SLOW]

    def _start(self, listening: socket.socket, pipe: socket.socket, spool: Path) -> subprocess.Popen[bytes]:
        inherited = (listening.fileno(), pipe.fileno())
        module = "leaderboard.server.web.worker"
        command = [sys.executable, "-m", module, self.settings.to_json(), *map(str, inherited), str(self.root)]
        environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        environment["TMPDIR"] = str(spool)
        # In a new session: Ctrl-C reaches only this process, which stops the others in order.
        return subprocess.Popen(command, pass_fds=inherited, env=environment, start_new_session=True)


def _listen(settings: Settings) -> socket.socket:
    place: str | tuple[str, int]
    if settings.socket:
        if Path(settings.socket).is_socket():  # left by a server that was killed
            Path(settings.socket).unlink()
        family, place = socket.AF_UNIX, settings.socket
    else:
        family, place = socket.AF_INET6 if ":" in settings.host else socket.AF_INET, (settings.host, settings.port)
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        if settings.socket:
            Path(settings.socket).chmod(0o660)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        name = settings.socket or f"{settings.host}:{settings.port}"
        raise LeaderboardError(f"cannot listen on {name}: {error.strerror}; choose another --port") from None
    return listening
