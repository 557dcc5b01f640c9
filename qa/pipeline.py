"""One question through the stages, over one state of a library.

Nothing here is kept between questions. A `Pipeline` hands one stage's values to the next:
a question's evidence, its draft, the checked claims; and, where an answer must be computed
from others, the same for each operand.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.computation import (
    Computation,
    Operand,
    compute,
    constant_operands_prompt,
    counted,
    operand_questions,
    plan_computation,
)
from qa.embeddings import Embedder
from qa.evidence import gather_evidence
from qa.generation import draft_answer, read_draft
from qa.index import Index
from qa.llms import ChatModel, Completion, Deadline, PrimableChatModel, Token
from qa.retrieval import retrieve
from qa.settings import Settings
from qa.types import Document, Evidence, Hit, Passage, Sentence
from qa.verification import CheckedClaim, check_claims, is_yes_no

__all__ = ["Pipeline", "Whole"]

# Where a model keeps the prompt for operands ready, beside those that every question needs.
SPLITTER, SPLITTER_OWNER = 3, "splitter"

# Every document in a fixed order with its sentences.
Whole = tuple[tuple[Document, tuple[Sentence, ...]], ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a question is answered with.

    Parameters
    ----------
    index : Index
    whole : Whole or None
        The library where it is read whole.
    embedder : Embedder
    settings : Settings
    """

    index: Index
    whole: Whole | None
    embedder: Embedder
    settings: Settings

    def gather(self, question: str) -> tuple[tuple[Hit, ...], Evidence]:
        """Find what a standalone question is about, and what of it is read."""
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

    def check(
        self, model: ChatModel, evidence: Evidence, tokens: Sequence[Token], deadline: Deadline
    ) -> tuple[CheckedClaim, ...]:
        """Check what was drafted.

        Raises
        ------
        ModelUnavailableError
        """
        return check_claims(
            read_draft(Completion(tuple(tokens))),
            evidence,
            model=model,
            similarity=functools.partial(_similarity, self.embedder),
            threshold=self.settings.verification.threshold,
            deadline=deadline,
        )

    def compute(self, model: ChatModel, question: str, deadline: Deadline) -> CheckedClaim | None:
        """Answer a question that asks for what must be computed.

        Returns
        -------
        CheckedClaim or None
            None where it asks for something else, or an operand isn't known.

        Raises
        ------
        ModelUnavailableError
        """
        plan = plan_computation(question, yes_no=is_yes_no(question))
        if plan is None:
            return None
        questions = plan.questions or self._operand_questions(model, question, deadline)
        return self._compute(model, replace(plan, questions=questions), deadline)

    def count(self, model: ChatModel, question: str, deadline: Deadline) -> CheckedClaim | None:
        """Answer "how many" by counting a list that the documents give; see `compute`."""
        which = counted(question)
        if which is None:
            return None
        return self._compute(model, Computation("count", "", (which,)), deadline)

    def _operand_questions(
        self, model: ChatModel, question: str, deadline: Deadline
    ) -> tuple[str, ...]:
        if isinstance(model, PrimableChatModel):
            model.prime(SPLITTER_OWNER, SPLITTER, constant_operands_prompt(), deadline)
        return operand_questions(model, question, deadline)

    def _compute(
        self, model: ChatModel, plan: Computation, deadline: Deadline
    ) -> CheckedClaim | None:
        claims: list[CheckedClaim] = []
        for question in plan.questions:
            _, evidence = self.gather(question)
            tokens = tuple(self.draft(model, evidence, deadline))
            checked = self.check(model, evidence, tokens, deadline)
            if len(checked) != 1 or checked[0].verdict != "supported":
                return None
            claims += checked
        operands = [Operand(claim.text, _date(claim.passages)) for claim in claims]
        text = compute(plan, operands) if operands else None
        if text is None:
            return None
        passages = {passage.sentence: passage for claim in claims for passage in claim.passages}
        return CheckedClaim(
            text=text,
            passages=tuple(passages.values()),
            support=min(claim.support for claim in claims),
            verdict="supported",
            reason="Computed from "
            + " and ".join(f"“{claim.text}”" for claim in claims)
            + ", which the quoted passages state.",
            signals=None,
        )


def _date(passages: Sequence[Passage]) -> str | None:
    return next((passage.date for passage in passages if passage.date), None)


def _similarity(embedder: Embedder, one: str, other: str) -> float:
    """Cosine similarity of two texts, -1 to 1."""
    return float(embedder.embed_query(one) @ embedder.embed_query(other))
