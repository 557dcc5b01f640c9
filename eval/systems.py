"""Whatever answers questions, side by side: ours in each mode, and what it must beat.

Each is a small class behind one protocol, made for one library from the same `Setup`:
the same documents, language model and embedding model, at temperature 0.

================  ======================================================================
name              system
================  ======================================================================
``qa``            ours
``qa-unverified`` ours, without the threshold that a claim's support must reach
``qa-extractive`` ours, without a language model
``llamaindex``    LlamaIndex's stock CitationQueryEngine (`eval.llamaindex`)
``copy``          the passage that retrieval ranks first, whole
``abstain``       always says that the documents don't say
``closed-book``   the language model without documents
================  ======================================================================
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qa import Library
from qa.answering.abstention import NOT_FOUND_TEXT
from qa.embeddings import Embedder
from qa.errors import ModelNotFoundError
from qa.llms import ChatModel, Deadline, Message, complete
from qa.settings import Settings
from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    DraftText,
    EvidenceFound,
    Hit,
    Passage,
    Sentence,
    Status,
    Turn,
)

from .cases import CasesError

__all__ = [
    "DEADLINE_SECONDS",
    "SYSTEMS",
    "LibrarySystem",
    "Reply",
    "Setup",
    "System",
    "build",
    "check_names",
    "plain_answer",
]

CLOSED_BOOK_INSTRUCTIONS = (
    "Answer the question in a few words. If you don't know the answer, reply: I don't know."
)
CLOSED_BOOK_TOKENS = 160
# Nobody's answer is cut off for being slow: latency is measured, not punished twice, and a
# busy machine changes no verdict.
DEADLINE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and when what of it could be seen.

    Parameters
    ----------
    answer : qa.types.Answer
        Of a foreign system too: its text with ``[n]`` markers, the sources that they
        lead to as citations, all that it retrieved as evidence, best first.
    evidence_seconds, first_token_seconds : float or None
        After the question; None for a system that shows neither before its answer.
    """

    answer: Answer
    evidence_seconds: float | None = None
    first_token_seconds: float | None = None


class System(Protocol):
    """Whatever answers a question over one library."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def keeps_contract(self) -> bool:
        """Whether it promises our numbering of citations (`metrics.contract_faults`)."""

    def ask(self, question: str, history: Sequence[Turn]) -> Reply:
        """Answer a question that was asked after `history`.

        Raises
        ------
        qa.errors.QaError
            Counts as a wrong answer.
        """


@dataclass(frozen=True, slots=True)
class Setup:
    """What systems are made from.

    Parameters
    ----------
    folder : Path
        The documents.
    settings : qa.Settings
    model : ChatModel or None
        Shared by all systems.
    embedder : Embedder
        Shared by all systems.
    """

    folder: Path
    settings: Settings
    model: ChatModel | None
    embedder: Embedder

    def open_library(self, settings: Settings | None = None) -> Library:
        """Our library over the documents; without a model where the settings say so."""
        settings = settings or self.settings
        model = None if settings.llm == "none" else self.model
        return Library.open(self.folder, settings=settings, llm=model, embedder=self.embedder)

    def required_model(self, system: str) -> ChatModel:
        """The language model.

        Raises
        ------
        ModelNotFoundError
            When there is none.
        """
        if self.model is None:
            raise ModelNotFoundError(
                f"System {system!r} needs a language model. Set QA_LLM or --llm, or leave the "
                "system out."
            )
        return self.model


@dataclass(frozen=True, slots=True)
class LibrarySystem:
    """Our own answers, streamed as people see them."""

    library: Library
    name: str = "qa"
    keeps_contract: bool = True

    def ask(self, question: str, history: Sequence[Turn]) -> Reply:
        """Ask the library."""
        start = time.perf_counter()
        evidence = token = None
        deadline = Deadline(DEADLINE_SECONDS)
        for event in self.library.stream(question, history, deadline=deadline):
            match event:
                case EvidenceFound(provisional=False):
                    evidence = time.perf_counter() - start
                case DraftText() if token is None:
                    token = time.perf_counter() - start
                case AnswerReady(answer):
                    return Reply(answer, evidence, token)
        raise AssertionError("a stream ends with its answer")


@dataclass(frozen=True, slots=True)
class CopySystem:
    """Whatever is asked: the first passage, whole. It cites perfectly and reads nothing."""

    library: Library
    name: str = "copy"
    keeps_contract: bool = True

    def ask(self, question: str, history: Sequence[Turn]) -> Reply:
        """Copy the best passage."""
        start = time.perf_counter()
        asked = f"{history[-1].question} {question}" if history else question
        hits = self.library.search(asked)
        found = time.perf_counter() - start
        best = hits[0]
        quote = best.chunk.text
        citation = Citation(
            1,
            best.chunk.document,
            best.title,
            best.date,
            best.chunk.start,
            best.chunk.end,
            quote,
            support=1.0,
        )
        text = f"{' '.join(quote.split())} [1]"
        return Reply(
            plain_answer(
                question,
                text,
                "none",
                self.library.settings,
                citations=(citation,),
                evidence=tuple(_passage(k, hit) for k, hit in enumerate(hits, start=1)),
            ),
            found,
            found,
        )


@dataclass(frozen=True, slots=True)
class AbstainSystem:
    """Says of everything that the documents don't say. It is never wrong."""

    settings: Settings
    name: str = "abstain"
    keeps_contract: bool = True

    def ask(self, question: str, history: Sequence[Turn]) -> Reply:  # noqa: ARG002
        """Refuse."""
        return Reply(
            plain_answer(question, NOT_FOUND_TEXT, "none", self.settings, status="not_found")
        )


