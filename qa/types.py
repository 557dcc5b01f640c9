"""The values that pass between stages: frozen, and nothing but the standard library.

Every offset counts code points of a document's canonical text, half-open: for any
located value ``document.text[start:end] == text``. A document is named by its path
relative to the library's folder, with ``/`` between its parts.
"""

from __future__ import annotations

import bisect
import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = [
    "QUOTED",
    "Answer",
    "AnswerReady",
    "Chunk",
    "Citation",
    "Claim",
    "DateSource",
    "Document",
    "DraftText",
    "Event",
    "Evidence",
    "EvidenceFound",
    "Hit",
    "ModelFailure",
    "Passage",
    "ScoredSentence",
    "SentMessage",
    "Sentence",
    "Status",
    "Turn",
    "Verdict",
    "shown_date",
]

DateSource = Literal["metadata", "front matter", "header", "file name"]
Status = Literal["answered", "partial", "not_found"]
Verdict = Literal["supported", "quoted", "unsupported"]

QUOTED = "Word for word from the documents, not checked against the question."
"""What is told of an answer of quoted claims."""

# Clocks that were never set, and archives that keep no times, say 1970 or 1980.
_UNSET_NS = 315_705_600_000_000_000  # The third of January 1980.


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message within a mailbox or another message, as its header tells it.

    Parameters
    ----------
    start : int
        Where its heading, or what it says, starts in the document's text; it goes on to the
        next one's.
    subject, sender : str
        ``""`` where the header has none.
    date : str or None
        ISO 8601 day on which it was sent.
    """

    start: int
    subject: str
    sender: str
    date: str | None

    @property
    def sent(self) -> str:
        """Who sent it and when, as far as that is known."""
        return ", ".join(filter(None, (self.sender, self.date)))


@dataclass(frozen=True, slots=True)
class Document:
    """One file's canonical text with what is known about it.

    Parameters
    ----------
    path : str
        Relative to the library's folder; the document's identity.
    title : str
        Never empty: if the file has none, its name.
    text : str
        Canonical text (see `qa.documents`); all offsets count its code points.
    date : str or None
        ISO 8601 calendar date that the document gives itself, ``"2024-05-11"``.
    content_hash : str
        SHA-256 of the file's bytes, hexadecimal.
    body_start : int
        Where the text proper starts: what stands before it only gives title or date and is neither
        quoted nor searched.
    format : str
        How the file was read: a value of `qa.documents.FORMATS`.
    date_source : {"metadata", "front matter", "header", "file name"} or None
        Where the date was found; None if there is none.
    language : str or None
        ISO 639-1 code; None if it isn't known.
    pages : tuple of int
        Where each page or slide starts in the text; empty where there are none.
    notes : tuple of str
        What of the file is missing from the text, in words for its owner.
    saved_ns : int
        When the file was last saved, in nanoseconds since 1970, as the system told when it
        was first read with this content; 0 where that isn't known.
    messages : tuple of SentMessage
        The messages of a mailbox, or that a mail passes on, in the order of the text.
    """

    path: str
    title: str
    text: str
    date: str | None
    content_hash: str
    body_start: int = 0
    format: str = "text"
    date_source: DateSource | None = None
    language: str | None = None
    pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    saved_ns: int = 0
    messages: tuple[SentMessage, ...] = ()

    @property
    def saved(self) -> str | None:
        """ISO 8601 day on which the file was last saved, where the document gives no date.

        The last resort of a reader who wants to know how old it is. A copy or an unpacked
        archive may be much younger than what it says, so nothing is counted from this day,
        and no language model gets to see it.
        """
        if self.date is not None or self.saved_ns < _UNSET_NS:
            return None
        try:
            # The day that the person's own file manager shows.
            return datetime.datetime.fromtimestamp(self.saved_ns / 1e9).date().isoformat()
        except (OverflowError, OSError, ValueError):
            return None

    def page_at(self, offset: int) -> int | None:
        """Page, from 1, on which a place of the text lies; None where there are no pages."""
        return max(bisect.bisect_right(self.pages, offset), 1) if self.pages else None

    def message_at(self, offset: int) -> SentMessage | None:
        """The message that a place of the text is in; None where it is in none of its own."""
        place = bisect.bisect_right(self.messages, offset, key=lambda message: message.start)
        return self.messages[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, heading or list item of a document.

    Parameters
    ----------
    document : str
        The document's path.
    number : int
        Position in the document, from 0.
    start, end : int
        Half-open span in the document's canonical text.
    text : str
        ``document.text[start:end]``; never blank.
    heading : str
        The heading above it, ``""`` where there is none.
    is_heading : bool
        Whether the sentence is itself a heading.
    page : int or None
        Where it starts, from 1; None where the document has no pages.
    message : SentMessage or None
        The message that says it, where the document has messages.
    """

    document: str
    number: int
    start: int
    end: int
    text: str
    heading: str = ""
    is_heading: bool = False
    page: int | None = None
    message: SentMessage | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive sentences that are retrieved together: a paragraph or a part of one.

    Parameters
    ----------
    document : str
        The document's path.
    number : int
        Position in the document, from 0.
    start, end : int
        Half-open span in the document's canonical text.
    text : str
        ``document.text[start:end]``.
    sentences : tuple of Sentence
        What it is made of, in order; never empty.
    """

    document: str
    number: int
    start: int
    end: int
    text: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence with its cosine similarity to the question, -1 to 1."""

    sentence: Sentence
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that retrieval found.

    Parameters
    ----------
    chunk : Chunk
    title : str
        The document's title.
    date : str or None
        The document's date; of a mailbox, the day on which the message was sent.
    score : float
        Fused score: comparable within one question, not between questions.
    dense : float
        Mean of the chunk's and its best sentence's cosine similarity, -1 to 1.
    lexical : float
        BM25 score, 0 or more.
    sentences : tuple of ScoredSentence
        The chunk's sentences in reading order.
    date_source, saved : str or None
        See `Document`.
    """

    chunk: Chunk
    title: str
    date: str | None
    score: float
    dense: float
    lexical: float
    sentences: tuple[ScoredSentence, ...]
    date_source: DateSource | None = None
    saved: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `json.dumps` accepts: located text with what is known about it."""
        first = self.chunk.sentences[0]
        heading = next((s.heading for s in self.chunk.sentences if not s.is_heading), "")
        return {
            "document": self.chunk.document,
            "title": self.title,
            "date": self.date,
            "date_source": self.date_source,
            "saved": self.saved,
            "page": first.page,
            "heading": heading,
            "start": self.chunk.start,
            "end": self.chunk.end,
            "text": self.chunk.text,
            "score": self.score,
            "dense": self.dense,
            "lexical": self.lexical,
        }


