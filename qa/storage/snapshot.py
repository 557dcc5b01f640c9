"""One state of a library's index, as files and in memory: texts, vectors, words.

`Vectors` hold the meaning, BM25 the words, NumPy records what lies where, mapped into memory rather
than read. Sentences and chunks are numbered by row, from 0, in the order of documents (by path) and
positions, whatever was added when; so an index that grew and one built at once score alike. Each
also has an id; ids only grow, and none is used again.
"""

from __future__ import annotations

import itertools
import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray

from qa.documents import DocumentFile
from qa.errors import IndexOutdatedError
from qa.language.lexicon import languages_of, question_words, words_of
from qa.storage.vectors import Vectors, VectorWriter
from qa.types import Chunk, Document, Sentence, SentMessage

__all__ = ["FORMAT", "Entry", "Index", "write_snapshot"]

FORMAT = 7
"""Of the files; to be raised with any change to what is stored or how it is computed."""

_SENTENCE = np.dtype(
    [
        ("id", "<i8"),
        ("document", "<i8"),
        ("start", "<i8"),
        ("end", "<i8"),
        ("heading", "<i8"),
        ("is_heading", "?"),
    ]
)
_CHUNK = np.dtype(
    [
        ("id", "<i8"),
        ("document", "<i8"),
        ("start", "<i8"),
        ("end", "<i8"),
        ("first", "<i8"),
        ("count", "<i8"),
    ]
)

