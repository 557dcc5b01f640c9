"""What the conversation's events do: ask, stop, start a new one, continue an earlier one.

Each returns or yields the values of the page's parts that `qa.ui.app` names as its outputs.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr

from qa.errors import QaError
from qa.faces.markup import Markup
from qa.types import Document, DraftText
from qa.ui.choices import Choice, choice_of
from qa.ui.conversation import Conversation, Exchange, history
from qa.ui.desk import ChatLibrary, Desk
from qa.ui.frame import hello_html, welcome_html
from qa.ui.keeping import entry_of, order, restored, slot
from qa.ui.programs import person
from qa.ui.render import conversation_html, exchange_html
from qa.ui.shelf import Shelf
from qa.ui.small_talk import reply
from qa.ui.source import digest
from qa.ui.suggestions import suggested_questions

__all__ = ["ASK", "Talk", "library_name"]

ASK, STOP = "Ask", "Stop"
FRAME = 0.03  # Seconds between two updates of a draft.

logger = logging.getLogger(__name__)


def library_name(library: ChatLibrary) -> str:
    """What the library is called on the page: its folder's name."""
    return library.root.resolve().name or str(library.root)


class Talk:
    """Carries a question through the library into the conversation."""

    def __init__(self, library: ChatLibrary, desk: Desk, shelf: Shelf) -> None:
        self._library = library
        self.place = f"qa-{digest(str(library.root.resolve()))}"
        """What the keys begin with under which a browser keeps what concerns this library."""
        self._desk = desk
        self._shelf = shelf
        # What each page asked last: an earlier question of it that is still being answered
        # would write over the conversation.
        self._asking: dict[str | None, object] = {}
        self._suggested: tuple[Mapping[str, Document], tuple[str, ...]] | None = None

    def _choice(self, model: object, caution: object, sources: object) -> Choice:
        return choice_of(model, caution, sources, self._library.model_names)

    def _show(self, conversation: Conversation) -> str:
        # As a plain string: formatted or joined by Gradio, `Markup` would escape what is added.
        return str(exchange_html(conversation[-1], len(conversation) - 1))

    def _suggestions(self) -> tuple[str, ...]:
        documents = self._library.documents
        # Made once for a state of the library: it takes a second for many long documents.
        if self._suggested is None or self._suggested[0] is not documents:
            self._suggested = documents, suggested_questions(documents.values())
        return self._suggested[1]

    def hello(self) -> Markup:
        """What an empty conversation begins with, as the library is now."""
        return hello_html(
            library_name(self._library),
            len(self._library.documents),
            self._suggestions(),
            editable=self._shelf.editable,
        )

    def _order(self, request: gr.Request, **what: Any) -> str:
        """Tell the page what to keep."""
        return order(slot(self.place, request.username), **what)

    def _keep(self, conversation: Conversation, request: gr.Request) -> str:
        return self._order(request, entry=entry_of(conversation, request.username))

    def _answered(
        self, question: str, before: Conversation, choice: Choice, request: gr.Request
    ) -> Iterator[list[Any]]:
        """Yield past, live, conversation, composer and what is kept as the answer comes."""
        name, session = request.username, request.session_hash
        asking = self._asking[session] = object()
        exchange = Exchange(question, follows=bool(history(before)))
        yield [
            str(conversation_html(before)),
            self._show((*before, exchange)),
            (*before, exchange),
            # What the composer holds is the page's: meanwhile more may have been written.
            gr.update(submit_btn=False, stop_btn=STOP),
            self._keep((*before, exchange.stopped()), request),
        ]
        try:
            said = reply(
                question,
                library_name(self._library),
                self._library.documents,
                self._suggestions,
                self._shelf.editable,
            )
            if said is not None:
                exchange = Exchange(question, "told", told=said[0], suggestions=said[1])
            else:
                with contextlib.closing(
                    self._desk.events(
                        question,
                        history(before),
                        person=name or session or person(request),
                        choice=choice,
                    )
                ) as events:
                    shown = 0.0
                    for event in events:
                        if self._asking.get(session) is not asking:
                            return
                        if event is None:
                            # Gradio leaves a page that has gone at the next thing it is given.
                            yield [gr.skip()] * 5
                            continue
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
                "This question could not be answered because of a fault in qa. The others "
                "still can; the details are in the log of the server."
            )
        finally:
            if self._asking.get(session) is asking:
                del self._asking[session]
        if exchange.pending:
            exchange = exchange.failed("The model ended without an answer. Ask again.")
        now = (*before, exchange)
        yield [
            gr.skip(),
            self._show(now),
            now,
            gr.update(submit_btn=ASK, stop_btn=False),
            self._keep(now, request),
        ]

    def answer(
        self,
        conversation: Conversation,
        model: str,
        caution: str,
        sources: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        """Ask what the page says, in place of the latest question if it says so."""
        question = str(event._data.get("question", "")).strip()
        if event._data.get("replace"):
            conversation = conversation[:-1]
        if question:
            choice = self._choice(model, caution, sources)
            yield from self._answered(question, _settled(conversation), choice, request)
        else:
            yield [gr.skip()] * 5

    def stop(self, conversation: Conversation) -> list[Any]:
        """Settle the exchange that was cut short."""
        conversation = _settled(conversation)
        return [
            self._show(conversation) if conversation else gr.skip(),
            conversation,
            gr.update(submit_btn=ASK, stop_btn=False),
        ]

    def start(self, request: gr.Request) -> list[Any]:
        """Begin an empty conversation; the one that was open is kept already."""
        return [*self._opened(()), self._order(request, entry=None)]

    def reopen(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Go on with an earlier conversation, which the page gives back."""
        conversation = self._restored(event._data, request)[0]
        return [*self._opened(conversation), self._order(request, opened=bool(conversation))]

    def load(self, value: object, request: gr.Request) -> list[Any]:
        """Begin where this page of the browser left off."""
        conversation, choice = self._restored(value, request)
        return [
            *self._opened(conversation),
            self._order(request, opened=bool(conversation)),
            choice.model,
            choice.caution,
            choice.sources,
        ]

    def _restored(self, value: object, request: gr.Request) -> tuple[Conversation, Choice]:
        name = request.username
        return restored(value, slot(self.place, name), name, self._library.model_names)

    def _opened(self, conversation: Conversation) -> list[Any]:
        """Past, live, conversation and composer."""
        return [
            str(conversation_html(conversation[:-1])),
            self._show(conversation) if conversation else str(welcome_html(self.hello())),
            conversation,
            gr.update(submit_btn=ASK, stop_btn=False),
        ]


def _settled(conversation: Conversation) -> Conversation:
    if conversation and conversation[-1].pending:
        return (*conversation[:-1], conversation[-1].stopped())
    return conversation
