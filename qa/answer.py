"""The composition: a question goes in, the stages run, a checked `Answer` comes out.

It decides nothing about relevance or truth, it only hands one stage's values to the
next and puts together what they say.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from qa.answering.abstention import abstain
from qa.answering.extraction import extract
from qa.answering.pipeline import Pipeline
from qa.answering.summary import points_back, summarise
from qa.checking.claims import CheckedClaim
from qa.errors import (
    ModelDownError,
    ModelError,
    ModelNotFoundError,
    QuestionError,
    WeightsError,
)
from qa.generation import YES_NO
from qa.identity import fingerprint
from qa.language.mentions import is_item
from qa.llms import ChatModel, Deadline
from qa.reading import Found
from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    Claim,
    Event,
    Evidence,
    EvidenceFound,
    ModelFailure,
    Passage,
    Sentence,
    Status,
    Turn,
)

__all__ = [
    "MAX_QUESTION_CHARACTERS",
    "Clock",
    "answer_question",
    "checked_history",
    "checked_question",
    "nothing_to_read",
]

MAX_QUESTION_CHARACTERS = 2000

# In quoted text it would look like a citation: "…in 1969.[12]", "a[0]".
_BRACKETED_NUMBER = re.compile(r"\[(\d+)\]")

_ENDED = re.compile(r"[.!?…:;。！？।][\"'”’»)\]]*\Z")
# A sentence that states something, and no longer than can be read at a glance.
_STATES = re.compile(r"[.!。！।][\"'”’»)\]]*\Z")
MAX_REASON = 200


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage; the next one starts."""
        now = time.perf_counter()
        self._laps[stage] = now - self._last
        self._last = now

    def timings(self) -> dict[str, float]:
        """Seconds of each stage so far, and ``"total"``."""
        return {**self._laps, "total": time.perf_counter() - self._start}


def checked_question(question: str) -> str:
    """The question without blanks around it, checked for its length.

    Raises
    ------
    QuestionError
        When it is empty or longer than can be read.
    """
    if not isinstance(question, str):
        raise QuestionError(f"The question is {question!r:.100}. Write it as text.")
    # Bytes that a terminal couldn't decode can't be printed either.
    question = question.encode("utf-8", "replace").decode().strip()
    if not question:
        raise QuestionError("The question is empty. Write what you want to know.")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most "
            f"{MAX_QUESTION_CHARACTERS:,} are read. Shorten it, or add the text to the documents."
        )
    return question


def checked_history(history: Iterable[Turn | Mapping[str, str]]) -> tuple[Turn, ...]:
    """The conversation so far, of which no question is longer than can be asked.

    Parameters
    ----------
    history : iterable of Turn or mapping
        A mapping has a turn's ``"question"`` and ``"answer"``, as in JSON.

    Raises
    ------
    QuestionError
        When something of it is no turn.
    """
    try:
        given = iter(history)
    except TypeError:
        raise QuestionError(
            f"The history is {history!r:.100}. Give a list of turns, without any an empty one."
        ) from None
    turns = []
    for place, told in enumerate(given):
        question, answer = (
            told.get(name) if isinstance(told, Mapping) else getattr(told, name, None)
            for name in ("question", "answer")
        )
        if not isinstance(question, str) or not isinstance(answer, str):
            raise QuestionError(
                f"history[{place}] is {told!r:.100}. Give each turn as Turn(question, answer), or "
                'as a dict with "question" and "answer", both of them text.'
            )
        turns.append(Turn(question[:MAX_QUESTION_CHARACTERS], answer))
    return tuple(turns)


