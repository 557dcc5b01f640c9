"""The source beside the conversation: a document opened at a quote.

Only a window of a long document becomes HTML, so that ten megabytes open as quickly as
one page. The text is never altered: joined, the text of the page between two offsets is
the document's between the same two.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.faces.markup import Markup, element, escaped, join
from qa.types import Document
from qa.ui.markup import DOT, ICONS

__all__ = [
    "Quote",
    "date_html",
    "digest",
    "notice_html",
    "panel_head",
    "source_html",
    "text_html",
    "window",
]

_LINE = re.compile(r".+", re.MULTILINE)
_HEADING = re.compile(r"(#{1,6} +)\S.*")
_STRONG = re.compile(r"(\*\*)(?=[^\s*])[^*\n]*[^\s*](\*\*)")
_FENCES = ("```", "~~~")
_FENCE = re.compile(r"^[^\S\n]*(```|~~~)", re.MULTILINE)
CODE = "qa-code"
WHOLE = 40_000
REACH = 8_000


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of a document to mark, with the number that it goes by."""

    number: int
    start: int
    end: int


def digest(quote: str) -> str:
    """Sixteen hexadecimal digits by which a quote is recognised at its place later on."""
    return hashlib.sha256(quote.encode("utf-8", "replace")).hexdigest()[:16]


def date_html(date: str | None, saved: str | None = None) -> Markup:
    """Write an ISO 8601 date as people read it, else "saved" and when the file was saved."""
    if date is None:
        return element("span", "saved ", date_html(saved)) if saved else Markup()
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError:
        return escaped(date)
    return element("time", f"{day.day} {day:%B %Y}", datetime=date)


def window(content: str, start: int, end: int) -> tuple[int, int]:
    """Choose what of `content` to show around ``[start, end)``, whole lines where it can be.

    Returns
    -------
    first, last : int
        Half-open; the whole of a `content` of no more than 40,000 characters.
    """
    if len(content) <= WHOLE:
        return 0, len(content)
    first, last = max(0, start - REACH), min(len(content), end + REACH)
    if first > 0:
        # The line break right before `start` would leave nothing to show before it.
        line = content.find("\n", first, max(start - 1, first))
        first = first if line < 0 else line + 1
    if last < len(content):
        line = content.rfind("\n", end, last)
        last = last if line < 0 else line + 1
    return first, last


def text_html(
    document: Document,
    first: int,
    last: int,
    quotes: Iterable[Quote] = (),
    current: int | None = None,
) -> Markup:
    """Mark the quotes in the document's text from `first` to `last`.

    Parameters
    ----------
    document : Document
    first, last : int
        Half-open span of the canonical text.
    quotes : iterable of Quote
        They may overlap and may reach out of the span.
    current : int or None
        Number of the quote that is marked strongly; the others are marked lightly.
    """
    inside = [quote for quote in quotes if quote.start < last and quote.end > first]
    cuts = {first, last}
    for quote in inside:
        cuts.update((max(first, quote.start), min(last, quote.end)))
    begin: dict[int, list[str]] = {}
    cease: dict[int, list[str]] = {}
    for start, end, look in _looks(document, first, last):
        begin.setdefault(start, []).append(look)
        cease.setdefault(end, []).append(look)
        cuts.update((start, end))
    looks: list[str] = []
    parts: list[Markup] = []
    code: list[Markup] = []
    reached = False
    for start, end in pairwise(sorted(cuts)):
        for look in cease.get(start, ()):
            looks.remove(look)
        looks += begin.get(start, ())
        piece = escaped(document.text[start:end])
        if CODE in looks:
            into = code
        else:
            into = parts
            parts += _block(code)
        if worn := [look for look in looks if look != CODE]:
            piece = element("span", piece, class_=" ".join(worn))
        over = [quote for quote in inside if quote.start <= start and quote.end >= end]
        if any(quote.number == current for quote in over):
            into.append(
                element(
                    "mark",
                    piece,
                    class_="qa-mark qa-mark-current",
                    id=None if reached else "qa-here",
                    tabindex=None if reached else "-1",
                )
            )
            reached = True
        elif over:
            into.append(element("mark", piece, class_="qa-mark", data_number=over[0].number))
        else:
            into.append(piece)
    return join([*parts, *_block(code)])


def _block(code: list[Markup]) -> Iterator[Markup]:
    """Take out of `code` what is in it, as one block; nothing where nothing is."""
    if code:
        # It reads from left to right in whatever language is around it.
        yield element("div", join(code), class_=CODE, dir="ltr")
        code.clear()


