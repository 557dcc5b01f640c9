"""The questions that are being answered: each waits its turn, and none harms another.

A question's work runs in a thread of its own, so that a reader can leave at any moment: the thread
is then stopped, and the next question is taken when the model is free.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from qa.documents import DocumentFile
from qa.index import Progress, UpdateReport
from qa.llms import Deadline
from qa.settings import Settings
from qa.types import AnswerReady, Document, Event, EvidenceFound, Hit, ModelFailure, Turn
from qa.ui.choices import QUOTES, Choice, applied
from qa.ui.conversation import Queued
from qa.ui.line import Line, Ticket

__all__ = ["ChatLibrary", "Desk"]

TICK = 0.4  # Seconds after which a waiting caller gets None, since nothing is new.
PROBE_SECONDS = 10.0
PROBE_PAUSES = (3.0, 5.0, 10.0, 20.0, 40.0, 60.0)


class ChatLibrary(Protocol):
    """What the chat needs of a library: a `qa.Library`, or what behaves like one."""

    @property
    def root(self) -> Path:
        """The documents' folder."""

    @property
    def settings(self) -> Settings:
        """The settings of its owner."""

    @property
    def report(self) -> UpdateReport:
        """What the latest update of the index did."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """All documents by path, as they are now."""

    @property
    def files(self) -> tuple[DocumentFile, ...]:
        """The documents' files."""

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models at hand and where they run, the usual one first."""

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        settings: Settings | None = None,
        model: str | None = None,
        quotes_only: bool = False,
        deadline: Deadline | None = None,
    ) -> Iterator[Event]:
        """Answer step by step; closing the iterator stops the model."""

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        """Chunks for a question, best first."""

    def model_problem(self, seconds: float, model: str | None = None) -> str | None:
        """What is wrong with a model, None where it answers."""

    def refresh(self, progress: Progress | None = None) -> UpdateReport:
        """Bring the index up to date."""

    def changes(self) -> tuple[str, ...]:
        """Paths that changed since they were indexed."""

    def look_again(self) -> tuple[str, ...]:
        """Read what changed; what the reader of an answer should know of it."""

    def add(self, name: str, file: Path) -> str:
        """Copy a file into the folder."""

    def remove(self, path: str) -> Path:
        """Move a file out of the folder."""


class Desk:
    """Answers the questions of everybody.

    Parameters
    ----------
    library : ChatLibrary
    at_once : int
        How many questions the model is given together.
    places : int
        How many may wait.
    """

    def __init__(self, library: ChatLibrary, *, at_once: int = 1, places: int = 32) -> None:
        self._library = library
        self._line = Line(at_once, places)
        self._lock = threading.Lock()
        self._problems: dict[str, str] = {}
        self._watched: set[str] = set()

    def model(self, choice: Choice) -> str | None:
        """The name of the model that answers by this choice; None where quotes are to do."""
        names = self._library.model_names
        if choice.model == QUOTES or not names:
            return None
        return choice.model if choice.model in names else names[0]

    def problem(self, model: str | None) -> str | None:
        """Why a model doesn't answer; None where it does, as far as is known."""
        return self._problems.get(model) if model is not None else None

    def events(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        person: Hashable,
        choice: Choice | None = None,
    ) -> Generator[Event | Queued | None, None, None]:
        """Answer a question; closing the generator ends the work on it.

        Parameters
        ----------
        question : str
        history : sequence of Turn
        person : hashable
            Who asks: the line is fair among persons.
        choice : Choice, optional

        Yields
        ------
        Event or Queued or None
            None now and then while nothing is new, so that the caller can leave.

        Raises
        ------
        QaError
        """
        choice = choice or Choice()
        settings = applied(choice, self._library.settings)
        model = self.model(choice)
        problem = self.problem(model)
        # While the model is known to be down nobody waits for it, nor for the others.
        if model is None or problem:
            yield from self._quoted(question, history, settings, problem)
            return
        ticket = self._line.enter(person)
        handed_over = False
        try:
            yield from self._in_line(ticket, question, history, settings)
            # A model that hangs would cost everybody in line as much time as the first.
            if problem := self.problem(model):
                yield from self._quoted(question, history, settings, problem)
                return
            deadline = Deadline(settings.generation.deadline_seconds)
            work = _Work(
                lambda: self._library.stream(
                    question, history, settings=settings, model=model, deadline=deadline
                ),
                ended=ticket.leave,
            )
            handed_over = True
            for event in work.events(deadline):
                if isinstance(event, AnswerReady) and event.failure is not None:
                    self._learn_from(event.failure, model)
                yield event
        finally:
            if not handed_over:
                ticket.leave()

    def _quoted(
        self, question: str, history: Sequence[Turn], settings: Settings, problem: str | None
    ) -> Iterator[Event]:
        """Answer with the documents' own sentences."""
        for event in self._library.stream(question, history, settings=settings, quotes_only=True):
            yield _explained(event, problem) if problem else event

    def _in_line(
        self, ticket: Ticket, question: str, history: Sequence[Turn], settings: Settings
    ) -> Iterator[Event | Queued | None]:
        """Wait, and meanwhile show what is found without the model."""
        ahead = ticket.ahead()
        if not ahead:
            return
        yield Queued(ahead)
        for event in self._library.stream(question, history, settings=settings, quotes_only=True):
            if isinstance(event, EvidenceFound):
                # A follow-up is understood by the model, once it is free.
                yield EvidenceFound(None, event.passages, provisional=bool(history))
                break
        while not ticket.wait(TICK):
            now = ticket.ahead()
            yield Queued(now) if now != ahead else None
            ahead = now
        yield Queued(0)

    def _learn_from(self, failure: ModelFailure, model: str) -> None:
        """Notice that a model is down, and look for it until it is back.

        What one question met may be its own doing: then the model is asked for a word first,
        and is down for everybody only if that fails too.
        """
        with self._lock:
            if failure.lasting:
                self._problems.setdefault(model, failure.reason)
            if model in self._watched:
                return
            self._watched.add(model)
        threading.Thread(
            target=self._look_for, args=(model,), name="qa-model-watch", daemon=True
        ).start()

    def _look_for(self, model: str) -> None:
        pauses = iter(PROBE_PAUSES)
        pause = 0.0
        try:
            while True:
                if model in self._problems:
                    pause = next(pauses, pause)
                    threading.Event().wait(pause)
                problem = self._library.model_problem(PROBE_SECONDS, model)
                with self._lock:
                    if problem is None:
                        self._problems.pop(model, None)
                        return
                    self._problems[model] = problem
        finally:
            with self._lock:
                self._watched.discard(model)


