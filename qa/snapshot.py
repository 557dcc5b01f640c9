"""One state of a library's index, as files and in memory: texts, vectors, words.

FAISS holds the vectors, BM25 the words, NumPy records what lies where. Sentences and
chunks are numbered by row, from 0, in the order of documents (by path) and positions,
whatever was added when; so an index that grew and one built at once score alike. Next
to its row each has an id, which only ever grows and is never used again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bm25s
import faiss
import numpy as np
import Stemmer
from numpy.typing import NDArray

from qa.documents import DocumentFile
from qa.errors import IndexCorruptError, IndexOutdatedError
from qa.types import Chunk, Document, Sentence

__all__ = ["FORMAT", "Entry", "Index", "write_snapshot"]

FORMAT = 2
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

# A letter alone says little, but a digit may be the whole point ("track 7").
_WORD = r"\b(?:\w\w+|\d)\b"


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
            {values["path"]: _document(values) for values in records["documents"]}
        )
        self.scan = tuple(DocumentFile(**values) for values in records["files"])
        self.versions = tuple(tuple(paths) for paths in records["versions"])
        self._headings: list[str] = records["headings"]
        self._sentence_records = np.load(folder / "sentences.npy", allow_pickle=False)
        self._chunk_records = np.load(folder / "chunks.npy", allow_pickle=False)
        self._sentence_index = _read_vectors(
            folder / "sentences.faiss", self._sentence_records["id"]
        )
        self._chunk_index = _read_vectors(folder / "chunks.faiss", self._chunk_records["id"])
        self._bm25 = bm25s.BM25.load(folder / "bm25", show_progress=False)
        self.dimension: int = self._chunk_index.d
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

    def sentences(self, path: str) -> tuple[Sentence, ...]:
        """Sentences of a document, in order.

        Raises
        ------
        KeyError
            When the index has no such document.
        """
        if path not in self._located:
            document = self.documents[path]
            records = self._sentence_records[self._rows(self._sentence_starts, path)]
            self._located[path] = tuple(
                Sentence(
                    path,
                    number,
                    start,
                    end,
                    document.text[start:end],
                    self._headings[above],
                    is_one,
                    document.page_at(start),
                )
                for number, (_, _, start, end, above, is_one) in enumerate(records.tolist())
            )
        return self._located[path]

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks, by row."""
        return tuple(self.chunk_at(row) for row in range(self.chunk_count))

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

    def sentence_rows(self, row: int) -> slice:
        """Rows of a chunk's sentences."""
        record = self._chunk_records[row]
        return slice(int(record["first"]), int(record["first"] + record["count"]))

    def dense_scores(
        self, query: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosine similarity of a vector to every chunk and every sentence.

        Parameters
        ----------
        query : ndarray of float32, shape (dimension,)
            Of length 1.

        Returns
        -------
        chunks : ndarray of float32, shape (chunk_count,)
        sentences : ndarray of float32, shape (sentence_count,)
            Both -1 to 1, up to rounding.

        Raises
        ------
        IndexOutdatedError
            When the vector comes from a model of another dimension.
        """
        if query.shape != (self.dimension,):
            raise IndexOutdatedError(
                f"The question's vector has the shape {query.shape}, but the index was made with "
                f"{self.dimension} dimensions. Ask with the embedding model that it was made with, "
                "or index the library again."
            )
        return _matrix(self._chunk_index) @ query, _matrix(self._sentence_index) @ query

    def best_in_chunks(self, sentence_scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Highest score among each chunk's sentences.

        Parameters
        ----------
        sentence_scores : ndarray of float32, shape (sentence_count,)

        Returns
        -------
        ndarray of float32, shape (chunk_count,)
        """
        # A chunk's sentences end where the next chunk's begin.
        best: NDArray[np.float32] = np.maximum.reduceat(
            sentence_scores, self._chunk_records["first"]
        )
        return best

    def lexical_scores(self, question: str) -> NDArray[np.float32]:
        """BM25 score of every chunk (Robertson and Zaragoza 2009), in Lucene's variant.

        Returns
        -------
        ndarray of float32, shape (chunk_count,)
            0 or more; all 0 where no word of the question is in the library.
        """
        words = self._bm25.get_tokens_ids(_words([question])[0])
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
        return Entry(
            self.scan[document],
            self.documents[path],
            self.sentences(path),
            tuple(self.chunk_at(row) for row in range(chunks.start, chunks.stop)),
            self._sentence_records["id"][sentences],
            self._chunk_records["id"][chunks],
            _matrix(self._sentence_index)[sentences],
            _matrix(self._chunk_index)[chunks],
        )

    def _rows(self, starts: list[int], path: str) -> slice:
        document = self._document_rows[path]
        return slice(starts[document], starts[document + 1])


def write_snapshot(
    folder: Path, entries: Sequence[Entry], versions: Sequence[Sequence[str]] = ()
) -> dict[str, int]:
    """Write the files of an index.

    Parameters
    ----------
    folder : Path
        Exists and is empty.
    entries : sequence of Entry
        Sorted by path; at least one has a chunk.
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
    headings: dict[str, int] = {}
    sentences: list[tuple[int, int, int, int, int, bool]] = []
    chunks: list[tuple[int, int, int, int, int, int]] = []
    for row, entry in enumerate(entries):
        first = len(sentences)
        for id_, sentence in zip(entry.sentence_ids.tolist(), entry.sentences, strict=True):
            above = headings.setdefault(sentence.heading, len(headings))
            sentences.append((id_, row, sentence.start, sentence.end, above, sentence.is_heading))
        for id_, chunk in zip(entry.chunk_ids.tolist(), entry.chunks, strict=True):
            start = first + chunk.sentences[0].number
            chunks.append((id_, row, chunk.start, chunk.end, start, len(chunk.sentences)))
    records = {
        "documents": [asdict(entry.document) for entry in entries],
        "files": [asdict(entry.file) for entry in entries],
        "headings": list(headings),
        "versions": [list(paths) for paths in versions],
    }
    (folder / "documents.json").write_text(json.dumps(records), "utf-8")
    np.save(folder / "sentences.npy", np.array(sentences, _SENTENCE), allow_pickle=False)
    np.save(folder / "chunks.npy", np.array(chunks, _CHUNK), allow_pickle=False)
    _write_vectors(
        folder / "sentences.faiss",
        [(entry.sentence_ids, entry.sentence_vectors) for entry in entries],
    )
    _write_vectors(
        folder / "chunks.faiss", [(entry.chunk_ids, entry.chunk_vectors) for entry in entries]
    )
    words = _words([chunk.text for entry in entries for chunk in entry.chunks])
    if not any(words):
        # BM25 needs a vocabulary; no question has the empty word.
        words = [[""] for _ in words]
    bm25 = bm25s.BM25()
    bm25.index(words, show_progress=False)
    bm25.save(folder / "bm25", show_progress=False)
    return {"documents": len(entries), "sentences": len(sentences), "chunks": len(chunks)}


def _document(values: dict[str, Any]) -> Document:
    return Document(**{**values, "pages": tuple(values["pages"]), "notes": tuple(values["notes"])})


def _write_vectors(
    path: Path, parts: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]]
) -> None:
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(parts[0][1].shape[1]))
    for ids, vectors in parts:
        index.add_with_ids(vectors, ids)
    path.write_bytes(faiss.serialize_index(index).data)


def _read_vectors(path: Path, ids: NDArray[np.int64]) -> Any:
    index: Any = faiss.deserialize_index(np.frombuffer(path.read_bytes(), np.uint8))
    if not np.array_equal(faiss.vector_to_array(index.id_map), ids):
        raise IndexCorruptError(f"The index is damaged: {path} holds vectors of other texts.")
    return index


def _matrix(index: Any) -> NDArray[np.float32]:
    """View the vectors of an index by row, without a copy; valid as long as the index."""
    flat: Any = faiss.downcast_index(index.index)
    view = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)
    matrix: NDArray[np.float32] = view.reshape(flat.ntotal, flat.d)
    return matrix


def _words(texts: list[str]) -> list[list[str]]:
    """Stem each text's words, without stop words."""
    # A stemmer isn't safe under concurrent calls, and costs nothing to make.
    stemmer = Stemmer.Stemmer("english")
    words: list[list[str]] = bm25s.tokenize(
        texts,
        token_pattern=_WORD,
        stopwords="en",
        stemmer=stemmer,
        return_ids=False,
        show_progress=False,
    )
    return words
