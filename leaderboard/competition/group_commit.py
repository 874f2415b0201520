"""Group commit: the work of several threads in one transaction, so that one flush to the disk serves all of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exc

from leaderboard.competition.transaction import Transaction

# The most pieces of work in one transaction, so that none of them waits long.
MOST_PER_COMMIT = 32
Work = Callable[[Transaction], Any]


@dataclass
class _Piece:
    """The work of one thread and its outcome. It is done when it is on the disk or was undone."""

    work: Work
    is_done: bool = False
    result: Any = None
    error: BaseException | None = None

    def attempt(self, transaction: Transaction) -> None:
        """Do the work; if it raises an error of its own, only this work is undone."""
        before = len(transaction.heads)
        try:
            with transaction.connection.begin_nested():
                self.result = self.work(transaction)
        except exc.DatabaseError:  # the transaction as a whole cannot go on
            raise
        except Exception as error:
            self.error = error
            del transaction.heads[before:]


class GroupCommit:
    """Runs the work of many threads; work that waits at the same time shares one transaction.

    While one thread commits, the others queue; the first of them takes all of the queue into the next transaction.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Transaction]]) -> None:
        self._transaction = transaction
        self._turn = threading.Lock()
        self._queue: deque[_Piece] = deque()

    def run(self, work: Work) -> Any:
        """The result of the work, after it is committed. Raises what the work raised, after it is undone."""
        piece = _Piece(work)
        self._queue.append(piece)
        with self._turn:
            while not piece.is_done:
                self._commit_queue()
        if piece.error is not None:
            raise piece.error
        return piece.result

    def _commit_queue(self) -> None:
        taken: list[_Piece] = []
        try:
            with self._transaction() as transaction:
                while self._queue and len(taken) < MOST_PER_COMMIT:
                    taken.append(self._queue.popleft())
                    taken[-1].attempt(transaction)
        except BaseException as error:
            # The transaction failed as a whole, such as on a full disk: nothing was done.
            taken = taken or [self._queue.popleft()]
            for piece in taken:
                piece.error = piece.error or error
        finally:
            for piece in taken:
                piece.is_done = True
