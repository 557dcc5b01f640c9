"""Indexing what changed in a folder while questions wait for it, for a few seconds at most.

A few files are read at once; a large folder may take hours, and questions in the meantime are
answered from the documents as they were, with a note.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

from qa.errors import ModelError
from qa.llms import Deadline

__all__ = ["Upkeep"]

# How long a question waits for indexing; less if it was already running, since its progress is
# unknown.
_READING_SECONDS = 5.0
_UNDER_WAY_SECONDS = 1.0
_TICK = 0.1  # Seconds between two looks whether a wait was called off.


class Upkeep:
    """Has a folder read again, once for all who wait for it.

    Parameters
    ----------
    changes : callable
        Paths of what is new, changed or gone since the last reading.
    read : callable
        Reads it; called in a thread of its own, never twice at once.
    under_way : callable
        Whether somebody else is reading it already.
    """

    def __init__(
        self,
        changes: Callable[[], Sequence[str]],
        read: Callable[[], object],
        under_way: Callable[[], bool],
    ) -> None:
        self._changes = changes
        self._read = read
        self._under_way = under_way
        self._lock = threading.Lock()
        self._reading: Future[None] | None = None

    def wait(self, deadline: Deadline | None = None) -> Sequence[str]:
        """Have what changed read, and wait for it as long as a question does.

        Parameters
        ----------
        deadline : Deadline, optional
            The wait ends with it at the latest, or when it is called off.

        Returns
        -------
        sequence of str
            Paths of what isn't read yet.

        Raises
        ------
        LibraryError
        IndexStoreError
        ModelError
            Whatever the reading ended with.
        """
        patience = _UNDER_WAY_SECONDS if self._under_way() else _READING_SECONDS
        end = time.monotonic() + patience
        # A reading that began before may have missed the latest change; the next one doesn't.
        for _ in range(2):
            changed = self._changes()
            if not changed:
                return ()
            reading = self._begun()
            if not _is_done(reading, end, deadline):
                return changed
            reading.result()
        # Files that keep changing, or couldn't be read now, aren't waited for any longer.
        return self._changes()

    def _begun(self) -> Future[None]:
        with self._lock:
            if self._reading is None or self._reading.done():
                self._reading = Future()
                threading.Thread(
                    target=self._fulfil, args=(self._reading,), name="qa-read", daemon=True
                ).start()
            return self._reading

    def _fulfil(self, future: Future[None]) -> None:
        try:
            self._read()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(None)


def _is_done(future: Future[None], end: float, deadline: Deadline | None) -> bool:
    """Wait for it until `end`, and no longer than the deadline lets."""
    while not future.done():
        left = end - time.monotonic()
        if deadline is not None:
            try:
                left = min(left, deadline.remaining())
            except ModelError:
                return False
        if left <= 0:
            return False
        wait([future], timeout=min(left, _TICK))
    return True
