"""HTML around the exchanges: the top line, the banner, the empty conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qa.faces.markup import Markup, element, join
from qa.faces.printing import counted
from qa.ui.choices import name_and_place
from qa.ui.keeping import Earlier
from qa.ui.markup import DOT, ICONS, tool
from qa.ui.source import date_html

__all__ = [
    "banner_html",
    "earlier_html",
    "header_html",
    "hello_html",
    "suggestions_html",
    "welcome_html",
]


def suggestions_html(suggestions: Iterable[str]) -> Markup:
    """List questions to go on with, each asked by a click."""
    asked = join(
        element("li", element("button", question, type="button", data_ask=question, dir="auto"))
        for question in suggestions
    )
    return element("ul", asked, class_="qa-suggestions") if asked else Markup()


def welcome_html(hello: Markup) -> Markup:
    """Make the empty conversation: `hello_html`, and room for what was asked before."""
    return element(
        "section",
        element("div", hello, class_="qa-hello") + element("div", class_="qa-kept"),
        class_="qa-welcome",
    )


def hello_html(
    library: str, documents: int, suggestions: Iterable[str], *, editable: bool = True
) -> Markup:
    """Say what to do, with questions to start from."""
    asked = suggestions_html(suggestions)
    action = ""
    if documents:
        which = "document" if documents == 1 else counted(documents, "document")
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
        action = element("p", _add_buttons(), class_="qa-first")
    else:
        lead = f"There is nothing to read in {library} yet."
        how = "Documents put into this folder show up here within seconds."
    return (
        element("h1", "Ask your documents; check every word.")
        + element("p", lead, class_="qa-lead", dir="auto")
        + element("p", how)
        + action
        + (element("h2", "To start with", class_="qa-kicker") + asked if asked else Markup())
    )


def earlier_html(earlier: Sequence[Earlier]) -> Markup:
    """List conversations to go on with or to delete; nothing where there is none."""
    if not earlier:
        return Markup()
    items = (
        element(
            "li",
            element(
                "button",
                element("span", each.title, class_="qa-title", dir="auto")
                + element(
                    "span",
                    counted(each.questions, "question") + DOT + date_html(each.date),
                    class_="qa-meta",
                ),
                type="button",
                class_="qa-document",
                data_earlier=each.name,
            )
            + element(
                "button",
                ICONS["remove"] + element("span", "", class_="qa-confirm"),
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
        element("h2", "Earlier conversations", class_="qa-kicker")
        + element("ul", join(items), class_="qa-earlier")
        + element("p", "Kept in this browser only.", class_="qa-note")
    )


def _add_buttons() -> Markup:
    return tool("add", "Add files", data_add="files") + tool(
        "folder", "Add a folder", data_add="folder"
    )


def header_html(library: str, documents: int, model: str, problem: str | None = None) -> Markup:
    """Make the line that is always in view: which library, and which model answers."""
    has_model = model != "none"
    name = model if has_model else "No model: answers quote the documents"
    state = " isn’t answering" if problem else ""
    called, where = name_and_place(name)
    lamp = "down" if problem else "on" if has_model else "off"
    return element(
        "div",
        element("h1", "qa", class_="qa-brand")
        + element(
            "button",
            ICONS["document"]
            + element("span", library, class_="qa-library", dir="auto")
            + element("span", counted(documents, "document"), class_="qa-count"),
            type="button",
            class_="qa-tool qa-library-button",
            data_library=True,
            title="Show the documents",
        )
        + element(
            "span",
            element("span", "", class_="qa-lamp", data_lamp=lamp, aria_hidden="true")
            + element("span", "Model: ", class_="qa-hidden")
            + element(
                "span",
                element("span", called, class_="qa-model-name")
                + element(
                    "span",
                    where,
                    element("span", state, class_="qa-model-state") if state else None,
                    class_="qa-model-place",
                ),
                class_="qa-model-words",
            ),
            class_="qa-model",
            title=called + where + state,
        ),
        class_="qa-line",
    )


def banner_html(problem: str | None) -> Markup:
    """Make the banner that says that the model is down; nothing where it isn't."""
    if not problem:
        return Markup()
    return element(
        "div",
        ICONS["failed"]
        + element(
            "p",
            element("strong", "The language model isn’t answering. ")
            + "Until it does, answers are the documents’ own sentences. qa keeps checking "
            "on it; there is no need to reload the page."
            + element("span", problem, class_="qa-problem", dir="auto"),
        ),
        class_="qa-banner",
    )
