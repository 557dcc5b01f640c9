"""Keep the index of a library up to date: embed what is new, carry over the rest.

An index is one generation of a `GenerationStore`; an update writes the next one. What
was embedded once isn't embedded again, be it in a file that moved or in the unchanged
sentences of one that was edited. An index that is damaged, or that another model,
chunker or version made, is built again and says so.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.chunks import CHUNKER_VERSION, chunk_document
from qa.documents import DocumentFile, SkippedFile, scan_folder
from qa.embeddings import Embedder
from qa.errors import (
    DocumentError,
    EmptyLibraryError,
    IndexCorruptError,
    IndexOutdatedError,
    IndexStoreError,
)
from qa.generations import Generation, GenerationStore
from qa.readers import READER_VERSION, DocumentReader
from qa.sentences import split_sentences
from qa.settings import ChunkingSettings
from qa.snapshot import FORMAT, Entry, Index, write_snapshot
from qa.types import Document, Sentence
from qa.versions import find_versions

__all__ = ["Index", "Progress", "UpdateReport", "open_index", "store_folder", "update_index"]

Progress = Callable[[int, int, str], None]
"""Called with texts embedded, texts to embed, and the path of the document that is next."""

_TEXTS_AT_ONCE = 64
_TEXTS_SORTED = 4096
_CLOCK_TICK_NS = 20_000_000


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

    @property
    def changed(self) -> bool:
        """Whether a new index was written."""
        return bool(self.added or self.updated or self.removed or self.rebuilt)


def store_folder(home: Path, library: Path) -> Path:
    """Where the index of a library is kept: a folder of its own under `home`.

    Raises
    ------
    IndexStoreError
        When that would be inside the library.
    """
    resolved = library.expanduser().resolve()
    name = re.sub(r"[^\w-]+", "-", resolved.name).strip("-")[:40]
    digest = hashlib.sha256(str(resolved).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    store = home.expanduser().resolve() / "indexes" / f"{name or 'library'}-{digest}"
    if store.is_relative_to(resolved):
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

    A file of the same size and time of change isn't read, one with the same content
    isn't embedded, and where nothing changed nothing is written.

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
        When no document is left; the index stays as it was.
    IndexBusyError
        When another process is writing it.
    IndexStoreError
        When it can't be written; it stays as it was.
    ModelError
    """
    started = time.perf_counter()
    generations = GenerationStore(store)
    plan = _plan(store, library, embedder, chunking)
    if plan.opened and not plan.changes:
        if generations.has_leftovers():
            with suppress(IndexStoreError), generations.writing(timeout=0):
                pass
        return plan.opened.index, plan.report(plan.opened.index, started)
    with generations.writing():
        found = plan.opened.generation if plan.opened else None
        if plan.rebuilt or generations.current() != found:
            # Another process may have written while this one waited.
            plan = _plan(store, library, embedder, chunking)
        if plan.changes or not plan.opened:
            entries, next_id = _entries(plan, embedder, chunking, progress)
            if not any(entry.chunks for entry in entries):
                raise _nothing_to_read(library, plan.skipped)
            facts = {
                "format": FORMAT,
                "embedding": {
                    "name": embedder.name,
                    "fingerprint": embedder.fingerprint,
                    "dimension": entries[0].chunk_vectors.shape[1],
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

    `opened` is None where everything is to be embedded, `kept` are the files whose
    document stays, `read` those that are added or updated.
    """

    opened: _Opened | None
    rebuilt: str | None
    next_id: int
    kept: dict[str, DocumentFile]
    read: dict[str, tuple[DocumentFile, Document]]
    skipped: tuple[SkippedFile, ...]

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self.opened.index.documents) if self.opened else frozenset()

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(sorted(self.known - self.kept.keys() - self.read.keys()))

    @property
    def changes(self) -> bool:
        return bool(self.read or self.removed)

    def report(self, index: Index, started: float) -> UpdateReport:
        return UpdateReport(
            added=tuple(path for path in self.read if path not in self.known),
            updated=tuple(path for path in self.read if path in self.known),
            removed=self.removed,
            unchanged=tuple(self.kept),
            skipped=self.skipped,
            incomplete=tuple(
                SkippedFile(document.path, note)
                for document in index.documents.values()
                for note in document.notes
            ),
            versions=index.versions,
            rebuilt=self.rebuilt,
            seconds=time.perf_counter() - started,
        )


def _open(store: Path, embedder: Embedder, chunking: ChunkingSettings) -> _Opened | None:
    def parse(generation: Generation) -> _Opened:
        try:
            reason = _outdated(generation.facts, embedder, chunking)
            if not reason:
                return _Opened(
                    Index(generation.folder), generation.name, generation.facts["next_id"]
                )
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            # Whole, but written by a version, of this or of a vendor's, that differs.
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


def _plan(store: Path, library: Path, embedder: Embedder, chunking: ChunkingSettings) -> _Plan:
    opened, rebuilt, next_id = None, None, 0
    try:
        opened = _open(store, embedder, chunking)
    except (IndexCorruptError, IndexOutdatedError) as error:
        rebuilt = str(error)
        with suppress(IndexStoreError):
            next_id = GenerationStore(store).read(lambda old: int(old.facts.get("next_id", 0))) or 0
    scan = scan_folder(library)
    seen = {file.path: file for file in opened.index.scan} if opened else {}
    documents = opened.index.documents if opened else {}
    kept: dict[str, DocumentFile] = {}
    read: dict[str, tuple[DocumentFile, Document]] = {}
    skipped = list(scan.skipped)
    _wait_out_clock_tick([file for file in scan.files if seen.get(file.path) != file])
    with DocumentReader(scan.root) as reader:
        for file in scan.files:
            if seen.get(file.path) == file:
                kept[file.path] = file
                continue
            try:
                document = reader.read(file.path)
            except DocumentError as error:
                skipped.append(SkippedFile(file.path, str(error)))
                continue
            if documents.get(file.path) == document:
                kept[file.path] = file
            else:
                read[file.path] = file, document
    skipped.sort(key=lambda file: file.path)
    if not kept and not read:
        raise _nothing_to_read(library, skipped)
    if opened:
        next_id = opened.next_id
    return _Plan(opened, rebuilt, next_id, kept, read, tuple(skipped))


def _nothing_to_read(library: Path, skipped: Sequence[SkippedFile]) -> EmptyLibraryError:
    reasons = "; ".join(f"{file.path}: {file.reason}" for file in skipped[:3])
    more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    return EmptyLibraryError(
        f"No document in {library} can be read"
        + (f" ({reasons}{more})" if reasons else "")
        + ". Put documents there, or choose another folder."
    )


def _wait_out_clock_tick(files: Sequence[DocumentFile]) -> None:
    """Let file times move on, so that a change after reading can't bear the time before it."""
    age = time.time_ns() - max((file.modified_ns for file in files), default=0)
    if 0 <= age < _CLOCK_TICK_NS:
        time.sleep((_CLOCK_TICK_NS - age) / 1e9)


def _entries(
    plan: _Plan, embedder: Embedder, chunking: ChunkingSettings, progress: Progress | None
) -> tuple[list[Entry], int]:
    """Give every document its vectors; returns them by path, and the next free id."""
    entries: dict[str, Entry] = {}
    vectors: dict[str, NDArray[np.float32]] = {}
    if plan.opened:
        for path in plan.opened.index.documents:
            entry = plan.opened.index.entry(path)
            if path in plan.kept:
                entries[path] = replace(entry, file=plan.kept[path])
            for sentence, vector in zip(entry.sentences, entry.sentence_vectors, strict=True):
                vectors[_in_context(sentence)] = vector
            for chunk, vector in zip(entry.chunks, entry.chunk_vectors, strict=True):
                vectors[chunk.text] = vector
    wanted: dict[str, str] = {}
    cut = {}
    for path, (_, document) in plan.read.items():
        sentences = split_sentences(document)
        chunks = chunk_document(document, sentences, chunking.max_chunk_characters)
        cut[path] = sentences, chunks
        for text in [*map(_in_context, sentences), *(chunk.text for chunk in chunks)]:
            if text not in vectors:
                wanted.setdefault(text, path)
    done = 0
    for batch in _batches(list(wanted)):
        if progress:
            progress(done, len(wanted), wanted[batch[0]])
        vectors.update(zip(batch, embedder.embed(batch), strict=True))
        done += len(batch)
    if progress:
        progress(done, done, "")

    dimension = plan.opened.index.dimension if plan.opened else embedder.dimension
    next_id = plan.next_id
    for path, (sentences, chunks) in cut.items():
        file, document = plan.read[path]
        ids = np.arange(next_id, next_id + len(sentences) + len(chunks), dtype=np.int64)
        next_id += len(ids)
        entries[path] = Entry(
            file,
            document,
            sentences,
            chunks,
            ids[: len(sentences)],
            ids[len(sentences) :],
            _matrix(
                [vectors[_in_context(sentence)] for sentence in sentences], dimension, embedder
            ),
            _matrix([vectors[chunk.text] for chunk in chunks], dimension, embedder),
        )
    return [entries[path] for path in sorted(entries)], next_id


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Cut texts into batches of like length, which a model needn't pad.

    Batches of long and of short texts alternate, so that what is done of all texts
    tells how much of the time has passed.
    """
    for start in range(0, len(texts), _TEXTS_SORTED):
        ordered = sorted(texts[start : start + _TEXTS_SORTED], key=len)
        batches = deque(
            ordered[first : first + _TEXTS_AT_ONCE]
            for first in range(0, len(ordered), _TEXTS_AT_ONCE)
        )
        while batches:
            yield batches.popleft()
            if batches:
                yield batches.pop()


def _in_context(sentence: Sentence) -> str:
    """Text that stands for a sentence: below a heading, few sentences repeat its subject."""
    return f"{sentence.heading}\n{sentence.text}" if sentence.heading else sentence.text


def _matrix(
    rows: list[NDArray[np.float32]], dimension: int, embedder: Embedder
) -> NDArray[np.float32]:
    if any(len(row) != dimension for row in rows):
        raise IndexOutdatedError(
            f"The index was made with {dimension} dimensions, but the embedding model "
            f"'{embedder.name}' now gives others. Give each model a name of its own."
        )
    return np.stack(rows) if rows else np.empty((0, dimension), dtype=np.float32)
