"""The way of one question through the stages, over one state of a library.

A `Pipeline` plans the work: it splits a question into parts, computes from several checked
answers, and decides when to try a second reading or to compare documents.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from qa.answering.abstention import NOT_FOUND_TEXT
from qa.answering.premise import ANSWER_KINDS
from qa.checking.claims import CheckedClaim
from qa.checking.decider import constant_decision_prompt
from qa.comparing.comparison import compared, newest_answer, of_newest_version
from qa.comparing.latest import of_any_time
from qa.computing.aggregates import aggregated
from qa.computing.arithmetic import Operand, compute
from qa.computing.computation import (
    Computation,
    asks_document_date,
    constant_operands_prompt,
    counted,
    operand_questions,
    plan_computation,
)
from qa.computing.derived import change_told, derived
from qa.computing.document_date import document_date, may_be_spoken_of
from qa.computing.tables import all_rows, fitting_row, with_unit
from qa.errors import ModelUnavailableError
from qa.generation import (
    REFUSING,
    YES_NO,
    Draft,
    constant_rewrite_prompt,
    read_draft,
    standalone_question,
    warm_up_prompt,
)
from qa.language.alignment import AUXILIARIES, QUESTION_WORDS, content_words, words
from qa.language.mentions import is_unsaid, names_of
from qa.language.questions import is_yes_no
from qa.llms import (
    AvoidingChatModel,
    ChatModel,
    Completion,
    Deadline,
    Message,
    Part,
    PrimableChatModel,
    Token,
)
from qa.reading import Found, Reading, date_of
from qa.types import DraftText, Evidence, Turn

__all__ = ["Pipeline", "parts_of", "rarer_prompts"]

# Among few sentences a small model finds what it overlooks in a long text. Sentences that were
# selected already are read once: a second reading of those gave more wrong answers than right ones.
SECOND_READING_SENTENCES = 3

CUT_OFF = (
    "The language model’s reply was cut off. Raise QA_GENERATION__MAX_TOKENS for longer answers."
)

MAX_PARTS = 4
_ASKING = "|".join(sorted(QUESTION_WORDS))
_PART_BREAK = re.compile(
    rf"(?i)\?\s+(?:and\s+)?(?=(?:{_ASKING}|{'|'.join(sorted(AUXILIARIES))})\b)"
    rf"|,?\s+and\s+(?=(?P<word>{_ASKING})\b"
    # "… how it works and why it failed" asks for both at once.
    r"(?!\s+(?:i|you|he|she|it|we|they|the|an?|this|that|these|those|my|your|his|her|its|our|their)\b))"
)
# Parts that aren't a question before an "and": "at what time", "how long", "what did Rehn", "the
# difference between what he said".
_OF_WHAT = frozenset("at by for from in of on since to until with".split())
_BARE = AUXILIARIES - frozenset("is are was were am isn't aren't wasn't weren't".split())
_ALONE = frozenset("why when where how".split())
_BETWEEN = re.compile(r"(?i)\bbetween\b(?!.*\band\b)")


class Pipeline(Reading):
    """Combines readings into the answer to one question; made like a `Reading`."""

    __slots__ = ()

    def answer(
        self,
        model: ChatModel,
        evidence: Evidence,
        deadline: Deadline,
        *,
        lap: Callable[[str], None],
    ) -> Generator[DraftText, None, Found]:
        """Answer a question, each of its parts by itself where it has several.

        Parameters
        ----------
        model : ChatModel
        evidence : Evidence
            For the whole question.
        deadline : Deadline
        lap : callable
            Told when a stage is over.

        Yields
        ------
        DraftText

        Returns
        -------
        Found

        Raises
        ------
        ModelUnavailableError
        """
        parts = parts_of(evidence.question)
        if len(parts) == 1:
            return (yield from self._answer(model, evidence, deadline, lap))
        claims: list[CheckedClaim] = []
        notes: list[str] = []
        history: list[Turn] = []
        for part in parts:
            # "… and who produced it?" is understood by the parts before it.
            asked = self.standalone(model, part, history, deadline) if history else part
            # A mere "why?" that wasn't understood.
            asked = asked if content_words(asked) else evidence.question
            _, of_part = self.gather(asked)
            found = yield from self._answer(model, of_part, deadline, lap)
            yield DraftText("\n")
            said = " ".join(claim.text for claim in found.claims if claim.verdict == "supported")
            history.append(Turn(asked, said))
            claims += found.claims
            notes += found.notes
            if not said:
                claims.append(CheckedClaim(part, (), 0.0, "unsupported", NOT_FOUND_TEXT, None))
        unsaid = [turn.question for turn in history if not turn.answer]
        if len(unsaid) < len(parts):
            notes += [f"The documents don’t say: {part}" for part in unsaid]
        return Found(tuple(claims), tuple(notes))

    def _answer(
        self,
        model: ChatModel,
        evidence: Evidence,
        deadline: Deadline,
        lap: Callable[[str], None],
    ) -> Generator[DraftText, None, Found]:
        computed = self.compute(model, evidence, deadline)
        if computed is not None:
            lap("computation")
            return computed
        newest = newest_answer(self, model, evidence, deadline)
        if newest is not None:
            lap("newest document")
            return self._completed(evidence.question, newest)
        tokens: list[Token] = []
        for token in self.draft(model, evidence, deadline):
            tokens.append(token)
            yield DraftText(token.text)
        if not any(token.text.strip() for token in tokens):
            raise ModelUnavailableError(
                f"{model.name} gave an empty reply. If it is one that thinks first, raise "
                "QA_GENERATION__MAX_TOKENS or switch its thinking off."
            )
        cut = len(tokens) >= self.settings.generation.max_tokens
        lap("generation")
        draft = read_draft(Completion(tuple(tokens)))
        found = Found(self.check(model, evidence, draft, deadline))
        lap("verification")
        if not _any_supported(found.claims):
            found = self.reconsider(model, evidence, found.claims, deadline)
            if asks_document_date(evidence.question) and not _any_supported(found.claims):
                date = document_date(evidence, self.index)
                found = found if date is None else Found((date,))
            if not found.claims:
                found = Found(self.ask_without_refusing(model, evidence, deadline))
            lap("second reading")
        # A computed answer, which has no signals, was weighed over several passages already.
        if len(found.claims) == 1 and found.claims[0].signals and _any_supported(found.claims):
            found = compared(self, model, evidence, found.claims[0], deadline, lap=lap)
        found = self._completed(evidence.question, found)
        return replace(found, notes=(CUT_OFF, *found.notes)) if cut else found

    def _completed(self, question: str, found: Found) -> Found:
        claims = tuple(self._completed_claim(question, claim) for claim in found.claims)
        return replace(found, claims=claims)

    def _completed_claim(self, question: str, claim: CheckedClaim) -> CheckedClaim:
        """An answer with what follows from its passage, or a table's other rows that fit."""
        cited = claim.passages[0].sentence if claim.verdict == "supported" else None
        if cited is not None and (found := derived(question, claim.text, cited.text)):
            told, text = found
            return replace(claim, text=text, reason=_computed_from([told]))
        rows = self.rows(claim) if cited is not None else ()
        # "Currently" chose the document; it doesn't choose among its rows.
        return with_unit(all_rows(of_any_time(question), claim, rows)) if rows else claim

    def standalone(
        self, model: ChatModel, question: str, history: Sequence[Turn], deadline: Deadline
    ) -> str:
        """A follow-up as a question that stands alone; see `qa.generation.standalone_question`.

        Raises
        ------
        ModelError
        """
        if isinstance(model, PrimableChatModel):
            model.prime(Part.REWRITER, constant_rewrite_prompt(), deadline)
        return standalone_question(model, question, history, deadline)

    def compute(self, model: ChatModel, evidence: Evidence, deadline: Deadline) -> Found | None:
        """Answer a question that asks for what must be computed, or for a document's date.

        Operands are those of a document's newest version.

        Returns
        -------
        Found or None
            None where it asks for something else, or an operand isn't known.

        Raises
        ------
        ModelUnavailableError
        """
        question = evidence.question
        if asks_document_date(question) and not may_be_spoken_of(evidence):
            date = document_date(evidence, self.index)
            return None if date is None else Found((date,))
        if (found := aggregated(evidence, self.index)) is not None:
            return Found((found,))
        plan = plan_computation(question, yes_no=is_yes_no(question))
        if plan is None:
            return None
        questions = plan.questions or self._operand_questions(model, question, deadline)
        return self._compute(model, replace(plan, questions=questions), deadline)

    def reconsider(
        self,
        model: ChatModel,
        evidence: Evidence,
        checked: tuple[CheckedClaim, ...],
        deadline: Deadline,
    ) -> Found:
        """Try again if no claim of the first draft is supported.

        A table's row that fits better is read alone; if the library was read whole, its closest
        sentences are; a change is computed; and if the question asks how many, what it counts is
        looked for. A question that names something that no passage mentions isn't tried again.

        Returns
        -------
        Found
            `checked` itself where nothing better was found.

        Raises
        ------
        ModelUnavailableError
        """
        if _asks_of_the_unsaid(evidence):
            return Found(checked)
        again = self._read_row(model, evidence, checked, deadline)
        if _any_supported(again):
            return Found(again)
        again = self._read_closest(model, evidence, checked, deadline)
        if _any_supported(again):
            return Found(again)
        changed = self._change(model, evidence, deadline)
        if changed is not None:
            return Found((changed,))
        which = counted(evidence.question)
        if which is not None:
            plan = Computation("count", "", (which,))
            count = self._compute(model, plan, deadline)
            if count is not None:
                return count
        return Found(checked or again)

    def _read_row(
        self,
        model: ChatModel,
        evidence: Evidence,
        checked: tuple[CheckedClaim, ...],
        deadline: Deadline,
    ) -> tuple[CheckedClaim, ...]:
        """Read the row of a table that fits a question better than what a draft was taken from."""
        for claim in checked:
            row = fitting_row(evidence.question, claim, self.rows(claim))
            if row is not None:
                passage = replace(claim.passages[0], number=1, sentence=row, nearby=())
                alone = replace(evidence, passages=(passage,), ranked=(1,), whole=False)
                draft = self.draft_from(model, alone, [passage], deadline)
                return self.check(model, alone, draft, deadline)
        return ()

    def _read_closest(
        self,
        model: ChatModel,
        evidence: Evidence,
        checked: tuple[CheckedClaim, ...],
        deadline: Deadline,
    ) -> tuple[CheckedClaim, ...]:
        closest = sorted(evidence.best()[:SECOND_READING_SENTENCES], key=lambda p: p.number)
        if not evidence.whole or len(closest) == len(evidence.passages):
            return ()
        # A yes or no was decided on these very sentences.
        if is_yes_no(evidence.question):
            return ()
        draft = self.draft_from(model, evidence, closest, deadline)
        if draft.claims == tuple(claim.text for claim in checked):
            return ()
        return self.check(model, evidence, draft, deadline)

    def ask_without_refusing(
        self, model: ChatModel, evidence: Evidence, deadline: Deadline
    ) -> tuple[CheckedClaim, ...]:
        """Ask a model that refused what it would say if it had to; return only what is supported.

        A small model refuses much that it has found. The check, which knows how little the model
        wanted to answer, lets many of the right answers through and few of the wrong ones. After a
        whole library, which was read twice, it let none through, so none is asked for.

        Returns
        -------
        tuple of CheckedClaim
            Empty also where the model fails: that it refused is an answer by itself.
        """
        if evidence.whole or not isinstance(model, AvoidingChatModel):
            return ()
        if _asks_of_the_unsaid(evidence):
            return ()
        try:
            draft = self.drafted(model.avoiding(REFUSING), evidence, deadline)
            checked = self.check(model, evidence, draft, deadline)
        except ModelUnavailableError:
            return ()
        # What a model was forced to say doesn't count as a statement that was left out.
        return checked if _any_supported(checked) else ()

    def _change(
        self, model: ChatModel, evidence: Evidence, deadline: Deadline
    ) -> CheckedClaim | None:
        """By how much something changes, where a close passage says from what and to what."""
        for passage in evidence.best()[:SECOND_READING_SENTENCES]:
            found = change_told(evidence.question, passage.sentence.text)
            if found is None:
                continue
            told, text = found
            (claim,) = self.check(model, evidence, Draft((told,), Completion(())), deadline)
            if claim.verdict == "supported":
                return replace(claim, text=text, reason=_computed_from([told]), signals=None)
        return None

    def _operand_questions(
        self, model: ChatModel, question: str, deadline: Deadline
    ) -> tuple[str, ...]:
        if isinstance(model, PrimableChatModel):
            model.prime(Part.SPLITTER, constant_operands_prompt(), deadline)
        return operand_questions(model, question, deadline)

    def _compute(self, model: ChatModel, plan: Computation, deadline: Deadline) -> Found | None:
        claims: list[CheckedClaim] = []
        notes: list[str] = []
        for question in plan.questions:
            _, evidence = self.gather(question)
            if asks_document_date(question) and not may_be_spoken_of(evidence):
                dated = document_date(evidence, self.index)
                if dated is not None:
                    claims.append(dated)
                    continue
            draft = self.drafted(model, evidence, deadline)
            checked = self.check(model, evidence, draft, deadline)
            if len(checked) != 1 or checked[0].verdict != "supported":
                return None
            # A date in the reason of a yes or no isn't what was asked for.
            if YES_NO.match(checked[0].text):
                return None
            claim, of_versions = of_newest_version(self, model, evidence, checked[0], deadline)
            claims.append(claim)
            notes += of_versions
        operands = [
            Operand(
                claim.text,
                date_of(claim.passages),
                " ".join(passage.sentence.text for passage in claim.passages),
                " ".join(sorted({passage.sentence.document for passage in claim.passages})),
                tuple(
                    {
                        heading: None
                        for passage in claim.passages
                        for heading in (
                            passage.title,
                            passage.sentence.document,
                            passage.sentence.heading,
                        )
                    }
                ),
            )
            for claim in claims
        ]
        text = compute(plan, operands) if operands else None
        if text is None:
            return None
        passages = {passage.sentence: passage for claim in claims for passage in claim.passages}
        computed = CheckedClaim(
            text=text,
            passages=tuple(passages.values()),
            support=min(claim.support for claim in claims),
            verdict="supported",
            reason=_computed_from([claim.text for claim in claims]),
            signals=None,
        )
        return Found((computed,), tuple(notes))


