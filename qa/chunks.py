"""Sentences to chunks: what is retrieved together, a paragraph or a part of one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from qa.language.sentences import LONG_LINE
from qa.types import Chunk, Document, Sentence

__all__ = ["CHUNKER_VERSION", "chunk_document"]

CHUNKER_VERSION = "11"
"""Changes whenever the same text may be cut differently: stored indexes are rebuilt."""

_SHORT_PARAGRAPH = 200


def chunk_document(
    document: Document, sentences: Sequence[Sentence], max_characters: int
) -> tuple[Chunk, ...]:
    """Gather sentences into chunks of about a paragraph.

    A heading opens the chunk of the text below it. A long paragraph is cut between
    sentences into parts of similar length; a short one joins its neighbour under the
    same heading, first of all a line that leads to it ("She said:").

    Parameters
    ----------
    document : Document
    sentences : sequence of Sentence
        All of the document, from `split_sentences`.
    max_characters : int
        A chunk is longer only where one sentence, with its heading, is.

    Returns
    -------
    tuple of Chunk
        Each sentence is in exactly one of them, in order.
    """
    parts = [
        part
        for headings, paragraphs in _sections(document.text, sentences)
        for part in _section_parts(document.text, headings, paragraphs, max_characters)
    ]
    return tuple(
        Chunk(
            document=document.path,
            number=number,
            start=part[0].start,
            end=part[-1].end,
            text=document.text[part[0].start : part[-1].end],
            sentences=tuple(part),
        )
        for number, part in enumerate(parts)
    )


_Part = list[Sentence]


def _sections(text: str, sentences: Sequence[Sentence]) -> Iterator[tuple[_Part, list[_Part]]]:
    """Yield runs of headings, each with the paragraphs below it."""
    headings: _Part = []
    paragraphs: list[_Part] = []
    for sentence in sentences:
        if sentence.is_heading:
            if paragraphs:
                yield headings, paragraphs
                headings, paragraphs = [], []
            headings.append(sentence)
        elif paragraphs and not _paragraph_ends(text, paragraphs[-1][-1].end, sentence.start):
            paragraphs[-1].append(sentence)
        else:
            paragraphs.append([sentence])
    if headings or paragraphs:
        yield headings, paragraphs


def _paragraph_ends(text: str, end: int, start: int) -> bool:
    """Whether a paragraph ends in the gap between two sentences."""
    newlines = text.count("\n", end, start)
    if newlines != 1:
        return newlines > 1
    line_start = text.rfind("\n", 0, end) + 1
    line_end = text.find("\n", start)
    longest = max(end - line_start, (line_end if line_end >= 0 else len(text)) - start)
    return longest > LONG_LINE


def _section_parts(
    text: str, headings: _Part, paragraphs: list[_Part], limit: int
) -> Iterator[_Part]:
    if not paragraphs:
        yield from _cut(headings, limit)
        return
    # A long run of headings (a table of contents) would crowd out the text below it.
    kept = len(headings)
    while kept and _length(headings[kept - 1 :]) <= limit // 2:
        kept -= 1
    kept = min(kept, max(len(headings) - 1, 0))
    if kept:
        yield from _cut(headings[:kept], limit)
    opening = headings[kept:]
    reserved = paragraphs[0][0].start - opening[0].start if opening else 0
    parts = [
        part
        for number, paragraph in enumerate(paragraphs)
        for part in _cut(paragraph, limit, 0 if number else reserved)
    ]
    parts[0] = opening + parts[0]
    yield from _join(text, parts, limit)


def _length(part: _Part) -> int:
    return part[-1].end - part[0].start


def _cut(sentences: _Part, limit: int, reserved: int = 0) -> Iterator[_Part]:
    """Cut between sentences into parts of similar length; the first has less room."""
    part: _Part = []
    start = sentences[0].start - reserved
    target = 0.0
    for sentence in sentences:
        if part and (part[-1].end - start >= target or sentence.end - start > limit):
            yield part
            part, start = [], sentence.start
        if not part:
            rest = sentences[-1].end - start
            target = rest / math.ceil(rest / limit)
        part.append(sentence)
    yield part


def _join(text: str, parts: list[_Part], limit: int) -> list[_Part]:
    """Join lead-ins to what they lead to, then short parts to what precedes them."""
    led: list[_Part] = []
    for part in reversed(parts):
        if led and text[part[-1].end - 1] in ":,：，" and _length(part + led[-1]) <= limit:
            led[-1] = part + led[-1]
        else:
            led.append(part)
    joined: list[_Part] = []
    for part in reversed(led):
        if (
            joined
            and min(_body_length(joined[-1]), _body_length(part)) < _SHORT_PARAGRAPH
            and part[-1].end - joined[-1][0].start <= limit
        ):
            joined[-1] = joined[-1] + part
        else:
            joined.append(part)
    return joined


def _body_length(part: _Part) -> int:
    return _length([sentence for sentence in part if not sentence.is_heading])
