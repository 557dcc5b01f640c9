from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import chunks_of

from qa.chunks import chunk_document
from qa.documents import DocumentFile
from qa.embeddings import HashingEmbedder
from qa.errors import IndexCorruptError, IndexOutdatedError
from qa.language.sentences import split_sentences
from qa.storage.snapshot import Entry, Index, write_snapshot
from qa.storage.versions import find_versions
from qa.types import Document

TEXTS = {
    "a.md": "# Cats\n\nCats sleep. Cats eat fish, 7 of them.\n\n## Care\n\nBrush the cat. Twice.",
    "b.txt": "Dogs bark at cats.\n\nDogs sleep. Dogs sleep.",
    "ü/한국어.txt": "서울은 한국의 수도이다. 서울은 크다.\n\nÉté à Zürich 🎉. Fin.",
}


def entry(path: str, text: str, first_id: int, embedder: HashingEmbedder) -> Entry:
    document = Document(path, path, text, "2024-05-11", "0" * 64)
    sentences = split_sentences(document)
    chunks = chunk_document(document, sentences, 200)
    ids = np.arange(first_id, first_id + len(sentences) + len(chunks), dtype=np.int64)
    return Entry(
        DocumentFile(path, len(text), 10**18),
        document,
        sentences,
        chunks,
        ids[: len(sentences)],
        ids[len(sentences) :],
        embedder.embed([sentence.text for sentence in sentences]),
        embedder.embed([chunk.text for chunk in chunks]),
    )


@pytest.fixture
def entries() -> list[Entry]:
    # Later documents have lower ids, as after an early document was edited.
    return [
        entry(path, text, 10**12 - 1000 * number, HashingEmbedder(32))
        for number, (path, text) in enumerate(TEXTS.items())
    ]


@pytest.fixture
def index(tmp_path: Path, entries: list[Entry]) -> Index:
    write_snapshot(tmp_path, entries)
    return Index(tmp_path)


def test_everything_comes_back_as_it_was(index: Index, entries: list[Entry]) -> None:
    assert list(index.documents.values()) == [entry.document for entry in entries]
    assert index.scan == tuple(entry.file for entry in entries)
    assert chunks_of(index) == [chunk for entry in entries for chunk in entry.chunks]
    assert index.chunk_count == len(chunks_of(index))
    assert index.sentence_count == sum(len(entry.sentences) for entry in entries)
    assert index.dimension == 32
    for expected in entries:
        found = index.entry(expected.document.path)
        assert found.file == expected.file
        assert found.document == expected.document
        assert found.sentences == expected.sentences == index.sentences(expected.document.path)
        assert found.chunks == expected.chunks
        np.testing.assert_array_equal(found.sentence_ids, expected.sentence_ids)
        np.testing.assert_array_equal(found.chunk_ids, expected.chunk_ids)
        np.testing.assert_array_equal(found.sentence_vectors, expected.sentence_vectors)
        np.testing.assert_array_equal(found.chunk_vectors, expected.chunk_vectors)


def test_counts_are_told(tmp_path: Path, entries: list[Entry]) -> None:
    counts = write_snapshot(tmp_path, entries)
    index = Index(tmp_path)
    assert counts == {
        "documents": 3,
        "sentences": index.sentence_count,
        "chunks": index.chunk_count,
    }


def test_nothing_is_pickled(tmp_path: Path, entries: list[Entry]) -> None:
    write_snapshot(tmp_path, entries)
    arrays = sorted(tmp_path.rglob("*.npy"))
    assert len(arrays) >= 7
    for path in arrays:
        np.load(path, allow_pickle=False)
    suffixes = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert suffixes == {".npy", ".json", ".bin"}


def test_the_files_hold_the_same_bytes_for_the_same_entries(
    tmp_path: Path, entries: list[Entry]
) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_snapshot(tmp_path / name, entries)
        written.append(
            {
                path.relative_to(tmp_path / name): path.read_bytes()
                for path in (tmp_path / name).rglob("*")
                if path.is_file()
            }
        )
    assert written[0] == written[1]


def test_dense_scores_are_the_cosine_similarities(index: Index, entries: list[Entry]) -> None:
    query = HashingEmbedder(32).embed_query("cats sleep")
    chunks, sentences = index.dense_scores(query)
    np.testing.assert_allclose(
        sentences, np.concatenate([one.sentence_vectors for one in entries]) @ query, atol=1e-6
    )
    np.testing.assert_allclose(
        chunks, np.concatenate([one.chunk_vectors for one in entries]) @ query, atol=1e-6
    )