def _computed_from(told: Sequence[str]) -> str:
    quoted = " and ".join(f"“{text}”" for text in told)
    return f"Computed from {quoted}, which the quoted passages state."


def parts_of(question: str) -> tuple[str, ...]:
    """The questions that an English question joins: "when …, and who …?"."""
    parts, start = [], 0
    for found in _PART_BREAK.finditer(question):
        word = found["word"] or ""
        # "WHO" is a name, unless everything is written so.
        named = word.isupper() and not question.isupper()
        if not word or not (named or _is_incomplete(question[start : found.start()])):
            parts.append(question[start : found.start()].strip(" ,;"))
            start = found.end()
    parts.append(question[start:].strip().strip(" ,;"))
    whole = [len(part.split()) > 1 for part in parts]
    # "… and why?" asks something of what comes before.
    begun = parts[-2].lower().split()[-1:] if len(parts) > 1 else []
    if parts[-1].lower().rstrip("?") in _ALONE and _ALONE.isdisjoint(begun):
        whole[-1] = True
    if not 1 < len(parts) <= MAX_PARTS or not all(whole):
        return (question,)
    return tuple(f"{part[:1].upper()}{part[1:].rstrip('.!?')}?" for part in parts)


def _is_incomplete(part: str) -> bool:
    """Whether the beginning of a question is incomplete without what follows."""
    said = words(part)
    keys = [word.key for word in said]
    if _BETWEEN.search(part):
        return True
    if AUXILIARIES.isdisjoint(keys):
        own = {word.key for word in content_words(part)} - ANSWER_KINDS
        kind = len(keys) == 2 and keys[0] in {"what", "which", "how"}
        fronted = keys[0] in _OF_WHAT and not QUESTION_WORDS.isdisjoint(keys[1:2])
        return not own or kind or fronted
    name = list(itertools.takewhile(lambda word: word.is_capitalised, reversed(said)))
    return 0 < len(name) < len(keys) and keys[-len(name) - 1] in _BARE


def rarer_prompts() -> tuple[tuple[Part, list[Message]], ...]:
    """Constant prompts that only some questions need."""
    return (
        (Part.SECOND_READER, warm_up_prompt(None)),
        (Part.REWRITER, constant_rewrite_prompt()),
        (Part.SPLITTER, constant_operands_prompt()),
        (Part.DECIDER, constant_decision_prompt()),
    )


def _any_supported(claims: Sequence[CheckedClaim]) -> bool:
    return any(claim.verdict == "supported" for claim in claims)


def _asks_of_the_unsaid(evidence: Evidence) -> bool:
    """Whether a question names something that no passage mentions.

    A capital marks a name only in an English question that has words without one.
    """
    asked = content_words(evidence.question)
    english = bool(QUESTION_WORDS & {word.key for word in words(evidence.question)})
    plain = any(not word.is_capitalised and not word.is_number for word in asked)
    return any(
        is_unsaid(group, *evidence.passages)
        for group in names_of(evidence.question)
        if (english and plain) or any(word.is_number for word in group)
    )
