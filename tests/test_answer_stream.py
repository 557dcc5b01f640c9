"""An answer step by step: what comes when, and what ends when nobody listens any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import Endpoint, Script, chunk, repeats
from tides import FILES, QUESTION

from qa import AnswerReady, DraftText, EvidenceFound, Library, Settings, Turn
from qa.errors import QuestionError
from qa.llms import Deadline, Message, Token

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]
Fast = Callable[..., Settings]


def test_a_stream_is_evidence_then_draft_then_answer(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.answer = "The tide rose by 12 cm [3]."
    first, *drafts, last = library.stream(QUESTION)
    assert isinstance(first, EvidenceFound)
    assert first.standalone_question is None
    assert first.passages
    assert all(isinstance(event, DraftText) for event in drafts)
    assert "".join(event.delta for event in drafts if isinstance(event, DraftText)) == script.answer
    assert isinstance(last, AnswerReady)
    assert last.answer.evidence == first.passages
    assert replace(last.answer, timings={}) == replace(library.ask(QUESTION), timings={})


def test_evidence_comes_before_the_model_is_asked(tides: tuple[Library, Script]) -> None:
    library, script = tides
    asked: list[Sequence[Message]] = []

    def reply(messages: Sequence[Message]) -> str:
        asked.append(messages)
        return "12 cm"

    script.answer = reply
    events = library.stream(QUESTION)
    assert isinstance(next(events), EvidenceFound)
    assert asked == []
    assert isinstance(next(events), DraftText)
    assert len(asked) == 1


def test_a_follow_up_shows_what_its_own_words_find_before_it_is_understood(
    tides: tuple[Library, Script],
) -> None:
    library, script = tides
    asked: list[Sequence[Message]] = []

    def rewrite(messages: Sequence[Message]) -> str:
        asked.append(messages)
        return "At what time did the tide rise?"

    script.rewrite, script.answer = rewrite, "9 am"
    history = [Turn(QUESTION, "12 cm [1]")]
    events = library.stream("and when?", history)
    first = next(events)
    assert asked == []
    assert first == EvidenceFound(None, first.passages, provisional=True)  # type: ignore[union-attr]
    # What a search for the question before and the follow-up's words finds.
    *_, quoted = library.stream("and when?", history, quotes_only=True)
    assert isinstance(quoted, AnswerReady)
    assert [each.sentence for each in first.passages] == [  # type: ignore[union-attr]
        each.sentence for each in quoted.answer.evidence
    ]
    second, *_, last = events
    assert isinstance(second, EvidenceFound)
    assert not second.provisional
    assert isinstance(last, AnswerReady)
    assert last.answer.evidence == second.passages
    assert {"provisional evidence", "rewriting", "evidence"} <= set(last.answer.timings)


def test_what_no_model_has_to_understand_is_searched_once(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.answer = "12 cm"
    history = [Turn(QUESTION, "12 cm [1]")]
    for events in (
        library.stream(QUESTION),
        library.stream("and when?", history, quotes_only=True),
        library.stream("Summarise the documents", history),
    ):
        found = [event for event in events if isinstance(event, EvidenceFound)]
        assert [event.provisional for event in found] == [False]


def test_a_bad_question_is_refused_before_the_stream_begins(tides: tuple[Library, Script]) -> None:
    with pytest.raises(QuestionError):
        tides[0].stream(" ")


class Closable:
    """A chat model that notices when its reply is given up."""

    name = "closable"
    context_tokens = 4096

    def __init__(self) -> None:
        self.closed = False

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
    ) -> Iterator[Token]:
        try:
            while True:
                yield Token("tide ")
        finally:
            self.closed = True


def test_closing_the_stream_stops_the_model(write: Write, fast: Fast) -> None:
    model = Closable()
    events = Library.open(write(FILES), settings=fast(), llm=model).stream(QUESTION)
    for event in events:
        if isinstance(event, DraftText):
            break
    assert not model.closed
    events.close()  # type: ignore[attr-defined]
    assert model.closed


def test_closing_the_stream_hangs_up_on_an_endpoint(
    write: Write, fast: Fast, endpoint: Endpoint
) -> None:
    endpoint.behaviour = repeats(chunk("tide "))
    library = Library.open(write(FILES), settings=fast(llm=f"{endpoint.url}#m"))
    events = library.stream(QUESTION)
    assert isinstance(next(events), EvidenceFound)
    assert isinstance(next(events), DraftText)
    events.close()  # type: ignore[attr-defined]
    assert endpoint.hung_up.wait(10)


def test_stages_are_timed(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.answer = "12 cm"
    timings = library.ask(QUESTION).timings
    assert {"evidence", "generation", "verification", "total"} <= set(timings)
    assert all(seconds >= 0 for seconds in timings.values())
    stages = sum(seconds for stage, seconds in timings.items() if stage != "total")
    assert stages <= timings["total"] + 1e-6
    assert "rewriting" in library.ask(QUESTION, [Turn("a", "b")]).timings
