"""Summaries made of the documents' own most telling sentences, without a language model.

A summary of quotes can be checked like any answer, and is there at once. The sentences are
those that are most like all others of their document: the weighted degree of LexRank
(Erkan and Radev 2004, "LexRank: Graph-based Lexical Centrality as Salience in Text
Summarization"), to which its random walk on a symmetric similarity leads, with a bias to
the text's beginning, where writers say what matters.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.checking.claims import CheckedClaim
from qa.index import Index
from qa.language.alignment import FUNCTION_WORDS, Word, content_words, words
from qa.language.injection import orders
from qa.types import Document, Evidence, Passage, Sentence

__all__ = ["Summary", "asks_summary", "points_back", "summarise"]

# Sentences quoted of one document, by how many it has; of each of several; and how many documents.
SENTENCES = ((10, 2), (40, 3))
MOST_SENTENCES = 4
SENTENCES_OF_SEVERAL = 2
MAX_DOCUMENTS = 5
# How much the first sentence counts beside the most central one; the n-th has an n-th of it.
LEAD_WEIGHT = 0.5
# What begins by pointing at another sentence doesn't stand well alone.
POINTING_WEIGHT = 0.6
# Sentences more alike than this say the same.
ALIKE = 0.8
MIN_WORDS = 4
MAX_CHARACTERS = 400

_NOUN = (
    r"(?:articles?|documents?|texts?|reports?|stor(?:y|ies)|notes?|files?|pages?|papers?|news|"
    r"letters?|e-?mails?|mails?|pdfs?|books?|chapters?|library|folder|collection|sources?|"
    r"presentation|slides|everything|all)"
)
_WHAT = r"(?P<what>.*?)"
_END = r"\W*\Z"
_REQUESTS = tuple(
    re.compile(rf"(?i)\A\W*(?:(?:please|can you|could you|would you|just|now)\W+)*{pattern}{_END}")
    for pattern in (
        rf"tl\W?dr\b\W*{_WHAT}",
        rf"(?:summari[sz]e|sum up)\b{_WHAT}(?: for me)?(?:,? please)?",
        r"(?:(?:give|show|write|make|tell|get)(?: me| us)? )?"
        r"(?:an? |the )?(?:(?:short|brief|quick|concise) )?(?:summary|overview|gist|outline)\b"
        rf"(?: (?:of|for|on)\b{_WHAT})?(?:,? please)?",
        r"(?:(?:give|show|list|tell)(?: me| us)? |what(?: are|['’]re| is|['’]s) )?"
        r"(?:the )?(?:main|key|most important|central) "
        r"(?:points?|ideas|takeaways?|findings|facts|topics)"
        rf"(?: (?:of|in|from)\b{_WHAT})?(?:,? please)?",
        rf"what(?: is|['’]s| are|['’]re| was) (?P<what>(?:this|these|it)(?: {_NOUN})?|"
        rf"(?:[^?]*\s)?{_NOUN}(?:\s[^?]*)?|\S+\.\w{{1,5}}) (?:all )?about",
        rf"what(?: does| do| did) (?P<what>(?:this|these)(?: {_NOUN})?|(?:the|my|your) {_NOUN}) "
        r"(?:say|talk about|deal with|cover|discuss)",
    )
)
_ABOUT_NAMED = re.compile(rf"(?i)\A\W*what(?: is|['’]s) {_WHAT} about{_END}")
# What a request calls its documents without naming one.
_ANY = frozenset(
    """
    article articles document documents text texts report reports story stories note notes file
    files page pages paper papers news letter letters mail mails email emails pdf pdfs book books
    chapter chapters library folder collection source sources presentation slides everything
    whole entire content contents topic topics main please
    """.split()
)
# What can only be the library's, whatever was spoken of before.
_LIBRARY = frozenset(
    "document documents file files library folder collection source sources everything".split()
)
_POINTING = frozenset(
    """
    it its he his she her they their this that these those such there here additionally also
    moreover furthermore however previously meanwhile then but and so thus therefore afterwards
    later similarly instead nevertheless
    """.split()
)
_BOILERPLATE = re.compile(
    r"(?i)https?://|www\.|(?<=\S)@\S|©|\b(?:all rights reserved|cookies?|subscribe|sign up|click|"
    r"read more|newsletter|privacy policy|terms of (?:use|service)|follow us|photo(?:graph)? by|"
    r"table of contents)\b"
)
_ENDS = re.compile(r"[.!…。！।۔]['\"”’»)\]]*\Z")


@dataclass(frozen=True, slots=True)
class Summary:
    """Quoted sentences that tell what documents are about.

    Parameters
    ----------
    evidence : Evidence
        The quoted sentences.
    claims : tuple of CheckedClaim
        One a sentence, in the order of the documents and of their texts.
    notes : tuple of str
        What isn't summarised.
    """

    evidence: Evidence
    claims: tuple[CheckedClaim, ...]
    notes: tuple[str, ...]


def asks_summary(question: str) -> str | None:
    """What an English request for a summary is about.

    Returns
    -------
    str or None
        Its words for what to sum up, ``""`` if it has none; None if it asks for something else.
    """
    for request in _REQUESTS:
        if found := request.match(question):
            return (found["what"] or "").strip(" ?.!,:;\"'“”")
    return None


def points_back(question: str) -> bool:
    """Whether a request for a summary may mean what a conversation spoke of: "it", "this"."""
    asked = {word.key for word in words(asks_summary(question) or "")}
    return not asked.isdisjoint(("it", "this", "these", "that", "those")) and not asked & _LIBRARY


def summarise(question: str, index: Index) -> Summary | None:
    """Sum up the documents that a request names, or all where it names none.

    Parameters
    ----------
    question : str
    index : Index

    Returns
    -------
    Summary or None
        None where it asks for something else, or for a subject rather than for documents.
    """
    what = asks_summary(question)
    if what is None:
        found = _ABOUT_NAMED.match(question)
        wanted = [word.key for word in words(found["what"])] if found else []
        named = [
            document
            for document in index.documents.values()
            if wanted and wanted == [word.key for word in words(document.title)]
        ]
        every = False
    else:
        named, every = _documents(what, index)
    if not named:
        return None
    newest = _newest_first(named, index)
    shown = newest[:MAX_DOCUMENTS]
    chosen: list[Sentence] = []
    for document in shown:
        limit = None if len(newest) == 1 else 1 if every else SENTENCES_OF_SEVERAL
        chosen += _telling(index, document.path, limit)
    if not chosen:
        return None
    notes = []
    if len(newest) > len(shown):
        more = len(newest) - len(shown)
        notes.append(
            f"There {'is' if more == 1 else 'are'} {more:,} more document"
            f"{'' if more == 1 else 's'}. Name one to have it summed up."
        )
    return _quoted(question, chosen, index, tuple(notes))


def _quoted(
    question: str, chosen: Sequence[Sentence], index: Index, notes: tuple[str, ...]
) -> Summary:
    passages = []
    for number, sentence in enumerate(chosen, start=1):
        document = index.documents[sentence.document]
        passages.append(
            Passage(
                number,
                sentence,
                document.title,
                document.date,
                1.0,
                date_source=document.date_source,
                saved=document.saved,
            )
        )
    ranked = tuple(passage.number for passage in passages)
    return Summary(
        Evidence(question, tuple(passages), ranked),
        tuple(
            CheckedClaim(
                text=" ".join(passage.sentence.text.split()),
                passages=(passage,),
                support=0.0,
                verdict="quoted",
                reason="A sentence of the document, quoted whole.",
                signals=None,
            )
            for passage in passages
        ),
        notes,
    )


def _documents(what: str, index: Index) -> tuple[list[Document], bool]:
    """Documents whose title or path has all words of a request, or all of them."""
    wanted = {word.key for word in content_words(what)}
    every = list(index.documents.values())
    for asked in (wanted, wanted - _ANY):
        if asked:
            named = [
                document
                for document in every
                if asked <= {word.key for word in words(f"{document.title} {document.path}")}
            ]
            if named:
                return named, len(named) > MAX_DOCUMENTS
    return ([], False) if wanted - _ANY else (every, True)


def _newest_first(documents: Sequence[Document], index: Index) -> list[Document]:
    """Documents by date, those without one last, older versions of another left out."""
    paths = {document.path for document in documents}
    older = {
        path for group in index.versions for path in [path for path in group if path in paths][1:]
    }
    current = [document for document in documents if document.path not in older]
    return sorted(current, key=lambda document: document.date or "", reverse=True)


def _telling(index: Index, path: str, limit: int | None) -> list[Sentence]:
    """The sentences that tell most of what a document says, in their order."""
    entry = index.entry(path)
    kept_out = orders(entry.sentences)
    stated = [
        row
        for row, sentence in enumerate(entry.sentences)
        if not sentence.is_heading and sentence not in kept_out
    ]
    rows = [row for row in stated if _is_statement(entry.sentences[row].text)] or stated
    if not rows:
        return []
    vectors = entry.sentence_vectors[rows]
    scores = _scores(vectors, [entry.sentences[row].text for row in rows])
    if limit is None:
        limit = next((count for most, count in SENTENCES if len(rows) <= most), MOST_SENTENCES)
    chosen: list[int] = []
    for place in np.argsort(-scores, kind="stable").tolist():
        if all(float(vectors[place] @ vectors[other]) < ALIKE for other in chosen):
            chosen.append(place)
        if len(chosen) == limit:
            break
    return [entry.sentences[rows[place]] for place in sorted(chosen)]


def _scores(vectors: NDArray[np.float32], texts: Iterable[str]) -> NDArray[np.float64]:
    """Centrality from 0 to 1 with a bias to the beginning, shape (n,)."""
    rows = vectors.astype(np.float64)
    degrees = np.maximum(rows @ rows.mean(axis=0), 0.0)
    central = degrees / max(float(degrees.max()), 1e-9)
    lead = LEAD_WEIGHT / np.arange(1, len(rows) + 1)
    alone = np.array([POINTING_WEIGHT if _points(text) else 1.0 for text in texts])
    scores: NDArray[np.float64] = ((central + lead) * alone).round(6)
    return scores


def _points(text: str) -> bool:
    first = next(_words(text), None)
    return first is not None and first.key in _POINTING


def _is_statement(text: str) -> bool:
    if len(text) > MAX_CHARACTERS or not _ENDS.search(text):
        return False
    content = (word for word in _words(text) if word.key not in FUNCTION_WORDS)
    enough = len(list(itertools.islice(content, MIN_WORDS))) == MIN_WORDS
    return enough and not _BOILERPLATE.search(text)


def _words(text: str) -> Iterator[Word]:
    """The words of a text one by one: of a book's sentences the first few are looked at."""
    return (word for piece in text.split() for word in words(piece))
