from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from doubles import (
    Endpoint,
    Handler,
    chunk,
    drops,
    fails,
    hangs,
    repeats,
    replies,
    streams,
    token_logprobs,
)

from qa.errors import ModelUnavailableError
from qa.llms import ChatModel, Deadline, LlamaIndexChatModel, Message, Token, complete
from qa.llms.llamaindex import openai_like

PROMPT = [Message("system", "Be brief."), Message("user", "How high?")]


def model_at(url: str, api_key: str | None = None) -> LlamaIndexChatModel:
    return openai_like(url=url, model="m", api_key=api_key, context_tokens=4096, name="m at here")


def ask(model: ChatModel, seconds: float = 20.0, max_tokens: int = 50) -> str:
    return complete(model, PROMPT, max_tokens=max_tokens, deadline=Deadline(seconds)).text


def test_an_endpoint_answers(endpoint: Endpoint) -> None:
    endpoint.behaviour = replies("12 cm in Ålesund")
    model = model_at(endpoint.url, "secret")
    assert (model.name, model.context_tokens) == ("m at here", 4096)
    assert ask(model).strip() == "12 cm in Ålesund"
    (request,) = endpoint.requests
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How high?"},
    ]
    assert request["headers"]["Authorization"] == "Bearer secret"
    assert {name: request[name] for name in ("model", "temperature", "max_tokens", "stream")} == {
        "model": "m",
        "temperature": 0.0,
        "max_tokens": 50,
        "stream": True,
    }
    assert request["logprobs"] is True


def test_probabilities_come_along(endpoint: Endpoint) -> None:
    endpoint.behaviour = streams(
        [
            chunk("Yes", token_logprobs("Yes", math.log(0.6), ("No", math.log(0.3)))),
            chunk("."),
            chunk("", finish="stop"),
        ]
    )
    reply = complete(model_at(endpoint.url), PROMPT, max_tokens=5, deadline=Deadline(20))
    first, second = reply.tokens
    assert first.probability == pytest.approx(0.6)
    assert [text for text, _ in first.alternatives] == ["Yes", "No"]
    assert reply.first_token_probability("No") == pytest.approx(0.3)
    assert second == Token(".")


def test_probabilities_of_other_text_are_not_believed(endpoint: Endpoint) -> None:
    endpoint.behaviour = streams([chunk("Yes", token_logprobs("No", -0.1))])
    reply = complete(model_at(endpoint.url), PROMPT, max_tokens=5, deadline=Deadline(20))
    assert reply.tokens == (Token("Yes"),)


@pytest.mark.parametrize(
    "logprobs",
    [
        {"content": [{"token": "Yes", "logprob": None, "bytes": None, "top_logprobs": []}]},
        {"content": [{"token": "Yes", "logprob": -0.1, "bytes": None, "top_logprobs": None}]},
        {"content": [{"token": None, "logprob": -0.1, "bytes": None, "top_logprobs": []}]},
        {"content": []},
        {"content": None},
        {},
    ],
)
def test_half_given_probabilities_are_done_without(
    endpoint: Endpoint, logprobs: dict[str, Any]
) -> None:
    endpoint.behaviour = streams([chunk("Yes", logprobs)])
    reply = complete(model_at(endpoint.url), PROMPT, max_tokens=5, deadline=Deadline(20))
    assert reply.text == "Yes"
    assert reply.first_token_probability("Yes") is None


def test_tokens_come_as_they_are_made(endpoint: Endpoint) -> None:
    go_on = threading.Event()

    def behave(handler: Handler) -> None:
        handler.start()
        handler.send(chunk("12 "))
        go_on.wait(10)
        handler.send(chunk("cm") + "data: [DONE]\n\n")

    endpoint.behaviour = behave
    tokens = model_at(endpoint.url).stream(PROMPT, max_tokens=5, deadline=Deadline(20))
    assert next(tokens).text == "12 "
    go_on.set()
    assert [token.text for token in tokens] == ["cm"]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (["<think>", "It is", " 12?", "</think>", "\n\n", "12 cm"], "12 cm"),
        (["\n<th", "ink>\n\n</thi", "nk>\n\n12", " cm"], "12 cm"),
        (["<think>It is 12.</think>"], ""),
        # All of the room was spent on it.
        (["<think>", "Is it 12", " or"], ""),
        # That is no thought.
        (["<thin", " ice>", " 12 cm"], "<thin ice> 12 cm"),
        (["12 cm <think>", "</think>"], "12 cm <think></think>"),
        (["<", ""], "<"),
        ([], ""),
    ],
)
def test_what_a_model_thinks_first_is_no_reply(
    endpoint: Endpoint, said: list[str], read: str
) -> None:
    endpoint.behaviour = streams([chunk(text) for text in said])
    assert ask(model_at(endpoint.url)).strip() == read


