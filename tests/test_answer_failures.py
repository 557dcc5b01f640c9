"""What is answered where there is no model, it fails, or its reply is of no use."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doubles import Endpoint, Handler, Script, chunk, drops, fails, hangs, repeats, replies, streams
from hypothesis import example, given
from hypothesis import strategies as st
from tides import FILES, QUESTION, assert_sound

from qa import Library, Settings, Turn
from qa.answering.abstention import NOT_FOUND_TEXT
from qa.errors import ModelUnavailableError, WeightsError
from qa.generation import INSTRUCTIONS
from qa.llms import Message, ScriptedChatModel, weights
from qa.types import AnswerReady

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]
Fast = Callable[..., Settings]


def test_without_a_model_the_answer_is_quoted_and_says_so(write: Write, fast: Fast) -> None:
    library = Library.open(write(FILES), settings=fast())
    answer = library.ask("When did the volcano erupt near Milano?")
    assert_sound(library, answer)
    assert answer.status == "answered"
    assert answer.extractive
    assert answer.model == library.model_name == "none"
    # The document's own "[12]" can't pass for a citation, while the quote stays as it is.
    assert answer.text == "The volcano erupted near Milano in 1944.(12) [1]"
    assert answer.citations[0].quote == "The volcano erupted near Milano in 1944.[12]"
    assert any("No language model" in note for note in answer.notes)


def test_without_a_model_and_without_a_close_sentence_nothing_is_quoted(
    write: Write, fast: Fast
) -> None:
    library = Library.open(write(FILES), settings=fast())
    answer = library.ask("zzzz qqqq xxxx?")
    assert_sound(library, answer)
    assert (answer.status, answer.text) == ("not_found", NOT_FOUND_TEXT)
    assert any("no sentence comes close" in note for note in answer.notes)


@given(question=st.text(st.sampled_from("abcdefgh [1]29.\n🌊"), min_size=1).filter(str.strip))
@example(question="The array a[0] comes first")
@example(question="The volcano erupted near Milano in 1944.[12]")
def test_without_a_model_any_answer_is_sound(
    shared_tides: tuple[Library, Script], question: str
) -> None:
    library, script = shared_tides
    script.answer = ModelUnavailableError("down")
    try:
        assert_sound(library, library.ask(question))
    finally:
        script.answer = ""


@pytest.mark.parametrize("stage", ["answer", "check", "rewrite"])
def test_a_model_that_fails_at_any_stage_leaves_quotes(
    tides: tuple[Library, Script], stage: str
) -> None:
    library, script = tides
    script.answer = "12 cm"
    setattr(script, stage, ModelUnavailableError("The model went away."))
    answer = library.ask("How much did the tide rise at 9 am?", [Turn("When?", "At 9 am.")])
    assert_sound(library, answer)
    assert answer.extractive
    assert answer.model == "none"
    assert answer.notes[0] == "The model went away."
    assert "12 cm" in answer.text


def test_an_endpoint_answers_as_a_model_does(write: Write, fast: Fast, endpoint: Endpoint) -> None:
    script = Script()
    script.answer = "12 cm [4]"

    def reply(request: dict[str, Any]) -> str:
        said = script([Message(m["role"], m["content"]) for m in request["messages"]])
        assert isinstance(said, str)
        return said

    endpoint.behaviour = replies(reply)
    settings = fast(llm=f"{endpoint.url}#m", api_key="hunter2")
    library = Library.open(write(FILES), settings=settings)
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert (answer.text, answer.model) == ("12 cm [1]", "m at 127.0.0.1")
    assert len(endpoint.requests) == 2
    assert "hunter2" not in answer.to_json()


def test_an_unreachable_endpoint_is_told_at_once(
    write: Write, fast: Fast, closed_port: int
) -> None:
    url = f"http://127.0.0.1:{closed_port}/v1#m"
    library = Library.open(write(FILES), settings=fast(llm=url))
    library.ask(QUESTION)
    started = time.perf_counter()
    answer = library.ask("How much did the tide rise at 9 am?")
    assert time.perf_counter() - started < 2
    assert_sound(library, answer)
    assert answer.extractive
    assert "can't be reached" in answer.notes[0]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (fails(401), "QA_API_KEY"),
        (fails(404), "QA_LLM"),
        (fails(500), "failing"),
        (streams(["data: {not json\n\n"]), "failed"),
        (drops, "failed"),
        (hangs, "QA_GENERATION__DEADLINE_SECONDS"),
        (repeats(chunk("tide ")), "QA_GENERATION__DEADLINE_SECONDS"),
        (repeats(": wait\n\n"), "QA_GENERATION__DEADLINE_SECONDS"),
    ],
)
def test_an_endpoint_that_misbehaves_leaves_quotes(
    write: Write,
    fast: Fast,
    endpoint: Endpoint,
    behaviour: Callable[[Handler], None],
    said: str,
) -> None:
    endpoint.behaviour = behaviour
    settings = fast(
        llm=f"{endpoint.url}#m",
        api_key="hunter2",
        generation={"deadline_seconds": 0.5, "max_tokens": 4096},
    )
    library = Library.open(write(FILES), settings=settings)
    answer = library.ask("How much did the tide rise at 9 am?")
    assert_sound(library, answer)
    assert answer.extractive
    assert said in answer.notes[0]
    assert "12 cm" in answer.text
    assert answer.timings["total"] < 10
    assert len(endpoint.requests) == 1
    assert "hunter2" not in answer.to_json()


@pytest.mark.parametrize(
    ("behaviour", "lasting"),
    [
        *((fails(status), True) for status in (401, 403, 404, 429, 500, 503)),
        (fails(400, '{"error": {"message": "the prompt is longer than the context"}}'), False),
        (hangs, False),
        (drops, False),
    ],
)
def test_a_failure_tells_whether_it_meets_everybody(
    write: Write,
    fast: Fast,
    endpoint: Endpoint,
    behaviour: Callable[[Handler], None],
    lasting: bool,
) -> None:
    endpoint.behaviour = behaviour
    settings = fast(llm=f"{endpoint.url}#m", generation={"deadline_seconds": 0.5})
    library = Library.open(write(FILES), settings=settings)
    for history in ([], [Turn("When?", "At 9 am.")]):
        *_, last = library.stream("How much did the tide rise at 9 am?", history)
        assert isinstance(last, AnswerReady)
        assert last.failure is not None
        assert last.failure.lasting is lasting
        assert last.failure.reason == last.answer.notes[-2]
    *_, last = library.stream("How much did the tide rise at 9 am?", quotes_only=True)
    assert isinstance(last, AnswerReady)
    assert last.failure is None


def test_a_model_that_cant_be_reached_or_put_in_place_meets_everybody(
    write: Write, fast: Fast, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise WeightsError("The disk is full.")

    monkeypatch.setattr(weights, "ensure_weights", full)
    for llm in (f"http://127.0.0.1:{closed_port}/v1#m", "embedded"):
        library = Library.open(write(FILES), settings=fast(llm=llm))
        *_, last = library.stream("How much did the tide rise at 9 am?")
        assert isinstance(last, AnswerReady)
        assert last.failure is not None
        assert last.failure.lasting


@pytest.mark.parametrize("body", ["<html>hello</html>", "", "null", '{"error": {"message": "no"}}'])
def test_a_server_of_another_kind_gives_no_fact(
    write: Write, fast: Fast, endpoint: Endpoint, body: str
) -> None:
    endpoint.behaviour = fails(200, body)
    library = Library.open(write(FILES), settings=fast(llm=f"{endpoint.url}#m"))
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.extractive or answer.status == "not_found"


def test_an_empty_reply_is_no_statement_about_the_documents(write: Write, fast: Fast) -> None:
    model = ScriptedChatModel(lambda _messages: "")
    answer = Library.open(write(FILES), settings=fast(), llm=model).ask(QUESTION)
    assert answer.extractive
    assert any("empty reply" in note and "thinking" in note for note in answer.notes)


def test_a_reply_that_was_cut_off_is_told(write: Write, fast: Fast) -> None:
    settings = fast(generation={"max_tokens": 16})
    model = ScriptedChatModel(lambda _messages: "word " * 40)
    answer = Library.open(write(FILES), settings=settings, llm=model).ask(QUESTION)
    assert any("cut off" in note for note in answer.notes)


def test_what_two_parts_have_in_common_is_told_once(write: Write, fast: Fast) -> None:
    settings = fast(generation={"max_tokens": 16})
    model = ScriptedChatModel(lambda _messages: "word " * 40)
    library = Library.open(write(FILES), settings=settings, llm=model)
    answer = library.ask("How much did the tide rise and when did the volcano erupt?")
    assert len([prompt for prompt in model.prompts if prompt[0].content == INSTRUCTIONS]) > 1
    assert sum("cut off" in note for note in answer.notes) == 1
