"""Documents to entries of the index: embed what is new, carry over what was embedded before.

Only sentences are embedded; a chunk's vector is the mean of those of its sentences, each
counting by its length, as a model's own mean over all their words would. That halves the work of
indexing, and retrieval is hardly worse.

Memory holds the texts of new documents and, until they are embedded, their sentences; never
vectors, which go to a temporary file. Entries are made from these on demand, one document at a
time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.chunks import chunk_document
from qa.documents import DocumentFile
from qa.embeddings import Embedder
from qa.errors import IndexOutdatedError
from qa.language.sentences import split_sentences
from qa.settings import ChunkingSettings
from qa.storage.generations import GenerationStore
from qa.storage.snapshot import Entry, Index
from qa.storage.vectors import VectorSpool
from qa.types import Chunk, Document, Sentence

__all__ = ["Entries", "Progress", "make_entries"]

Progress = Callable[[int, int, str], None]
"""Called with texts embedded, texts to embed, and the path of the document that is next.

While files are still being read, the number of texts is unknown: it is called with files read, 0,
and the path of the file. Once all is embedded, and the index is being written, the path is ``""``.
"""

_TEXTS_AT_ONCE = 64
_TEXTS_SORTED = 4096
_NOTHING = 1e-6


class Entries:
    """Documents with their sentences, chunks, ids and vectors, made anew by each iteration.

    Parameters
    ----------
    old : Index or None
        Holds those that stay.
    kept : mapping of str to DocumentFile
    read : mapping of str to (DocumentFile, Document)
        Those that are new or changed.
    places : mapping of str to (int, int)
        Of each of `read`: where its vectors begin, and its lowest id.
    vectors : ndarray of float32, shape (n, dimension)
        Of the sentences of `read`.
    chunking : ChunkingSettings

    Yields
    ------
    Entry
        Sorted by path.
    """

    def __init__(
        self,
        old: Index | None,
        kept: Mapping[str, DocumentFile],
        read: Mapping[str, tuple[DocumentFile, Document]],
        places: Mapping[str, tuple[int, int]],
        vectors: NDArray[np.float32],
        chunking: ChunkingSettings,
    ) -> None:
        self._old = old
        self._kept = kept
        self._read = read
        self._places = places
        self._vectors = vectors
        self._chunking = chunking
        self.dimension: int = vectors.shape[1]

    def __iter__(self) -> Iterator[Entry]:
        for path in sorted({*self._kept, *self._read}):
            if path in self._read:
                yield self._made(path)
            else:
                assert self._old is not None
                yield replace(self._old.entry(path), file=self._kept[path])

    def _made(self, path: str) -> Entry:
        file, document = self._read[path]
        sentences, chunks = _cut(document, self._chunking)
        start, first_id = self._places[path]
        vectors = self._vectors[start : start + len(sentences)]
        ids = np.arange(first_id, first_id + len(sentences) + len(chunks), dtype=np.int64)
        return Entry(
            file,
            document,
            sentences,
            chunks,
            ids[: len(sentences)],
            ids[len(sentences) :],
            vectors,
            _means(chunks, vectors),
        )


def make_entries(
    old: Index | None,
    kept: Mapping[str, DocumentFile],
    read: Mapping[str, tuple[DocumentFile, Document]],
    next_id: int,
    embedder: Embedder,
    chunking: ChunkingSettings,
    generations: GenerationStore,
    progress: Progress | None = None,
) -> tuple[Entries, int]:
    """Give every document its ids and vectors.

    Parameters
    ----------
    old : Index or None
        What texts were embedded for before.
    kept : mapping of str to DocumentFile
        Paths of documents of `old` that stay as they are.
    read : mapping of str to (DocumentFile, Document)
        Those that are new or changed.
    next_id : int
        The lowest that was never used.
    embedder : Embedder
    chunking : ChunkingSettings
    generations : GenerationStore
        Beside which the vectors are kept meanwhile.
    progress : callable, optional

    Returns
    -------
    entries : Entries
    next_id : int

    Raises
    ------
    IndexOutdatedError
        When the embedder's vectors don't fit those of `old`.
    IndexStoreError
        When there is no space for the vectors.
    ModelError
    """
    places: dict[str, tuple[int, int]] = {}
    starts: list[int] = []
    wanted: dict[str, list[int]] = {}
    rows = 0
    for path, (_, document) in read.items():
        sentences, chunks = _cut(document, chunking)
        places[path] = rows, next_id
        starts.append(rows)
        for number, sentence in enumerate(sentences, start=rows):
            wanted.setdefault(_in_context(sentence), []).append(number)
        rows += len(sentences)
        next_id += len(sentences) + len(chunks)

    dimension = old.dimension if old else embedder.dimension
    spool = generations.beside(lambda folder: VectorSpool(folder, dimension))
    try:
        if old and wanted:
            generations.beside(lambda _: _carry_over(old, wanted, spool))
        _embed(wanted, spool, embedder, generations, progress, list(read), starts)
        vectors = spool.read(rows)
    finally:
        # A full disk may be noticed only when the file is closed.
        generations.beside(lambda _: spool.__exit__())
    return Entries(old, kept, read, places, vectors, chunking), next_id


def _cut(
    document: Document, chunking: ChunkingSettings
) -> tuple[tuple[Sentence, ...], tuple[Chunk, ...]]:
    sentences = split_sentences(document)
    return sentences, chunk_document(document, sentences, chunking.max_chunk_characters)


def _carry_over(old: Index, wanted: dict[str, list[int]], spool: VectorSpool) -> None:
    """Take what was embedded before out of what is wanted."""
    for path in old.documents:
        entry = old.entry(path)
        for sentence, vector in zip(entry.sentences, entry.sentence_vectors, strict=True):
            for row in wanted.pop(_in_context(sentence), ()):
                spool.write(row, vector)


def _embed(
    wanted: Mapping[str, Sequence[int]],
    spool: VectorSpool,
    embedder: Embedder,
    generations: GenerationStore,
    progress: Progress | None,
    paths: Sequence[str],
    starts: Sequence[int],
) -> None:
    done = 0
    for batch in _batches(list(wanted)):
        if progress:
            progress(done, len(wanted), paths[bisect_right(starts, wanted[batch[0]][0]) - 1])
        vectors = embedder.embed(batch)
        if vectors.shape[1] != spool.dimension:
            raise IndexOutdatedError(
                f"The index was made with {spool.dimension} dimensions, but the embedding model "
                f"'{embedder.name}' now gives others. Give each model a name of its own."
            )

        def keep(_: Path, batch: list[str] = batch, vectors: NDArray[np.float32] = vectors) -> None:
            for text, vector in zip(batch, vectors, strict=True):
                for row in wanted[text]:
                    spool.write(row, vector)

        generations.beside(keep)
        done += len(batch)
    if progress:
        progress(done, done, "")


def _means(chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors of a document's chunks, computed from those of its sentences."""
    means = np.empty((len(chunks), vectors.shape[1]), np.float32)
    for row, chunk in enumerate(chunks):
        first = chunk.sentences[0].number
        held = vectors[first : first + len(chunk.sentences)]
        lengths = np.array([len(sentence.text) for sentence in chunk.sentences], np.float32)
        mean = lengths @ held
        norm = float(np.linalg.norm(mean))
        # Opposite vectors may cancel each other out.
        means[row] = mean / norm if norm > _NOTHING else held[0]
    return means


def _in_context(sentence: Sentence) -> str:
    """Text that stands for a sentence: below a heading, few sentences repeat its subject."""
    return f"{sentence.heading}\n{sentence.text}" if sentence.heading else sentence.text


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Cut texts into batches of similar length, which a model needn't pad.

    Batches of long and of short texts alternate, so that progress is even over time.
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