def answer_question(
    question: str,
    history: Sequence[Turn],
    *,
    pipeline: Pipeline,
    model: ChatModel | None,
    prime: Callable[[Deadline], None],
    deadline: Deadline,
    notes: Sequence[str],
    clock: Clock,
) -> Iterator[Event]:
    """Answer a question step by step; closing the iterator stops the model.

    Parameters
    ----------
    question : str
        As `checked_question` gave it.
    history : sequence of Turn
        The conversation so far, oldest first.
    pipeline : Pipeline
        The stages, over one state of a library.
    model : ChatModel or None
        Without one, or where it fails, the answer is quoted sentences.
    prime : callable
        Has the model read what is constant in its prompts.
    deadline : Deadline
        For all calls of the model together.
    notes : sequence of str
        What the reader should know already.
    clock : Clock
        Started when the question was asked.

    Yields
    ------
    Event
        One `EvidenceFound`, before it a provisional one where a model has to understand a
        follow-up, any number of `DraftText`, one `AnswerReady`.

    Raises
    ------
    ModelError
        When the embedding model fails.
    """
    standalone = question
    made_with = fingerprint(pipeline.settings, model, pipeline.embedder)
    failure: ModelFailure | None = None
    pointing = bool(history) and points_back(question)
    summary = None if pointing else summarise(question, pipeline.index)
    if summary is None and history:
        if model is not None:
            # Understanding a follow-up takes seconds, searching for it none.
            _, closest = pipeline.gather(_joined(question, history))
            clock.lap("provisional evidence")
            yield EvidenceFound(None, closest.best(), provisional=True)
        standalone, model, failure = _understand(pipeline, question, history, model, deadline)
        notes = (*notes, failure.reason) if failure else notes
        clock.lap("rewriting")
        summary = summarise(standalone, pipeline.index)
    rewritten = standalone if standalone != question else None
    if summary is not None:
        clock.lap("summary")
        yield EvidenceFound(rewritten, summary.evidence.best())
        yield AnswerReady(
            _compose(
                question,
                rewritten,
                summary.evidence,
                summary.claims,
                timings=clock.timings(),
                model="none",
                fingerprint=made_with,
                notes=(*notes, *summary.notes),
            ),
            failure,
        )
        return
    hits, evidence = pipeline.gather(standalone)
    clock.lap("evidence")
    yield EvidenceFound(rewritten, evidence.best())

    found: Found | None = None
    if model is not None:
        try:
            prime(deadline)
            clock.lap("model")
            found = yield from pipeline.answer(model, evidence, deadline, lap=clock.lap)
        except ModelError as error:
            failure = _failure(error)
            notes = (*notes, failure.reason)
    extractive = found is None
    if found is None:
        claims = extract(evidence, hits)
        note = (
            "No language model could be used: these are the documents’ own sentences "
            "closest to the question."
            if claims
            else "No language model could be used, and no sentence comes close enough to "
            "the question to answer it."
        )
        found = Found(claims, (note,))
    yield AnswerReady(
        _compose(
            question,
            rewritten,
            evidence,
            found.claims,
            timings=clock.timings(),
            model="none" if extractive or model is None else model.name,
            fingerprint=made_with,
            extractive=extractive,
            # Two parts of a question, or two operands, may have the same.
            notes=tuple(dict.fromkeys((*notes, *found.notes))),
        ),
        failure,
    )


def _failure(error: ModelError) -> ModelFailure:
    lasting = isinstance(error, ModelDownError | ModelNotFoundError | WeightsError)
    return ModelFailure(str(error), lasting)


def _understand(
    pipeline: Pipeline,
    question: str,
    history: Sequence[Turn],
    model: ChatModel | None,
    deadline: Deadline,
) -> tuple[str, ChatModel | None, ModelFailure | None]:
    """The standalone question, and the model, or why the model is of no use."""
    failure = None
    if model is not None:
        try:
            return pipeline.standalone(model, question, history, deadline), model, None
        except ModelError as error:
            failure = _failure(error)
    return _joined(question, history), None, failure


def _joined(question: str, history: Sequence[Turn]) -> str:
    """What is searched for while a follow-up isn't understood yet."""
    return f"{history[-1].question} {question}"


