"""What one visitor's session holds: questions, each on its way to a checked answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from qa.types import Answer, AnswerReady, DraftText, Event, EvidenceFound, Passage, Turn

__all__ = ["Conversation", "Exchange", "Stage", "history"]

Stage = Literal["searching", "reading", "answered", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what is known of its answer by now.

    Parameters
    ----------
    question : str
        As it was asked.
    stage : {"searching", "reading", "answered", "stopped", "failed"}
        ``"searching"`` and ``"reading"`` are on the way; the others are final.
    standalone_question : str or None
        How a follow-up was understood.
    passages : tuple of Passage
        What was found, best first.
    draft : str
        The LLM's unchecked words so far; dropped when the exchange ends.
    answer : Answer or None
        Set once the stage is ``"answered"``.
    problem : str
        Set once the stage is ``"failed"``: why, in words for the reader.
    """

    question: str
    stage: Stage = "searching"
    standalone_question: str | None = None
    passages: tuple[Passage, ...] = ()
    draft: str = ""
    answer: Answer | None = None
    problem: str = ""

    @property
    def pending(self) -> bool:
        """Whether more is to come."""
        return self.stage in ("searching", "reading")

    def after(self, event: Event) -> Exchange:
        """Take in `event`."""
        match event:
            case EvidenceFound(standalone_question, passages):
                return replace(
                    self,
                    stage="reading",
                    standalone_question=standalone_question,
                    passages=passages,
                )
            case DraftText(delta):
                return replace(self, draft=self.draft + delta)
            case AnswerReady(answer):
                return replace(self, stage="answered", draft="", answer=answer)

    def stopped(self) -> Exchange:
        """End as the reader wished: the unchecked draft is dropped."""
        return replace(self, stage="stopped", draft="")

    def failed(self, problem: str) -> Exchange:
        """End with an error."""
        return replace(self, stage="failed", draft="", problem=problem)


Conversation = tuple[Exchange, ...]


def history(conversation: Iterable[Exchange]) -> tuple[Turn, ...]:
    """Turn into history what a follow-up may refer to: the exchanges with an answer."""
    return tuple(
        Turn(exchange.question, exchange.answer.text)
        for exchange in conversation
        if exchange.answer is not None
    )
