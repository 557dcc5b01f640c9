"""What programs and desktop assistants may call: ask, search, list the documents.

Each becomes an endpoint of Gradio's API under its own name and, where the server speaks
the Model Context Protocol, a tool of the same name. Their docstrings are what a program's
author or an assistant reads, in the form that Gradio reads.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.events import api

from qa.errors import QaError
from qa.types import AnswerReady, Turn
from qa.ui.desk import ChatLibrary, Desk

__all__ = ["add_endpoints", "person"]

MOST_HITS = 50
MOST_TURNS = 20


def person(request: gr.Request | None) -> str:
    """Who is asking, for the fairness of the line: an account, else an address."""
    if request is None:
        return ""
    client = getattr(request, "client", None)
    return request.username or getattr(client, "host", "") or ""


def _turns(history: object) -> tuple[Turn, ...]:
    if not isinstance(history, list):
        raise gr.Error("history is a list of objects with question and answer.")
    try:
        return tuple(
            Turn(str(turn["question"]), str(turn["answer"])) for turn in history[-MOST_TURNS:]
        )
    except (KeyError, TypeError) as error:
        raise gr.Error("Each turn of history is an object with question and answer.") from error


def _is_unheard() -> bool:
    """Whether Gradio has noticed that nobody waits any more for the call that is under way.

    It ends generators by itself, but of those its clients return the first value, not the
    last. If a version of Gradio doesn't show it, a call goes on to its end.
    """
    queue = getattr(LocalContext.blocks.get(None), "_queue", None)
    calls = getattr(queue, "event_ids_to_events", {})
    call = calls.get(LocalContext.event_id.get(None))
    return not getattr(call, "alive", True)


def add_endpoints(library: ChatLibrary, desk: Desk, *, concurrency: int) -> None:
    """Add the endpoints to the blocks that are being made.

    Parameters
    ----------
    library : ChatLibrary
    desk : Desk
    concurrency : int
        How many calls of `ask` may be under way, those in line included.
    """

    def ask(
        question: str, request: gr.Request, history: list[dict[str, str]] | None = None
    ) -> dict[str, Any]:
        """Answer a question from the documents, with verbatim quotes to check it by.

        Every statement of the answer was checked by machine against the quotes that its
        [n] markers lead to; status is "not_found" where the documents don't say.

        Citations give document, start, end and quote; offsets count code points.

        Args:
            question: What you want to know, 1 to 2,000 characters.
            history: Earlier turns, oldest first, each an object with question and answer.
        """
        turns = _turns(history or [])
        try:
            with closing(desk.events(question, turns, person=person(request))) as events:
                for event in events:
                    if isinstance(event, AnswerReady):
                        return event.answer.to_dict()
                    if _is_unheard():
                        raise gr.Error("Whoever asked has left.", print_exception=False)
        except QaError as error:
            raise gr.Error(str(error), print_exception=False) from error
        raise AssertionError("a stream ends with its answer")

    def search(question: str, limit: int = 5) -> list[dict[str, Any]]:
        """Find the passages of the documents that are closest to a question.

        No language model is asked, so this is quick. Passages come best first, each with
        document, title, date, page, heading, start, end, text and score; where there is no
        date, saved is the day on which the file was last saved.

        Args:
            question: What to look for.
            limit: How many passages, 1 to 50.
        """
        try:
            hits = library.search(question, max(1, min(int(limit), MOST_HITS)))
        except QaError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return [hit.to_dict() for hit in hits]

    def documents() -> list[dict[str, Any]]:
        """List the documents: document, title, date (else the day of saving), characters."""
        library.look_again()
        return [
            {
                "document": document.path,
                "title": document.title,
                "date": document.date,
                "date_source": document.date_source,
                "saved": document.saved,
                "characters": len(document.text),
            }
            for document in library.documents.values()
        ]

    api(ask, api_name="ask", concurrency_limit=concurrency, concurrency_id="answer")
    api(search, api_name="search", concurrency_limit=4)
    api(documents, api_name="documents", concurrency_limit=4)
