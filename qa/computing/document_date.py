"""When a document was written: its header says so, and is quoted."""

from __future__ import annotations

import re

from qa.checking.claims import CheckedClaim
from qa.index import Index
from qa.language.alignment import words
from qa.language.mentions import speaks_of, stems
from qa.language.values import Date, tokenise
from qa.types import Document, Evidence, Passage, Sentence

__all__ = ["document_date", "may_be_spoken_of"]

# "The letter" may be any of those that come as close.
CLOSEST = 3
# As far as front matter reaches, and more than the lines of a header take.
_HEADER = 20_000
_MAX_LINE = 400
# What a question for a document's date calls the document.
_THE_DOCUMENT = re.compile(r"(?i)\b(?P<which>the|this) (?P<what>\w+)(?: \w+){0,2}\W*\Z")
_PATH_MARKS = re.compile(r"[\W\d_]+")


def document_date(evidence: Evidence, index: Index) -> CheckedClaim | None:
    """Quote the header that tells the date of the document that a question comes closest to.

    Parameters
    ----------
    evidence : Evidence
        Of a question for a document's date.
    index : Index

    Returns
    -------
    CheckedClaim or None
        Each document with its date, where several of the closest are called what it asks for, and
        differ; None where the closest tells none.
    """
    closest = [passage.sentence.document for passage in evidence.best()[:CLOSEST]]
    newest = list(dict.fromkeys(index.versions_of(path)[0] for path in closest))
    called = [path for path in newest if _is_called(evidence.question, index.documents[path])]
    headers = [_header(index.documents[path]) for path in called or newest[:1]]
    if not headers or headers[0] is None:
        return None
    told = [header for header in headers if header is not None]
    if len({header.date for header in told}) == 1:
        del told[1:]
    several = len(told) > 1
    return CheckedClaim(
        text="; ".join(
            f"{each.title}: {each.date}" if several else f"{each.date}" for each in told
        ),
        passages=tuple(told),
        support=1.0,
        verdict="supported",
        reason=f"{'Each' if several else 'The'} document’s header tells its date.",
        signals=None,
    )


def _is_called(question: str, document: Document) -> bool:
    """Whether a document's title or file name has what a question calls it: "the letter"."""
    named = _THE_DOCUMENT.search(question)
    return named is not None and speaks_of(
        named["what"].casefold(), stems(f"{document.title} {_PATH_MARKS.sub(' ', document.path)}")
    )


def _header(document: Document) -> Passage | None:
    """The header of a document, where it tells the date."""
    if document.date is None:
        return None
    # The date may come from elsewhere: a file's name or its metadata can't be quoted.
    date = Date(*map(int, document.date.split("-")))
    header = document.text[: document.body_start]
    quote = header.strip()
    start = header.index(quote)
    if not _tells(quote, date):
        # An author's line above it may have left it to the text: what told it stands first there.
        if document.date_source not in {"front matter", "header"}:
            return None
        lines = re.finditer(r"\S[^\n]*(?<!\s)", document.text[:_HEADER])
        told = next((line for line in lines if _tells(line[0][:_MAX_LINE], date)), None)
        if told is None:
            return None
        quote, start = told[0], told.start()
    sentence = Sentence(document.path, 0, start, start + len(quote), quote)
    return Passage(
        0, sentence, document.title, document.date, 0.0, date_source=document.date_source
    )


def _tells(text: str, date: Date) -> bool:
    return date in {token.value for token in tokenise(text)}


def may_be_spoken_of(evidence: Evidence) -> bool:
    """Whether "the letter" of a question may be one that the documents tell something of."""
    found = _THE_DOCUMENT.search(evidence.question)
    if found is None or found["which"].casefold() == "this":
        return False
    named = [word.key for word in words(found["what"])]
    return any(
        word.key in named for passage in evidence.passages for word in words(passage.sentence.text)
    )
