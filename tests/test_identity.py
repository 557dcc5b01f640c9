from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import MockLLM

from qa import Library, Settings, identity
from qa.embeddings import HashingEmbedder, SentenceTransformersEmbedder
from qa.identity import fingerprint
from qa.llms import (
    ChatModel,
    LlamaIndexChatModel,
    ScriptedChatModel,
    embedded,
    open_chat_model,
    weights,
)

PLAIN = Settings(llm="none")
MODEL = ScriptedChatModel(str)


def test_two_names_of_one_model_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "is_installed", lambda: True)
    monkeypatch.setattr(weights, "are_installed", lambda: True)
    prints = {
        fingerprint(settings, open_chat_model(settings), HashingEmbedder())
        for settings in (Settings(llm="auto"), Settings(llm="embedded"))
    }
    (same,) = prints
    assert len(same) == 12
    assert int(same, 16) >= 0


def models(folder: Path) -> list[ChatModel | None]:
    """Models that are all others, some by what stands behind one name."""
    one, other = folder / "one" / "a.gguf", folder / "two" / "a.gguf"
    for file, content in ((one, b"x"), (other, b"xx")):
        file.parent.mkdir()
        file.write_bytes(content)
    names = (str(one), str(other), "http://127.0.0.1:1/v1#m", "http://127.0.0.1:2/v1#m")
    mock = LlamaIndexChatModel(MockLLM())
    return [
        None,
        MODEL,
        ScriptedChatModel(str, name="other"),
        ScriptedChatModel(str, context_tokens=2048),
        *(open_chat_model(Settings(llm=name)) for name in names),
        mock,
        mock.with_fields(top_k=1),
        LlamaIndexChatModel(MockLLM(max_tokens=9)),
    ]


def test_models_are_told_apart_by_more_than_their_names(tmp_path: Path) -> None:
    found = models(tmp_path)
    assert len({fingerprint(PLAIN, model, HashingEmbedder()) for model in found}) == len(found)


@pytest.mark.parametrize("changed", [{"precision": "float32"}, {"query_prefix": "query: "}])
def test_what_changes_a_vector_counts(tmp_path: Path, changed: dict[str, Any]) -> None:
    (tmp_path / "config.json").write_text("{}")
    embedders = [
        HashingEmbedder(),
        SentenceTransformersEmbedder("a", tmp_path),
        SentenceTransformersEmbedder("a", tmp_path, **changed),
    ]
    assert len({fingerprint(PLAIN, MODEL, embedder) for embedder in embedders}) == 3


@pytest.mark.parametrize("name", ["READER_VERSION", "CHUNKER_VERSION"])
def test_how_files_are_read_counts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = fingerprint(PLAIN, MODEL, HashingEmbedder())
    monkeypatch.setattr(identity, name, "next")
    assert fingerprint(PLAIN, MODEL, HashingEmbedder()) != before


def test_the_answer_tells_what_answered(
    write: Callable[..., Path], fast: Callable[..., Settings]
) -> None:
    folder = write({"a.txt": "The tide rose by 12 cm.\n"})
    prints = {
        Library.open(folder, settings=fast(), llm=model).ask("How much?").fingerprint
        for model in (None, MODEL, ScriptedChatModel(str, name="other"))
    }
    assert len(prints) == 3
