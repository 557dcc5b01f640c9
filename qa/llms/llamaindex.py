"""Any LlamaIndex LLM as a `ChatModel`: its hundreds of integrations plug in here."""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from qa.addresses import is_loopback
from qa.errors import ModelDownError, ModelUnavailableError
from qa.llms.base import Deadline, Message, Token, probability
from qa.llms.dialect import Dialect

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

__all__ = ["LlamaIndexChatModel", "openai_like"]

THOUGHTS_BEGIN, THOUGHTS_END = "<think>", "</think>"
# Characters of an endpoint's error message that are shown.
MOST_DETAIL = 300


class LlamaIndexChatModel:
    """A LlamaIndex LLM behind the `ChatModel` protocol.

    Parameters
    ----------
    llm : llama_index.core.llms.LLM
        Set up with temperature 0 by whoever made it.
    name : str, optional
        Shown to people; default the model's own name.
    dialect : Dialect, optional
        Of the OpenAI-compatible endpoint that the LLM passes the fields of a call on to.
        Other integrations are called with messages alone, since each has its own words
        for these.
    extra_body : mapping, optional
        Fields beyond OpenAI's for every request, where there is a `dialect`.
    identity : str, optional
        What tells it from other models. Default: its class, and what it says of itself.
    """

    def __init__(
        self,
        llm: LLM,
        name: str | None = None,
        *,
        dialect: Dialect | None = None,
        extra_body: Mapping[str, Any] | None = None,
        identity: str | None = None,
    ) -> None:
        self._llm = llm
        self._dialect = dialect
        self._extra_body = dict(extra_body or {})
        self._name = name or llm.metadata.model_name
        kind = f"{type(llm).__module__}.{type(llm).__qualname__}"
        said = (kind, llm.metadata, getattr(llm, "temperature", None))
        self._identity = identity or " ".join(map(str, said))

    @property
    def name(self) -> str:
        """What people are shown."""
        return self._name

    @property
    def identity(self) -> str:
        """What tells it from other models, and from itself asked otherwise."""
        return f"{self._identity} {self._extra_body}" if self._extra_body else self._identity

    @property
    def context_tokens(self) -> int:
        """Size of the context window in tokens."""
        return self._llm.metadata.context_window

    def with_fields(self, **fields: Any) -> LlamaIndexChatModel:
        """The same model, asked with more fields beyond OpenAI's in every request."""
        return LlamaIndexChatModel(
            self._llm,
            self._name,
            dialect=self._dialect,
            extra_body={**self._extra_body, **fields},
            identity=self._identity,
        )

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
    ) -> Iterator[Token]:
        """Generate a reply token by token; closing the iterator ends the request.

        Raises
        ------
        ModelUnavailableError
        """
        said = False
        while not said:
            call = _Call(deadline)
            try:
                with contextlib.closing(self._reply(messages, max_tokens, call)) as reply:
                    for token in itertools.islice(reply, max_tokens):
                        said = said or bool(token.text.strip())
                        yield token
            except ModelUnavailableError:
                raise
            except Exception as error:
                # What was called off fails somehow; that isn't the model's fault.
                deadline.remaining()
                if said or self._dialect is None or not self._dialect.learn(error):
                    # Each integration has its own exceptions; this is the one boundary where
                    # they become ours.
                    raise _explained(self._name, error) from error
                continue
            # All of the room may have been spent on thoughts.
            if said or not call.cut_off or self._dialect is None or not self._dialect.give_room():
                return

    def _reply(
        self, messages: Sequence[Message], max_tokens: int, call: _Call
    ) -> Generator[Token, None, None]:
        """One request, and its reply without what was thought first."""
        from llama_index.core.llms import ChatMessage

        options: dict[str, Any] = {}
        if self._dialect is not None:
            messages = self._dialect.messages(messages)
            options = {
                **self._dialect.options(max_tokens),
                "timeout": call.deadline.remaining(),
                "extra_body": self._extra_body,
            }
        chat = [
            ChatMessage(role=message.role, content=_defused(message.content))
            for message in messages
        ]
        responses: Any = None
        try:
            reset = _current_call.set(call)
            try:
                responses = iter(self._llm.stream_chat(chat, **options))
                # The request is sent when its first response is asked for.
                first = list(itertools.islice(responses, 1))
            finally:
                _current_call.reset(reset)
            yield from _without_thoughts(_replies(itertools.chain(first, responses), call))
        finally:
            # Closing the connection is what stops the model.
            close = getattr(responses, "close", None)
            if close is not None:
                close()
            if call.response is not None:
                call.response.close()


# Of ChatML and Llama 3, of Llama 2 and Mistral, of Gemma, of sentence marks.
_CONTROL_TOKEN = re.compile(
    r"<[|｜]([^|｜<>\n]{1,60})[|｜]>|(?:\[|<<)(/?(?:INST|SYS|TOOL_CALLS|AVAILABLE_TOOLS))(?:\]|>>)"
    r"|<((?:start|end)_of_(?:turn|image)|/?s|bos|eos|unk|pad)>"
)


@dataclass(slots=True)
class _Call:
    """A request under way: when it must be over, and what ends it before.

    `cut_off` tells whether its reply ended for want of room.
    """

    deadline: Deadline
    response: httpx.Response | None = None
    cut_off: bool = False


# The OpenAI client keeps its response in a cycle of references and lets a timeout begin
# anew with every byte. So the HTTP client tells the call of its response.
_current_call: ContextVar[_Call | None] = ContextVar("qa_current_call", default=None)


