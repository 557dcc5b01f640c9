"""The peer, with a scripted model: that it gets what is its due, and is read rightly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from eval.metrics import dangling_markers, quote_faults
from eval.systems import Setup, build
from qa import Settings
from qa.embeddings import HashingEmbedder
from qa.errors import ModelUnavailableError
from qa.llms import Message, ScriptedChatModel
from qa.types import Turn

TIDES = "The tide is high at noon. Boats leave the harbour at one.\n"
OWLS = "Owls hunt at night. An owl turns its head by 270 degrees.\n"


@pytest.fixture
def peer(write: Callable[..., Path], fast: Callable[..., Settings]) -> Callable[..., Any]:
    folder = write({"tides.txt": TIDES, "birds/owls.txt": OWLS, "empty.txt": "Nothing more.\n"})

    def peer(reply: str | Callable[[Sequence[Message]], str]) -> tuple[Any, ScriptedChatModel]:
        script = reply if callable(reply) else lambda _: reply
        model = ScriptedChatModel(script)
        return build("llamaindex", Setup(folder, fast(llm="auto"), model, HashingEmbedder())), model

    return peer


DOCUMENTS = {"tides.txt": TIDES, "birds/owls.txt": OWLS, "empty.txt": "Nothing more.\n"}


def test_it_is_asked_with_its_own_prompt_and_its_sources_are_located(
    peer: Callable[..., Any],
) -> None:
    system, model = peer("By 270 degrees [1].")
    reply = system.ask("How far does an owl turn its head?", ())
    (prompt,) = model.prompts
    assert prompt[-1].content.startswith("Please provide an answer based solely on")
    assert "Source 1:\nOwls hunt at night." in prompt[-1].content
    assert reply.answer.text == "By 270 degrees [1]."
    (citation,) = reply.answer.citations
    assert (citation.document, citation.quote) == ("birds/owls.txt", OWLS.strip())
    assert quote_faults(reply.answer, DOCUMENTS) == ()
    # Its own default of sources, best first.
    assert reply.answer.evidence[0].sentence.document == "birds/owls.txt"
    assert len(reply.answer.evidence) == 2


@pytest.mark.parametrize(
    ("said", "text", "cited", "dangling"),
    [
        ("By 270 degrees [Source 1].", "By 270 degrees [1].", [1], ()),
        ("A [1, 2].", "A [1][2].", [1, 2], ()),
        ("A [Source 2, Source 9].", "A [2][9].", [2], (9,)),
        ("A [3].", "A [3].", [], (3,)),
        ("In 1999 [sic].", "In 1999 [sic].", [], ()),
    ],
)
def test_its_markers_are_read_in_every_form(
    peer: Callable[..., Any], said: str, text: str, cited: list[int], dangling: tuple[int, ...]
) -> None:
    answer = peer(said)[0].ask("How far does an owl turn its head?", ()).answer
    assert answer.text == text
    assert [citation.number for citation in answer.citations] == cited
    assert dangling_markers(answer) == dangling


def test_a_follow_up_goes_through_its_condensing_chat_engine(peer: Callable[..., Any]) -> None:
    def script(messages: Sequence[Message]) -> str:
        content = messages[-1].content
        return "At night [1]." if content.startswith("Please provide") else "When do owls hunt?"

    system, model = peer(script)
    answer = system.ask("And when?", (Turn("Do owls hunt?", "Yes, they do."),)).answer
    condensing, asking = model.prompts
    assert "Yes, they do." in condensing[-1].content
    assert "Query: When do owls hunt?" in asking[-1].content
    assert answer.text == "At night [1]."
    assert answer.citations[0].document == "birds/owls.txt"


@pytest.mark.parametrize("kind", [RuntimeError, ModelUnavailableError])
def test_a_failure_is_its_answers_failure(peer: Callable[..., Any], kind: type[Exception]) -> None:
    def fails(_: object) -> str:
        raise kind("no [tokens] left")

    with pytest.raises(ModelUnavailableError, match="no \\[tokens\\] left"):
        peer(fails)[0].ask("How far?", ())


def test_a_source_that_is_not_in_the_document_is_no_exact_citation(
    peer: Callable[..., Any], tmp_path: Path
) -> None:
    system, _ = peer("By 270 degrees [1].")
    system._documents["birds/owls.txt"] = system._documents["tides.txt"]
    answer = system.ask("How far does an owl turn its head?", ()).answer
    assert any("span 0-0" in fault for fault in quote_faults(answer, DOCUMENTS))
