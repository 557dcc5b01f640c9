"""The list of the documents as HTML: what there is, its state, and what can be done."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from qa.faces.markup import Markup, element, join
from qa.faces.printing import counted
from qa.ui.markup import DOT, ICONS, file_size, tool
from qa.ui.shelf import Entry
from qa.ui.source import date_html, panel_head

__all__ = ["matching", "panel_html"]

LISTED = 500
# As many fit into view; for more there is a filter.
FEW = 10
LONGEST_FILTER = 200
_STATES = {
    "ready": "",
    "new": "Added",
    "waiting": "Waiting",
    "indexing": "Indexing",
    "changed": "Changed",
    "partial": "Read in part",
    "skipped": "Not read",
    "failed": "Not added",
}


def _entry_html(entry: Entry, editable: bool) -> Markup:
    document = entry.document
    title = document.title if document else entry.path
    facts = [
        date_html(document.date, document.saved) if document else Markup(),
        element("span", entry.path, class_="qa-path", dir="auto")
        if entry.path != title
        else Markup(),
        element("span", file_size(entry.size)) if entry.size is not None else Markup(),
    ]
    state, detail = _STATES[entry.state], entry.detail
    if entry.state in ("partial", "skipped", "failed") and detail:
        detail = f"{state}: {detail}"
    told = (
        element("span", detail or state, class_="qa-state", data_state=entry.state)
        if state
        else Markup()
    )
    known = DOT.join(fact for fact in facts if fact)
    words = element("span", title, class_="qa-title", dir="auto") + (
        element("span", known, class_="qa-meta") if known else Markup()
    )
    body = (
        element("button", words, type="button", class_="qa-document", data_open=entry.path)
        if document
        else element("div", words, class_="qa-document")
    )
    removable = editable and entry.state not in ("waiting", "indexing")
    remove = (
        element(
            "button",
            ICONS["remove"] + element("span", "", class_="qa-confirm"),
            type="button",
            class_="qa-tool qa-remove",
            # Not the wish to remove: meanwhile there may be a document of that name.
            **{"data_dismiss" if entry.state == "failed" else "data_remove": entry.path},
            aria_label=f"{'Dismiss' if entry.state == 'failed' else 'Remove'} {title}",
            title="Dismiss" if entry.state == "failed" else "Take out of the library",
        )
        if removable
        else Markup()
    )
    return element("li", body + remove + told, class_="qa-entry", data_state=entry.state)


def _folded(value: str) -> str:
    """`value` as the filter compares it, so that "alesund" finds "Ålesund"."""
    apart = unicodedata.normalize("NFKD", value.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def matching(entries: Sequence[Entry], sought: object) -> Sequence[Entry]:
    """The entries whose title or path has each word of `sought`; all where it has none.

    Parameters
    ----------
    entries : sequence of Entry
    sought : object
        What the page says is written into the filter.
    """
    wanted = _folded(sought[:LONGEST_FILTER]).split() if isinstance(sought, str) else []
    if not wanted:
        return entries
    found = []
    for entry in entries:
        named = _folded(f"{entry.document.title if entry.document else ''} {entry.path}")
        if all(word in named for word in wanted):
            found.append(entry)
    return found


def _filter_html() -> Markup:
    field = element(
        "input",
        type="search",
        placeholder="Filter by title or file name",
        aria_label="Filter the documents",
        maxlength=LONGEST_FILTER,
        autocomplete="off",
        spellcheck="false",
    ).removesuffix("</input>")
    return element("div", ICONS["find"] + field, class_="qa-filter")


def panel_html(
    entries: Sequence[Entry],
    *,
    editable: bool,
    busy: bool = False,
    message: str = "",
    sought: object = "",
) -> Markup:
    """All documents by title, each a button that opens it; of very many the first.

    Parameters
    ----------
    entries : sequence of Entry
    editable : bool
        Whether documents may be added and removed.
    busy : bool
        Whether the documents are being read.
    message : str
        What was done last.
    sought : object
        What is written into the filter.
    """
    documents = sum(entry.document is not None for entry in entries)
    tools = (
        (tool("add", "Add files", data_add="files") if editable else Markup())
        + (tool("folder", "Add a folder", data_add="folder") if editable else Markup())
        + tool("again", "Look for changes", data_reindex=True, title="Read the folder again")
    )
    found = matching(entries, sought)
    rows = join(_entry_html(entry, editable) for entry in found[:LISTED])
    count = ""
    if len(found) < len(entries):
        count = f"{len(found):,} of {counted(len(entries), 'file')} match"
    if len(found) > LISTED:
        count = f"{count or counted(len(found), 'file')}. The first {LISTED} are listed: "
        count += "write more of a name to find the others"
    if entries:
        empty = "No title or file name has all of these words."
    elif editable:
        empty = (
            "Drop files or folders here. Text and the other formats that qa reads are copied "
            "into the library’s folder."
        )
    else:
        empty = "Documents put into the folder show up here."
    return element(
        "section",
        panel_head(
            element("span", "Sources", class_="qa-kicker"), counted(documents, "document"), ()
        )
        + element("div", tools, class_="qa-shelf-tools")
        + element("p", message, class_="qa-message", dir="auto", hidden=not message)
        + (_filter_html() if len(entries) > FEW else Markup())
        + element("p", count, class_="qa-message qa-matches", hidden=not count)
        + (
            element("ul", rows, class_="qa-documents")
            if rows
            else element("p", empty, class_="qa-notice")
        ),
        class_="qa-source-view qa-library-view",
        data_busy=busy,
    )