@dataclass(frozen=True, slots=True)
class Passage:
    """One numbered sentence of the evidence, with its document's title and date.

    Parameters
    ----------
    number : int
        Its number in the evidence, from 1, in reading order.
    sentence : Sentence
    title : str
    date : str or None
    score : float
        Relevance to the question: comparable within one question.
    nearby : tuple of str, optional
        It and the sentences around it in its document or its chunk, which may name what it speaks
        of; the LLM isn't shown them.
    date_source, saved : str or None
        See `Document`.
    """

    number: int
    sentence: Sentence
    title: str
    date: str | None
    score: float
    nearby: tuple[str, ...] = ()
    date_source: DateSource | None = None
    saved: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `json.dumps` accepts: located text with what is known about it."""
        return {
            "number": self.number,
            "document": self.sentence.document,
            "title": self.title,
            "date": self.date,
            "date_source": self.date_source,
            "saved": self.saved,
            "page": self.sentence.page,
            "heading": self.sentence.heading,
            "start": self.sentence.start,
            "end": self.sentence.end,
            "text": self.sentence.text,
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the LLM is given to read, and what of it looks most relevant.

    Parameters
    ----------
    question : str
        The standalone question that it was gathered for.
    passages : tuple of Passage
        All that is read, numbered from 1, in reading order: by document, then by
        position.
    ranked : tuple of int
        Numbers of the most relevant passages, best first.
    whole : bool
        True where `passages` is the whole library, so that it stays the same from
        question to question and only `ranked` changes.
    """

    question: str
    passages: tuple[Passage, ...]
    ranked: tuple[int, ...]
    whole: bool = False

    def best(self) -> tuple[Passage, ...]:
        """The most relevant passages, best first."""
        return tuple(self.passages[number - 1] for number in self.ranked)


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation: what was asked and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of an answer: checked, or quoted as it stands.

    Parameters
    ----------
    text : str
        What is claimed: the LLM's words, which code may complete (a date, a unit, further rows of
        a table), a figure that code computed, or a quoted sentence.
    citations : tuple of int
        Numbers of the citations that support it, or that it quotes; empty where nothing does.
    support : float
        How strongly its quotes support it, 0 to 1. 0 of what is quoted: that it answers the
        question was never checked.
    verdict : {"supported", "quoted", "unsupported"}
        A supported claim passed the check. A quoted one is a sentence of the documents as it
        stands, close to the question or telling of its document, and not checked against the
        question. An unsupported one isn't part of the answer's text.
    reason : str
        Why, in words for the reader.
    signals : mapping of str to float or None, optional
        What its support was computed from, each 0 to 1; None where it rests on something
        else.
    """

    text: str
    citations: tuple[int, ...]
    support: float
    verdict: Verdict
    reason: str = ""
    signals: Mapping[str, float | None] | None = None

    @property
    def shown(self) -> bool:
        """Whether it is part of the answer's text."""
        return self.verdict != "unsupported"


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote at its place in a document.

    Parameters
    ----------
    number : int
        From 1, in order of first appearance in the answer's text.
    document : str
        The document's path.
    title : str
    date : str or None
    start, end : int
        Half-open span in the document's canonical text.
    quote : str
        ``document.text[start:end]``.
    support : float
        That of the strongest claim that it supports, 0 to 1; 0 if it only shows what the documents
        say, unchecked against the question, or what they say instead.
    page : int or None
        From 1, where the document has pages.
    date_source : {"metadata", "front matter", "header", "file name"} or None
        What told the date.
    saved : str or None
        Where there is no date, the day on which the file was last saved; see
        `Document.saved`.
    """

    number: int
    document: str
    title: str
    date: str | None
    start: int
    end: int
    quote: str
    support: float
    page: int | None = None
    date_source: DateSource | None = None
    saved: str | None = None


def shown_date(date: str | None, saved: str | None) -> str:
    """A document's date, else "saved" and when its file was saved; ``""`` for neither."""
    return date or (f"saved {saved}" if saved else "")


