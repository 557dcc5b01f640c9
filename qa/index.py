"""Keep the index of a library up to date: embed what is new, carry over the rest.

An index is one generation of a `GenerationStore`; an update writes the next one. What
was embedded once isn't embedded again, whether its file moved or other sentences of it were edited.
An index that is damaged, or that another model, chunker or version made, is built again and says
so.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qa.chunks import CHUNKER_VERSION
from qa.documents import DocumentFile, SkippedFile
from qa.embeddings import Embedder
from qa.errors import (
    DocumentError,
    EmptyLibraryError,
    IndexCorruptError,
    IndexOutdatedError,
    IndexStoreError,
    PostponedDocumentError,
    UnfinishedDocumentError,
)
from qa.folders.exclusions import HIDDEN, holds_accounts, scan_library
from qa.readers import READER_VERSION, DocumentReader
from qa.settings import ChunkingSettings
from qa.storage.entries import Progress, make_entries
from qa.storage.generations import Generation, GenerationStore
from qa.storage.sightings import load_sightings, save_sightings
from qa.storage.snapshot import FORMAT, Index, write_snapshot
from qa.storage.unreadable import load_unreadable, save_unreadable
from qa.storage.versions import find_versions
from qa.types import Document

__all__ = [
    "Index",
    "Progress",
    "UpdateReport",
    "open_index",
    "report_as_before",
    "store_folder",
    "update_index",
]

_CLOCK_TICK_NS = 20_000_000
# Temporary reasons why a file can't be read: the machine is short of something, the disk or network
# doesn't answer, somebody has locked it.
_PASSING = frozenset(
    number
    for name in (
        *("EAGAIN", "EBUSY", "EINTR", "EIO", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"),
        *("EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ESTALE", "ETIMEDOUT"),
    )
    if (number := getattr(errno, name, None)) is not None
)


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did; paths are relative to the library's folder.

    Parameters
    ----------
    added, updated, removed, unchanged : tuple of str
        A document that can't be read any more is both removed and skipped.
    skipped : tuple of SkippedFile
    incomplete : tuple of SkippedFile
        Documents of which something couldn't be read, such as scanned pages.
    versions : tuple of tuple of str
        Documents that are copies or versions of each other, the newest first.
    rebuilt : str or None
        Why everything was embedded again; None where it wasn't.
    seconds : float
    behind : str or None
        Why the documents are those of an earlier update; None if they are current.
    postponed : tuple of SkippedFile
        Files that can't be read now, for a temporary reason. Their documents stay as they were and
        count as unchanged; a file that wasn't a document yet is skipped as well.
    """

    added: tuple[str, ...]
    updated: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]
    incomplete: tuple[SkippedFile, ...]
    versions: tuple[tuple[str, ...], ...]
    rebuilt: str | None
    seconds: float
    behind: str | None = None
    postponed: tuple[SkippedFile, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether a new index was written."""
        return bool(self.added or self.updated or self.removed or self.rebuilt)


def report_as_before(index: Index, reason: str) -> UpdateReport:
    """Tell what an index holds that can't be brought up to date now."""
    return UpdateReport(
        added=(),
        updated=(),
        removed=(),
        unchanged=tuple(index.documents),
        skipped=(),
        incomplete=_incomplete(index),
        versions=index.versions,
        rebuilt=None,
        seconds=0.0,
        behind=reason,
    )


def _incomplete(index: Index) -> tuple[SkippedFile, ...]:
    return tuple(
        SkippedFile(document.path, note)
        for document in index.documents.values()
        for note in document.notes
    )


def store_folder(home: Path, library: Path) -> Path:
    """Where the index of a library is kept: a folder of its own under `home`.

    Raises
    ------
    IndexStoreError
        When that would be among the documents of the library. In a hidden folder, such as
        ``~/.local``, there are none.
    """
    resolved = library.expanduser().resolve()
    name = re.sub(r"[^\w-]+", "-", resolved.name).strip("-")[:40]
    digest = hashlib.sha256(str(resolved).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    store = home.expanduser().resolve() / "indexes" / f"{name or 'library'}-{digest}"
    inside = store.is_relative_to(resolved)
    if inside and not any(part[0] == "." for part in store.relative_to(resolved).parts):
        raise IndexStoreError(
            f"The index would be written among the documents of {resolved}, to {store}. "
            "Choose a place outside with QA_HOME."
        )
    return store


def open_index(store: Path, embedder: Embedder, chunking: ChunkingSettings) -> Index:
    """Open the index as it is on disk, every file checked.

    Raises
    ------
    IndexCorruptError
        When a file is missing or damaged.
    IndexOutdatedError
        When another model, other settings or another version made it.
    IndexStoreError
        When there is no index, or it can't be read.
    """
    try:
        opened = _open(store, embedder, chunking)
    except (IndexCorruptError, IndexOutdatedError) as error:
        raise type(error)(f"{error} Index the library again: its documents suffice.") from error
    if opened is None:
        raise IndexStoreError(f"There is no index in {store}. Index the library first.")
    return opened.index


def update_index(
    store: Path,
    library: Path,
    embedder: Embedder,
    chunking: ChunkingSettings,
    progress: Progress | None = None,
) -> tuple[Index, UpdateReport]:
    """Bring the index up to what the library's folder holds now.

    A file whose size and times are unchanged isn't read, one whose content is unchanged isn't
    embedded, and if nothing changed nothing is written.

    Parameters
    ----------
    store : Path
        See `store_folder`.
    library : Path
        The folder of documents.
    embedder : Embedder
    chunking : ChunkingSettings
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    Index
    UpdateReport

    Raises
    ------
    LibraryNotFoundError
    EmptyLibraryError
        When no document is left; the index is then emptied.
    IndexBusyError
        When another process is writing it.
    IndexStoreError
        When it can't be written; it stays as it was.
    ModelError
    """
    started = time.perf_counter()
    generations = GenerationStore(store)
    plan = _plan(store, library, embedder, chunking, progress)
    if plan.opened and not plan.changes:
        if generations.has_leftovers():
            with suppress(IndexStoreError), generations.writing(timeout=0):
                pass
        save_unreadable(store, plan.refused)
        save_sightings(store, plan.opened.generation, plan.sightings)
        return plan.opened.index, plan.report(plan.opened.index, started)
    if not plan.kept and not plan.read and not generations.has_files():
        save_unreadable(store, plan.refused)
        raise _nothing_to_read(library, plan)
    with generations.writing():
        if _current(generations) != plan.generation:
            # Another process may have written while this one waited.
            plan = _plan(store, library, embedder, chunking, progress)
        save_unreadable(store, plan.refused)
        if plan.changes or not plan.opened:
            # The next generation has the times of these files, and none of deleted files.
            save_sightings(store, "", ())
            entries, next_id = make_entries(
                plan.opened.index if plan.opened else None,
                plan.kept,
                plan.read,
                plan.next_id,
                embedder,
                chunking,
                generations,
                progress,
            )
            if not any(entry.chunks for entry in entries):
                if generations.has_files():
                    # What was deleted must not stay in the index.
                    generations.write(
                        lambda _: {"format": FORMAT, "empty": True, "next_id": next_id}
                    )
                raise _nothing_to_read(library, plan, plan.removed)
            facts = {
                "format": FORMAT,
                "embedding": {
                    "name": embedder.name,
                    "fingerprint": embedder.fingerprint,
                    "dimension": entries.dimension,
                    "normalised": True,
                },
                "reader": READER_VERSION,
                "chunker": CHUNKER_VERSION,
                "chunking": chunking.model_dump(mode="json"),
                "next_id": next_id,
            }
            versions = find_versions(entries)
            generations.write(
                lambda folder: {**facts, "counts": write_snapshot(folder, entries, versions)}
            )
        index = open_index(store, embedder, chunking)
        return index, plan.report(index, started)


@dataclass(frozen=True, slots=True)
class _Opened:
    index: Index
    generation: str
    next_id: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What stands between the index and the folder.

    `generation` is the current one, or None if there is none or its pointer is damaged.
    `opened` is None if everything must be embedded. `kept` are files whose document stays,
    `read` those to be added or updated. If a file can't be read now, its document is kept with
    the old file record, so that the next scan sees a difference and tries again.
    """

    generation: str | None
    opened: _Opened | None
    rebuilt: str | None
    next_id: int
    kept: dict[str, DocumentFile]
    read: dict[str, tuple[DocumentFile, Document]]
    skipped: tuple[SkippedFile, ...]
    refused: Mapping[DocumentFile, str]
    postponed: tuple[SkippedFile, ...]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self.opened.index.documents) if self.opened else frozenset()

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(sorted(self.known - self.kept.keys() - self.read.keys()))

    @property
    def sightings(self) -> tuple[DocumentFile, ...]:
        """Files that stay, but look different from what the index says."""
        noted = frozenset(self.opened.index.scan) if self.opened else frozenset()
        return tuple(file for file in self.kept.values() if file not in noted)

    @property
    def changes(self) -> bool:
        return bool(self.read or self.removed)

    def report(self, index: Index, started: float) -> UpdateReport:
        known = self.known
        return UpdateReport(
            added=tuple(path for path in self.read if path not in known),
            updated=tuple(path for path in self.read if path in known),
            removed=self.removed,
            unchanged=tuple(self.kept),
            skipped=self.skipped,
            incomplete=_incomplete(index),
            versions=index.versions,
            rebuilt=self.rebuilt,
            seconds=time.perf_counter() - started,
            postponed=self.postponed,
        )


def _current(generations: GenerationStore) -> str | None:
    with suppress(IndexCorruptError):
        return generations.current()
    return None


def _open(store: Path, embedder: Embedder, chunking: ChunkingSettings) -> _Opened | None:
    def parse(generation: Generation) -> _Opened | None:
        try:
            if generation.facts["format"] == FORMAT and generation.facts.get("empty"):
                return None
            reason = _outdated(generation.facts, embedder, chunking)
            if not reason:
                return _Opened(
                    Index(generation.folder), generation.name, generation.facts["next_id"]
                )
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            # Undamaged, but written by another version of this package or of a library.
            reason = f"this version can't read it ({error})"
        raise IndexOutdatedError(f"The index in {store} can't be used: {reason}.")

    return GenerationStore(store).read(parse)


def _outdated(
    facts: Mapping[str, Any], embedder: Embedder, chunking: ChunkingSettings
) -> str | None:
    """Why an index with these facts can't be used; None where it can."""
    if facts["format"] != FORMAT:
        return f"it has format {facts['format']}, and this version writes format {FORMAT}"
    model, settings = facts["embedding"], chunking.model_dump(mode="json")
    if model["fingerprint"] != embedder.fingerprint:
        if model["name"] == embedder.name:
            return f"the files of the embedding model '{embedder.name}' have changed"
        return f"it was made with the embedding model '{model['name']}', not '{embedder.name}'"
    if facts["reader"] != READER_VERSION:
        return f"its files were read by reader {facts['reader']}, not {READER_VERSION}"
    if facts["chunker"] != CHUNKER_VERSION:
        return f"it was made by chunker {facts['chunker']}, not {CHUNKER_VERSION}"
    if facts["chunking"] != settings:
        return f"it was made with the chunking settings {facts['chunking']}, not {settings}"
    return None


def _plan(
    store: Path,
    library: Path,
    embedder: Embedder,
    chunking: ChunkingSettings,
    progress: Progress | None,
) -> _Plan:
    opened, rebuilt, next_id = None, None, 0
    # Before the index is opened, so that a generation written meanwhile isn't taken for this one.
    generation = _current(GenerationStore(store))
    try:
        opened = _open(store, embedder, chunking)
    except (IndexCorruptError, IndexOutdatedError) as error:
        rebuilt = str(error)
    if opened:
        next_id, generation = opened.next_id, opened.generation
    else:
        next_id = _next_id(GenerationStore(store))
    scan = scan_library(library)
    seen: dict[str, DocumentFile] = {}
    if opened:
        for file in (*opened.index.scan, *load_sightings(store, opened.generation)):
            seen[file.path] = file
    documents = opened.index.documents if opened else {}
    kept: dict[str, DocumentFile] = {}
    read: dict[str, tuple[DocumentFile, Document]] = {}
    skipped = list(scan.skipped)
    postponed: list[SkippedFile] = []
    known_refusals, refused = load_unreadable(store), {}
    _wait_out_clock_tick([file for file in scan.files if seen.get(file.path) != file])
    with DocumentReader(scan.root) as reader:
        for file in scan.files:
            known = seen.get(file.path)
            if known == file or (known and _same_content(known, file, scan.root, documents)):
                kept[file.path] = file
                continue
            if file in known_refusals:
                refused[file] = known_refusals[file]
                skipped.append(SkippedFile(file.path, refused[file]))
                continue
            if progress:
                progress(len(kept) + len(read), 0, file.path)
            try:
                document = reader.read(file.path)
            except DocumentError as error:
                told = SkippedFile(file.path, str(error))
                if isinstance(error, UnfinishedDocumentError):
                    refused[file] = told.reason
                if _passes(error):
                    postponed.append(told)
                    if known is not None and file.path in documents:
                        kept[file.path] = known
                        continue
                skipped.append(told)
                continue
            if holds_accounts(document.text):
                skipped.append(SkippedFile(file.path, HIDDEN))
            elif _says_the_same(documents.get(file.path), document):
                kept[file.path] = file
            else:
                read[file.path] = file, document
    skipped.sort(key=lambda file: file.path)
    return _Plan(
        generation,
        opened,
        rebuilt,
        next_id,
        kept,
        read,
        tuple(skipped),
        refused,
        tuple(postponed),
    )


def _passes(error: DocumentError) -> bool:
    """Whether the same file may be readable the next time."""
    cause = error.__cause__
    return (
        isinstance(error, PostponedDocumentError)
        or (isinstance(cause, OSError) and cause.errno in _PASSING)
        # Of this process: if a parser reaches its own limit, that is the file's doing.
        or isinstance(cause, MemoryError)
    )


def _next_id(generations: GenerationStore) -> int:
    """The lowest id that was never used, even if the index can't be opened."""
    try:
        facts = generations.facts()
        return int(facts["next_id"]) if facts is not None else 0
    except (IndexStoreError, KeyError, TypeError, ValueError):
        # Microseconds since 1970 are far above any id: none was ever given at such a rate.
        return time.time_ns() // 1000


def _nothing_to_read(library: Path, plan: _Plan, removed: Sequence[str] = ()) -> EmptyLibraryError:
    reasons = _listed([f"{file.path}: {file.reason}" for file in plan.skipped], "; ")
    return EmptyLibraryError(
        f"No document in {library} can be read"
        + (f" ({reasons})" if reasons else "")
        + (f". Removed from the index: {_listed(removed, ', ')}" if removed else "")
        + ". Put documents there, or choose another folder.",
        {file.path: file.reason for file in plan.postponed},
    )


def _listed(items: Sequence[str], mark: str) -> str:
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    return mark.join(items[:3]) + more


def _same_content(
    known: DocumentFile, file: DocumentFile, root: Path, documents: Mapping[str, Document]
) -> bool:
    """Whether a file that was moved, or whose permissions changed, has the same content.

    Then it needn't be parsed. It may also be another file whose time was set back.
    """
    if replace(known, ctime_ns=file.ctime_ns) != file or file.path not in documents:
        return False
    with suppress(OSError):
        # It may have become a pipe, which would block.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(root / file.path, flags), "rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return digest == documents[file.path].content_hash
    return False


def _says_the_same(known: Document | None, document: Document) -> bool:
    """Whether a file was read as before, apart from when it was saved."""
    return known is not None and replace(document, saved_ns=known.saved_ns) == known


def _wait_out_clock_tick(files: Sequence[DocumentFile]) -> None:
    """Let file times move on, so that a change after reading can't bear the time before it."""
    now = time.time_ns()
    times = (moment for file in files for moment in (file.modified_ns, file.ctime_ns))
    # One in the future tells nothing, and must not hide the others.
    age = min((now - moment for moment in times if moment <= now), default=_CLOCK_TICK_NS)
    if age < _CLOCK_TICK_NS:
        time.sleep((_CLOCK_TICK_NS - age) / 1e9)
