"""Requests of the page to show a source; nothing that it sends is trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qa.types import Document
from qa.ui.source import Quote, digest, notice_html, source_html, text_html, window

__all__ = ["SourceRequests"]

LONGEST_READ = 200_000
MOST_QUOTES = 200


def _number(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return min(max(value, 0), most)


class SourceRequests:
    """Answers the page's requests for a source with HTML.

    Parameters
    ----------
    documents : callable
        Gives all documents by path as they are now. Nothing else can be read.
    """

    def __init__(self, documents: Callable[[], Mapping[str, Document]]) -> None:
        self._documents = documents

    def _quotes(self, document: Document, wish: Mapping[str, Any]) -> list[Quote]:
        length = len(document.text)
        quotes = []
        for quote in wish.get("quotes", ())[:MOST_QUOTES]:
            if quote["document"] != document.path:
                continue
            start, end = _number(quote["start"], length), _number(quote["end"], length)
            # A document that changed has other words there. Such quotes are left out, except the
            # one to be opened, whose loss is reported.
            is_lost = quote.get("check") not in (None, digest(document.text[start:end]))
            if not is_lost or quote["number"] == wish.get("number"):
                quotes.append(Quote(_number(quote["number"], 10**6), start, end))
        return quotes

    def _open(self, wish: Mapping[str, Any]) -> str:
        path = wish["document"]
        document = self._documents().get(path)
        if document is None:
            return notice_html(
                str(path), "This document is no longer in the library. Ask the question again."
            )
        quotes = self._quotes(document, wish)
        current = wish.get("number")
        here = next((quote for quote in quotes if quote.number == current), None)
        if here and digest(document.text[here.start : here.end]) != wish.get("check"):
            return notice_html(
                document.title,
                "This document has changed since the answer was given, and the quote is no longer "
                "at its place. Ask the question again.",
            )
        return source_html(document, quotes, here.number if here else None)

    def _more(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        document = self._documents()[wish["document"]]
        length = len(document.text)
        if wish["side"] == "before":
            last = _number(wish["edge"], length)
            first, _ = window(document.text, last, last)
        else:
            first = _number(wish["edge"], length)
            _, last = window(document.text, first, first)
        last = min(last, first + LONGEST_READ)
        return {
            "html": text_html(document, first, last, self._quotes(document, wish)),
            "first": first,
            "last": last,
            "length": length,
        }

    def open_source(self, wish: Any) -> str:
        """Make the source panel: a document at a quote, or from its beginning."""
        try:
            return self._open(wish)
        except (AttributeError, KeyError, TypeError):
            return notice_html("Nothing to show", "The page asked for a place that doesn’t exist.")

    def more_source(self, wish: Any) -> dict[str, Any] | None:
        """Make the text next to the part that is shown, with where it starts and ends."""
        try:
            return self._more(wish)
        except (AttributeError, KeyError, TypeError):
            return None
