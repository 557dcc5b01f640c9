"""Exchanges to HTML: what is checked stands out, what isn't yet looks unchecked.

Pure functions of the values that the pipeline hands over. Whatever leads to a place in a
document is a button of class ``qa-cite`` that carries the place; the page's script opens
the source there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from qa.faces.markup import Markup, element, join
from qa.faces.printing import counted
from qa.types import Answer, Citation, Claim, Passage
from qa.ui.conversation import Exchange
from qa.ui.frame import suggestions_html
from qa.ui.markup import DOT, ICONS, tool
from qa.ui.source import date_html, digest

__all__ = ["conversation_html", "exchange_html", "support_words"]

CLOSEST = 5
LONG_QUESTION = 150
REFUSAL = "No passage was found that answers this. Other words may find one."
STRONG, GOOD = 0.85, 0.65
_MARKER = re.compile(r"\s*\[(\d{1,4})\]")
_LAST_WORD = re.compile(r"\S{1,24}\Z")
_PUNCTUATION = re.compile(r"[.,;:!?…)”]*")


def support_words(support: float) -> str:
    """How strongly a quote supports what is said, in words: "Strong support (0.93)"."""
    return f"{_level(support).capitalize()} support ({support:.2f})"


def _level(support: float) -> str:
    return "strong" if support >= STRONG else "good" if support >= GOOD else "fair"


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _support(citation: Citation) -> str:
    # What was never checked supports nothing.
    return support_words(citation.support) if citation.support else ""


def _why(citation: Citation, answer: Answer) -> str:
    claims = [
        claim for claim in answer.claims if claim.shown and citation.number in claim.citations
    ]
    # Its support is that of the strongest claim; other claims' reasons would only repeat it.
    reason = max(claims, key=lambda claim: claim.support).reason if claims else ""
    return ": ".join(filter(None, (_support(citation), reason.rstrip("."))))


def _leads_to(
    content: str, citation: Citation, answer: Answer, class_: str, label: str | None = None
) -> Markup:
    quote = _one_line(citation.quote)
    return element(
        "button",
        content,
        type="button",
        class_=f"qa-cite {class_}",
        data_number=citation.number,
        data_document=citation.document,
        data_start=citation.start,
        data_end=citation.end,
        data_check=digest(citation.quote),
        data_quote=quote,
        data_from=citation.title,
        data_level=_level(citation.support) if citation.support else None,
        data_why=_why(citation, answer),
        aria_label=label,
    )


def _chip_html(citation: Citation, answer: Answer) -> Markup:
    said = f"Quote {citation.number}, {citation.title}: {_one_line(citation.quote).rstrip('.')}"
    support = _support(citation)
    label = f"{said}. {support}" if support else said
    return _leads_to(str(citation.number), citation, answer, "qa-chip", label)


def _text_html(answer: Answer) -> Markup:
    citations = {citation.number: citation for citation in answer.citations}
    parts: list[str] = []
    end = 0
    for marker in _MARKER.finditer(answer.text):
        citation = citations.get(int(marker[1]))
        if citation is None:
            continue
        before = answer.text[end : marker.start()]
        chip = _chip_html(citation, answer)
        # A line never breaks between a word, its number and the full stop after it.
        word = _LAST_WORD.search(before)
        cut = word.start() if word else len(before)
        after = _PUNCTUATION.match(answer.text, marker.end())
        end = after.end() if after else marker.end()
        parts.append(before[:cut])
        parts.append(
            element(
                "span",
                before[cut:],
                chip,
                answer.text[marker.end() : end],
                class_="qa-hold",
            )
        )
    parts.append(answer.text[end:])
    return element("div", *parts, class_="qa-words", dir="auto")


def _origin_html(cited: Citation | Passage, page: int | None = None) -> Markup:
    facts: list[str] = [
        element("span", cited.title, dir="auto"),
        date_html(cited.date, cited.saved),
        f"page {page}" if page is not None else "",
    ]
    return element("span", DOT.join(filter(None, facts)), class_="qa-origin")


def _quotes_html(answer: Answer) -> Markup:
    items = (
        element(
            "li",
            _leads_to(
                element(
                    "span",
                    element("span", "Quote ", class_="qa-hidden"),
                    str(citation.number),
                    class_="qa-number",
                )
                + element("span", _one_line(citation.quote), class_="qa-quote", dir="auto")
                + element(
                    "span",
                    _origin_html(citation, citation.page)
                    + element("span", _support(citation), class_="qa-support"),
                    class_="qa-under",
                ),
                citation,
                answer,
                "qa-row",
            ),
        )
        for citation in answer.citations
    )
    return element("ol", join(items), class_="qa-quotes", aria_label="Quotes")


def _passages_html(passages: Iterable[Passage]) -> Markup:
    items = []
    for number, passage in enumerate(passages, 1):
        sentence = passage.sentence
        button = element(
            "button",
            element("span", _one_line(sentence.text), class_="qa-quote", dir="auto")
            + element("span", _origin_html(passage), class_="qa-under"),
            type="button",
            class_="qa-cite qa-row qa-passage",
            data_number=number,
            data_document=sentence.document,
            data_start=sentence.start,
            data_end=sentence.end,
            data_check=digest(sentence.text),
            data_from=passage.title,
            data_why="Found for the question; not a checked quote of the answer",
        )
        items.append(element("li", button))
    return element("ol", join(items), class_="qa-quotes", data_group=True)


def _details(summary: str, content: Markup) -> Markup:
    return element("details", element("summary", summary) + content, class_="qa-details")


def _dropped_html(claims: Iterable[Claim]) -> Markup:
    dropped = [claim for claim in claims if not claim.shown]
    if not dropped:
        return Markup()
    items = (
        element(
            "li",
            element("s", claim.text, dir="auto")
            + element("span", claim.reason or "No quote supports it.", class_="qa-reason"),
        )
        for claim in dropped
    )
    return _details(
        f"{counted(len(dropped), 'statement')} left out: the quotes don’t support "
        f"{'it' if len(dropped) == 1 else 'them'}",
        element("ul", join(items), class_="qa-dropped"),
    )


def _verdict_html(answer: Answer) -> Markup:
    quotes = counted(len(answer.citations), "quote")
    if answer.status == "not_found":
        icon, words = "nothing", "No answer found in the documents"
    elif answer.quoted:
        icon, words = "quoted", f"Word for word from the documents: {quotes}"
    elif answer.status == "partial":
        icon, words = "partial", f"Answered in part, machine-checked: {quotes}"
    else:
        icon, words = "checked", f"Machine-checked against {quotes}"
    return element("p", ICONS[icon] + element("span", words), class_="qa-verdict")


def _again_html(question: str, latest: bool) -> Markup:
    if not latest:
        return tool("again", "Ask again", data_ask=question)
    return tool(
        "again", "Retry", data_ask=question, data_replace=True, title="Ask again in its place"
    ) + tool("edit", "Edit", data_edit=question, title="Change the question and ask it")


def _tools_html(answer: Answer, latest: bool) -> Markup:
    # Where it runs stands in the header.
    made = "No model used" if answer.model == "none" else answer.model.partition(" (")[0]
    total = answer.timings.get("total")
    if total is not None:
        made += f" · {total:.1f} s" if total >= 1 else f" · {total:.2f} s"
    return element(
        "footer",
        tool(
            "copy",
            "Copy",
            data_copy=answer.to_markdown(),
            title="Copy as Markdown, with the quotes",
        )
        + _again_html(answer.question, latest)
        + element("span", made, class_="qa-made"),
        class_="qa-tools",
    )


def _answer_html(answer: Answer, latest: bool) -> Markup:
    notes = join(element("p", note, class_="qa-note", dir="auto") for note in answer.notes)
    if answer.status == "not_found":
        if answer.citations:
            said = _text_html(answer) + _quotes_html(answer)
        else:
            said = (
                element("p", REFUSAL, class_="qa-words") if answer.evidence else _text_html(answer)
            )
        body = _verdict_html(answer) + said + notes
        heading = "Other passages" if answer.citations else "Closest passages"
        passages = _found_html(answer.uncited(), heading)
    else:
        body = _verdict_html(answer) + _text_html(answer) + notes + _quotes_html(answer)
        considered = f"{counted(len(answer.evidence), 'passage')} considered"
        passages = (
            _details(considered, _passages_html(answer.evidence)) if answer.evidence else Markup()
        )
    return element(
        "div",
        body + passages + _dropped_html(answer.claims) + _tools_html(answer, latest),
        class_=f"qa-answer qa-{answer.status.replace('_', '-')}",
        data_group=True,
    )


def _found_html(passages: Sequence[Passage], heading: str) -> Markup:
    if not passages:
        return Markup()
    return element("h3", heading, class_="qa-kicker") + _passages_html(passages[:CLOSEST])


def _progress_html(exchange: Exchange) -> Markup:
    sources = len({passage.sentence.document for passage in exchange.passages})
    if exchange.stage == "waiting":
        before = "one question" if exchange.ahead == 1 else f"{exchange.ahead} questions"
        words = f"Waiting: {before} before yours…"
    elif exchange.stage == "searching" and exchange.passages:
        words = "Working out what the question refers to…"
    elif exchange.stage == "searching":
        words = "Searching the documents…"
    elif exchange.draft:
        words = "Drafting. Not checked yet…"
    else:
        passages = counted(len(exchange.passages), "passage")
        words = f"Reading {passages} from {counted(sources, 'document')}…"
    draft = element("div", _MARKER.sub("", exchange.draft), class_="qa-words qa-draft", dir="auto")
    found = element("div", _found_html(exchange.passages, "Passages found"), class_="qa-found")
    status = (
        element("span", "", class_="qa-pulse", aria_hidden="true")
        + element("span", words)
        + element("span", "", class_="qa-elapsed", aria_hidden="true")
    )
    return element(
        "div",
        element("p", status, class_="qa-verdict qa-busy")
        + element("div", draft + found, class_="qa-desk"),
        class_="qa-answer qa-pending",
    )


def _told_html(exchange: Exchange) -> Markup:
    words = join(element("p", paragraph, dir="auto") for paragraph in exchange.told)
    return element(
        "div",
        element("div", words, class_="qa-told") + suggestions_html(exchange.suggestions),
        class_="qa-answer",
    )


def _ended_html(exchange: Exchange, latest: bool) -> Markup:
    if exchange.stage == "stopped":
        words = "Stopped before the draft was checked, so it isn’t shown."
    else:
        words = exchange.problem
    status = ICONS[exchange.stage] + element("span", words, dir="auto")
    return element(
        "div",
        element("p", status, class_="qa-verdict")
        + _found_html(exchange.passages, "Passages found")
        + element("footer", _again_html(exchange.question, latest), class_="qa-tools"),
        class_=f"qa-answer qa-{exchange.stage}",
    )


def _understood_html(exchange: Exchange) -> Markup:
    """How a follow-up was understood; its line is there before it is, so that nothing moves."""
    known = exchange.standalone_question
    if known is None and not (exchange.follows and (exchange.pending or exchange.answer)):
        return Markup()
    words = known or ("you asked it" if exchange.stage == "answered" else "")
    return element(
        "p",
        element("span", "Understood as", class_="qa-kicker") + element("span", words, dir="auto"),
        class_="qa-understood",
    )


def exchange_html(exchange: Exchange, position: int, *, latest: bool = True) -> Markup:
    """One question and its answer as far as it is.

    Parameters
    ----------
    exchange : Exchange
    position : int
        Of the exchange in its conversation, from 0.
    latest : bool
        The latest can be asked again or changed in its place.
    """
    if exchange.answer is not None:
        body = _answer_html(exchange.answer, latest)
    elif exchange.stage == "told":
        body = _told_html(exchange)
    elif exchange.pending:
        body = _progress_html(exchange)
    else:
        body = _ended_html(exchange, latest)
    return element(
        "article",
        element(
            "h2",
            exchange.question,
            class_="qa-question",
            dir="auto",
            # A long one scrolls, for those without a pointer too.
            tabindex=0 if len(exchange.question) > LONG_QUESTION else None,
        )
        + _understood_html(exchange)
        + body,
        class_="qa-turn",
        data_turn=position,
        aria_busy="true" if exchange.pending else None,
    )


def conversation_html(exchanges: Iterable[Exchange]) -> Markup:
    """Exchanges from the first on, of which none is the latest."""
    return join(
        exchange_html(exchange, position, latest=False)
        for position, exchange in enumerate(exchanges)
    )
