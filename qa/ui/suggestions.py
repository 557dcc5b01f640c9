"""Questions to start from, drawn from the documents without a model.

One asks what it is all about, which is answered at once. The others come from what a text
shows by its form: who says or does something, a day that it tells of, its headings, and
names that recur. The first two are read from English alone; headings and names, which are
runs of capitalised words, are found in any language that has them.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, zip_longest

from qa.documents import plain_line
from qa.language.sentences import split_sentences
from qa.language.values import Date, tokenise
from qa.types import Document

__all__ = ["suggested_questions"]

READ = 20_000
DOCUMENTS = 50
LONGEST = 64
ABOUT = "What is this about?"

_PHRASE = r"[A-Z][\w'’-]+(?: (?:(?:of|the|to|for|de|la|von|van) )?[A-Z][\w'’-]+){1,4}"
_NAME = re.compile(rf"(?<=[a-z,] ){_PHRASE}")
_NUMBERED = re.compile(r"\w+ [\d.IVXivx]+")
_LEAD = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?\s+|(?:more )?(?:about|on)\s+)", re.IGNORECASE)
# Verbs behind a name for which "What did … do?" asks for what the text then says.
_DID = {
    "announced": "announce",
    "argued": "argue",
    "built": "build",
    "claimed": "claim",
    "decided": "decide",
    "designed": "design",
    "discovered": "discover",
    "explained": "explain",
    "invented": "invent",
    "proposed": "propose",
    "reported": "report",
    "said": "say",
    "showed": "show",
    "suggested": "suggest",
    "warned": "warn",
    "wrote": "write",
}
_DEED = re.compile(
    rf"(?<=[a-z,.] )(?P<the>[Tt]he )?(?P<who>{_PHRASE}) (?P<did>{'|'.join(_DID)})\b(?!,? by\b)"
)
# A sentence that begins with a day says what happened on it.
_ON = re.compile(r"(?:\A|\n|[.!?][\"”’)]*\s)On \Z")


def suggested_questions(documents: Iterable[Document], count: int = 3) -> tuple[str, ...]:
    """Up to `count` questions, of different forms and of each document in turn.

    Only the beginnings of the first fifty documents are read, so that a large library
    costs no more than a small one.
    """
    some = [
        replace(document, text=document.text[: document.body_start + READ])
        for document in islice(documents, DOCUMENTS)
    ]
    if not any(document.text[document.body_start :].strip() for document in some):
        return ()
    says = "does the document say" if len(some) == 1 else "do the documents say"
    forms = (
        _in_turn([_deeds(document) for document in some]),
        _in_turn([_days(document) for document in some]),
        _topics(some),
    )
    chosen = [ABOUT]
    for found in _in_turn(forms):
        if len(chosen) >= count:
            break
        # A name that someone's deed is asked of already is no further topic.
        if not any(found.casefold() in question.casefold() for question in chosen):
            # A heading that asks is a question already.
            chosen.append(found if found.endswith("?") else f"What {says} about {found}?")
    return tuple(chosen[:count])


def _in_turn(sources: Sequence[Iterator[str]]) -> Iterator[str]:
    for row in zip_longest(*sources):
        yield from (item for item in row if item is not None)


def _topics(documents: Sequence[Document]) -> Iterator[str]:
    known: list[str] = []
    for topic in _in_turn([_of_document(document) for document in documents]):
        folded = topic.casefold()
        if not any(folded in other or other in folded for other in known):
            known.append(folded)
            yield topic


def _of_document(document: Document) -> Iterator[str]:
    for sentence in split_sentences(document):
        if not sentence.is_heading:
            continue
        topic = plain_line(sentence.text)
        # A document's title is hardly a topic within it.
        if topic.casefold() == document.title.casefold():
            continue
        while topic != (shorter := _LEAD.sub("", topic)):
            topic = shorter
        if 4 <= len(topic) <= LONGEST and not _NUMBERED.fullmatch(topic):
            yield topic
    counts = Counter(match[0] for match in _NAME.finditer(document.text, document.body_start))
    yield from (name for name, _ in counts.most_common())


def _deeds(document: Document) -> Iterator[str]:
    for found in _DEED.finditer(document.text, document.body_start):
        if len(found["who"]) <= LONGEST:
            yield f"What did {'the ' if found['the'] else ''}{found['who']} {_DID[found['did']]}?"


def _days(document: Document) -> Iterator[str]:
    """Days told as "On May 2, …", before or after the document's own date."""
    try:
        own = datetime.date.fromisoformat(document.date or "")
    except ValueError:
        return
    for token in tokenise(document.text[document.body_start :]):
        day = token.value
        if not isinstance(day, Date) or day.month is None or day.day is None:
            continue
        start, end = (document.body_start + place for place in (token.start, token.end))
        if not _ON.search(document.text[max(start - 8, document.body_start) : start]):
            continue
        when = " ".join(document.text[start:end].split())
        if (day.year or own.year, day.month, day.day) <= (own.year, own.month, own.day):
            yield f"What happened on {when}?"
        else:
            yield f"What is planned for {when}?"
