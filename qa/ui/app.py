"""The chat in the browser: conversation on the left, the source on the right.

Gradio carries the events and the streaming; what is shown is made by `qa.ui.render` and
`qa.ui.source`. Reading a source never waits for an answer: it doesn't pass the queue.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from qa.errors import QaError
from qa.types import Document, DraftText, Event, Turn
from qa.ui.conversation import Conversation, Exchange, history
from qa.ui.reading import Reader
from qa.ui.render import conversation_html, exchange_html, header_html, welcome_html
from qa.ui.suggestions import suggested_questions

__all__ = ["ChatLibrary", "asset", "build"]

ASK, STOP = "Ask", "Stop"
WAITING = 32
FRAME = 0.03  # Seconds between two updates of a draft.

logger = logging.getLogger(__name__)


class ChatLibrary(Protocol):
    """What the chat needs of a library."""

    @property
    def root(self) -> Path:
        """The documents' folder."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """All documents by path, as they are now."""

    @property
    def model_name(self) -> str:
        """The model in use and where it runs, ``"none"`` where there is none."""

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Event]:
        """Answer step by step; closing the iterator stops the model."""


def asset(name: str) -> str:
    """Read a file of the page."""
    return resources.files("qa.ui").joinpath("assets", name).read_text(encoding="utf-8")


def _name(library: ChatLibrary) -> str:
    return library.root.resolve().name or str(library.root)


def _header(library: ChatLibrary) -> str:
    return header_html(_name(library), len(library.documents), library.model_name)


def _welcome(library: ChatLibrary) -> str:
    documents = library.documents
    return welcome_html(_name(library), len(documents), suggested_questions(documents.values()))


class _Talk:
    """Carries a question through the library into the conversation."""

    def __init__(self, library: ChatLibrary) -> None:
        self._library = library

    def _show(self, conversation: Conversation) -> str:
        return exchange_html(conversation[-1], len(conversation) - 1)

    def ask(self, question: str, before: Conversation) -> Iterator[list[Any]]:
        """Yield past, live, conversation, composer and header as the answer comes."""
        exchange = Exchange(question)
        yield [
            conversation_html(before),
            self._show((*before, exchange)),
            (*before, exchange),
            gr.update(value="", submit_btn=False, stop_btn=STOP),
            gr.skip(),
        ]
        try:
            with contextlib.closing(
                _closable(self._library.stream(question, history(before)))
            ) as events:
                shown = 0.0
                for event in events:
                    exchange = exchange.after(event)
                    # A fast model's words are shown together rather than ever later.
                    if isinstance(event, DraftText) and time.monotonic() < shown + FRAME:
                        continue
                    shown = time.monotonic()
                    now = (*before, exchange)
                    yield [gr.skip(), self._show(now), now, gr.skip(), gr.skip()]
        except QaError as error:
            exchange = exchange.failed(str(error))
        except Exception:
            logger.exception("An answer failed")
            exchange = exchange.failed(
                "This question could not be answered because of a fault in qa. The others still "
                "can; the details are in the log of the server."
            )
        if exchange.pending:
            exchange = exchange.failed("The model ended without an answer. Ask again.")
        now = (*before, exchange)
        yield [
            gr.skip(),
            self._show(now),
            now,
            gr.update(submit_btn=ASK, stop_btn=False),
            _header(self._library),
        ]

    def submit(self, question: str, conversation: Conversation) -> Iterator[list[Any]]:
        """Ask what the composer holds; nothing where that is blank."""
        if question.strip():
            yield from self.ask(question.strip(), _settled(conversation))
        else:
            yield [gr.skip()] * 5

    def choose(self, conversation: Conversation, event: gr.EventData) -> Iterator[list[Any]]:
        """Ask what a button of the page holds."""
        yield from self.submit(str(event._data.get("question", "")), conversation)

    def stop(self, conversation: Conversation) -> list[Any]:
        """Settle the exchange that was cut short."""
        conversation = _settled(conversation)
        return [
            self._show(conversation) if conversation else gr.skip(),
            conversation,
            gr.update(submit_btn=ASK, stop_btn=False),
        ]

    def start(self) -> list[Any]:
        """Begin an empty conversation."""
        return [
            "",
            _welcome(self._library),
            (),
            gr.update(value="", submit_btn=ASK, stop_btn=False),
            _header(self._library),
        ]


def _settled(conversation: Conversation) -> Conversation:
    if conversation and conversation[-1].pending:
        return (*conversation[:-1], conversation[-1].stopped())
    return conversation


def _closable(events: Iterator[Event]) -> Generator[Event, None, None]:
    """`events` as a generator: closing it closes them."""
    yield from events


def build(library: ChatLibrary) -> gr.Blocks:
    """Make the chat over `library` as Gradio blocks; serving it adds its looks.

    Parameters
    ----------
    library : ChatLibrary
        A `qa.Library`, or anything that answers like one.
    """
    talk, reader = _Talk(library), Reader(lambda: library.documents)

    # Gradio marks what it serves, which a bound method doesn't allow.
    def open_source(wish: Any) -> str:
        return reader.open_source(wish)

    def more_source(wish: Any) -> dict[str, Any] | None:
        return reader.more_source(wish)

    blocks = gr.Blocks(
        title=f"qa · {_name(library)}", analytics_enabled=False, fill_width=True, fill_height=True
    )
    with blocks:
        conversation = gr.State(())
        with gr.Row(elem_id="qa-top"):
            header = gr.HTML(elem_id="qa-header", apply_default_css=False, js_on_load=None)
            fresh = gr.Button("New conversation", elem_id="qa-new", size="sm", scale=0)
        with gr.Row(elem_id="qa-main"):
            with gr.Column(elem_id="qa-talk"):
                with gr.Column(elem_id="qa-scroll"):
                    past = gr.HTML(elem_id="qa-past", apply_default_css=False, js_on_load=None)
                    live = gr.HTML(elem_id="qa-live", apply_default_css=False, js_on_load=None)
                composer = gr.Textbox(
                    elem_id="qa-composer",
                    label="Your question",
                    show_label=False,
                    placeholder="Ask about your documents",
                    lines=1,
                    max_lines=6,
                    submit_btn=ASK,
                    autofocus=True,
                    container=False,
                )
            source = gr.HTML(
                elem_id="qa-source",
                apply_default_css=False,
                js_on_load=asset("chat.js"),
                server_functions=[open_source, more_source],
            )
        shown = [past, live, conversation, composer, header]
        answering: dict[str, Any] = {
            "outputs": shown,
            "show_progress": "hidden",
            "concurrency_limit": 1,
            "concurrency_id": "answer",
            "api_visibility": "private",
        }
        asking: list[dict[str, Any]] = [
            composer.submit(talk.submit, [composer, conversation], **answering),
            source.select(talk.choose, conversation, **answering),
        ]
        at_once: dict[str, Any] = {
            "show_progress": "hidden",
            "queue": False,
            "api_visibility": "private",
        }
        # What is shown is settled after the answer has ended, never while it still streams.
        composer.stop(None, cancels=asking, **at_once).then(
            talk.stop, conversation, [live, conversation, composer], **at_once
        )
        fresh.click(None, cancels=asking, **at_once).then(talk.start, None, shown, **at_once)
        blocks.load(talk.start, None, shown, **at_once)
    blocks.queue(max_size=WAITING)
    return blocks
