"""What one visitor's session holds: questions, each on its way to a checked answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from qa.types import Answer, AnswerReady, DraftText, Event, EvidenceFound, Passage, Turn

__all__ = ["Conversation", "Exchange", "Queued", "Stage", "history"]

Stage = Literal["waiting", "searching", "reading", "answered", "told", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Queued:
    """Event beside the pipeline's: how many questions are answered before this one."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what is known of its answer by now.

    Parameters
    ----------
    question : str
        As it was asked.
    stage : str
        ``"waiting"`` for others, ``"searching"`` and ``"reading"`` are on the way;
        ``"answered"``, ``"told"``, ``"stopped"`` and ``"failed"`` are final.
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
    ahead : int
        How many questions are answered before this one.
    told : tuple of str
        Set where the stage is ``"told"``: the chat's own words, which come from no
        document and no model, a paragraph each.
    suggestions : tuple of str
        Questions to go on with, after what was told.
    follows : bool
        Whether it has to be understood from questions before it.
    """

    question: str
    stage: Stage = "searching"
    standalone_question: str | None = None
    passages: tuple[Passage, ...] = ()
    draft: str = ""
    answer: Answer | None = None
    problem: str = ""
    ahead: int = 0
    told: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    follows: bool = False

    @property
    def pending(self) -> bool:
        """Whether more is to come."""
        return self.stage in ("waiting", "searching", "reading")

    def after(self, event: Event | Queued) -> Exchange:
        """Take in `event`."""
        match event:
            case Queued(ahead):
                return replace(self, stage="waiting" if ahead else "searching", ahead=ahead)
            case EvidenceFound(passages=passages, provisional=True):
                return replace(self, passages=passages)
            case EvidenceFound(standalone_question, passages):
                return replace(
                    self,
                    stage=self.stage if self.ahead else "reading",
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