def nothing_to_read(question: str, made_with: str, clock: Clock) -> Answer:
    """The answer while there is no document; `made_with` is its fingerprint."""
    return _compose(
        question,
        None,
        Evidence(question, (), ()),
        (),
        timings=clock.timings(),
        model="none",
        fingerprint=made_with,
        notes=("There is no document in the library yet: add one and ask again.",),
    )


def _compose(
    question: str,
    standalone: str | None,
    evidence: Evidence,
    checked: Sequence[CheckedClaim],
    **about: Any,
) -> Answer:
    shown = [_with_reason(claim) for claim in checked if claim.verdict != "unsupported"]
    dropped = [claim for claim in checked if claim.verdict == "unsupported"]
    # By sentence, since a computed claim's passages come from evidence of their own.
    cited: dict[Sentence, Passage] = {}
    numbers: dict[Sentence, int] = {}
    supports: dict[Sentence, float] = {}
    claims: list[Claim] = []
    pieces: list[str] = []
    for claim in shown:
        for passage in claim.passages:
            sentence = passage.sentence
            cited.setdefault(sentence, passage)
            numbers.setdefault(sentence, len(numbers) + 1)
            supports[sentence] = max(supports.get(sentence, 0.0), claim.support)
        markers = tuple(sorted(numbers[passage.sentence] for passage in claim.passages))
        claims.append(_claim(claim, markers))
        said = _BRACKETED_NUMBER.sub(r"(\1)", claim.text)
        # Phrases side by side would run into one another.
        stop = "" if claim is shown[-1] or _ENDED.search(said) else ";"
        pieces.append(f"{said} {''.join(f'[{number}]' for number in markers)}{stop}")
    claims += [_claim(claim, ()) for claim in dropped]
    abstention = None if shown else abstain(evidence, dropped)
    if abstention is not None:
        pieces.append(abstention.text)
        if abstention.quoted is not None:
            sentence = abstention.quoted.sentence
            cited[sentence], numbers[sentence], supports[sentence] = abstention.quoted, 1, 0.0
            quote = _BRACKETED_NUMBER.sub(r"(\1)", " ".join(sentence.text.split()))
            pieces.append(f"“{quote}” [1]")
    status: Status = "not_found" if not shown else "partial" if dropped else "answered"
    return Answer(
        question=question,
        status=status,
        text=" ".join(pieces),
        claims=tuple(claims),
        citations=tuple(
            _citation(cited[sentence], number, supports[sentence])
            for sentence, number in numbers.items()
        ),
        evidence=evidence.best() if abstention is None else abstention.closest,
        standalone_question=standalone,
        **about,
    )


def _with_reason(claim: CheckedClaim) -> CheckedClaim:
    """A bare yes or no with the sentence that it rests on most; any other claim as it is."""
    verdict = YES_NO.fullmatch(claim.text) if claim.verdict == "supported" else None
    if verdict is None or not claim.passages:
        return claim
    sentence = max(claim.passages, key=lambda passage: passage.score).sentence
    quote = " ".join(sentence.text.split())
    # An item without the line above it, or a question, isn't a reason.
    if len(quote) > MAX_REASON or not _STATES.search(quote) or is_item(quote):
        return claim
    return replace(claim, text=f"{verdict[1]}: “{quote}”")


def _claim(claim: CheckedClaim, citations: tuple[int, ...]) -> Claim:
    return Claim(
        text=claim.text,
        citations=citations,
        support=claim.support,
        verdict=claim.verdict,
        reason=claim.reason,
        signals=None if claim.signals is None else asdict(claim.signals),
    )


def _citation(passage: Passage, number: int, support: float) -> Citation:
    sentence = passage.sentence
    return Citation(
        number=number,
        document=sentence.document,
        title=passage.title,
        date=passage.date,
        start=sentence.start,
        end=sentence.end,
        quote=sentence.text,
        support=support,
        page=sentence.page,
        date_source=passage.date_source,
        saved=passage.saved,
    )
