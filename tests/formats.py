"""A file of any format, as the reader gives it."""

from __future__ import annotations

from qa.documents import canonical_text
from qa.language.sentences import split_sentences
from qa.readers import DocumentReader
from qa.types import Document, Sentence


def read(reader: DocumentReader, name: str, content: str | bytes) -> Document:
    """Read a file; its text is canonical, and its sentences stand where they say."""
    data = content.encode() if isinstance(content, str) else content
    (reader._folder / name).write_bytes(data)
    document = reader.read(name)
    assert canonical_text(document.text) == document.text
    for one in split_sentences(document):
        assert document.text[one.start : one.end] == one.text
    return document


def sentence(document: Document, text: str) -> Sentence:
    """The one sentence that holds a text."""
    (found,) = (one for one in split_sentences(document) if text in one.text)
    return found


def about(document: Document) -> tuple[str, str | None, str | None]:
    """Title, date and where the date is from."""
    return document.title, document.date, document.date_source