def _explained(event: Event, problem: str) -> Event:
    """An answer that is quoted with the reason among its notes, where the model's own would be."""
    if not isinstance(event, AnswerReady):
        return event
    notes = event.answer.notes
    return AnswerReady(replace(event.answer, notes=(*notes[:-1], problem, *notes[-1:])))


class _Work:
    """A stream of events made in a thread of its own.

    Parameters
    ----------
    start : callable
        Makes the stream, in the thread.
    ended : callable
        Called in the thread when the stream has ended, however it did.
    """

    def __init__(self, start: Callable[[], Iterator[Event]], ended: Callable[[], None]) -> None:
        self._start = start
        self._ended = ended
        self._made: queue.SimpleQueue[Event | Exception | None] = queue.SimpleQueue()
        self._unwanted = threading.Event()
        threading.Thread(target=self._run, name="qa-answer", daemon=True).start()

    def _run(self) -> None:
        try:
            events = self._start()
            try:
                for event in events:
                    if self._unwanted.is_set():
                        break
                    self._made.put(event)
            finally:
                close = getattr(events, "close", None)
                if close is not None:
                    close()
        except Exception as error:
            self._made.put(error)
        finally:
            self._ended()
            self._made.put(None)

    def events(self, deadline: Deadline) -> Generator[Event | None, None, None]:
        """What is made, and None where nothing was for a while."""
        try:
            while True:
                try:
                    made = self._made.get(timeout=TICK)
                except queue.Empty:
                    yield None
                    continue
                if made is None:
                    return
                if isinstance(made, Exception):
                    raise made
                yield made
        finally:
            self._unwanted.set()
            deadline.call_off()