# Characters that act anywhere in CommonMark or GitHub's Markdown, and those that act at the
# start of a line. A marker, "[1]", is left as it is.
_ACTS_ANYWHERE = re.compile(
    r"[\\`*<>&|~$]|(?<![^\W_])_|_(?![^\W_])|!(?=\[)|\[(?!\d+\](?![(:]))|\](?=[(:])"
)
_ACTS_FIRST = re.compile(r"(?m)^(\s*)(?:([#+=-])|(\d+)([.)]))(?=\s|$|[=#-])")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|www)(?=[:.])")


def _plain_in_markdown(value: str) -> str:
    """`value` so that Markdown shows it as it is."""
    escaped = _ACTS_ANYWHERE.sub(lambda match: "".join(f"\\{c}" for c in match[0]), value)
    escaped = _ACTS_FIRST.sub(
        lambda match: (
            f"{match[1]}\\{match[2]}" if match[2] else f"{match[1]}{match[3]}\\{match[4]}"
        ),
        escaped,
    )
    # A bare address would become a link.
    return _ADDRESS.sub(r"\1\\", escaped)


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's answer, with all that is needed to check it.

    Parameters
    ----------
    question : str
        As it was asked.
    status : {"answered", "partial", "not_found"}
        ``"partial"``: something that was asked or drafted is missing from `text`.
    text : str
        Prose with ``[1]`` markers; each leads to the citation of that number. Where nothing
        was found it says so, and may quote what the documents say instead of a name, number
        or date that the question supposes.
    claims : tuple of Claim
        The supported or quoted claims in the order of `text`, then those that were left out.
    citations : tuple of Citation
        Numbered from 1; each is used in `text`.
    evidence : tuple of Passage
        What was considered, best first; also when nothing was found.
    timings : mapping of str to float
        Seconds by stage, and ``"total"``. ``"evidence"`` is the search for what the
        question was understood as; the search for a follow-up's own words, shown while it
        is being understood, is ``"provisional evidence"``.
    model : str
        The LLM that drafted it; ``"none"`` for an extractive answer.
    fingerprint : str
        Of the models, readers and settings that can change an answer.
    standalone_question : str or None
        How a follow-up was understood; None where the question stood by itself.
    extractive : bool
        True where the text is quoted sentences, because no LLM could be used.
    notes : tuple of str
        What the reader should know about how it came about.
    """

    question: str
    status: Status
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    evidence: tuple[Passage, ...]
    timings: Mapping[str, float]
    model: str
    fingerprint: str
    standalone_question: str | None = None
    extractive: bool = False
    notes: tuple[str, ...] = field(default=())

    def uncited(self) -> tuple[Passage, ...]:
        """Passages of the evidence that no citation quotes, best first."""
        cited = {(each.document, each.start, each.end) for each in self.citations}
        return tuple(
            passage
            for passage in self.evidence
            if (passage.sentence.document, passage.sentence.start, passage.sentence.end)
            not in cited
        )

    @property
    def quoted(self) -> bool:
        """Whether its text is sentences of the documents that weren't checked against it."""
        return any(claim.verdict == "quoted" for claim in self.claims)

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `json.dumps` accepts; evidence is flattened to located text."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "status": self.status,
            "text": self.text,
            "claims": [
                {**asdict(claim), "citations": list(claim.citations)} for claim in self.claims
            ],
            "citations": [asdict(citation) for citation in self.citations],
            "evidence": [passage.to_dict() for passage in self.evidence],
            "timings": dict(self.timings),
            "model": self.model,
            "extractive": self.extractive,
            "fingerprint": self.fingerprint,
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """`to_dict` as indented JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def to_markdown(self) -> str:
        """What people read: the text, the quotes that it rests on, and what to know.

        What comes from documents and models is escaped: it shows in Markdown as it is
        written, and becomes no link, image or HTML.
        """
        lines = [_plain_in_markdown(self.text)]
        if self.citations:
            lines.append("")
        for citation in self.citations:
            document = _plain_in_markdown(citation.document)
            page = f", page {citation.page}" if citation.page else ""
            place = f"{document}{page}, {citation.start}–{citation.end}"
            shown = shown_date(citation.date, citation.saved)
            date = f", {_plain_in_markdown(shown)}" if shown else ""
            quote = _plain_in_markdown(" ".join(citation.quote.split()))
            title = _plain_in_markdown(citation.title)
            lines.append(f"[{citation.number}] “{quote}” — {title}{date} ({place})  ")
        closest = self.uncited() if self.status == "not_found" else ()
        if closest:
            lines += ["", "Other passages:" if self.citations else "Closest passages:", ""]
            lines += [
                f"- “{_plain_in_markdown(' '.join(passage.sentence.text.split()))}” — "
                f"{_plain_in_markdown(passage.title)}"
                for passage in closest[:3]
            ]
        lines += [f"\n*{QUOTED}*"] if self.quoted else []
        lines += [f"\n*{_plain_in_markdown(note)}*" for note in self.notes]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The first event of a streamed answer: what will be read.

    For a follow-up that a language model has to rewrite first it comes twice: at once, found with
    the question before it and its own words, then, in place of that, found with the rewritten
    question.

    Parameters
    ----------
    standalone_question : str or None
        How a follow-up was understood; None otherwise.
    passages : tuple of Passage
        The most relevant, best first.
    provisional : bool
        Whether another follows that replaces this one. The answer rests on none of it.
    """

    standalone_question: str | None
    passages: tuple[Passage, ...]
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class DraftText:
    """A piece of the LLM's draft as it comes: not checked yet, not to be shown as fact."""

    delta: str


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """Why a language model was of no use for a question.

    Parameters
    ----------
    reason : str
        In words for the reader; it stands in the answer's notes too.
    lasting : bool
        True if the error would meet every question (the model is down). False if this question
        may have caused it, by too long a prompt or too short a deadline.
    """

    reason: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """The last event of a streamed answer: the checked answer, which replaces the draft.

    Parameters
    ----------
    answer : Answer
    failure : ModelFailure or None
        Why the language model was of no use; None where it was, or none was asked.
    """

    answer: Answer
    failure: ModelFailure | None = None


Event = EvidenceFound | DraftText | AnswerReady
