"""The basic cycle over one state of a library: retrieve evidence, draft an answer, check it.

Every answer goes through it, whether whole, in parts, computed or compared, so that nothing
bypasses the checks. It keeps no state between questions.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.checking.checker import constant_check_prompt
from qa.checking.claims import CheckedClaim
from qa.checking.decider import constant_decision_prompt
from qa.computing.tables import cells_of, wrong_row
from qa.computing.whole_dates import with_day
from qa.embeddings import Embedder
from qa.evidence import gather_evidence
from qa.generation import Draft, draft_answer, read_draft, warm_up_prompt
from qa.index import Index
from qa.language.dating import dated, undated
from qa.language.questions import is_yes_no
from qa.llms import ChatModel, Completion, Deadline, Part, PrimableChatModel, Token
from qa.retrieval import retrieve
from qa.settings import Settings
from qa.types import Document, Evidence, Hit, Passage, Sentence
from qa.verification import check_claims

__all__ = ["Found", "Reading", "Whole", "date_of", "dated_claim"]

# Every document in a fixed order with its sentences.
Whole = tuple[tuple[Document, tuple[Sentence, ...]], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a way to an answer found, and what the reader should know of just that.

    A way that is given up takes its notes with it.

    Parameters
    ----------
    claims : tuple of CheckedClaim
    notes : tuple of str
    """

    claims: tuple[CheckedClaim, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The steps that every answer takes, with what they need.

    Parameters
    ----------
    index : Index
    whole : Whole or None
        The library, if it is read whole.
    embedder : Embedder
    settings : Settings
    """

    index: Index
    whole: Whole | None
    embedder: Embedder
    settings: Settings

    def gather(self, question: str) -> tuple[tuple[Hit, ...], Evidence]:
        """Find chunks for a standalone question, and choose the evidence from them."""
        hits = retrieve(self.index, self.embedder, question, self.settings.retrieval)
        return hits, gather_evidence(question, hits, self.whole, self.settings.evidence)

    def draft(self, model: ChatModel, evidence: Evidence, deadline: Deadline) -> Iterator[Token]:
        """Have a model draft an answer.

        Raises
        ------
        ModelUnavailableError
        """
        limit = self.settings.generation.max_tokens
        return draft_answer(model, evidence, max_tokens=limit, deadline=deadline)

    def drafted(self, model: ChatModel, evidence: Evidence, deadline: Deadline) -> Draft:
        """`draft`, parsed once it is complete.

        Raises
        ------
        ModelUnavailableError
        """
        return read_draft(Completion(tuple(self.draft(model, evidence, deadline))))

    def draft_from(
        self, model: ChatModel, evidence: Evidence, few: Sequence[Passage], deadline: Deadline
    ) -> Draft:
        """`drafted` from a few of the passages alone.

        Raises
        ------
        ModelUnavailableError
        """
        if isinstance(model, PrimableChatModel) and evidence.whole:
            model.prime(Part.SECOND_READER, warm_up_prompt(None), deadline)
        narrowed = replace(evidence, passages=tuple(few), ranked=(), whole=False)
        return self.drafted(model, narrowed, deadline)

    def check(
        self, model: ChatModel, evidence: Evidence, draft: Draft, deadline: Deadline
    ) -> tuple[CheckedClaim, ...]:
        """Check what was drafted.

        Raises
        ------
        ModelUnavailableError
        """
        if isinstance(model, PrimableChatModel):
            # What is said beyond yes or no is checked like any claim.
            decides = is_yes_no(evidence.question) and bool(evidence.ranked)
            if decides:
                model.prime(Part.DECIDER, constant_decision_prompt(), deadline)
            if not decides or len(draft.claims) > 1:
                model.prime(Part.CHECKER, constant_check_prompt(), deadline)
        checked = check_claims(
            draft,
            evidence,
            model=model,
            similarity=functools.partial(_similarity, self.embedder),
            settings=self.settings.verification,
            deadline=deadline,
            whole=self.whole is not None,
        )
        question = evidence.question
        return tuple(
            dated_claim(_with_day(question, self._of_right_row(question, claim)))
            for claim in checked
        )

    def _of_right_row(self, question: str, claim: CheckedClaim) -> CheckedClaim:
        """A claim, unsupported if it is taken from rows that the question doesn't ask for."""
        if claim.verdict != "supported":
            return claim
        reason = wrong_row(question, claim, self.rows(claim))
        return replace(claim, verdict="unsupported", reason=reason) if reason else claim

    def rows(self, claim: CheckedClaim) -> Sequence[Sentence]:
        """Sentences of the document that a claim cites, where it cites a row of a table.

        Most cite none; a long document isn't gone through for those.
        """
        cited = claim.passages[0].sentence if claim.passages else None
        if cited is None or not cells_of(cited.text):
            return ()
        return self.index.sentences(cited.document)


def date_of(passages: Sequence[Passage]) -> str | None:
    """The date of the first passage whose document has one."""
    return next((passage.date for passage in passages if passage.date), None)


def dated_claim(claim: CheckedClaim) -> CheckedClaim:
    """A supported claim with the dates that its words for time mean.

    Dates that were counted from another document, cited before, are dropped.
    """
    if claim.verdict != "supported" or len({p.sentence.document for p in claim.passages}) != 1:
        return claim
    context = " ".join(passage.sentence.text for passage in claim.passages)
    return replace(claim, text=dated(undated(claim.text), context, date_of(claim.passages)))


def _with_day(question: str, claim: CheckedClaim) -> CheckedClaim:
    """A supported claim, its date completed if that was cut short."""
    if claim.verdict != "supported":
        return claim
    context = " ".join(passage.sentence.text for passage in claim.passages)
    return replace(claim, text=with_day(claim.text, context, question))


def _similarity(embedder: Embedder, one: str, other: str) -> float:
    """Cosine similarity of two texts, -1 to 1."""
    return float(embedder.embed_query(one) @ embedder.embed_query(other))
