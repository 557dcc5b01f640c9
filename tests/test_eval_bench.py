"""That the benchmark measures what it says; how fast anything is is not tested."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.bench import (
    GrownEmbedder,
    Timing,
    bench_answers,
    bench_embedding,
    bench_library,
    grow,
    plain_model,
    real_sentences,
)
from eval.cases import CasesError
from qa import Library, Settings
from qa.embeddings import HashingEmbedder, open_embedder
from qa.errors import ModelError
from qa.llms import ScriptedChatModel
from qa.settings import EmbeddingSettings
from qa.types import Document

SENTENCES = [f"Sentence number {word} tells of the harbour." for word in ("one", "two", "three")]
TEXT = " ".join(SENTENCES) + "\n"


def test_a_grown_library_has_its_size_and_no_sentence_twice(tmp_path: Path) -> None:
    texts = grow(SENTENCES, 500, tmp_path / "grown")
    assert len(texts) == len(set(texts)) == 500
    written = " ".join(p.read_text("utf-8") for p in sorted((tmp_path / "grown").iterdir()))
    assert written.split() == " ".join(texts).split()
    assert len(list((tmp_path / "grown").iterdir())) == 3
    nothing = {"a.txt": Document("a.txt", "A", "Hm.\n", None, "0")}
    with pytest.raises(CasesError, match="no sentence"):
        real_sentences(nothing)


def test_copies_lie_near_their_sentence_but_not_on_it(tmp_path: Path) -> None:
    inner = HashingEmbedder()
    grown = GrownEmbedder(inner, SENTENCES)
    texts = grow(SENTENCES, 30, tmp_path / "grown")
    vectors = grown.embed(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    assert len(np.unique(vectors.round(5), axis=0)) == 30
    nearest = (vectors @ inner.embed(SENTENCES).T).argmax(axis=1)
    assert nearest.tolist() == [0, 1, 2] * 10
    np.testing.assert_array_equal(vectors, grown.embed(texts))
    paragraph = grown.embed([" ".join(texts[4:7])])
    assert (paragraph @ inner.embed(SENTENCES).T).argmax() == 1


def test_library_timings_name_their_size(fast: Callable[..., Settings]) -> None:
    documents = {"a.txt": Document("a.txt", "A", TEXT, None, "0")}
    settings = fast()
    grown = GrownEmbedder(HashingEmbedder(), real_sentences(documents))
    timings, point = bench_library(grown, ["Which harbour?"], 60, settings)
    assert [t.size for t in timings] == [60, 60, 60]
    assert all(t.ours > 0 for t in timings)
    assert (point.size, point.vectors, point.recall) == (60, "exact", 1.0)
    assert 0 < point.search <= point.search_p95
    assert point.bytes_per_sentence > 4 * grown.dimension
    assert timings[-1].ratio == timings[-1].ours / timings[-1].plain
    assert list((settings.home / "eval").iterdir()) == []


def test_both_sides_of_a_search_ask_the_same_questions(
    fast: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = {"a.txt": Document("a.txt", "A", TEXT, None, "0")}
    grown = GrownEmbedder(HashingEmbedder(), real_sentences(documents))
    asked: dict[str, list[str]] = {"ours": [], "plain": []}
    side = "plain"
    search, embed = Library.search, HashingEmbedder.embed_query

    def ours(library: Library, question: str, *more: Any) -> Any:
        nonlocal side
        asked["ours"].append(question)
        side = "ours"
        try:
            return search(library, question, *more)
        finally:
            side = "plain"

    def embedded(embedder: HashingEmbedder, question: str) -> Any:
        if side == "plain":
            asked["plain"].append(question)
        return embed(embedder, question)

    monkeypatch.setattr(Library, "search", ours)
    monkeypatch.setattr(HashingEmbedder, "embed_query", embedded)
    questions = [f"Which harbour is number {number}?" for number in ("one", "two", "three", "four")]
    bench_library(grown, questions, 60, fast())
    assert len(set(asked["ours"])) == 4
    assert asked["plain"][: len(asked["ours"])] == asked["ours"]


def test_answers_are_measured_by_stage(
    write: Callable[..., Path], fast: Callable[..., Settings]
) -> None:
    model, embedder = ScriptedChatModel(lambda _: "NOT STATED"), HashingEmbedder()
    library = Library.open(
        write({"a.txt": TEXT}), settings=fast(llm="auto"), llm=model, embedder=embedder
    )
    timings = bench_answers(library, ["Which harbour?", "How many?"], embedder, model, 9.0)
    assert timings[0].what == "answer, whole"
    assert {"answer, evidence", "answer, generation"} <= {timing.what for timing in timings}
    plain = [p for p in model.prompts if p[-1].content.startswith("Context:")]
    assert len(plain) == 3
    assert TEXT.strip() in plain[0][-1].content
    with pytest.raises(CasesError):
        bench_answers(library, [], embedder, model, 9.0)


def test_embedding_is_compared_with_the_plain_call() -> None:
    calls: list[Any] = []

    class Plain:
        def encode(self, texts: list[str], **options: Any) -> None:
            calls.append((texts, options))

    timing = bench_embedding(HashingEmbedder(), Plain(), SENTENCES)
    assert timing.size == 3
    assert calls[0][0] == SENTENCES
    assert len(calls) == 4


def test_a_timing_without_a_plain_call_is_plain_json() -> None:
    values = Timing("x", 1, 0.5, math.nan).to_dict()
    assert values["plain"] is values["ratio"] is None


@pytest.mark.real
def test_the_plain_model_is_the_bundled_one() -> None:
    # In the precision that the plain call has too.
    embedder = open_embedder(EmbeddingSettings(precision="float32"))
    plain = plain_model(embedder.name).encode(SENTENCES, normalize_embeddings=True)
    np.testing.assert_allclose(plain, embedder.embed(SENTENCES), atol=1e-4)


def test_a_plain_model_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match="no/such/model"):
        plain_model("no/such/model")
