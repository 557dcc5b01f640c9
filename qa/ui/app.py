"""The chat in the browser: conversation on the left, the source on the right.

Gradio carries the events and the streaming; what is shown is made by `qa.ui.render`,
`qa.ui.source` and `qa.ui.panel`. Reading a source never waits for an answer: it doesn't
pass the queue.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import gradio as gr

from qa.errors import QaError
from qa.ui.choices import CAUTION, SOURCES, USUAL, Choice, choice_of, models
from qa.ui.desk import ChatLibrary, Desk
from qa.ui.frame import banner_html, earlier_html, header_html
from qa.ui.keeping import listed
from qa.ui.panel import panel_html
from qa.ui.programs import add_endpoints
from qa.ui.shelf import Shelf
from qa.ui.source import digest
from qa.ui.source_requests import SourceRequests
from qa.ui.talk import ASK, Talk, library_name
from qa.ui.uploads import LARGEST_FILE, discard_unclaimed

__all__ = ["ChatLibrary", "asset", "build"]

WAITING = 32
# Gradio's places for those who come when the line is full, to say so.
TURNED_AWAY = 8
SCRIPTS = ("source.js", "library.js", "keeping.js", "conversation.js", "page.js")


def asset(name: str) -> str:
    """Read a file of the page."""
    return resources.files("qa.ui").joinpath("assets", name).read_text(encoding="utf-8")


class _Looks:
    """What the page polls: the header, the banner, the list."""

    def __init__(
        self, library: ChatLibrary, desk: Desk, shelf: Shelf, talk: Talk, uploads: Path
    ) -> None:
        self._library = library
        self._talk = talk
        self._desk = desk
        self._shelf = shelf
        self._uploads = uploads.resolve()

    def header(self, model: str | None) -> str:
        library = self._library
        name, count = library_name(library), len(library.documents)
        return str(header_html(name, count, model or "none", self._desk.problem(model)))

    def panel(self, sought: object = "") -> str:
        shelf = self._shelf
        return str(
            panel_html(
                shelf.entries(),
                editable=shelf.editable,
                busy=shelf.busy,
                message=shelf.message,
                sought=sought,
            )
        )

    def look(self, wish: Any) -> dict[str, Any]:
        """Everything that may have changed, the list only where it did and is asked for."""
        self._shelf.look()
        discard_unclaimed(self._uploads)
        known = wish if isinstance(wish, dict) else {}
        seen, wished = known.get("seen"), known.get("model")
        panel = self.panel(known.get("filter"))
        model = self._desk.model(choice_of(wished, None, None, self._library.model_names))
        version = digest(panel)
        return {
            "header": self.header(model),
            "banner": banner_html(self._desk.problem(model)),
            "busy": self._shelf.busy,
            "news": self._shelf.news,
            "panel": None if seen == version else panel,
            "hello": None if seen == version else self._talk.hello(),
            "version": version,
        }

    def change(self, wish: Any) -> str | None:
        """Add, remove or read again, as the page wishes; returns what is wrong, or None."""
        try:
            match wish:
                case {"add": str(name), "path": str(path)}:
                    self._shelf.add(name, self._uploaded(path))
                case {"remove": str(path)}:
                    self._shelf.remove(path)
                case {"dismiss": str(name)}:
                    self._shelf.dismiss(name)
                case {"reindex": True}:
                    self._shelf.read_again()
                case _:
                    return "The page asked for something that can’t be done."
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
        raise QaError("The file didn’t arrive. Add it again.")


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
    talk = Talk(library, desk, shelf)
    reader = SourceRequests(lambda: library.documents)
    looks = _Looks(library, desk, shelf, talk, uploads or Path("/nonexistent"))

    # Gradio marks what it serves, which a bound method doesn't allow.
    def open_source(wish: Any) -> str:
        return reader.open_source(wish)

    def more_source(wish: Any) -> dict[str, Any] | None:
        return reader.more_source(wish)

    def look(wish: Any) -> dict[str, Any]:
        return looks.look(wish)

    def change(wish: Any) -> str | None:
        return looks.change(wish)

    def earlier(heads: Any) -> str:
        return earlier_html(listed(heads))

    scripts = "\n".join(map(asset, SCRIPTS))
    unseen: dict[str, Any] = {"apply_default_css": False}
    plain: dict[str, Any] = {**unseen, "js_on_load": None}
    blocks = gr.Blocks(
        title=f"qa · {library_name(library)}",
        analytics_enabled=False,
        fill_width=True,
        fill_height=True,
    )
    with blocks:
        conversation = gr.State(())
        # What the page is to keep; it shows nothing. As text, since Gradio would watch every
        # value within an object.
        memory = gr.HTML(
            None, html_template="", elem_id="qa-memory", js_on_load=asset("memory.js"), **unseen
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
                    interactive=True,
                    container=False,
                )
            source = gr.HTML(
                elem_id="qa-source",
                apply_default_css=False,
                js_on_load=scripts.replace("LARGEST_FILE", str(LARGEST_FILE)),
                server_functions=[open_source, more_source, look, change, earlier],
            )
        chosen = [model, caution, sources]
        shown = [past, live, conversation, composer, memory]
        answering: dict[str, Any] = {
            "outputs": shown,
            "show_progress": "hidden",
            "concurrency_limit": WAITING + at_once + TURNED_AWAY,
            "concurrency_id": "answer",
            "api_visibility": "private",
        }
        # Two of Gradio's events that the page raises by itself: this with what is written or
        # pressed, and below, while nothing is asked, with an earlier conversation.
        # The page asks one question at a time. Gradio would drop one that is asked after the
        # answer is shown and before its event has ended.
        asking = source.select(
            talk.answer, [conversation, *chosen], trigger_mode="multiple", **answering
        )
        directly: dict[str, Any] = {
            "show_progress": "hidden",
            "queue": False,
            "api_visibility": "private",
        }
        # What is shown is settled after the answer has ended, never while it still streams.
        composer.stop(None, cancels=asking, **directly).then(
            talk.stop, conversation, [live, conversation, composer], **directly
        )
        fresh.click(None, cancels=asking, **directly).then(talk.start, None, shown, **directly)
        source.edit(talk.reopen, None, shown, **directly)
        blocks.load(
            talk.load,
            memory,
            [*shown, *chosen],
            js=asset("load.js").replace("PLACE", talk.place),
            **directly,
        )
        add_endpoints(library, desk, concurrency=WAITING + at_once + TURNED_AWAY)
    blocks.queue(max_size=2 * WAITING)
    return blocks
