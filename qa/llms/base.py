"""What the pipeline asks of a language model: messages in, tokens with probabilities out.

Every backend is a `ChatModel`. Probabilities are used where a backend gives them and
done without where it doesn't, so that any LlamaIndex LLM can be plugged in
(`qa.llms.llamaindex`).
"""

from __future__ import annotations

import enum
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from qa.errors import ModelUnavailableError

__all__ = [
    "AvoidingChatModel",
    "ChatModel",
    "Completion",
    "Deadline",
    "Message",
    "Part",
    "PrimableChatModel",
    "Token",
    "complete",
    "probability",
]

Role = Literal["system", "user", "assistant"]

# Marks that models write around a word: its end, Markdown, quotation marks.
_AROUND = ".,:;!*_\"'“”‘’"


class Part(enum.IntEnum):
    """The parts that a model plays in the pipeline, each with a constant prompt of its own."""

    READER = 0
    CHECKER = 1
    REWRITER = 2
    SECOND_READER = 3
    SPLITTER = 4
    DECIDER = 5


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat prompt."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of generated text.

    Parameters
    ----------
    text : str
    probability : float or None
        Of this token, 0 to 1; None where the backend doesn't tell.
    alternatives : tuple of (str, float)
        The most probable tokens at this place, this one among them, with their
        probabilities; empty where the backend doesn't tell.
    """

    text: str
    probability: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """All tokens of one reply."""

    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        """The reply as a string that can be encoded."""
        text = "".join(token.text for token in self.tokens)
        # A character may come in two halves, each a token; a half alone is none.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def least_probability(self) -> float | None:
        """Probability of the least probable token, 0 to 1; None where it isn't known."""
        known = [token.probability for token in self.tokens if token.probability is not None]
        return min(known) if known else None

    def first_token_probability(self, prefix: str) -> float | None:
        """Probability that the reply begins like `prefix`, judged by its first token.

        Parameters
        ----------
        prefix : str
            Compared without regard to case and to marks around the word; a first token
            counts when it is a non-empty beginning of it.

        Returns
        -------
        float or None
            0 to 1; None where the backend gives no alternatives.
        """
        first = next((token for token in self.tokens if token.text.strip()), None)
        if first is None or not first.alternatives:
            return None
        wanted = prefix.casefold()
        return min(
            1.0,
            sum(
                probability
                for text, probability in first.alternatives
                if (said := text.strip().strip(_AROUND).casefold()) and wanted.startswith(said)
            ),
        )


class Deadline:
    """The one point in time by which a question must be answered.

    Parameters
    ----------
    seconds : float
        From now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._called_off = False
        self._lock = threading.Lock()
        self._interruptions: list[Callable[[], None]] = []

    def call_off(self) -> None:
        """Let the time be up now, whichever thread waits: nobody wants the answer any more."""
        with self._lock:
            self._called_off = True
            interruptions, self._interruptions = self._interruptions, []
        for interrupt in interruptions:
            interrupt()

    def when_called_off(self, interrupt: Callable[[], None]) -> None:
        """Have `interrupt` called when this is called off; at once if that has happened.

        Parameters
        ----------
        interrupt : callable
            Ends what a thread waits for. It must not raise, and may come too late.
        """
        with self._lock:
            if not self._called_off:
                self._interruptions.append(interrupt)
                return
        interrupt()

    def postpone(self, seconds: float) -> None:
        """Extend the deadline, for time spent on one-off work such as loading the model.

        Parameters
        ----------
        seconds : float
            At least 0.
        """
        with self._lock:
            self._end += seconds

    def remaining(self) -> float:
        """Seconds left, never below a millisecond.

        Raises
        ------
        ModelUnavailableError
            When the time is up.
        """
        if self._called_off:
            raise ModelUnavailableError("The question was called off.")
        left = self._end - time.monotonic()
        if left <= 0:
            raise ModelUnavailableError(
                f"The language model didn't finish within {self.seconds:g} s. Try again, choose a "
                "smaller model, or raise QA_GENERATION__DEADLINE_SECONDS."
            )
        return max(left, 0.001)


@runtime_checkable
class ChatModel(Protocol):
    """A language model that answers a chat prompt, at temperature 0."""

    @property
    def name(self) -> str:
        """What people are shown: the model, and where it runs."""

    @property
    def context_tokens(self) -> int:
        """How many tokens a prompt and its reply may have together."""

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
    ) -> Iterator[Token]:
        """Generate a reply token by token; closing the iterator stops the model.

        Raises
        ------
        ModelUnavailableError
            When the model can't be reached, refuses, or misses the deadline.
        """


@runtime_checkable
class PrimableChatModel(ChatModel, Protocol):
    """A chat model that can read the constant part of its prompts before they are needed."""

    def prime(
        self, part: Part, messages: Sequence[Message], deadline: Deadline, library: str = ""
    ) -> None:
        """Read `messages` now, or recall what an earlier process made of them.

        Parameters
        ----------
        part : Part
            What the prompt is for.
        messages : sequence of Message
        deadline : Deadline
        library : str
            Whose documents stand in it, ``""`` for nobody's; what is kept on disk is kept
            under this name.

        Raises
        ------
        ModelError
        """


@runtime_checkable
class AvoidingChatModel(ChatModel, Protocol):
    """A chat model that can be kept from saying something."""

    def avoiding(self, words: Sequence[str]) -> ChatModel:
        """The same model, which writes none of the tokens of `words`.

        Its probabilities are those of the unrestricted model.
        """


def complete(
    model: ChatModel, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
) -> Completion:
    """The whole reply of `model` to `messages`.

    Raises
    ------
    ModelUnavailableError
    """
    return Completion(tuple(model.stream(messages, max_tokens=max_tokens, deadline=deadline)))


def probability(logarithm: float) -> float:
    """A natural logarithm as a probability, clipped to 0 and 1."""
    return min(1.0, math.exp(min(0.0, logarithm)))