def _make_interruptible(request: httpx.Request) -> None:
    """Let a call be ended also while the endpoint reads the prompt and sends nothing.

    A thread that waits for bytes is woken only by shutting its socket down.
    """
    call = _current_call.get()
    if call is None:
        return

    def shut_down(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            connection = info["return_value"].get_extra_info("socket")
            call.deadline.when_called_off(functools.partial(shut_down, connection))

    request.extensions["trace"] = trace


def _watch(response: httpx.Response) -> None:
    call = _current_call.get()
    if call is not None:
        assert isinstance(response.stream, httpx.SyncByteStream)
        call.response = response
        response.stream = _TimedStream(response.stream, call.deadline)


class _TimedStream(httpx.SyncByteStream):
    """The bytes of a reply until the deadline, which empty events would outlast."""

    def __init__(self, stream: httpx.SyncByteStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for data in self._stream:
            yield data
            self._deadline.remaining()

    def close(self) -> None:
        self._stream.close()


def openai_like(
    *,
    url: str,
    model: str,
    api_key: str | None,
    context_tokens: int,
    name: str,
    identity: str | None = None,
) -> LlamaIndexChatModel:
    """A chat model behind an OpenAI-compatible endpoint, with no retries.

    Parameters
    ----------
    url : str
        Base of the API, usually ending in ``/v1``.
    model : str
        Name that the endpoint knows.
    api_key : str or None
    context_tokens : int
        Size of the model's context window.
    name : str
        Shown to people.
    identity : str, optional
        As for `LlamaIndexChatModel`.
    """
    from llama_index.llms.openai_like import OpenAILike

    llm = OpenAILike(
        model=model,
        api_base=url,
        api_key=api_key or "none",
        context_window=context_tokens,
        is_chat_model=True,
        is_function_calling_model=False,
        temperature=0.0,
        # A local server that is down won't be up in a second, and a busy one isn't
        # helped by asking it again.
        max_retries=0,
        # Environment proxies are for the web, not for a model on this machine.
        http_client=httpx.Client(
            trust_env=not is_loopback(httpx.URL(url).host),
            # A reused connection doesn't reveal its socket.
            limits=httpx.Limits(max_keepalive_connections=0),
            event_hooks={"request": [_make_interruptible], "response": [_watch]},
        ),
    )
    return LlamaIndexChatModel(llm, name, dialect=Dialect(), identity=identity)


def _defused(text: str) -> str:
    """A prompt in which nothing passes for a control token of a chat template.

    Servers read such tokens wherever they stand, and a document that holds one could
    close its own message and speak as the system.
    """
    return _CONTROL_TOKEN.sub(lambda token: f"({token[1] or token[2] or token[3]})", text)


def _tokens(response: Any) -> Iterator[Token]:
    """Tokens of one streamed response, with probabilities where its raw form has them."""
    choices = getattr(response.raw, "choices", None) or []
    logprobs = getattr(choices[0], "logprobs", None) if choices else None
    content = getattr(logprobs, "content", None) or []
    if content and "".join(item.token or "" for item in content) == (response.delta or ""):
        for item in content:
            yield Token(
                item.token,
                None if item.logprob is None else probability(item.logprob),
                tuple(
                    (other.token, probability(other.logprob))
                    for other in item.top_logprobs or ()
                    if other.logprob is not None
                ),
            )
    elif response.delta:
        yield Token(response.delta)


def _replies(responses: Iterator[Any], call: _Call) -> Iterator[Token]:
    """Tokens of streamed responses until the deadline."""
    for response in responses:
        choices = getattr(response.raw, "choices", None) or [None]
        call.cut_off = call.cut_off or getattr(choices[0], "finish_reason", None) == "length"
        yield from _tokens(response)
        call.deadline.remaining()


def _without_thoughts(tokens: Iterator[Token]) -> Iterator[Token]:
    """A reply without what a reasoning model thinks first, `<think>…</think>`.

    Thoughts that don't end, because the room for the reply was spent on them, leave nothing.
    """
    begun: list[Token] = []
    for token in tokens:
        begun.append(token)
        text = "".join(each.text for each in begun).lstrip()
        if text.startswith(THOUGHTS_BEGIN):
            _, ended, answer = text.partition(THOUGHTS_END)
            if ended:
                yield from [Token(answer)] if answer else []
                break
        elif not THOUGHTS_BEGIN.startswith(text):
            yield from begun
            break
    else:
        thought = "".join(each.text for each in begun).lstrip().startswith(THOUGHTS_BEGIN)
        yield from [] if thought else begun
    yield from tokens


def _explained(name: str, error: Exception) -> ModelUnavailableError:
    """An integration's error as ours; its class tells whether every question would meet it."""
    status = getattr(error, "status_code", None)
    if status in {401, 403}:
        return ModelDownError(f"{name} refused the request ({status}). Check QA_API_KEY.")
    if status == 404:
        return ModelDownError(
            f"{name} isn't known there (404). Check the model's name after # in QA_LLM, and the "
            "address before it, which mostly ends in /v1."
        )
    body = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, Mapping) else None
    detail = " ".join(str(said or error).split())[:MOST_DETAIL]
    if isinstance(status, int) and (status == 429 or status >= 500):
        return ModelDownError(
            f"{name} is busy or failing ({status}): {detail}. Try again in a while."
        )
    kind = type(error).__name__
    if "Timeout" in kind:
        return ModelUnavailableError(
            f"{name} didn't answer in time. Check that it is running, or raise "
            "QA_GENERATION__DEADLINE_SECONDS."
        )
    if "Connection" in kind or "Connect" in kind:
        return ModelDownError(
            f"{name} can't be reached. Check that it is running and that QA_LLM is right."
        )
    return ModelUnavailableError(f"{name} failed: {kind}: {detail}")
