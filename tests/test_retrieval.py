from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import retrieval
from qa.embeddings import HashingEmbedder, open_embedder
from qa.errors import IndexOutdatedError
from qa.index import Index, update_index
from qa.retrieval import retrieve
from qa.settings import ChunkingSettings, EmbeddingSettings, RetrievalSettings

PARAGRAPHS = {
    "cats.txt": "Cats sleep for sixteen hours. Their eyes glow at night.",
    "dogs.txt": "Dogs bark at strangers. A dog is loyal to its owner.",
    "ships.txt": "A container ship carries freight. Its engine burns heavy oil.",
    "music.txt": "The album appeared in May. Critics praised its eleventh track.",
}


def build(folder: Path, texts: dict[str, str]) -> Index:
    library = folder / "library"
    library.mkdir()
    for path, text in texts.items():
        (library / path).write_text(text, "utf-8")
    return update_index(folder / "store", library, HashingEmbedder(), ChunkingSettings())[0]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return build(tmp_path_factory.mktemp("retrieval"), PARAGRAPHS)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("How long do cats sleep?", "cats.txt"),
        ("Who is loyal to its owner?", "dogs.txt"),
        ("What does the engine of the ship burn?", "ships.txt"),
        ("When did the album appear?", "music.txt"),
    ],
)
def test_the_chunk_that_answers_comes_first(index: Index, question: str, document: str) -> None:
    hits = retrieve(index, HashingEmbedder(), question, RetrievalSettings())
    assert hits[0].chunk.document == document
    assert len(hits) == 4
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_hit_tells_all_about_its_chunk(index: Index) -> None:
    question = "Whose eyes glow at night?"
    hit = retrieve(index, HashingEmbedder(), question, RetrievalSettings(chunks=1))[0]
    query = HashingEmbedder().embed_query(question)
    vectors = HashingEmbedder().embed([one.text for one in hit.chunk.sentences])
    mean = np.average(vectors, axis=0, weights=[len(one.text) for one in hit.chunk.sentences])
    cosine = float(mean @ query / np.linalg.norm(mean))
    cosines = vectors @ query
    assert hit.dense == pytest.approx((cosine + max(cosines)) / 2, abs=1e-5)
    assert [one.score for one in hit.sentences] == pytest.approx(list(cosines), abs=1e-5)
    assert tuple(one.sentence for one in hit.sentences) == hit.chunk.sentences
    assert hit.lexical > 0
    document = index.documents[hit.chunk.document]
    assert (hit.title, hit.date) == (document.title, document.date)
    assert document.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text


def test_the_fused_score_is_the_weighted_sum_of_z_scores(index: Index) -> None:
    hits = retrieve(
        index, HashingEmbedder(), "Does a dog sleep at night?", RetrievalSettings(dense_weight=0.65)
    )
    dense = np.array([hit.dense for hit in hits])
    lexical = np.array([hit.lexical for hit in hits])
    expected = 0.65 * (dense - dense.mean()) / dense.std()
    expected += 0.35 * (lexical - lexical.mean()) / lexical.std()
    assert [hit.score for hit in hits] == pytest.approx(list(expected), abs=1e-4)


def test_the_weight_decides_between_meaning_and_words(index: Index) -> None:
    question = "sixteen barks of dog"
    dense = retrieve(index, HashingEmbedder(), question, RetrievalSettings(dense_weight=1.0))
    assert [h.dense for h in dense] == sorted((h.dense for h in dense), reverse=True)
    lexical = retrieve(index, HashingEmbedder(), question, RetrievalSettings(dense_weight=0.0))
    assert [h.lexical for h in lexical] == sorted((h.lexical for h in lexical), reverse=True)


def test_no_more_chunks_than_asked_for(index: Index) -> None:
    assert len(retrieve(index, HashingEmbedder(), "cats", RetrievalSettings(chunks=2))) == 2


def test_one_chunk_is_found_by_any_question(tmp_path: Path) -> None:
    index = build(tmp_path, {"only.txt": "The only sentence."})
    for question in ("only", "unrelated", "", "of the and"):
        hits = retrieve(index, HashingEmbedder(), question, RetrievalSettings())
        assert [hit.score for hit in hits] == [0.0]


def test_copies_come_in_the_order_of_documents_and_positions(tmp_path: Path) -> None:
    index = build(tmp_path, {f"{name}.txt": "The same sentence." for name in "cabd"})
    hits = retrieve(index, HashingEmbedder(), "same", RetrievalSettings())
    assert [hit.chunk.document for hit in hits] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert {hit.score for hit in hits} == {0.0}


def test_copies_that_differ_in_the_last_bits_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Noisy:
        """An index of sixty chunks; each copy scores higher than the one before by rounding."""

        def candidates(self, query: object, lexical: object) -> None:
            return None

        def dense_scores(self, query: object, rows: None) -> tuple[Any, Any]:
            scores = np.full(60, 0.1, np.float32)
            scores[::2] = 0.5 + np.arange(30, dtype=np.float32) * 2**-24
            return scores, scores

        def best_in_chunks(self, scores: Any, rows: None) -> Any:
            return scores

        def sentence_places(self, rows: Any) -> Any:
            return rows

        def lexical_scores(self, question: str) -> Any:
            return np.zeros(60, np.float32)

    monkeypatch.setattr(retrieval, "_hit", lambda index, row, *rest: row)
    rows: Any = retrieve(Noisy(), HashingEmbedder(), "", RetrievalSettings(chunks=60))  # type: ignore[arg-type]
    assert rows == (*range(0, 60, 2), *range(1, 60, 2))


def test_a_question_of_stop_words_is_ranked_by_meaning_alone(index: Index) -> None:
    hits = retrieve(index, HashingEmbedder(), "of the and at", RetrievalSettings())
    assert {hit.lexical for hit in hits} == {0.0}
    assert [h.dense for h in hits] == sorted((h.dense for h in hits), reverse=True)


def test_an_embedder_of_another_dimension_is_refused(index: Index) -> None:
    with pytest.raises(IndexOutdatedError):
        retrieve(index, HashingEmbedder(64), "cats", RetrievalSettings())


@given(question=st.text(st.characters(exclude_categories=[]), max_size=200))
@settings(deadline=None)
def test_any_question_gives_the_same_ranking_twice(index: Index, question: str) -> None:
    first = retrieve(index, HashingEmbedder(), question, RetrievalSettings())
    assert first == retrieve(index, HashingEmbedder(), question, RetrievalSettings())
    assert len(first) == 4
    assert all(np.isfinite([hit.score, hit.dense, hit.lexical]).all() for hit in first)


@pytest.mark.real
def test_the_bundled_model_finds_a_paraphrase(tmp_path: Path) -> None:
    embedder = open_embedder(EmbeddingSettings())
    library = tmp_path / "library"
    library.mkdir()
    for path, text in PARAGRAPHS.items():
        (library / path).write_text(text, "utf-8")
    index, _ = update_index(tmp_path / "store", library, embedder, ChunkingSettings())
    hits = retrieve(index, embedder, "When was the record released?", RetrievalSettings())
    assert hits[0].chunk.document == "music.txt"