def refuses(
    refused: Callable[[dict[str, Any]], bool], body: str, status: int = 400, text: str = "12 cm"
) -> Callable[[Handler], None]:
    """Refuse requests of a kind, and answer the others."""

    def behave(handler: Handler) -> None:
        request = handler.server.endpoint.requests[-1]
        (fails(status, body) if refused(request) else replies(text))(handler)

    return behave


@pytest.mark.parametrize(
    ("refused", "body", "status", "kept"),
    [
        (
            lambda request: "logprobs" in request,
            '{"error": {"message": "`logprobs` is not supported with this model"}}',
            400,
            {"seed": 0, "temperature": 0.0, "max_tokens": 50},
        ),
        (
            lambda request: "seed" in request,
            '{"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "input": 0}]}',
            422,
            {"logprobs": True, "temperature": 0.0, "max_tokens": 50},
        ),
        (
            lambda request: "max_tokens" in request,
            '{"error": {"message": "Unsupported parameter: \'max_tokens\' is not supported with '
            "this model. Use 'max_completion_tokens' instead.\"}}",
            400,
            {"seed": 0, "temperature": 0.0, "max_completion_tokens": 50},
        ),
        (
            lambda request: request["temperature"] is not None,
            '{"error": {"message": "\'temperature\' does not support 0 with this model."}}',
            400,
            {"seed": 0, "temperature": None, "max_tokens": 50},
        ),
        (
            lambda request: request["messages"][0]["role"] == "system",
            '{"error": {"message": "System role not supported"}}',
            400,
            {"messages": [{"role": "user", "content": "Be brief.\n\nHow high?"}]},
        ),
    ],
    ids=["logprobs", "seed", "max_tokens", "temperature", "system"],
)
def test_a_field_that_is_refused_is_done_without(
    endpoint: Endpoint,
    refused: Callable[[dict[str, Any]], bool],
    body: str,
    status: int,
    kept: dict[str, Any],
) -> None:
    endpoint.behaviour = refuses(refused, body, status)
    model = model_at(endpoint.url)
    assert ask(model).strip() == "12 cm"
    assert len(endpoint.requests) == 2
    assert {name: endpoint.requests[1][name] for name in kept} == kept
    # It is asked so from then on, also with other fields.
    assert ask(model.with_fields(extra=1)).strip() == "12 cm"
    assert len(endpoint.requests) == 3


def test_several_refused_fields_are_found_out_one_by_one(endpoint: Endpoint) -> None:
    told = '{"error": {"message": "Unknown fields: seed, logprobs, temperature"}}'
    endpoint.behaviour = refuses(lambda request: "logprobs" in request, told)
    assert ask(model_at(endpoint.url)).strip() == "12 cm"
    # What stands first goes first; the temperature is never given up for nothing.
    assert [("seed" in each, "logprobs" in each) for each in endpoint.requests] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    assert endpoint.requests[-1]["temperature"] == 0.0


def test_a_prompt_that_is_too_long_gives_up_no_field(endpoint: Endpoint) -> None:
    endpoint.behaviour = fails(
        400,
        '{"error": {"message": "You requested 5000 tokens (4950 in the messages, 50 in max_tokens)'
        ' of 4096"}}',
    )
    with pytest.raises(ModelUnavailableError, match="5000 tokens"):
        ask(model_at(endpoint.url))
    assert len(endpoint.requests) == 1


def test_a_model_that_thinks_is_given_room(endpoint: Endpoint) -> None:
    def behave(handler: Handler) -> None:
        room = handler.server.endpoint.requests[-1]["max_tokens"]
        thought = [chunk("<think>"), *[chunk("hm ")] * 100]
        cut = [*thought[:room], chunk("", finish="length")]
        whole = [*thought, chunk("</think>"), *[chunk("12 ")] * 80, chunk("", finish="stop")]
        streams(whole if room > 200 else cut)(handler)

    endpoint.behaviour = behave
    model = model_at(endpoint.url)
    # No more of its reply is taken than was asked for.
    assert ask(model) == "12 " * 50
    assert [request["max_tokens"] for request in endpoint.requests] == [50, 4146]
    ask(model, max_tokens=10)
    assert [request["max_tokens"] for request in endpoint.requests[2:]] == [4106]


def test_a_model_that_only_thinks_is_asked_twice(endpoint: Endpoint) -> None:
    endpoint.behaviour = streams([chunk("<think> hm"), chunk("", finish="length")])
    assert ask(model_at(endpoint.url)) == ""
    assert len(endpoint.requests) == 2


def test_closing_the_stream_hangs_up(endpoint: Endpoint) -> None:
    endpoint.behaviour = repeats(chunk("wave "))
    tokens = model_at(endpoint.url).stream(PROMPT, max_tokens=5, deadline=Deadline(20))
    assert next(tokens).text == "wave "
    tokens.close()
    assert endpoint.hung_up.wait(10)


