"""Other documents that fit a question about as well as the one that answers it.

Judged by retrieval and by the question's words, so that looking costs nothing; only documents found
this way are worth another draft.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa.language.alignment import content_words, words
from qa.language.mentions import (
    REPLY,
    around,
    is_unsaid,
    names_of,
    section_date,
    speaks_of,
    stems,
)
from qa.types import Evidence, Passage

__all__ = ["closest_of", "later_sections", "replies", "witnesses"]

# How far behind the cited passage's score another document's may be (in a library of two,
# their chunks alone are 0.2 apart), and the least share that it must have of those words of the
# question that the cited passage has.
CLOSE_BEHIND = 0.25
SHARED_WORDS = 0.8
# By one word alone nobody can tell whether two passages speak of the same.
MIN_WORDS = 2
# As many as are read again where nothing was found.
PASSAGES = 3


def witnesses(evidence: Evidence, cited: Sequence[Passage]) -> tuple[str, ...]:
    """Find documents that speak of what cited passages do.

    Parameters
    ----------
    evidence : Evidence
    cited : sequence of Passage
        What answers its question; not empty.

    Returns
    -------
    tuple of str
        Paths of other documents, that with the closest passage first.
    """
    known = {passage.sentence.document for passage in cited}
    found = [
        passage.sentence.document
        for passage in _speaking(evidence, cited)
        if passage.sentence.document not in known
    ]
    return tuple(dict.fromkeys(found))


def replies(evidence: Evidence, cited: Sequence[Passage]) -> tuple[str, ...]:
    """Find later messages of a mail thread that cited passages are of.

    Plans change from mail to mail, and a reply needn't name what it speaks of: what the first
    one says may be over.

    Parameters
    ----------
    evidence : Evidence
    cited : sequence of Passage
        What answers its question; not empty.

    Returns
    -------
    tuple of str
        Paths, the newest first; empty where what is cited is the newest itself.
    """
    newest = max(cited, key=lambda passage: passage.date or "")
    subject = _subject(newest.title)
    later = {
        passage.sentence.document: passage.date
        for passage in evidence.best()
        if newest.date and passage.date and passage.date > newest.date
        if REPLY.match(passage.title) and _subject(passage.title)[: len(subject)] == subject
    }
    return tuple(sorted(later, key=lambda path: later[path], reverse=True)) if subject else ()


def later_sections(evidence: Evidence, cited: Sequence[Passage]) -> tuple[str, ...]:
    """Find sections of later days, in minutes or a log, that speak of what cited passages do.

    Of a mailbox, also later messages of the same thread: see `replies`.

    Parameters
    ----------
    evidence : Evidence
    cited : sequence of Passage
        What answers its question; not empty.

    Returns
    -------
    tuple of str
        Headings in the one document that is cited: those that speak of the same, the latest
        first, then replies, the closest to the question first.
    """
    (document, *others) = {passage.sentence.document for passage in cited}
    days = [day for passage in cited if (day := section_date(passage.sentence))]
    if others or not days:
        return ()
    later = [
        passage
        for passage in evidence.best()
        if passage.sentence.document == document
        and (section_date(passage.sentence) or "") > max(days)
    ]
    same = _speaking(evidence, cited)
    speaking = [passage.sentence for passage in later if passage in same]
    speaking.sort(key=lambda sentence: section_date(sentence) or "", reverse=True)
    messages = [passage.sentence.message for passage in cited if passage.sentence.message]
    threads = [subject for message in messages if (subject := _subject(message.subject))]
    answering = [
        sentence
        for sentence in (passage.sentence for passage in later)
        if sentence.message
        and REPLY.match(sentence.message.subject)
        and any(_subject(sentence.message.subject)[: len(each)] == each for each in threads)
    ]
    return tuple(dict.fromkeys(sentence.heading for sentence in (*speaking, *answering)))


def _speaking(evidence: Evidence, cited: Sequence[Passage]) -> tuple[Passage, ...]:
    """Passages about as close to a question as the cited ones, and about the same."""
    least = max(passage.score for passage in cited) - CLOSE_BEHIND
    groups = names_of(evidence.question)
    asked = {word.key for word in content_words(evidence.question)}
    held = set().union(*(_said(asked, passage) for passage in cited))
    if len(held) < MIN_WORDS:
        return ()
    return tuple(
        passage
        for passage in evidence.best()
        if passage.score >= least
        and len(_said(held, passage)) >= SHARED_WORDS * len(held)
        and not any(is_unsaid(group, passage) for group in groups)
    )


def _subject(title: str) -> list[str]:
    return [word.key for word in words(REPLY.sub("", title))]


def closest_of(
    evidence: Evidence, document: str, heading: str | None = None
) -> tuple[Passage, ...]:
    """Passages of a document, or below one heading, closest to the question, in their order."""
    own = [
        passage
        for passage in evidence.passages
        if passage.sentence.document == document
        and heading in (None, passage.sentence.heading)
        and not passage.sentence.is_heading
    ]
    closest = sorted(own, key=lambda passage: (-passage.score, passage.number))[:PASSAGES]
    return tuple(sorted(closest, key=lambda passage: passage.number))


def _said(keys: set[str], passage: Passage) -> set[str]:
    """Which words a passage, or what stands around it, speaks of."""
    said = frozenset[str]().union(*(stems(text) for text in around(passage)))
    return {key for key in keys if speaks_of(key, said)}
