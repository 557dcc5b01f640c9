"""Questions to start from, drawn from the documents without a model.

Two sources, both found in any language that has them: headings, and names, which are runs
of capitalised words that recur.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, zip_longest

from qa.documents import plain_line
from qa.sentences import split_sentences
from qa.types import Document

__all__ = ["suggested_questions"]

READ = 20_000
DOCUMENTS = 50
LONGEST = 64

_NAME = re.compile(
    r"(?<=[a-z,] )[A-Z][\w'’-]+(?: (?:(?:of|the|to|for|de|la|von|van) )?[A-Z][\w'’-]+){1,4}"
)
_NUMBERED = re.compile(r"\w+ [\d.IVXivx]+")
_LEAD = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?\s+|(?:more )?(?:about|on)\s+)", re.IGNORECASE)


def _headings(document: Document) -> Iterator[str]:
    for sentence in split_sentences(document):
        if not sentence.is_heading:
            continue
        topic = plain_line(sentence.text)
        while topic != (shorter := _LEAD.sub("", topic)):
            topic = shorter
        if 4 <= len(topic) <= LONGEST and not _NUMBERED.fullmatch(topic):
            yield topic


def _names(body: str) -> Iterator[str]:
    counts = Counter(match[0] for match in _NAME.finditer(body))
    yield from (name for name, _ in counts.most_common())


def _topics(document: Document) -> Iterator[str]:
    last = document.body_start + READ
    yield from _headings(replace(document, text=document.text[:last]))
    yield from _names(document.text[document.body_start : last])


def suggested_questions(documents: Iterable[Document], count: int = 3) -> tuple[str, ...]:
    """Up to `count` questions, the first topics of each document in turn.

    Only the beginnings of the first fifty documents are read, so that a large library
    costs no more than a small one.
    """
    some = list(islice(documents, DOCUMENTS))
    says = "does the document say" if len(some) == 1 else "do the documents say"
    topics: dict[str, str] = {}
    for row in zip_longest(*(_topics(document) for document in some)):
        for topic in row:
            if topic is not None and not any(
                topic.casefold() in known or known in topic.casefold() for known in topics
            ):
                topics[topic.casefold()] = topic
        if len(topics) >= count:
            break
    return tuple(f"What {says} about {topic}?" for topic in islice(topics.values(), count))