def test_calling_off_hangs_up_before_anything_was_sent(endpoint: Endpoint) -> None:
    reading = threading.Event()
    hung_up = threading.Event()

    def behave(handler: Handler) -> None:
        reading.set()
        # Nothing but the end of the connection can be read.
        if handler.connection.recv(1) == b"":
            hung_up.set()

    endpoint.behaviour = behave
    deadline = Deadline(1000)

    def give_up() -> None:
        assert reading.wait(10)
        deadline.call_off()

    threading.Thread(target=give_up).start()
    with pytest.raises(ModelUnavailableError, match="called off"):
        complete(model_at(endpoint.url), PROMPT, max_tokens=5, deadline=deadline)
    assert hung_up.wait(10)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (fails(401), "Check QA_API_KEY"),
        (fails(403), "Check QA_API_KEY"),
        (fails(404), "model's name after # in QA_LLM"),
        (fails(404), "mostly ends in /v1"),
        (fails(500, "out of memory"), "m at here is busy or failing (500)"),
        (fails(429, '{"error": {"message": "Quota is spent"}}'), "(429): Quota is spent. Try"),
        (fails(400, '{"error": {"message": "Too long"}}'), "BadRequestError: Too long"),
        (streams(["data: {not json\n\n"]), "m at here failed"),
        (drops, "m at here"),
    ],
)
def test_what_an_endpoint_does_wrong_is_told(
    endpoint: Endpoint, behaviour: Callable[[Handler], None], said: str
) -> None:
    endpoint.behaviour = behaviour
    with pytest.raises(ModelUnavailableError) as caught:
        ask(model_at(endpoint.url, "hunter2"))
    assert said in str(caught.value)
    assert "m at here" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(endpoint.requests) == 1, "a request is never repeated"


@pytest.mark.parametrize("body", ["<html>Welcome to nginx!</html>", "", "null", "[]", '{"a": 1}'])
def test_another_kind_of_server_gives_no_text(endpoint: Endpoint, body: str) -> None:
    endpoint.behaviour = fails(200, body)
    try:
        assert ask(model_at(endpoint.url)) == ""
    except ModelUnavailableError as error:
        assert "m at here" in str(error)


def test_nobody_listens(closed_port: int) -> None:
    started = time.perf_counter()
    with pytest.raises(ModelUnavailableError, match="can't be reached.*QA_LLM"):
        ask(model_at(f"http://127.0.0.1:{closed_port}/v1"))
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "behaviour",
    [hangs, repeats(chunk("and ")), repeats(": still working\n\n"), repeats(chunk(""))],
    ids=["silent", "endless", "comments", "empty"],
)
def test_the_deadline_holds(endpoint: Endpoint, behaviour: Callable[[Handler], None]) -> None:
    endpoint.behaviour = behaviour
    model = model_at(endpoint.url)
    started = time.perf_counter()
    with pytest.raises(ModelUnavailableError, match="QA_GENERATION__DEADLINE_SECONDS"):
        ask(model, seconds=0.5, max_tokens=10**6)
    assert time.perf_counter() - started < 10


def test_a_proxy_is_not_asked_for_this_machine(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{closed_port}")
    endpoint.behaviour = replies("12 cm")
    assert ask(model_at(endpoint.url)).strip() == "12 cm"


def test_any_llamaindex_model_plugs_in() -> None:
    from llama_index.core.llms import MockLLM

    model = LlamaIndexChatModel(MockLLM(max_tokens=3))
    assert isinstance(model, ChatModel)
    assert model.context_tokens > 0
    assert model.name
    assert ask(model)
    # The limit holds also where the integration knows nothing of it.
    pieces = list(model.stream(PROMPT, max_tokens=1, deadline=Deadline(10)))
    assert len(pieces) <= 1


def test_a_model_of_one_s_own_streams_and_is_closed() -> None:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse
    from llama_index.core.llms import LLMMetadata, MockLLM

    closed: list[bool] = []

    class Own(MockLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(context_window=123, model_name="own")

        def stream_chat(self, messages: Any, **options: Any) -> Any:
            assert options == {}

            def responses() -> Any:
                try:
                    for word in ("12 ", "cm"):
                        yield ChatResponse(message=ChatMessage(content=word), delta=word)
                finally:
                    closed.append(True)

            return responses()

    model = LlamaIndexChatModel(Own())
    assert (model.name, model.context_tokens) == ("own", 123)
    assert ask(model) == "12 cm"
    tokens = model.stream(PROMPT, max_tokens=5, deadline=Deadline(10))
    next(tokens)
    tokens.close()
    assert closed == [True, True]


def test_errors_of_any_integration_become_ours() -> None:
    from llama_index.core.llms import MockLLM

    class Broken(MockLLM):
        def stream_chat(self, messages: Any, **options: Any) -> Any:
            raise ValueError("no\n such   thing " + "x" * 1000)

    with pytest.raises(ModelUnavailableError) as caught:
        ask(LlamaIndexChatModel(Broken(), "theirs"))
    assert str(caught.value).startswith("theirs failed: ValueError: no such thing")
    assert len(str(caught.value)) < 400


def test_no_proxy_variable_leaks_into_other_tests() -> None:
    assert os.environ.get("ALL_PROXY") is None
