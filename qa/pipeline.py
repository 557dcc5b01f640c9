"""One question through the stages, over one state of a library.

Nothing here is kept between questions. A `Pipeline` hands one stage's values to the next:
a question's evidence, its draft, the checked claims; and, where an answer must be computed
from others, the same for each operand.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from qa.alignment import content_words, words
from qa.computation import (
    Computation,
    Operand,
    asks_document_date,
    compute,
    constant_operands_prompt,
    counted,
    operand_questions,
    plan_computation,
)
from qa.conflict import combine, disagreement, same_answer
from qa.dating import asked_as_of, asks_latest, dated
from qa.embeddings import Embedder
from qa.errors import ModelError, ModelUnavailableError
from qa.evidence import gather_evidence
from qa.generation import (
    YES_NO,
    Draft,
    constant_rewrite_prompt,
    draft_answer,
    read_draft,
    standalone_question,
    warm_up_prompt,
)
from qa.index import Index
from qa.llms import ChatModel, Completion, Deadline, Message, Part, PrimableChatModel, Token
from qa.mentions import is_unsaid, names_of
from qa.retrieval import retrieve
from qa.settings import Settings
from qa.tables import all_rows, cells_of
from qa.types import Document, DraftText, Evidence, Hit, Passage, Sentence, Turn
from qa.values import Date, tokenise
from qa.verification import QUESTION_WORDS, CheckedClaim, check_claims, is_yes_no
from qa.witnesses import closest_of, witnesses

__all__ = ["Pipeline", "Whole", "parts_of", "rarer_prompts"]

# Among few sentences a small model finds what it overlooks in a long text. With three it
# was as often right as with a whole article, and not in the same cases.
SECOND_READING_SENTENCES = 3

# Of the documents that speak of what is asked, so many are read one by one.
MAX_WITNESSES = 2

MAX_PARTS = 4
_PART_BREAK = re.compile(
    r"(?i)(?:\?\s+(?:and\s+)?|,?\s+and\s+)"
    r"(?=(?:who|whom|whose|what|which|when|where|why|how)\b)"
)

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
        return self._check(model, evidence, read_draft(Completion(tuple(tokens))), deadline)

    def _check(
        self, model: ChatModel, evidence: Evidence, draft: Draft, deadline: Deadline
    ) -> tuple[CheckedClaim, ...]:
        checked = check_claims(
            draft,
            evidence,
            model=model,
            similarity=functools.partial(_similarity, self.embedder),
            settings=self.settings.verification,
            deadline=deadline,
            whole=self.whole is not None,
        )
        return tuple(_dated(claim) for claim in checked)

    def _completed(self, question: str, claim: CheckedClaim) -> CheckedClaim:
        """An answer from a table, from every row of it that fits."""
        cited = claim.passages[0].sentence if claim.verdict == "supported" else None
        # Most claims cite no row; a long document isn't gone through for those.
        if cited is None or not cells_of(cited.text):
            return claim
        return all_rows(question, claim, self.index.sentences(cited.document))

    def answer(
        self,
        model: ChatModel,
        evidence: Evidence,
        deadline: Deadline,
        *,
        notes: list[str],
        lap: Callable[[str], None],
    ) -> Generator[DraftText, None, tuple[CheckedClaim, ...]]:
        """Answer a question, each of its parts by itself where it has several.

        Parameters
        ----------
        model : ChatModel
        evidence : Evidence
            For the whole question.
        deadline : Deadline
        notes : list of str
            Takes what the reader should know.
        lap : callable
            Told when a stage is over.

        Yields
        ------
        DraftText

        Returns
        -------
        tuple of CheckedClaim

        Raises
        ------
        ModelUnavailableError
        """
        parts = parts_of(evidence.question)
        if len(parts) == 1:
            return (yield from self._answer(model, evidence, deadline, notes, lap))
        claims: list[CheckedClaim] = []
        history: list[Turn] = []
        for part in parts:
            # "… and who produced it?" is understood by the parts before it.
            asked = self._standalone(model, part, history, deadline) if history else part
            _, of_part = self.gather(asked)
            found = yield from self._answer(model, of_part, deadline, notes, lap)
            yield DraftText("\n")
            said = " ".join(claim.text for claim in found if claim.verdict == "supported")
            history.append(Turn(asked, said))
            claims += found
            if not said:
                claims.append(
                    CheckedClaim(part, (), 0.0, "unsupported", "The documents don’t say.", None)
                )
        unsaid = [turn.question for turn in history if not turn.answer]
        if len(unsaid) < len(parts):
            notes += [f"The documents don’t say: {part}" for part in unsaid]
        return tuple(claims)

    def _answer(
        self,
        model: ChatModel,
        evidence: Evidence,
        deadline: Deadline,
        notes: list[str],
        lap: Callable[[str], None],
    ) -> Generator[DraftText, None, tuple[CheckedClaim, ...]]:
        computed = self.compute(model, evidence, deadline)
        if computed is not None:
            lap("computation")
            return (computed,)
        if asks_latest(evidence.question):
            newest = self._newest(model, evidence, deadline, notes)
            if newest:
                lap("newest document")
                return newest
        tokens: list[Token] = []
        for token in self.draft(model, evidence, deadline):
            tokens.append(token)
            yield DraftText(token.text)
        if not any(token.text.strip() for token in tokens):
            raise ModelUnavailableError(f"{model.name} gave an empty reply.")
        if len(tokens) >= self.settings.generation.max_tokens:
            notes.append(
                "The language model’s reply was cut off. Raise QA_GENERATION__MAX_TOKENS for "
                "longer answers."
            )
        lap("generation")
        checked = self.check(model, evidence, tokens, deadline)
        lap("verification")
        if not any(claim.verdict == "supported" for claim in checked):
            checked = self.reconsider(model, evidence, checked, deadline)
            lap("second reading")
        # A computed answer, and a yes or no, was weighed over several passages already.
        if len(checked) == 1 and checked[0].verdict == "supported" and checked[0].signals:
            checked = self._compared(model, evidence, checked[0], deadline, notes, lap)
        return tuple(self._completed(evidence.question, claim) for claim in checked)

    def _standalone(
        self, model: ChatModel, question: str, history: Sequence[Turn], deadline: Deadline
    ) -> str:
        if isinstance(model, PrimableChatModel):
            model.prime(Part.REWRITER, constant_rewrite_prompt(), deadline)
        return standalone_question(model, question, history, deadline)

    def compute(
        self, model: ChatModel, evidence: Evidence, deadline: Deadline
    ) -> CheckedClaim | None:
        """Answer a question that asks for what must be computed, or for a document's date.

        Returns
        -------
        CheckedClaim or None
            None where it asks for something else, or an operand isn't known.

        Raises
        ------
        ModelUnavailableError
        """
        question = evidence.question
        if asks_document_date(question):
            return self._document_date(evidence)
        plan = plan_computation(question, yes_no=is_yes_no(question))
        if plan is None:
            return None
        questions = plan.questions or self._operand_questions(model, question, deadline)
        return self._compute(model, replace(plan, questions=questions), deadline)

    def _document_date(self, evidence: Evidence) -> CheckedClaim | None:
        """Quote the header that tells the date of the document found first."""
        first = next(iter(evidence.best()), None)
        document = self.index.documents[first.sentence.document] if first else None
        if document is None or document.date is None:
            return None
        header = document.text[: document.body_start]
        quote = header.strip()
        # The date may come from elsewhere: a file's name or its metadata can't be quoted.
        told = Date(*map(int, document.date.split("-")))
        if told not in {token.value for token in tokenise(quote)}:
            return None
        start = header.index(quote)
        sentence = Sentence(document.path, 0, start, start + len(quote), quote)
        return CheckedClaim(
            text=document.date,
            passages=(Passage(0, sentence, document.title, document.date, 0.0),),
            support=1.0,
            verdict="supported",
            reason="The document’s header tells its date.",
            signals=None,
        )

    def reconsider(
        self,
        model: ChatModel,
        evidence: Evidence,
        checked: tuple[CheckedClaim, ...],
        deadline: Deadline,
    ) -> tuple[CheckedClaim, ...]:
        """Try again where no claim of the first draft is supported.

        The closest sentences are read once more by themselves; and where the question asks
        how many, what it counts is looked for. What names something that nothing read speaks
        of is hardly answered by reading on.

        Returns
        -------
        tuple of CheckedClaim
            `checked` itself where nothing better was found.

        Raises
        ------
        ModelUnavailableError
        """
        if _asks_of_the_unsaid(evidence):
            return checked
        again = self._read_closest(model, evidence, checked, deadline)
        if any(claim.verdict == "supported" for claim in again):
            return again
        which = counted(evidence.question)
        if which is not None:
            count = self._compute(model, Computation("count", "", (which,)), deadline)
            if count is not None:
                return (count,)
        return checked or again

    def _read_closest(
        self,
        model: ChatModel,
        evidence: Evidence,
        checked: tuple[CheckedClaim, ...],
        deadline: Deadline,
    ) -> tuple[CheckedClaim, ...]:
        closest = sorted(evidence.best()[:SECOND_READING_SENTENCES], key=lambda p: p.number)
        # A yes or no was decided on these very sentences.
        if len(closest) == len(evidence.passages) or is_yes_no(evidence.question):
            return ()
        draft = self._draft_from(model, evidence, closest, deadline)
        if draft.claims == tuple(claim.text for claim in checked):
            return ()
        return self._check(model, evidence, draft, deadline)

    def _draft_from(
        self, model: ChatModel, evidence: Evidence, few: Sequence[Passage], deadline: Deadline
    ) -> Draft:
        """Have a draft written from a few of the passages alone."""
        if isinstance(model, PrimableChatModel) and evidence.whole:
            model.prime(Part.SECOND_READER, warm_up_prompt(None), deadline)
        narrowed = replace(evidence, passages=tuple(few), ranked=(), whole=False)
        return read_draft(Completion(tuple(self.draft(model, narrowed, deadline))))

    def _read_document(
        self, model: ChatModel, evidence: Evidence, document: str, deadline: Deadline
    ) -> tuple[CheckedClaim, ...]:
        """Answer from one document of the evidence alone; only what is supported."""
        draft = self._draft_from(model, evidence, closest_of(evidence, document), deadline)
        own = tuple(p for p in evidence.passages if p.sentence.document == document)
        alone = replace(evidence, passages=own, ranked=(), whole=False)
        checked = self._check(model, alone, draft, deadline)
        return tuple(claim for claim in checked if claim.verdict == "supported")

    def _newest(
        self, model: ChatModel, evidence: Evidence, deadline: Deadline, notes: list[str]
    ) -> tuple[CheckedClaim, ...]:
        """Answer from the newest document that states what is asked; empty where none does."""
        limit, question = asked_as_of(evidence.question)
        evidence = replace(evidence, question=question)
        closest = evidence.best()[:1]
        if not closest or is_yes_no(question):
            return ()
        speaking = (closest[0].sentence.document, *witnesses(evidence, closest))
        dates = {path: self.index.documents[path].date or "" for path in speaking}
        fitting = [path for path in speaking if "" < dates[path] <= (limit or "9999")]
        if len(speaking) < 2 or not fitting:
            return ()
        for path in sorted(fitting, key=dates.__getitem__, reverse=True)[:MAX_WITNESSES]:
            found = self._read_document(model, evidence, path, deadline)
            if found:
                notes.append(
                    f"Of {len(speaking)} documents that speak of this, the answer is from that "
                    f"of {dates[path]}."
                )
                return found
        return ()

    def _compared(
        self,
        model: ChatModel,
        evidence: Evidence,
        claim: CheckedClaim,
        deadline: Deadline,
        notes: list[str],
        lap: Callable[[str], None],
    ) -> tuple[CheckedClaim, ...]:
        """Weigh an answer against what newer versions and other documents say."""
        try:
            current = self._current(model, evidence, claim, deadline, notes)
            own = {passage.sentence.document for passage in (*claim.passages, *current.passages)}
            versions = {path for path in own for path in self._versions(path)}
            others = [
                path
                for path in witnesses(evidence, claim.passages)
                if path not in versions and path == self._versions(path)[0]
            ]
            found = [
                answers[0]
                for path in others[:MAX_WITNESSES]
                if len(answers := self._read_document(model, evidence, path, deadline)) == 1
            ]
        except ModelError as error:
            notes.append(f"What other documents say of this wasn’t compared. {error}")
            return (claim,)
        if others:
            lap("other documents")
        claims = combine(current, found)
        if len(claims) > 1:
            notes.append(disagreement(claims))
        return claims

    def _current(
        self,
        model: ChatModel,
        evidence: Evidence,
        claim: CheckedClaim,
        deadline: Deadline,
        notes: list[str],
    ) -> CheckedClaim:
        """What the newest version of a document says where an older one was cited."""
        cited = claim.passages[0].sentence.document
        newest, *older = self._versions(cited)
        read = {passage.sentence.document for passage in evidence.best()}
        if cited == newest:
            notes += [
                f"{path} is an older version or a copy of {newest}, which is quoted."
                for path in older
                if path in read
            ]
            return claim
        moved = tuple(self._in_version(passage, newest) for passage in claim.passages)
        passages = tuple(passage for passage in moved if passage is not None)
        if len(passages) == len(moved):
            notes.append(f"{cited} is an older version or a copy of {newest}, which is quoted.")
            return replace(claim, passages=passages)
        answers = self._read_document(model, evidence, newest, deadline)
        if len(answers) != 1:
            notes.append(f"{newest} is a newer version of {cited}, and wasn’t found to say this.")
            return claim
        if same_answer(claim.text, answers[0].text) is not True:
            date = self.index.documents[cited].date
            notes.append(
                f"An older version, {cited}{f' ({date})' if date else ''}, says: “{claim.text}”."
            )
        return answers[0]

    def _versions(self, path: str) -> tuple[str, ...]:
        """A document with its copies and versions, the newest first."""
        return next((group for group in self.index.versions if path in group), (path,))

    def _in_version(self, passage: Passage, path: str) -> Passage | None:
        """The same sentence in another version of its document, if it is still there."""
        sentence, document = passage.sentence, self.index.documents[path]
        same = [other for other in self.index.sentences(path) if other.text == sentence.text]
        if not same:
            return None
        nearest = min(same, key=lambda other: abs(other.number - sentence.number))
        return replace(passage, sentence=nearest, title=document.title, date=document.date)

    def _operand_questions(
        self, model: ChatModel, question: str, deadline: Deadline
    ) -> tuple[str, ...]:
        if isinstance(model, PrimableChatModel):
            model.prime(Part.SPLITTER, constant_operands_prompt(), deadline)
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
            # A date in the reason of a yes or no isn't what was asked for.
            if YES_NO.match(checked[0].text):
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


def parts_of(question: str) -> tuple[str, ...]:
    """The questions that an English question joins: "when …, and who …?"."""
    parts = [part.strip(" ,;") for part in _PART_BREAK.split(question.strip())]
    if not 1 < len(parts) <= MAX_PARTS or not all(len(part.split()) > 1 for part in parts):
        return (question,)
    return tuple(f"{part[:1].upper()}{part[1:].rstrip('?')}?" for part in parts)


def rarer_prompts() -> tuple[tuple[Part, list[Message]], ...]:
    """Constant prompts that only some questions need."""
    return (
        (Part.SECOND_READER, warm_up_prompt(None)),
        (Part.REWRITER, constant_rewrite_prompt()),
        (Part.SPLITTER, constant_operands_prompt()),
    )


def _asks_of_the_unsaid(evidence: Evidence) -> bool:
    """Whether a question names what nothing that was read speaks of.

    Capitals tell a name only in an English question whose other words have none.
    """
    asked = content_words(evidence.question)
    english = bool(QUESTION_WORDS & {word.key for word in words(evidence.question)})
    plain = any(not word.is_capitalised and not word.is_number for word in asked)
    return any(
        is_unsaid(group, *evidence.passages)
        for group in names_of(evidence.question)
        if (english and plain) or any(word.is_number for word in group)
    )


def _dated(claim: CheckedClaim) -> CheckedClaim:
    """A supported claim with what its words for time mean by its document's date."""
    if claim.verdict != "supported" or len({p.sentence.document for p in claim.passages}) != 1:
        return claim
    context = " ".join(passage.sentence.text for passage in claim.passages)
    return replace(claim, text=dated(claim.text, context, _date(claim.passages)))


def _date(passages: Sequence[Passage]) -> str | None:
    return next((passage.date for passage in passages if passage.date), None)


def _similarity(embedder: Embedder, one: str, other: str) -> float:
    """Cosine similarity of two texts, -1 to 1."""
    return float(embedder.embed_query(one) @ embedder.embed_query(other))
