"""The real models on the real article: few questions, from the weights to the quotes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa import AnswerReady, DraftText, EvidenceFound, Library, Settings, Turn

pytestmark = pytest.mark.real

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
QUESTION = "When is the album released?"
# Read before any fixture changes the environment: the assembled weights are used again.
HOME = os.environ.get("QA_HOME")


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    settings = Settings.load(llm="embedded", **({"home": HOME} if HOME else {}))
    with Library.open(SEEDS, settings=settings) as opened:
        yield opened


def test_an_answer_is_right_cited_and_exact(library: Library) -> None:
    answer = library.ask(QUESTION)
    assert answer.status == "answered"
    assert "May 24" in answer.text
    assert answer.citations
    for citation in answer.citations:
        text = library.documents[citation.document].text
        assert text[citation.start : citation.end] == citation.quote
    assert any("May 24" in citation.quote for citation in answer.citations)
    assert answer.citations[0].date == "2024-05-11"
    assert not answer.extractive
    assert "embedded" in answer.model


def test_the_same_question_gets_the_same_answer(library: Library) -> None:
    first, second = library.ask(QUESTION), library.ask(QUESTION)
    assert (first.text, first.citations) == (second.text, second.citations)


def test_what_the_article_does_not_say_is_refused(library: Library) -> None:
    answer = library.ask("What is the boiling point of nitrogen?")
    assert answer.status == "not_found"
    assert not answer.citations
    assert answer.evidence


def test_a_follow_up_is_understood_from_the_conversation(library: Library) -> None:
    answer = library.ask(
        "And how many tracks does it have?", [Turn(QUESTION, "Right Place, Wrong Person: May 24")]
    )
    assert answer.standalone_question
    assert answer.evidence


def test_events_come_in_order(library: Library) -> None:
    events = list(library.stream(QUESTION))
    assert isinstance(events[0], EvidenceFound)
    assert isinstance(events[-1], AnswerReady)
    assert all(isinstance(event, DraftText) for event in events[1:-1])
    assert len(events) > 2