# How many are taken from each ranking where not all chunks are scored. A quarter of these misses
# some of the best.
_CANDIDATE_SENTENCES = 1600
_CANDIDATE_CHUNKS = 800
# Chunks whose words are counted together.
_CHUNKS_AT_ONCE = 4096
# Chunks that tell what a usual score is.
_SAMPLE = 2048


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with all that the index holds of it.

    Parameters
    ----------
    file : DocumentFile
        As it was when the document was read.
    document : Document
    sentences : tuple of Sentence
    chunks : tuple of Chunk
        Every sentence is in one of them, in order.
    sentence_ids, chunk_ids : ndarray of int64, shape (n,)
    sentence_vectors, chunk_vectors : ndarray of float32, shape (n, dimension)
        Rows of length 1.
    """

    file: DocumentFile
    document: Document
    sentences: tuple[Sentence, ...]
    chunks: tuple[Chunk, ...]
    sentence_ids: NDArray[np.int64]
    chunk_ids: NDArray[np.int64]
    sentence_vectors: NDArray[np.float32]
    chunk_vectors: NDArray[np.float32]


class Index:
    """An opened index: it never changes, and any number of threads can read it.

    Parameters
    ----------
    folder : Path
        Holds the files that `write_snapshot` wrote, known to be undamaged.

    Attributes
    ----------
    documents : mapping of str to Document
        By path, in its order.
    scan : tuple of DocumentFile
        What it was built from, in the same order.
    versions : tuple of tuple of str
        Documents that are copies or versions of each other, the newest first.
    dimension : int
        Of its vectors.

    Raises
    ------
    IndexCorruptError
        When the files don't belong together.
    """

    def __init__(self, folder: Path) -> None:
        records = json.loads((folder / "documents.json").read_bytes())
        self.documents: Mapping[str, Document] = MappingProxyType(
            {document.path: document for document in _documents(folder, records["documents"])}
        )
        self.scan = tuple(DocumentFile(**values) for values in records["files"])
        self.versions = tuple(tuple(paths) for paths in records["versions"])
        self._headings: list[str] = records["headings"]
        self._languages: list[str] = records["languages"]
        self._sentence_records = np.load(folder / "sentences.npy", "r", allow_pickle=False)
        self._chunk_records = np.load(folder / "chunks.npy", "r", allow_pickle=False)
        self._sentence_vectors = Vectors(folder, "sentence-vectors", len(self._sentence_records))
        self._chunk_vectors = Vectors(folder, "chunk-vectors", len(self._chunk_records))
        self._bm25 = bm25s.BM25.load(folder / "bm25", mmap=True, show_progress=False)
        self.dimension: int = self._chunk_vectors.exact.shape[1]
        self._paths = tuple(self.documents)
        self._document_rows = {path: row for row, path in enumerate(self._paths)}
        documents = np.arange(len(self._paths) + 1)
        self._sentence_starts, self._chunk_starts = (
            np.searchsorted(table["document"], documents).tolist()
            for table in (self._sentence_records, self._chunk_records)
        )
        self._located: dict[str, tuple[Sentence, ...]] = {}

    @property
    def sentence_count(self) -> int:
        """Number of sentences."""
        return len(self._sentence_records)

    @property
    def chunk_count(self) -> int:
        """Number of chunks; never 0."""
        return len(self._chunk_records)

    def versions_of(self, path: str) -> tuple[str, ...]:
        """A document with its copies and versions, the newest first."""
        return next((group for group in self.versions if path in group), (path,))

    def sentences(self, path: str) -> tuple[Sentence, ...]:
        """Sentences of a document, in order.

        Raises
        ------
        KeyError
            When the index has no such document.
        """
        located = self._located.get(path)
        if located is None:
            document = self.documents[path]
            records = self._sentence_records[self._rows(self._sentence_starts, path)]
            located = self._located[path] = tuple(
                Sentence(
                    path,
                    number,
                    start,
                    end,
                    document.text[start:end],
                    self._headings[above],
                    is_one,
                    document.page_at(start),
                    document.message_at(start),
                )
                for number, (_, _, start, end, above, is_one) in enumerate(records.tolist())
            )
        return located

    def chunk_at(self, row: int) -> Chunk:
        """Chunk of a row."""
        _, document, start, end, first, count = self._chunk_records[row].item()
        path = self._paths[document]
        number = row - self._rows(self._chunk_starts, path).start
        offset = first - self._rows(self._sentence_starts, path).start
        return Chunk(
            path,
            number,
            start,
            end,
            self.documents[path].text[start:end],
            self.sentences(path)[offset : offset + count],
        )

    @property
    def compressed(self) -> bool:
        """Whether vectors are scanned compressed, and only `candidates` scored exactly."""
        return self._sentence_vectors.compressed or self._chunk_vectors.compressed

    @property
    def search_kind(self) -> str:
        """How its vectors are searched, in words."""
        return "compressed, then exact" if self.compressed else "exact"

    def candidates(
        self, query: NDArray[np.float32], lexical: NDArray[np.floating[Any]]
    ) -> NDArray[np.int64] | None:
        """Rows of the chunks that may be among the best; None where all are to be scored.

        They are those that are near the question themselves, that have a sentence which is,
        or that share its words.

        Parameters
        ----------
        query : ndarray of float32, shape (dimension,)
        lexical : ndarray of float, shape (chunk_count,)
            See `lexical_scores`.

        Returns
        -------
        ndarray of int64 or None
            Ascending.

        Raises
        ------
        IndexOutdatedError
            When the vector comes from a model of another dimension.
        """
        self._check(query)
        if not self.compressed:
            return None
        found = [_highest(lexical, _CANDIDATE_CHUNKS)]
        if self._sentence_vectors.compressed:
            sentences = self._sentence_vectors.nearest(query, _CANDIDATE_SENTENCES)
        else:
            sentences = _highest(
                _products(self._sentence_vectors.exact, query), _CANDIDATE_SENTENCES
            )
        found.append(np.searchsorted(self._chunk_records["first"], sentences, "right") - 1)
        if self._chunk_vectors.compressed:
            found.append(self._chunk_vectors.nearest(query, _CANDIDATE_CHUNKS))
        else:
            found.append(_highest(_products(self._chunk_vectors.exact, query), _CANDIDATE_CHUNKS))
        return np.unique(np.concatenate(found))

    def dense_scores(
        self, query: NDArray[np.float32], rows: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosine similarity of a vector to chunks and to their sentences.

        Parameters
        ----------
        query : ndarray of float32, shape (dimension,)
            Of length 1.
        rows : ndarray of int64, shape (n,), optional
            Of the chunks; default: all.

        Returns
        -------
        chunks : ndarray of float32, shape (n,)
        sentences : ndarray of float32
            Of each chunk in turn; see `sentence_places`. Both -1 to 1, up to rounding.

        Raises
        ------
        IndexOutdatedError
            When the vector comes from a model of another dimension.
        """
        self._check(query)
        if rows is None:
            chunks, sentences = self._chunk_vectors.exact, self._sentence_vectors.exact
        else:
            chunks, sentences = self._vectors_of(rows)
        return _products(chunks, query), _products(sentences, query)

    def usual_dense_scores(
        self, query: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What a chunk of this library usually scores: `dense_scores` and `best_in_chunks`.

        Returns
        -------
        chunks, best : ndarray of float32, shape (n,)
            Of a sample of the chunks, always the same.
        """
        rows, chunks, sentences = self._sample
        return _products(chunks, query), self.best_in_chunks(_products(sentences, query), rows)

    @cached_property
    def _sample(self) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        rows = np.unique(np.linspace(0, self.chunk_count - 1, _SAMPLE).astype(np.int64))
        return rows, *self._vectors_of(rows)

    def _vectors_of(
        self, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        records = self._chunk_records[rows]
        places = np.arange(records["count"].sum()) + np.repeat(
            records["first"] - self.sentence_places(rows), records["count"]
        )
        return self._chunk_vectors.exact[rows], self._sentence_vectors.exact[places]

    def sentence_places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each chunk's sentences begin among the sentences of all these chunks."""
        counts = self._chunk_records["count"][rows]
        places: NDArray[np.int64] = counts.cumsum() - counts
        return places

    def _check(self, query: NDArray[np.float32]) -> None:
        if query.shape != (self.dimension,):
            raise IndexOutdatedError(
                f"The question's vector has the shape {query.shape}, but the index was made with "
                f"{self.dimension} dimensions. Ask with the embedding model that it was made with, "
                "or index the library again."
            )

    def best_in_chunks(
        self, sentence_scores: NDArray[np.float32], rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Highest score among each chunk's sentences.

        Parameters
        ----------
        sentence_scores : ndarray of float32
            From `dense_scores`, with the same rows.
        rows : ndarray of int64, shape (n,), optional
            Default: all.

        Returns
        -------
        ndarray of float32, shape (n,)
        """
        # A chunk's sentences end where the next chunk's begin.
        places = self._chunk_records["first"] if rows is None else self.sentence_places(rows)
        best: NDArray[np.float32] = np.maximum.reduceat(sentence_scores, places)
        return best

    def lexical_scores(self, question: str) -> NDArray[np.float32]:
        """BM25 score of every chunk (Robertson and Zaragoza 2009), in Lucene's variant.

        Returns
        -------
        ndarray of float32, shape (chunk_count,)
            0 or more; all 0 where no word of the question is in the library.
        """
        words = self._bm25.get_tokens_ids(question_words(question, self._languages))
        if not words:
            return np.zeros(self.chunk_count, dtype=np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores(words)
        return scores

    def entry(self, path: str) -> Entry:
        """All that the index holds of a document.

        Raises
        ------
        KeyError
            When the index has no such document.
        """
        document = self._document_rows[path]
        sentences = self._rows(self._sentence_starts, path)
        chunks = self._rows(self._chunk_starts, path)
        known = path in self._located
        found = Entry(
            self.scan[document],
            self.documents[path],
            self.sentences(path),
            tuple(self.chunk_at(row) for row in range(chunks.start, chunks.stop)),
            self._sentence_records["id"][sentences],
            self._chunk_records["id"][chunks],
            self._sentence_vectors.exact[sentences],
            self._chunk_vectors.exact[chunks],
        )
        if not known:
            # A pass over all documents must not leave the whole library in memory.
            self._located.pop(path, None)
        return found

    def _rows(self, starts: list[int], path: str) -> slice:
        document = self._document_rows[path]
        return slice(starts[document], starts[document + 1])


def write_snapshot(
    folder: Path, entries: Iterable[Entry], versions: Sequence[Sequence[str]] = ()
) -> dict[str, int]:
    """Write the files of an index.

    Parameters
    ----------
    folder : Path
        Exists and is empty.
    entries : iterable of Entry
        Sorted by path; at least one has a chunk. Each is looked at once, and not kept.
    versions : sequence of sequence of str
        See `Index.versions`.

    Returns
    -------
    dict
        How many documents, sentences and chunks were written.

    Raises
    ------
    OSError
    """
    rest = iter(entries)
    first = next(rest)
    dimension = first.chunk_vectors.shape[1]
    headings: dict[str, int] = {}
    documents: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    sentences: list[NDArray[np.void]] = []
    chunks: list[NDArray[np.void]] = []
    told: list[tuple[str | None, int]] = []
    before = 0
    with (
        (folder / "texts.bin").open("wb") as texts,
        VectorWriter(folder, "sentence-vectors", dimension) as sentence_vectors,
        VectorWriter(folder, "chunk-vectors", dimension) as chunk_vectors,
    ):
        for row, entry in enumerate(itertools.chain([first], rest)):
            sentences.append(_sentence_records(entry, row, headings))
            chunks.append(_chunk_records(entry, row, before))
            before += len(entry.sentences)
            document = entry.document
            length = texts.write(_encoded(document.text))
            documents.append({**asdict(replace(document, text="")), "text": length})
            told.append((document.language, len(document.text)))
            files.append(asdict(entry.file))
            sentence_vectors.append(entry.sentence_vectors)
            chunk_vectors.append(entry.chunk_vectors)
    spans = np.concatenate(chunks)
    np.save(folder / "sentences.npy", np.concatenate(sentences), allow_pickle=False)
    np.save(folder / "chunks.npy", spans, allow_pickle=False)
    languages = languages_of(told)
    _write_words(folder, documents, spans, languages)
    records = {
        "documents": documents,
        "languages": languages,
        "files": files,
        "headings": list(headings),
        "versions": [list(paths) for paths in versions],
    }
    (folder / "documents.json").write_text(json.dumps(records), "utf-8")
    return {"documents": len(documents), "sentences": before, "chunks": len(spans)}


def _sentence_records(entry: Entry, row: int, headings: dict[str, int]) -> NDArray[np.void]:
    records = [
        (
            id_,
            row,
            sentence.start,
            sentence.end,
            headings.setdefault(sentence.heading, len(headings)),
            sentence.is_heading,
        )
        for id_, sentence in zip(entry.sentence_ids.tolist(), entry.sentences, strict=True)
    ]
    return np.array(records, _SENTENCE)


def _chunk_records(entry: Entry, row: int, before: int) -> NDArray[np.void]:
    records = [
        (
            id_,
            row,
            chunk.start,
            chunk.end,
            before + chunk.sentences[0].number,
            len(chunk.sentences),
        )
        for id_, chunk in zip(entry.chunk_ids.tolist(), entry.chunks, strict=True)
    ]
    return np.array(records, _CHUNK)


def _write_words(
    folder: Path,
    documents: Sequence[dict[str, Any]],
    chunks: NDArray[np.void],
    languages: Sequence[str],
) -> None:
    """Write the words of all chunks, whose texts are read from the disk one by one."""
    vocabulary: dict[str, int] = {}
    counted: list[array[int]] = []
    spans = np.split(
        chunks[["start", "end"]], np.searchsorted(chunks["document"], range(1, len(documents)))
    )
    texts = (
        (document.text[start:end], document.language)
        for document, own in zip(_documents(folder, documents), spans, strict=True)
        for start, end in own.tolist()
    )
    while batch := list(itertools.islice(texts, _CHUNKS_AT_ONCE)):
        for words in words_of([text for text, _ in batch], languages, [own for _, own in batch]):
            ids = (vocabulary.setdefault(word, len(vocabulary)) for word in words)
            counted.append(array("i", ids))
    if not vocabulary:
        # BM25 needs a vocabulary; no question has the empty word.
        vocabulary = {"": 0}
        counted = [array("i", [0]) for _ in counted]
    bm25 = bm25s.BM25()
    bm25.index((counted, vocabulary), show_progress=False)
    bm25.save(folder / "bm25", show_progress=False)


def _encoded(text: str) -> bytes:
    # Broken input may hold lone surrogates.
    return text.encode("utf-8", "surrogatepass")


def _documents(folder: Path, records: Sequence[dict[str, Any]]) -> Iterator[Document]:
    """Documents from their records, in which the text is replaced by its length in bytes."""
    with (folder / "texts.bin").open("rb") as file:
        for values in records:
            text = file.read(values["text"]).decode("utf-8", "surrogatepass")
            sequences = {name: tuple(values[name]) for name in ("pages", "notes")}
            messages = tuple(SentMessage(**told) for told in values["messages"])
            yield Document(**{**values, "text": text, **sequences, "messages": messages})


def _products(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner products of rows with a vector.

    Not by ``@``: BLAS would share it among threads that go on spinning, and the next embedding
    would wait for a processor.
    """
    products: NDArray[np.float32] = np.vecdot(vectors, query)
    return products


def _highest(scores: NDArray[np.floating[Any]], count: int) -> NDArray[np.int64]:
    """Rows of the highest scores, in no order."""
    if len(scores) <= count:
        return np.arange(len(scores))
    found: NDArray[np.int64] = np.argpartition(-scores, count)[:count]
    return found
