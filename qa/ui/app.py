"""The chat in the browser: conversation on the left, the source on the right.

Gradio carries the events and the streaming; what is shown is made by `qa.ui.render`,
`qa.ui.source` and `qa.ui.panel`. Reading a source never waits for an answer: it doesn't
pass the queue.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import gradio as gr

from qa.errors import QaError
from qa.types import DraftText
from qa.ui.choices import CAUTION, SOURCES, USUAL, Choice, choice_of, models
from qa.ui.conversation import Conversation, Exchange, history
from qa.ui.desk import ChatLibrary, Desk
from qa.ui.keeping import filed, kept, listed, restored, taken
from qa.ui.panel import panel_html
from qa.ui.programs import add_endpoints, person
from qa.ui.reading import Reader
from qa.ui.render import banner_html, conversation_html, exchange_html, header_html, welcome_html
from qa.ui.shelf import Shelf
from qa.ui.small_talk import reply
from qa.ui.source import digest
from qa.ui.suggestions import suggested_questions

__all__ = ["ChatLibrary", "asset", "build"]

ASK, STOP = "Ask", "Stop"
WAITING = 32
FRAME = 0.03  # Seconds between two updates of a draft.

logger = logging.getLogger(__name__)


def asset(name: str) -> str:
    """Read a file of the page."""
    return resources.files("qa.ui").joinpath("assets", name).read_text(encoding="utf-8")


def _name(library: ChatLibrary) -> str:
    return library.root.resolve().name or str(library.root)


class _Talk:
    """Carries a question through the library into the conversation."""

    def __init__(self, library: ChatLibrary, desk: Desk, shelf: Shelf) -> None:
        self._library = library
        self._desk = desk
        self._shelf = shelf

    def _choice(self, model: object, caution: object, sources: object) -> Choice:
        return choice_of(model, caution, sources, self._library.model_names)

    def _show(self, conversation: Conversation) -> str:
        return exchange_html(conversation[-1], len(conversation) - 1)

    def _suggestions(self) -> tuple[str, ...]:
        return suggested_questions(self._library.documents.values())

    def _welcome(self, archive: object, request: gr.Request) -> str:
        return welcome_html(
            _name(self._library),
            len(self._library.documents),
            self._suggestions(),
            editable=self._shelf.editable,
            earlier=listed(archive, request.username),
        )

    def _ask(
        self, question: str, before: Conversation, choice: Choice, request: gr.Request
    ) -> Iterator[list[Any]]:
        """Yield past, live, conversation, composer and what is kept as the answer comes."""
        name = request.username
        exchange = Exchange(question)
        yield [
            conversation_html(before),
            self._show((*before, exchange)),
            (*before, exchange),
            gr.update(value="", submit_btn=False, stop_btn=STOP),
            kept((*before, exchange.stopped()), choice, name),
        ]
        said = reply(question, _name(self._library), self._library.documents, self._suggestions())
        if said is not None:
            exchange = Exchange(question, "told", told=said[0], suggestions=said[1])
        else:
            try:
                with contextlib.closing(
                    self._desk.events(
                        question,
                        history(before),
                        person=name or request.session_hash or person(request),
                        choice=choice,
                    )
                ) as events:
                    shown = 0.0
                    for event in events:
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
        if exchange.pending:
            exchange = exchange.failed("The model ended without an answer. Ask again.")
        now = (*before, exchange)
        yield [
            gr.skip(),
            self._show(now),
            now,
            gr.update(submit_btn=ASK, stop_btn=False),
            kept(now, choice, name),
        ]

    def submit(
        self,
        question: str,
        conversation: Conversation,
        model: str,
        caution: str,
        sources: str,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        """Ask what the composer holds; nothing where that is blank."""
        if question.strip():
            choice = self._choice(model, caution, sources)
            yield from self._ask(question.strip(), _settled(conversation), choice, request)
        else:
            yield [gr.skip()] * 5

    def choose(
        self,
        conversation: Conversation,
        model: str,
        caution: str,
        sources: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        """Ask what a button of the page holds, in place of the latest question if it says so."""
        question = str(event._data.get("question", ""))
        if event._data.get("replace"):
            conversation = conversation[:-1]
        yield from self.submit(question, conversation, model, caution, sources, request)

    def stop(self, conversation: Conversation) -> list[Any]:
        """Settle the exchange that was cut short."""
        conversation = _settled(conversation)
        return [
            self._show(conversation) if conversation else gr.skip(),
            conversation,
            gr.update(submit_btn=ASK, stop_btn=False),
        ]

    def keep(
        self,
        conversation: Conversation,
        model: str,
        caution: str,
        sources: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Keep what was chosen."""
        return kept(conversation, self._choice(model, caution, sources), request.username)

    def start(
        self,
        conversation: Conversation,
        archive: object,
        model: str,
        caution: str,
        sources: str,
        request: gr.Request,
    ) -> list[Any]:
        """File the conversation and begin an empty one."""
        name = request.username
        archive = filed(archive, conversation, name, datetime.date.today())
        choice = self._choice(model, caution, sources)
        return [*self._opened((), archive, request), kept((), choice, name), archive]

    def reopen(
        self,
        archive: object,
        model: str,
        caution: str,
        sources: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> list[Any]:
        """Go on with an earlier conversation, or forget it, as the page wishes."""
        name = request.username
        conversation: Conversation = ()
        if (forgotten := event._data.get("forget")) is not None:
            _, archive = taken(archive, forgotten, name)
        else:
            conversation, archive = taken(archive, event._data.get("open"), name)
        choice = self._choice(model, caution, sources)
        opened = self._opened(conversation, archive, request)
        return [*opened, kept(conversation, choice, name), archive]

    def load(self, value: object, archive: object, request: gr.Request) -> list[Any]:
        """Begin where the browser left off."""
        conversation, choice = restored(value, request.username, self._library.model_names)
        return [
            *self._opened(conversation, archive, request),
            choice.model,
            choice.caution,
            choice.sources,
        ]

    def _opened(
        self, conversation: Conversation, archive: object, request: gr.Request
    ) -> list[Any]:
        """Past, live, conversation and composer."""
        return [
            conversation_html(conversation[:-1]),
            self._show(conversation) if conversation else self._welcome(archive, request),
            conversation,
            gr.update(value="", submit_btn=ASK, stop_btn=False),
        ]


def _settled(conversation: Conversation) -> Conversation:
    if conversation and conversation[-1].pending:
        return (*conversation[:-1], conversation[-1].stopped())
    return conversation


class _Looks:
    """What the page looks at again and again: the header, the banner, the list."""

    def __init__(self, library: ChatLibrary, desk: Desk, shelf: Shelf, uploads: Path) -> None:
        self._library = library
        self._desk = desk
        self._shelf = shelf
        self._uploads = uploads.resolve()

    def header(self, model: str | None) -> str:
        library = self._library
        return header_html(
            _name(library), len(library.documents), model or "none", self._desk.problem(model)
        )

    def panel(self) -> str:
        shelf = self._shelf
        return panel_html(
            shelf.entries(), editable=shelf.editable, busy=shelf.busy, message=shelf.message
        )

    def look(self, wish: Any) -> dict[str, Any]:
        """Everything that may have changed, the list only where it did and is asked for."""
        self._shelf.look()
        panel = self.panel()
        seen, wished = (
            (wish.get("seen"), wish.get("model")) if isinstance(wish, dict) else (None, None)
        )
        model = self._desk.model(choice_of(wished, None, None, self._library.model_names))
        version = digest(panel)
        return {
            "header": self.header(model),
            "banner": banner_html(self._desk.problem(model)),
            "busy": self._shelf.busy,
            "news": self._shelf.news,
            "panel": None if seen == version else panel,
            "version": version,
        }

    def change(self, wish: Any) -> str | None:
        """Add, remove or read again; what is wrong with the wish, None where nothing is."""
        try:
            match wish:
                case {"add": str(name), "path": str(path)}:
                    self._shelf.add(name, self._uploaded(path))
                case {"remove": str(path)}:
                    self._shelf.remove(path)
                case {"reindex": True}:
                    self._shelf.read_again()
                case _:
                    return "The page asked for something that can't be done."
        except QaError as error:
            return str(error)
        return None

    def _uploaded(self, path: str) -> Path:
        """The upload at `path`: nothing else of the machine can be named."""
        try:
            file = Path(path).resolve()
            if file.is_relative_to(self._uploads) and file.is_file():
                return file
        except (OSError, ValueError):
            pass
        raise QaError("The file didn't arrive. Add it again.")


def build(
    library: ChatLibrary,
    *,
    uploads: Path | None = None,
    editable: bool = True,
    at_once: int = 1,
) -> gr.Blocks:
    """Make the chat over `library` as Gradio blocks; serving it adds its looks.

    Parameters
    ----------
    library : ChatLibrary
        A `qa.Library`, or anything that answers like one.
    uploads : Path, optional
        The folder that Gradio puts uploads into; nothing can be added without it.
    editable : bool
        Whether documents may be added and removed.
    at_once : int
        How many questions the model is given together.
    """
    desk = Desk(library, at_once=at_once, places=WAITING)
    shelf = Shelf(library, editable=editable and uploads is not None)
    talk = _Talk(library, desk, shelf)
    reader = Reader(lambda: library.documents)
    looks = _Looks(library, desk, shelf, uploads or Path("/nonexistent"))

    # Gradio marks what it serves, which a bound method doesn't allow.
    def open_source(wish: Any) -> str:
        return reader.open_source(wish)

    def more_source(wish: Any) -> dict[str, Any] | None:
        return reader.more_source(wish)

    def look(wish: Any) -> dict[str, Any]:
        return looks.look(wish)

    def change(wish: Any) -> str | None:
        return looks.change(wish)

    plain: dict[str, Any] = {"apply_default_css": False, "js_on_load": None}
    blocks = gr.Blocks(
        title=f"qa · {_name(library)}", analytics_enabled=False, fill_width=True, fill_height=True
    )
    with blocks:
        conversation = gr.State(())
        # The browser's own copy: who reads it there can read the page as well.
        memory = gr.BrowserState(
            None,
            storage_key=f"qa-{digest(str(library.root.resolve()))}",
            secret="qa",  # noqa: S106
        )
        archive = gr.BrowserState(
            None,
            storage_key=f"qa-earlier-{digest(str(library.root.resolve()))}",
            secret="qa",  # noqa: S106
        )
        with gr.Row(elem_id="qa-top"):
            gr.HTML(looks.header(desk.model(Choice())), elem_id="qa-header", **plain)
            gr.Button("Settings", elem_id="qa-settings-button", size="sm", scale=0)
            fresh = gr.Button("New conversation", elem_id="qa-new", size="sm", scale=0)
        gr.HTML("", elem_id="qa-banner", **plain)
        with gr.Column(elem_id="qa-settings"):
            names = library.model_names
            model = gr.Radio(
                list(models(names)),
                value=USUAL,
                label="Model",
                interactive=bool(names),
            )
            caution = gr.Radio(list(CAUTION), value=Choice().caution, label="Caution")
            sources = gr.Radio(list(SOURCES), value=Choice().sources, label="Passages read")
        with gr.Row(elem_id="qa-main"):
            with gr.Column(elem_id="qa-talk"):
                with gr.Column(elem_id="qa-scroll"):
                    past = gr.HTML(elem_id="qa-past", **plain)
                    live = gr.HTML(elem_id="qa-live", **plain)
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
                server_functions=[open_source, more_source, look, change],
            )
        chosen = [model, caution, sources]
        shown = [past, live, conversation, composer, memory]
        answering: dict[str, Any] = {
            "outputs": shown,
            "show_progress": "hidden",
            "concurrency_limit": WAITING + at_once,
            "concurrency_id": "answer",
            "api_visibility": "private",
        }
        asking: list[dict[str, Any]] = [
            composer.submit(talk.submit, [composer, conversation, *chosen], **answering),
            source.select(talk.choose, [conversation, *chosen], **answering),
        ]
        directly: dict[str, Any] = {
            "show_progress": "hidden",
            "queue": False,
            "api_visibility": "private",
        }
        # What is shown is settled after the answer has ended, never while it still streams.
        composer.stop(None, cancels=asking, **directly).then(
            talk.stop, conversation, [live, conversation, composer], **directly
        )
        fresh.click(None, cancels=asking, **directly).then(
            talk.start, [conversation, archive, *chosen], [*shown, archive], **directly
        )
        # One of Gradio's events that the page raises by itself: the page offers them only
        # while nothing is asked.
        source.edit(talk.reopen, [archive, *chosen], [*shown, archive], **directly)
        gr.on(
            [each.input for each in chosen], talk.keep, [conversation, *chosen], memory, **directly
        )
        blocks.load(
            talk.load, [memory, archive], [past, live, conversation, composer, *chosen], **directly
        )
        add_endpoints(library, desk, concurrency=WAITING + at_once)
    blocks.queue(max_size=2 * WAITING)
    return blocks