def test_a_chunks_best_sentence_is_its_own(index: Index) -> None:
    scores = np.random.default_rng(0).normal(size=index.sentence_count).astype(np.float32)
    best = index.best_in_chunks(scores)
    assert best.shape == (index.chunk_count,)
    places = index.sentence_places(np.arange(index.chunk_count)).tolist()
    ends = [*places[1:], index.sentence_count]
    for row, chunk in enumerate(chunks_of(index)):
        own = scores[places[row] : ends[row]]
        assert len(own) == len(chunk.sentences)
        assert best[row] == own.max()


def test_some_chunks_score_as_they_do_among_all(index: Index) -> None:
    query = HashingEmbedder(32).embed_query("cats sleep")
    chunks, sentences = index.dense_scores(query)
    rows = np.array([index.chunk_count - 1, 0])
    some, theirs = index.dense_scores(query, rows)
    np.testing.assert_allclose(some, chunks[rows], atol=1e-6)
    best = index.best_in_chunks(sentences)[rows]
    np.testing.assert_allclose(index.best_in_chunks(theirs, rows), best, atol=1e-6)
    usual, usual_best = index.usual_dense_scores(query)
    np.testing.assert_allclose(usual, chunks, atol=1e-6)
    np.testing.assert_allclose(usual_best, index.best_in_chunks(sentences), atol=1e-6)


def test_a_vector_of_another_dimension_is_refused(index: Index) -> None:
    with pytest.raises(IndexOutdatedError, match="32 dimensions"):
        index.dense_scores(HashingEmbedder(16).embed_query("cats"))


def test_lexical_scores_prefer_rare_shared_words(index: Index) -> None:
    scores = index.lexical_scores("Who barked?")
    assert scores.shape == (index.chunk_count,)
    best = chunks_of(index)[int(scores.argmax())]
    assert "bark" in best.text
    assert (scores >= 0).all()


def test_a_single_digit_counts(index: Index) -> None:
    scores = index.lexical_scores("7")
    assert "7" in chunks_of(index)[int(scores.argmax())].text
    assert scores.max() > 0


def test_other_scripts_are_searched(index: Index) -> None:
    scores = index.lexical_scores("서울은")
    assert chunks_of(index)[int(scores.argmax())].document == "ü/한국어.txt"


@pytest.mark.parametrize("question", ["", "the of and", "zzz qqq", "?!", "\ud800", "a" * 100_000])
def test_a_question_without_known_words_scores_nothing(index: Index, question: str) -> None:
    scores = index.lexical_scores(question)
    assert scores.shape == (index.chunk_count,)
    assert not scores.any()


def test_a_library_of_stop_words_can_be_searched(tmp_path: Path) -> None:
    write_snapshot(tmp_path, [entry("a.txt", "The of and. To the.", 0, HashingEmbedder(32))])
    index = Index(tmp_path)
    assert not index.lexical_scores("the of and").any()
    assert not index.lexical_scores("anything else").any()


def test_documents_are_written_one_at_a_time(tmp_path: Path) -> None:
    def alive() -> int:
        return sum(type(each) is Entry for each in gc.get_objects())

    before = alive()
    most: list[int] = []

    def made() -> Iterator[Entry]:
        for number in range(9):
            yield entry(f"{number}.txt", f"Cats sleep. {number} of them.", 0, HashingEmbedder(32))
            most.append(alive() - before)

    write_snapshot(tmp_path, made())
    # The first is held on to, since it tells the dimension.
    assert max(most) <= 3
    assert find_versions(made()) == ()
    assert max(most[9:]) <= 2


def test_going_through_all_documents_leaves_none_in_memory(index: Index) -> None:
    index.sentences("a.md")
    for path in index.documents:
        index.entry(path)
    assert list(index._located) == ["a.md"]


def test_vectors_of_other_texts_are_noticed(tmp_path: Path, entries: list[Entry]) -> None:
    write_snapshot(tmp_path, entries)
    np.save(tmp_path / "sentence-vectors.npy", np.ones((3, 32), np.float32))
    with pytest.raises(IndexCorruptError, match=r"sentence-vectors\.npy"):
        Index(tmp_path)


def test_an_unknown_document_is_a_key_error(index: Index) -> None:
    with pytest.raises(KeyError):
        index.sentences("nowhere.txt")
    with pytest.raises(TypeError):
        index.documents["a.md"] = index.documents["b.txt"]  # type: ignore[index]


@given(st.text())
@settings(deadline=None)
def test_any_question_is_scored(index_of_texts: Index, question: str) -> None:
    scores = index_of_texts.lexical_scores(question)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


@pytest.fixture(scope="module")
def index_of_texts(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("index")
    write_snapshot(
        folder,
        [entry(path, text, 0, HashingEmbedder(32)) for path, text in TEXTS.items()],
    )
    return Index(folder)
