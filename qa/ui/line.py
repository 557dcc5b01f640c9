"""The queue for the model: bounded and fair, and everybody sees their place.

Each further question from somebody who is already in the queue is placed a few positions later
than its arrival. So a program with many questions hardly delays a reader, and none of its own
questions waits for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

from qa.errors import BusyError

__all__ = ["Line", "Ticket"]

STEPS_BACK = 8  # For each question that the same person has in line already.


class Ticket:
    """A place in a `Line`; leaving it lets the next one in."""

    def __init__(self, line: Line, person: Hashable, key: int) -> None:
        self.person = person
        self.key = key
        self._line = line

    def ahead(self) -> int:
        """How many are served before it, those being served included; 0 when it is served."""
        return self._line.ahead(self)

    def wait(self, seconds: float) -> bool:
        """Wait for its turn; whether it has come."""
        return self._line.wait(self, seconds)

    def leave(self) -> None:
        """Give the place up; leaving twice is leaving once."""
        self._line.leave(self)


class Line:
    """Lets `at_once` tickets through at a time.

    Parameters
    ----------
    at_once : int
        How many are served together.
    places : int
        How many may wait; a quarter of them for one person.
    """

    def __init__(self, at_once: int = 1, places: int = 32) -> None:
        self._at_once = at_once
        self._places = places
        self._served: set[Ticket] = set()
        self._waiting: list[Ticket] = []
        self._changed = threading.Condition()
        self._arrivals = 0

    def enter(self, person: Hashable) -> Ticket:
        """Take a place at the end.

        Raises
        ------
        BusyError
            When the line is full, or holds too many of the person's own.
        """
        with self._changed:
            own = sum(ticket.person == person for ticket in self._waiting)
            served = sum(ticket.person == person for ticket in self._served)
            if len(self._waiting) >= self._places:
                raise BusyError(
                    f"{self._places} questions are waiting already. Ask again in a minute."
                )
            if own >= max(1, self._places // 4):
                raise BusyError(
                    f"{own} of your questions are waiting already. Ask again once one is answered."
                )
            self._arrivals += 1
            ticket = Ticket(self, person, self._arrivals + STEPS_BACK * (own + served))
            self._waiting.append(ticket)
            self._waiting.sort(key=lambda each: each.key)
            self._advance()
            return ticket

    def _advance(self) -> None:
        while self._waiting and len(self._served) < self._at_once:
            self._served.add(self._waiting.pop(0))
        self._changed.notify_all()

    def ahead(self, ticket: Ticket) -> int:
        """How many are served before `ticket`."""
        with self._changed:
            if ticket not in self._waiting:
                return 0
            return len(self._served) + self._waiting.index(ticket)

    def wait(self, ticket: Ticket, seconds: float) -> bool:
        """Wait until `ticket` is served, or until its place changes; whether it is served."""
        end = time.monotonic() + seconds
        with self._changed:
            place = self._waiting.index(ticket) if ticket in self._waiting else -1
            while ticket in self._waiting and self._waiting.index(ticket) == place:
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            return ticket in self._served

    def leave(self, ticket: Ticket) -> None:
        """Take `ticket` out, wherever it is."""
        with self._changed:
            self._served.discard(ticket)
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            self._advance()
