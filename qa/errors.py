"""Every error that a user can meet, in one tree.

::

    QaError
    ├── SettingsError            a setting is unknown or out of range
    ├── QuestionError            the question can't be asked as it is
    ├── LibraryError
    │   ├── LibraryNotFoundError the folder isn't there
    │   ├── EmptyLibraryError    the folder has no readable document
    │   └── DocumentError        one file can't be read
    │       ├── UnfinishedDocumentError it takes too much time or memory
    │       └── PostponedDocumentError  it can't be read now, for a temporary reason
    ├── IndexStoreError
    │   ├── IndexCorruptError    a stored file isn't what its manifest says
    │   ├── IndexOutdatedError   built by another model, chunker or format
    │   └── IndexBusyError       another process is writing
    ├── ModelError
    │   ├── ModelNotFoundError   no such model, or its extra isn't installed
    │   ├── WeightsError         the weights can't be put in place
    │   └── ModelUnavailableError the model doesn't answer
    │       └── ModelDownError   it answers no question: unreachable, refusing or failing
    ├── ServeError               the chat can't be served there
    └── BusyError                more is waiting to be answered than the server takes

A message names the value at fault and the next step, in words for the person who
meets it: a face prints ``str(error)`` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "BusyError",
    "DocumentError",
    "EmptyLibraryError",
    "IndexBusyError",
    "IndexCorruptError",
    "IndexOutdatedError",
    "IndexStoreError",
    "LibraryError",
    "LibraryNotFoundError",
    "ModelDownError",
    "ModelError",
    "ModelNotFoundError",
    "ModelUnavailableError",
    "PostponedDocumentError",
    "QaError",
    "QuestionError",
    "ServeError",
    "SettingsError",
    "UnfinishedDocumentError",
    "WeightsError",
]


class QaError(Exception):
    """The base of every error that this package raises on purpose."""


class SettingsError(QaError):
    """A setting is unknown, malformed or out of range."""


class QuestionError(QaError):
    """The question is empty or longer than can be read."""


class LibraryError(QaError):
    """The documents can't be used."""


class LibraryNotFoundError(LibraryError):
    """The documents' folder doesn't exist or isn't a folder."""


class EmptyLibraryError(LibraryError):
    """The documents' folder holds nothing that can be read.

    Parameters
    ----------
    message : str
    postponed : mapping of str to str, optional
        Paths of files that can't be read now, for reasons that pass, with these.
    """

    def __init__(self, message: str, postponed: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.postponed = postponed or {}


class DocumentError(LibraryError):
    """One file can't be read as a document; the others still can."""


class UnfinishedDocumentError(DocumentError):
    """A file takes more time or memory to be read than a parser is given."""


class PostponedDocumentError(DocumentError):
    """A file can't be read now, for a reason outside of it; it is tried again."""


class IndexStoreError(QaError):
    """The index on disk can't be used as it is."""


class IndexCorruptError(IndexStoreError):
    """A file of the index is missing or isn't what the manifest says."""


class IndexOutdatedError(IndexStoreError):
    """The index was built by another embedding model, chunker or format."""


class IndexBusyError(IndexStoreError):
    """Another process is writing this index."""


class ModelError(QaError):
    """A language or embedding model can't be used."""


class ModelNotFoundError(ModelError):
    """The name leads to no model, or what it needs isn't installed."""


class WeightsError(ModelError):
    """The weights are damaged, or can't be written to the cache."""


class ModelUnavailableError(ModelError):
    """The model is known but doesn't answer: down, slow or refusing."""


class ModelDownError(ModelUnavailableError):
    """The model answers nobody: it can't be reached or loaded, refuses everything, or fails."""


class ServeError(QaError):
    """The chat can't be served at that address."""


class BusyError(QaError):
    """More questions are waiting than the server takes."""
