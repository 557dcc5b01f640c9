"""A library inside a LlamaIndex program."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core.schema import MetadataMode

from qa import Library, Settings
from qa.llamaindex import LibraryQueryEngine, LibraryRetriever


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "bridge.txt").write_text(
        "The bridge was opened in 1931.\n\nThe bridge was opened in 1931.", encoding="utf-8"
    )
    settings = Settings.load(home=tmp_path / "home", llm="none", embedding={"model": "hashing"})
    return Library.open(folder, settings=settings)


def test_nodes_of_the_retriever_tell_exact_offsets(library: Library) -> None:
    nodes = LibraryRetriever(library, limit=3).retrieve("When was the bridge opened?")
    assert nodes
    for found in nodes:
        text = library.documents[found.node.metadata["document"]].text
        assert text[found.node.start_char_idx : found.node.end_char_idx] == found.node.text


def test_when_a_file_was_saved_is_told_to_programs_and_to_no_model(library: Library) -> None:
    (found, *_) = LibraryRetriever(library, limit=1).retrieve("When was the bridge opened?")
    assert found.node.metadata["date"] is None
    saved = found.node.metadata["saved"]
    assert saved
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        assert saved not in found.node.get_content(mode)


def test_the_query_engine_answers_with_citations_as_sources(library: Library) -> None:
    question = "When was the bridge opened?"
    response = LibraryQueryEngine(library).query(question)
    answer = library.ask(question)
    assert str(response) == answer.text
    assert answer.citations
    assert [found.node.text for found in response.source_nodes] == [
        citation.quote for citation in answer.citations
    ]
    assert response.metadata is not None
    assert response.metadata["status"] == "answered"