@dataclass(frozen=True, slots=True)
class ClosedBookSystem:
    """The language model by itself: what it already knows, or makes up."""

    model: ChatModel
    settings: Settings
    name: str = "closed-book"
    keeps_contract: bool = False

    def ask(self, question: str, history: Sequence[Turn]) -> Reply:
        """Ask the model, after the conversation so far."""
        messages = [Message("system", CLOSED_BOOK_INSTRUCTIONS)]
        for turn in history:
            messages += [Message("user", turn.question), Message("assistant", turn.answer)]
        messages.append(Message("user", question))
        deadline = Deadline(DEADLINE_SECONDS)
        completion = complete(
            self.model, messages, max_tokens=CLOSED_BOOK_TOKENS, deadline=deadline
        )
        return Reply(plain_answer(question, completion.text, self.model.name, self.settings))


def plain_answer(
    question: str,
    text: str,
    model: str,
    settings: Settings,
    *,
    status: Status = "answered",
    citations: tuple[Citation, ...] = (),
    evidence: tuple[Passage, ...] = (),
) -> Answer:
    """An answer of a system that has no claims and no verdicts."""
    return Answer(
        question=question,
        status=status,
        text=text.strip(),
        claims=(),
        citations=citations,
        evidence=evidence,
        timings={},
        model=model,
        fingerprint=settings.fingerprint(),
    )


def _passage(number: int, hit: Hit) -> Passage:
    chunk = hit.chunk
    whole = Sentence(chunk.document, chunk.number, chunk.start, chunk.end, chunk.text)
    return Passage(number, whole, hit.title, hit.date, hit.score)


def _qa(setup: Setup) -> System:
    return LibrarySystem(setup.open_library())


def _unverified(setup: Setup) -> System:
    open_gate = setup.settings.verification.model_copy(update={"threshold": 0.0})
    settings = setup.settings.model_copy(update={"verification": open_gate})
    return LibrarySystem(setup.open_library(settings), "qa-unverified")


def _extractive(setup: Setup) -> System:
    settings = setup.settings.model_copy(update={"llm": "none"})
    return LibrarySystem(setup.open_library(settings), "qa-extractive")


def _llamaindex(setup: Setup) -> System:
    # Imported only where it is asked for: it takes seconds.
    from .llamaindex import CitationEngineSystem

    return CitationEngineSystem(setup, setup.required_model("llamaindex"))


def _copy(setup: Setup) -> System:
    return CopySystem(setup.open_library(setup.settings.model_copy(update={"llm": "none"})))


def _abstain(setup: Setup) -> System:
    return AbstainSystem(setup.settings)


def _closed_book(setup: Setup) -> System:
    return ClosedBookSystem(setup.required_model("closed-book"), setup.settings)


SYSTEMS: Mapping[str, Callable[[Setup], System]] = {
    "qa": _qa,
    "qa-unverified": _unverified,
    "qa-extractive": _extractive,
    "llamaindex": _llamaindex,
    "copy": _copy,
    "abstain": _abstain,
    "closed-book": _closed_book,
}


def build(name: str, setup: Setup) -> System:
    """Make a system over a library.

    Raises
    ------
    qa.errors.QaError
        When what it needs isn't there.
    """
    return SYSTEMS[name](setup)


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """Distinct system names in their order.

    Raises
    ------
    CasesError
        Names one that isn't known, or there is none.
    """
    if unknown := [name for name in names if name not in SYSTEMS]:
        raise CasesError(f"unknown system {unknown[0]!r}. Known: {', '.join(SYSTEMS)}.")
    if not names:
        raise CasesError(f"no system to ask. Name some of: {', '.join(SYSTEMS)}.")
    return tuple(dict.fromkeys(names))
