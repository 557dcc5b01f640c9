"""What stands in for a language model: a script, and an endpoint that misbehaves on demand."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from qa.checking.checker import CHECK_INSTRUCTIONS
from qa.checking.decider import DECIDE_INSTRUCTIONS
from qa.computing.computation import OPERANDS_INSTRUCTIONS
from qa.generation import INSTRUCTIONS, REWRITE_INSTRUCTIONS
from qa.llms import Message, Token

Reply = str | Sequence[Token]


class Script:
    """What a scripted model says to each kind of prompt of the pipeline.

    Each is a reply, or a function from the messages to one; an exception is raised.
    """

    def __init__(self) -> None:
        self.answer: Reply | Exception | Callable[[Sequence[Message]], Reply] = "NOT STATED"
        self.check: Reply | Exception | Callable[[Sequence[Message]], Reply] = "Yes"
        self.decision: Reply | Exception | Callable[[Sequence[Message]], Reply] = "Yes"
        self.rewrite: Reply | Exception | Callable[[Sequence[Message]], Reply] = ""
        self.operands: Reply | Exception | Callable[[Sequence[Message]], Reply] = ""

    def __call__(self, messages: Sequence[Message]) -> Reply:
        reply = {
            INSTRUCTIONS: self.answer,
            CHECK_INSTRUCTIONS: self.check,
            DECIDE_INSTRUCTIONS: self.decision,
            REWRITE_INSTRUCTIONS: self.rewrite,
            OPERANDS_INSTRUCTIONS: self.operands,
        }[messages[0].content]
        if isinstance(reply, Exception):
            raise reply
        return reply(messages) if callable(reply) else reply


class Handler(BaseHTTPRequestHandler):
    """One request; the endpoint says what becomes of it."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.endpoint.requests.append({**body, "headers": dict(self.headers)})
        try:
            self.server.endpoint.behaviour(self)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.endpoint.hung_up.set()
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet."""

    def start(self, status: int = 200, kind: str = "text/event-stream") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send(self, data: str) -> None:
        encoded = data.encode()
        if encoded:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(encoded), encoded))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    endpoint: Endpoint

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that hang up are what is tested.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Endpoint:
    """An OpenAI-compatible server whose next replies a test sets.

    Attributes
    ----------
    behaviour : callable
        Answers a request through its `Handler`.
    requests : list of dict
        Bodies received, with their ``headers``.
    hung_up : threading.Event
        Set once the client closed a connection before its reply was complete.
    """

    def __init__(self) -> None:
        self.behaviour: Callable[[Handler], None] = replies("")
        self.requests: list[dict[str, Any]] = []
        self.hung_up = threading.Event()
        self.stopped = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.endpoint = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


def chunk(text: str, logprobs: Any = None, finish: str | None = None) -> str:
    """One server-sent event of a streamed chat completion."""
    event = {
        "id": "chat-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "m",
        "choices": [
            {"index": 0, "delta": {"content": text}, "logprobs": logprobs, "finish_reason": finish}
        ],
    }
    return f"data: {json.dumps(event)}\n\n"


def token_logprobs(token: str, logprob: float, *others: tuple[str, float]) -> dict[str, Any]:
    """OpenAI's form of a token's probabilities; the token is its own first alternative."""
    pairs = [(token, logprob), *others]
    return {
        "content": [
            {
                "token": token,
                "logprob": logprob,
                "bytes": None,
                "top_logprobs": [
                    {"token": text, "logprob": value, "bytes": None} for text, value in pairs
                ],
            }
        ]
    }


def replies(text: str | Callable[[dict[str, Any]], str]) -> Callable[[Handler], None]:
    """Stream a reply word by word, without probabilities."""

    def behave(handler: Handler) -> None:
        said = text if isinstance(text, str) else text(handler.server.endpoint.requests[-1])
        handler.start()
        for word in said.split(" "):
            handler.send(chunk(f"{word} "))
        handler.send(chunk("", finish="stop") + "data: [DONE]\n\n")

    return behave


def streams(events: Sequence[str]) -> Callable[[Handler], None]:
    """Send these events, then the end of the stream."""

    def behave(handler: Handler) -> None:
        handler.start()
        for event in events:
            handler.send(event)
        handler.send("data: [DONE]\n\n")

    return behave


def fails(status: int, body: str = "{}") -> Callable[[Handler], None]:
    """Refuse with a status."""

    def behave(handler: Handler) -> None:
        handler.start(status, "application/json")
        handler.send(body)

    return behave


def hangs(handler: Handler) -> None:
    """Accept the request and never answer."""
    handler.server.endpoint.stopped.wait(30)
    raise ConnectionAbortedError


def repeats(event: str) -> Callable[[Handler], None]:
    """Send the same event again and again until the client hangs up, for ten seconds at most."""

    def behave(handler: Handler) -> None:
        handler.start()
        for _ in range(1000):
            handler.send(event)
            if handler.server.endpoint.stopped.wait(0.01):
                return

    return behave


def drops(handler: Handler) -> None:
    """Begin to answer, then cut the connection."""
    handler.start()
    handler.send(chunk("The ") + chunk("tide")[:20])
    raise ConnectionAbortedError