def _looks(document: Document, first: int, last: int) -> Iterator[tuple[int, int, str]]:
    """Spans with the class that they are shown in; Markdown's signs stay, but step back."""
    if document.format == "code":
        yield first, last, CODE
        return
    front = min(document.body_start, last)
    if first < front:
        yield first, front, "qa-front"
    # What is shown may begin within a block of code.
    fence, begin = "", first
    for line in _FENCE.finditer(document.text, 0, first):
        if not fence or line[1] == fence:
            fence = "" if fence else line[1]
    for line in _LINE.finditer(document.text, first, last):
        begun = line[0].lstrip()
        if begun.startswith(fence or _FENCES):
            if fence:
                # With the line break, which would else stand empty after the block.
                yield begin, min(line.end() + 1, last), CODE
            fence, begin = "" if fence else begun[:3], line.start()
        elif fence:
            continue
        elif begun.startswith("|"):
            yield *line.span(), "qa-table"
        else:
            if heading := _HEADING.fullmatch(line[0]):
                sign = line.start() + heading.end(1)
                yield *line.span(), f"qa-heading qa-level-{len(heading[1].rstrip())}"
                yield line.start(), sign, "qa-sign"
            for strong in _STRONG.finditer(document.text, *line.span()):
                yield *strong.span(), "qa-strong"
                yield *strong.span(1), "qa-sign"
                yield *strong.span(2), "qa-sign"
    if fence:
        yield begin, last, CODE


def panel_head(controls: Markup, title: str, facts: Sequence[Markup]) -> Markup:
    """Make the head of what the panel shows: controls, a title, facts about it."""
    close = element(
        "button",
        ICONS["close"],
        type="button",
        class_="qa-tool qa-close",
        data_close=True,
        aria_label="Close the source",
    )
    meta = DOT.join(fact for fact in facts if fact)
    return element(
        "header",
        element("div", controls + close, class_="qa-source-bar")
        + element("h2", title, dir="auto", tabindex="-1")
        + element("p", meta, class_="qa-meta"),
        class_="qa-source-head",
    )


def _library_button() -> Markup:
    return element(
        "button",
        ICONS["document"] + element("span", "All documents"),
        type="button",
        class_="qa-tool",
        data_library=True,
    )


def source_html(
    document: Document, quotes: Sequence[Quote] = (), current: int | None = None
) -> Markup:
    """Open a document at its quote `current`, or at its beginning where that is None."""
    here = next((quote for quote in quotes if quote.number == current), None)
    start, end = (here.start, here.end) if here else (0, 0)
    first, last = window(document.text, start, end)
    move = element(
        "div",
        element(
            "button",
            ICONS["back"],
            type="button",
            class_="qa-tool",
            data_step="-1",
            aria_label="Previous quote",
        )
        + element("span", "", class_="qa-position", aria_live="polite")
        + element(
            "button",
            ICONS["forward"],
            type="button",
            class_="qa-tool",
            data_step="1",
            aria_label="Next quote",
        ),
        class_="qa-move",
        hidden=here is None,
    )
    place = f"characters {start:,}–{end:,}" if here else f"{len(document.text):,} characters"
    more = {
        name: element(
            "button",
            label,
            type="button",
            class_="qa-more",
            data_more=name,
            hidden=not wanted,
        )
        for name, label, wanted in (
            ("before", "Show what comes before", first > 0),
            ("after", "Show what comes after", last < len(document.text)),
        )
    }
    body = element(
        "div", text_html(document, first, last, quotes, current), class_="qa-text", dir="auto"
    )
    return element(
        "section",
        panel_head(
            _library_button() + move,
            document.title,
            (
                date_html(document.date, document.saved),
                element("span", document.path, class_="qa-path", dir="auto"),
                element("span", place, class_="qa-place"),
            ),
        )
        + element("p", "", class_="qa-why", hidden=True)
        + element(
            "div",
            more["before"] + body + more["after"],
            class_="qa-paper",
            tabindex="0",
            role="region",
            aria_label="Text of the document",
        ),
        class_="qa-source-view",
        data_document=document.path,
        data_first=first,
        data_last=last,
    )


def notice_html(title: str, explanation: str) -> Markup:
    """Explain in the panel why a document can't be shown, and what to do."""
    return element(
        "section",
        panel_head(_library_button(), title, ()) + element("p", explanation, class_="qa-notice"),
        class_="qa-source-view",
    )
