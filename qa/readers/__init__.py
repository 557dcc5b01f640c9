"""Files to Documents: a reader for each format, in a process of its own.

A file's bytes are read here, once, and only of a regular file inside the library; then they go to
the `Sandbox`. Only plain text of at most `MAX_TEXT_HERE` bytes is read in this process.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from qa.documents import FORMATS, canonical_text
from qa.errors import DocumentError
from qa.readers import text
from qa.readers.content import Content
from qa.readers.dates import date_in_name
from qa.readers.language import language_of
from qa.readers.sandbox import Sandbox
from qa.readers.titles import title_of_body
from qa.readers.worker import damaged
from qa.types import DateSource, Document

__all__ = ["MAX_TEXT_BYTES", "READER_VERSION", "DocumentReader", "read_document"]

READER_VERSION = "9"
"""Changes whenever the same file may be read differently: stored indexes are rebuilt."""

MAX_TEXT_BYTES = 64 * 2**20
MAX_PARSED_BYTES = 128 * 2**20
MAX_TEXT_HERE = 2**16
"""Bytes of plain text that are read without a child: the notes that most folders are made of,
which shouldn't wait for one to start.

Up to this size the work is bounded without a process's limits. No reader of plain text unpacks or
follows anything: what it makes is a few times as long as what it got. What takes more than linear
time has bounds of its own: front matter (20,000 characters, 500 levels), header fields (20), the
detection of an encoding (64 KiB).
"""

_PLAIN = frozenset({"text", "markdown", "rst", "code"})


class DocumentReader:
    """Reads the files of a library; used in a ``with`` statement, one thread at a time.

    Parameters
    ----------
    root : Path
        The library's folder.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root.expanduser().resolve()
        self._sandbox = Sandbox()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process that parses."""
        self._sandbox.close()

    def read(self, path: str) -> Document:
        """Read one file.

        Parameters
        ----------
        path : str
            Relative to the library's folder, with ``/`` between its parts.

        Returns
        -------
        Document

        Raises
        ------
        DocumentError
            When the file is gone, outside the folder, too large, damaged, encrypted,
            without text, or of a format that isn't read.
        """
        kind = FORMATS.get(Path(path).suffix.lower())
        if kind is None:
            raise DocumentError(f"{path} isn't of a supported format. Save it as text.")
        plain = kind in _PLAIN
        data, saved_ns = self._bytes(path, MAX_TEXT_BYTES if plain else MAX_PARSED_BYTES)
        here = plain and len(data) <= MAX_TEXT_HERE
        parse = text.read if here else self._sandbox.parse
        try:
            return _document(parse(data, path), path, kind, data, saved_ns)
        except DocumentError:
            raise
        except Exception as error:
            # No file may keep the others from being read, whatever a pattern or a library
            # makes of it; here no child's end stands between.
            raise DocumentError(damaged(path, error)) from error

    def _bytes(self, path: str, limit: int) -> tuple[bytes, int]:
        """What a file holds, and when it was saved."""
        try:
            file = (self._folder / path).resolve()
            if not file.is_relative_to(self._folder):
                raise DocumentError(
                    f"{path} lies outside of the library {self._folder}. Move it inside."
                )
            # What was looked at may have been replaced by a pipe, which would block.
            if not stat.S_ISREG(file.stat().st_mode):
                raise DocumentError(f"{path} isn't a regular file. Remove it from the library.")
            descriptor = os.open(
                file,
                os.O_RDONLY
                | getattr(os, "O_NOFOLLOW", 0)
                | getattr(os, "O_NONBLOCK", 0)
                | getattr(os, "O_BINARY", 0),
            )
            with os.fdopen(descriptor, "rb") as opened:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise DocumentError(f"{path} isn't a regular file. Remove it from the library.")
                if status.st_size > limit:
                    raise DocumentError(
                        f"{path} has {status.st_size / 2**20:.0f} MiB; the limit is "
                        f"{limit // 2**20} MiB. Split it into smaller files."
                    )
                return opened.read(limit), status.st_mtime_ns
        except FileNotFoundError as error:
            raise DocumentError(
                f"{path} is no longer there. Put it back or index again."
            ) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DocumentError(f"{path} can't be read: {reason}. Check the file.") from error


def read_document(root: Path, path: str) -> Document:
    """Read a single file of the folder `root`; see `DocumentReader.read`.

    Raises
    ------
    DocumentError
    """
    with DocumentReader(root) as reader:
        return reader.read(path)


def _document(content: Content, path: str, kind: str, data: bytes, saved_ns: int) -> Document:
    body = content.text[content.body_start :]
    title = " ".join(canonical_text(content.title or "").split())
    date, source = content.date, content.date_source
    if date is None and (date := date_in_name(Path(path).stem)):
        named: DateSource = "file name"
        source = named
    return Document(
        path=path,
        title=title or title_of_body(body, markdown=True) or Path(path).stem,
        text=content.text,
        date=date,
        content_hash=hashlib.sha256(data).hexdigest(),
        body_start=content.body_start,
        format=kind,
        date_source=source,
        language=None if kind == "code" else language_of(body),
        pages=content.pages,
        notes=content.notes,
        saved_ns=saved_ns,
        messages=content.messages,
    )
