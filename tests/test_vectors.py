from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qa.embeddings import HashingEmbedder
from qa.errors import IndexCorruptError
from qa.index import update_index
from qa.retrieval import retrieve
from qa.settings import ChunkingSettings, RetrievalSettings
from qa.storage import snapshot, vectors
from qa.storage.vectors import Vectors, VectorSpool, VectorWriter, compresses


def unit_rows(count: int, dimension: int = 32, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@pytest.fixture
def compressing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 10)


def test_few_vectors_are_kept_as_they_are_and_mapped(tmp_path: Path) -> None:
    rows = unit_rows(9)
    with VectorWriter(tmp_path, "some", 32) as writer:
        writer.append(rows[:2])
        writer.append(rows[2:])
    found = Vectors(tmp_path, "some", 9)
    np.testing.assert_array_equal(found.exact, rows)
    assert isinstance(found.exact, np.memmap)
    assert not found.compressed
    with pytest.raises(IndexCorruptError, match=r"some\.npy"):
        Vectors(tmp_path, "some", 8)


@pytest.mark.usefixtures("compressing")
def test_many_vectors_have_a_copy_that_finds_the_nearest(tmp_path: Path) -> None:
    rows, questions = unit_rows(3000), unit_rows(50, seed=1)
    with VectorWriter(tmp_path, "some", 32) as writer:
        for part in np.array_split(rows, 7):
            writer.append(part)
    found = Vectors(tmp_path, "some", 3000)
    assert found.compressed
    np.testing.assert_array_equal(found.exact, rows)
    assert (tmp_path / "some.faiss").stat().st_size < rows.nbytes / 3.5
    for question in questions:
        best = set(np.argsort(-(rows @ question))[:10].tolist())
        near = found.nearest(question, 40)
        assert len(near) == 40
        assert best <= set(near.tolist())
    assert sorted(found.nearest(questions[0], 5000).tolist()) == list(range(3000))


@pytest.mark.usefixtures("compressing")
def test_a_copy_of_other_vectors_is_noticed(tmp_path: Path) -> None:
    for name, count in (("some", 20), ("other", 21)):
        with VectorWriter(tmp_path, name, 32) as writer:
            writer.append(unit_rows(count))
    (tmp_path / "other.faiss").replace(tmp_path / "some.faiss")
    with pytest.raises(IndexCorruptError):
        Vectors(tmp_path, "some", 20)


def test_what_fails_while_it_is_written_is_not_completed(tmp_path: Path) -> None:
    with contextlib.suppress(KeyError), VectorWriter(tmp_path, "some", 32) as writer:
        writer.append(unit_rows(20))
        raise KeyError
    assert len(np.load(tmp_path / "some.npy")) == 0


@pytest.mark.parametrize(
    ("count", "memory", "compressed"),
    [
        (vectors.EXACT_LIMIT, 10**12, False),
        (vectors.EXACT_LIMIT + 1, 10**12, True),
        (50_000, 4 * 50_000 * 384 * 4, False),
        (50_000, 4 * 50_000 * 384 * 4 - 4, True),
    ],
)
def test_size_and_memory_choose(count: int, memory: int, compressed: bool) -> None:
    assert compresses(count, 384, memory) is compressed
    assert not compresses(1, 384)


def test_what_was_written_in_any_order_is_read_by_row(tmp_path: Path) -> None:
    rows = unit_rows(50)
    with VectorSpool(tmp_path, 32) as spool:
        for row in np.random.default_rng(2).permutation(50).tolist():
            spool.write(row, rows[row])
        found = spool.read(50)
        assert spool.read(0).shape == (0, 32)
    np.testing.assert_array_equal(found, rows)
    assert list(tmp_path.iterdir()) == []


def test_a_compressed_index_finds_what_an_exact_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after documents were changed, added and removed."""
    library = tmp_path / "library"
    library.mkdir()
    words = "rain wind tide snow cloud storm frost mist dew hail river harbour ship".split()
    draw = np.random.default_rng(3)

    def text(number: int) -> str:
        sentences = [
            " ".join(draw.choice(words, 6)).capitalize() + f" {number} {place}."
            for place in range(20)
        ]
        return "\n\n".join(" ".join(sentences[first : first + 4]) for first in range(0, 20, 4))

    for number in range(40):
        (library / f"{number}.txt").write_text(text(number), "utf-8")
    embedder, chunking = HashingEmbedder(64), ChunkingSettings(max_chunk_characters=200)
    for name, value in (("SENTENCES", 60), ("CHUNKS", 40)):
        monkeypatch.setattr(snapshot, f"_CANDIDATE_{name}", value)
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 50)
    update_index(tmp_path / "compressed", library, embedder, chunking)
    (library / "1.txt").unlink()
    (library / "2.txt").write_text("The tide rose. The river fell.", "utf-8")
    (library / "new.txt").write_text(text(99), "utf-8")
    compressed, report = update_index(tmp_path / "compressed", library, embedder, chunking)
    assert (report.added, report.updated, report.removed) == (("new.txt",), ("2.txt",), ("1.txt",))
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 10**6)
    exact, _ = update_index(tmp_path / "exact", library, embedder, chunking)
    assert compressed.compressed
    assert not exact.compressed
    assert compressed.search_kind != exact.search_kind
    assert len(compressed.candidates(unit_rows(1, 64)[0], np.zeros(compressed.chunk_count))) < (
        compressed.chunk_count
    )
    shared = 0
    for number in range(30):
        question = " ".join(draw.choice(words, 4)) + f" {number}"
        ours, theirs = (
            retrieve(index, embedder, question, RetrievalSettings(chunks=10))
            for index in (compressed, exact)
        )
        assert not any(hit.chunk.document == "1.txt" for hit in ours)
        found = {hit.chunk: hit for hit in ours}
        for hit in theirs:
            shared += hit.chunk in found
            if hit.chunk in found:
                same = found[hit.chunk]
                assert same.dense == pytest.approx(hit.dense, abs=2e-5)
                assert same.lexical == hit.lexical
                assert [s.sentence for s in same.sentences] == [s.sentence for s in hit.sentences]
                assert [s.score for s in same.sentences] == pytest.approx(
                    [s.score for s in hit.sentences], abs=1e-5
                )
    assert shared >= 0.98 * 300
