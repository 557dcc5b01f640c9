"""Exchanges to HTML: what is checked stands out, what isn't yet looks unchecked.

Pure functions of the values that the pipeline hands over. Whatever leads to a place in a
document is a button of class ``qa-cite`` that carries the place; the page's script opens
the source there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from qa.types import Answer, Citation, Claim, Passage
from qa.ui.conversation import Exchange
from qa.ui.keeping import Earlier
from qa.ui.markup import DOT, ICONS, Html, plural, tag, text
from qa.ui.source import date_html, digest

__all__ = [
    "banner_html",
    "conversation_html",
    "exchange_html",
    "header_html",
    "support_words",
    "welcome_html",
]

CLOSEST = 5
REFUSAL = (
    "Nothing that was found answers this. What comes closest is below; other words may find more."
)
STRONG, GOOD = 0.85, 0.65
_MARKER = re.compile(r"\s*\[(\d{1,4})\]")
_LAST_WORD = re.compile(r"\S{1,24}\Z")
_PUNCTUATION = re.compile(r"[.,;:!?…)”]*")
# Where a model runs, at the end of its name: "(embedded)", "at gpu.example".
_PLACE = re.compile(r" (?:\([^()]*\)|at \S+)\Z")


def support_words(support: float) -> str:
    """How strongly a quote supports what is said, in words: "Strong support (0.93)"."""
    return f"{_level(support).capitalize()} support ({support:.2f})"


def _level(support: float) -> str:
    return "strong" if support >= STRONG else "good" if support >= GOOD else "fair"


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _support(citation: Citation, answer: Answer) -> str:
    return support_words(citation.support) if _supports(answer) else ""


def _supports(answer: Answer) -> bool:
    # Sentences that no model drew a statement from support none: they are only close.
    return not answer.extractive and answer.status != "not_found"


def _why(citation: Citation, answer: Answer) -> str:
    reasons = dict.fromkeys(
        claim.reason.rstrip(".")
        for claim in answer.claims
        if claim.verdict == "supported" and citation.number in claim.citations and claim.reason
    )
    return ": ".join(filter(None, (_support(citation, answer), "; ".join(reasons))))


def _leads_to(content: Html, citation: Citation, answer: Answer, class_: str) -> Html:
    quote = _one_line(citation.quote)
    return tag(
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
        data_level=_level(citation.support) if _supports(answer) else None,
        data_why=_why(citation, answer),
        aria_label=f"Quote {citation.number}, {citation.title}: {quote}",
    )


def _text_html(answer: Answer) -> Html:
    citations = {citation.number: citation for citation in answer.citations}
    parts: list[Html] = []
    end = 0
    for marker in _MARKER.finditer(answer.text):
        citation = citations.get(int(marker[1]))
        if citation is None:
            continue
        before = answer.text[end : marker.start()]
        chip = _leads_to(text(citation.number), citation, answer, "qa-chip")
        # A line never breaks between a word, its number and the full stop after it.
        word = _LAST_WORD.search(before)
        cut = word.start() if word else len(before)
        after = _PUNCTUATION.match(answer.text, marker.end())
        end = after.end() if after else marker.end()
        parts.append(text(before[:cut]))
        parts.append(
            tag(
                "span",
                text(before[cut:]) + chip + text(answer.text[marker.end() : end]),
                class_="qa-hold",
            )
        )
    parts.append(text(answer.text[end:]))
    return tag("div", "".join(parts), class_="qa-words", dir="auto")


def _origin_html(title: str, date: str | None, page: int | None = None) -> Html:
    facts = [tag("span", text(title), dir="auto"), date_html(date)]
    if page is not None:
        facts.append(text(f"page {page}"))
    return tag("span", DOT.join(fact for fact in facts if fact), class_="qa-origin")


def _quotes_html(answer: Answer) -> Html:
    items = (
        tag(
            "li",
            _leads_to(
                tag("span", text(citation.number), class_="qa-number", aria_hidden="true")
                + tag("span", text(_one_line(citation.quote)), class_="qa-quote", dir="auto")
                + tag(
                    "span",
                    _origin_html(citation.title, citation.date, citation.page)
                    + tag("span", text(_support(citation, answer)), class_="qa-support"),
                    class_="qa-under",
                ),
                citation,
                answer,
                "qa-row",
            ),
        )
        for citation in answer.citations
    )
    return tag("ol", "".join(items), class_="qa-quotes", aria_label="Quotes")


def _passages_html(passages: Iterable[Passage]) -> Html:
    items = []
    for number, passage in enumerate(passages, 1):
        sentence = passage.sentence
        quote = _one_line(sentence.text)
        button = tag(
            "button",
            tag("span", text(quote), class_="qa-quote", dir="auto")
            + tag("span", _origin_html(passage.title, passage.date), class_="qa-under"),
            type="button",
            class_="qa-cite qa-row qa-passage",
            data_number=number,
            data_document=sentence.document,
            data_start=sentence.start,
            data_end=sentence.end,
            data_check=digest(sentence.text),
            data_from=passage.title,
            data_why="Found for the question; not a checked quote of the answer",
            aria_label=f"Passage {number}, {passage.title}: {quote}",
        )
        items.append(tag("li", button))
    return tag("ol", "".join(items), class_="qa-quotes", data_group=True)


def _details(summary: str, content: Html) -> Html:
    return tag("details", tag("summary", text(summary)) + content, class_="qa-details")


def _dropped_html(claims: Iterable[Claim]) -> Html:
    dropped = [claim for claim in claims if claim.verdict == "unsupported"]
    if not dropped:
        return ""
    items = (
        tag(
            "li",
            tag("s", text(claim.text), dir="auto")
            + tag("span", text(claim.reason or "No quote supports it."), class_="qa-reason"),
        )
        for claim in dropped
    )
    return _details(
        f"{plural(len(dropped), 'statement')} left out: the quotes don't support "
        f"{'it' if len(dropped) == 1 else 'them'}",
        tag("ul", "".join(items), class_="qa-dropped"),
    )


def _verdict_html(answer: Answer) -> Html:
    quotes = plural(len(answer.citations), "quote")
    if answer.status == "not_found":
        icon, words = "nothing", "Not in the documents"
    elif answer.extractive:
        icon, words = "quoted", f"Word for word from the documents: {quotes}"
    elif answer.status == "partial":
        icon, words = "partial", f"Answered in part, machine-checked against {quotes}"
    else:
        icon, words = "checked", f"Machine-checked against {quotes}"
    return tag("p", ICONS[icon] + tag("span", words), class_="qa-verdict")


def _tool_html(icon: str, label: str, **attributes: object) -> Html:
    content = ICONS[icon] + tag("span", text(label))
    return tag("button", content, type="button", class_="qa-tool", **attributes)


def _again_html(question: str, latest: bool) -> Html:
    if not latest:
        return _tool_html("again", "Ask again", data_ask=question)
    return _tool_html(
        "again", "Retry", data_ask=question, data_replace=True, title="Ask again in its place"
    ) + _tool_html("edit", "Edit", data_edit=question, title="Change the question and ask it")


def _tools_html(answer: Answer, latest: bool) -> Html:
    # Where it runs stands in the header.
    made = "No model used" if answer.model == "none" else answer.model.partition(" (")[0]
    total = answer.timings.get("total")
    if total is not None:
        made += f" · {total:.1f} s" if total >= 1 else f" · {total:.2f} s"
    return tag(
        "footer",
        _tool_html(
            "copy",
            "Copy",
            data_copy=answer.to_markdown(),
            title="Copy as Markdown, with the quotes",
        )
        + _again_html(answer.question, latest)
        + tag("span", text(made), class_="qa-made"),
        class_="qa-tools",
    )


def _answer_html(answer: Answer, latest: bool) -> Html:
    notes = "".join(tag("p", text(note), class_="qa-note", dir="auto") for note in answer.notes)
    if answer.status == "not_found":
        if answer.citations:
            said = _text_html(answer) + _quotes_html(answer)
        else:
            said = tag("p", REFUSAL, class_="qa-words") if answer.evidence else _text_html(answer)
        body = _verdict_html(answer) + said + notes
        passages = _found_html(answer.evidence, "Closest passages")
    else:
        body = _text_html(answer) + _verdict_html(answer) + _quotes_html(answer) + notes
        considered = f"{plural(len(answer.evidence), 'passage')} considered"
        passages = _details(considered, _passages_html(answer.evidence)) if answer.evidence else ""
    return tag(
        "div",
        body + passages + _dropped_html(answer.claims) + _tools_html(answer, latest),
        class_=f"qa-answer qa-{answer.status.replace('_', '-')}",
        data_group=True,
    )


def _found_html(passages: Sequence[Passage], heading: str) -> Html:
    if not passages:
        return ""
    return tag("h3", text(heading), class_="qa-kicker") + _passages_html(passages[:CLOSEST])


def _progress_html(exchange: Exchange) -> Html:
    sources = len({passage.sentence.document for passage in exchange.passages})
    if exchange.stage == "waiting":
        before = "one question" if exchange.ahead == 1 else f"{exchange.ahead} questions"
        words = f"Waiting for the model: {before} before yours…"
    elif exchange.stage == "searching":
        words = "Searching the documents…"
    elif exchange.draft:
        words = "Drafting. Not checked yet…"
    else:
        found = plural(len(exchange.passages), "passage")
        words = f"Reading {found} from {plural(sources, 'document')}…"
    draft = tag(
        "div", text(_MARKER.sub("", exchange.draft)), class_="qa-words qa-draft", dir="auto"
    )
    status = (
        tag("span", "", class_="qa-pulse", aria_hidden="true")
        + tag("span", words)
        + tag("span", "", class_="qa-elapsed", aria_hidden="true")
    )
    return tag(
        "div",
        tag("div", draft, class_="qa-desk")
        + tag("p", status, class_="qa-verdict qa-busy")
        + _found_html(exchange.passages, "Passages found"),
        class_="qa-answer qa-pending",
    )


def _told_html(exchange: Exchange) -> Html:
    words = "".join(tag("p", text(paragraph), dir="auto") for paragraph in exchange.told)
    return tag(
        "div",
        tag("div", words, class_="qa-told") + _suggestions_html(exchange.suggestions),
        class_="qa-answer",
    )


def _suggestions_html(suggestions: Iterable[str]) -> Html:
    asked = "".join(
        tag("li", tag("button", text(question), type="button", data_ask=question, dir="auto"))
        for question in suggestions
    )
    return tag("ul", asked, class_="qa-suggestions") if asked else ""


def _ended_html(exchange: Exchange, latest: bool) -> Html:
    if exchange.stage == "stopped":
        words = "Stopped before the draft was checked, so it isn't shown."
    else:
        words = exchange.problem
    status = ICONS[exchange.stage] + tag("span", text(words), dir="auto")
    return tag(
        "div",
        tag("p", status, class_="qa-verdict")
        + _found_html(exchange.passages, "Passages found")
        + tag("footer", _again_html(exchange.question, latest), class_="qa-tools"),
        class_=f"qa-answer qa-{exchange.stage}",
    )


def exchange_html(exchange: Exchange, position: int, *, latest: bool = True) -> Html:
    """One question and its answer as far as it is.

    Parameters
    ----------
    exchange : Exchange
    position : int
        Of the exchange in its conversation, from 0.
    latest : bool
        The latest can be asked again or changed in its place.
    """
    understood = (
        tag(
            "p",
            tag("span", "Understood as", class_="qa-kicker")
            + tag("span", text(exchange.standalone_question), dir="auto"),
            class_="qa-understood",
        )
        if exchange.standalone_question
        else ""
    )
    if exchange.answer is not None:
        body = _answer_html(exchange.answer, latest)
    elif exchange.stage == "told":
        body = _told_html(exchange)
    elif exchange.pending:
        body = _progress_html(exchange)
    else:
        body = _ended_html(exchange, latest)
    return tag(
        "article",
        tag("h2", text(exchange.question), class_="qa-question", dir="auto") + understood + body,
        class_="qa-turn",
        data_turn=position,
        aria_busy="true" if exchange.pending else None,
    )


def conversation_html(exchanges: Iterable[Exchange]) -> Html:
    """Exchanges from the first on, of which none is the latest."""
    return "".join(
        exchange_html(exchange, position, latest=False)
        for position, exchange in enumerate(exchanges)
    )


def welcome_html(
    library: str,
    documents: int,
    suggestions: Iterable[str],
    *,
    editable: bool = True,
    earlier: Sequence[Earlier] = (),
) -> Html:
    """Make the empty conversation: what to do, questions to start from, what was asked before."""
    asked = _suggestions_html(suggestions)
    action = ""
    if documents:
        which = "document" if documents == 1 else plural(documents, "document")
        lead = f"Ask about the {which} in {library}."
        how = (
            "Every statement of an answer is checked by machine against the quotes it rests on. "
            "Select a number to read the quote in its place."
        )
    elif editable:
        lead = f"There is nothing to read in {library} yet."
        how = (
            "Drop files or folders anywhere on this page, or choose them. They are copied into "
            "the library’s folder and stay on the machine that qa runs on."
        )
        action = tag("p", _add_buttons(), class_="qa-first")
    else:
        lead = f"There is nothing to read in {library} yet."
        how = "Documents put into this folder show up here within seconds."
    return tag(
        "section",
        tag("h1", "Ask your documents; check every word.")
        + tag("p", text(lead), class_="qa-lead", dir="auto")
        + tag("p", how)
        + action
        + (tag("h2", "To start with", class_="qa-kicker") + asked if asked else "")
        + _earlier_html(earlier),
        class_="qa-welcome",
    )


def _earlier_html(earlier: Sequence[Earlier]) -> Html:
    if not earlier:
        return ""
    items = (
        tag(
            "li",
            tag(
                "button",
                tag("span", text(each.title), class_="qa-title", dir="auto")
                + tag(
                    "span",
                    plural(each.questions, "question") + DOT + date_html(each.date),
                    class_="qa-meta",
                ),
                type="button",
                class_="qa-document",
                data_earlier=each.name,
            )
            + tag(
                "button",
                ICONS["remove"] + tag("span", "", class_="qa-confirm"),
                type="button",
                class_="qa-tool qa-remove",
                data_forget=each.name,
                aria_label=f"Delete the conversation {each.title}",
                title="Delete this conversation",
            ),
            class_="qa-entry",
        )
        for each in earlier
    )
    return (
        tag("h2", "Earlier conversations", class_="qa-kicker")
        + tag("ul", "".join(items), class_="qa-earlier")
        + tag("p", "Kept in this browser only.", class_="qa-note")
    )


def _add_buttons() -> Html:
    return _tool_html("add", "Add files", data_add="files") + _tool_html(
        "folder", "Add a folder", data_add="folder"
    )


def header_html(library: str, documents: int, model: str, problem: str | None = None) -> Html:
    """Make the line that is always in view: which library, and which model answers."""
    has_model = model != "none"
    name = model if has_model else "No model: answers quote the documents"
    state = " isn't answering" if problem else ""
    place = _PLACE.search(name)
    called, where = (name[: place.start()], place[0]) if place else (name, "")
    lamp = "down" if problem else "on" if has_model else "off"
    return tag(
        "div",
        tag("span", "qa", class_="qa-brand")
        + tag(
            "button",
            ICONS["document"]
            + tag("span", text(library), class_="qa-library", dir="auto")
            + tag("span", plural(documents, "document"), class_="qa-count"),
            type="button",
            class_="qa-tool qa-library-button",
            data_library=True,
            title="Show the documents",
        )
        + tag(
            "span",
            tag("span", "", class_="qa-lamp", data_lamp=lamp, aria_hidden="true")
            + tag("span", "Model: ", class_="qa-hidden")
            + tag(
                "span",
                tag("span", text(called), class_="qa-model-name")
                + tag("span", text(where + state), class_="qa-model-place"),
                class_="qa-model-words",
            ),
            class_="qa-model",
            title=name + state,
        ),
        class_="qa-line",
    )


def banner_html(problem: str | None) -> Html:
    """Make the banner that says that the model is down; nothing where it isn't."""
    if not problem:
        return ""
    return tag(
        "div",
        ICONS["failed"]
        + tag(
            "p",
            tag("strong", "The language model isn’t answering. ")
            + "Until it does, answers are the documents’ own sentences. It is looked for again "
            "and again; nothing needs to be reloaded."
            + tag("span", text(problem), class_="qa-problem", dir="auto"),
        ),
        class_="qa-banner",
        role="status",
    )
