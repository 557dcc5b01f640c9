"""A library with its index, and the calls that tests make on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.embeddings import HashingEmbedder
from qa.index import Index, UpdateReport, open_index, update_index
from qa.settings import ChunkingSettings
from qa.types import Chunk

CHUNKING = ChunkingSettings(max_chunk_characters=200)


class CountingEmbedder(HashingEmbedder):
    """Remembers what it embedded."""

    def __init__(self, dimension: int = 16) -> None:
        super().__init__(dimension)
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return super().embed(texts)


class Place:
    """A library with its store, and the calls that the tests make on them."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "library"
        self.library.mkdir()
        self.store = folder / "store"
        self.embedder = CountingEmbedder()

    def put(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.library / f"{name}.txt").write_text(text, "utf-8")

    def update(self, **changes: Any) -> tuple[Index, UpdateReport]:
        given = {
            "store": self.store,
            "library": self.library,
            "embedder": self.embedder,
            "chunking": CHUNKING,
        }
        self.embedder.embedded.clear()
        return update_index(**{**given, **changes})

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.store).as_posix(): path.read_bytes()
            for path in sorted(self.store.rglob("*"))
            if path.is_file() and path.name != "lock"
        }

    def ids(self) -> set[int]:
        index = open_index(self.store, self.embedder, CHUNKING)
        found: list[int] = []
        for path in index.documents:
            entry = index.entry(path)
            found += entry.sentence_ids.tolist() + entry.chunk_ids.tolist()
        assert len(found) == len(set(found))
        return set(found)


def texts(index: Index) -> dict[str, str]:
    return {path: document.text for path, document in index.documents.items()}


def chunks_of(index: Index) -> list[Chunk]:
    """All chunks, by row."""
    return [index.chunk_at(row) for row in range(index.chunk_count)]


def assert_equal(first: Index, second: Index) -> None:
    assert dict(first.documents) == dict(second.documents)
    assert chunks_of(first) == chunks_of(second)
    query = HashingEmbedder(16).embed_query("cats and dogs")
    for left, right in zip(first.dense_scores(query), second.dense_scores(query), strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(
        first.lexical_scores("cats and dogs"), second.lexical_scores("cats and dogs")
    )
