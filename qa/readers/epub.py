"""Electronic books: the chapters in their reading order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from qa.errors import DocumentError
from qa.readers.archive import UNREADABLE, open_archive, parse_xml
from qa.readers.content import Content, TextWriter
from qa.readers.dates import metadata_date
from qa.readers.encoding import count_unreadable, decode, told_unreadable
from qa.readers.html import parse, write_html
from qa.readers.titles import tidy_title

__all__ = ["read"]

_CONTAINER = "META-INF/container.xml"
_RIGHTS = "META-INF/rights.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html"})


def read(data: bytes, path: str) -> Content:
    """Read a book.

    Raises
    ------
    DocumentError
        When it is damaged or copy-protected.
    """
    with open_archive(data, path) as archive:
        if _RIGHTS in archive.namelist():
            raise DocumentError(f"{path} is copy-protected. Only books without can be read.")
        container = parse_xml(archive, _CONTAINER, path)
        package_name = next((node.get("full-path") for node in _named(container, "rootfile")), None)
        if not package_name:
            raise DocumentError(f"{path} is damaged: it names no contents. Download it again.")
        package = parse_xml(archive, package_name, path)
        writer = TextWriter(path)
        missing = empty = count = unreadable = 0
        for chapter in _chapters(package, posixpath.dirname(package_name)):
            count += 1
            try:
                written = archive.read(chapter)
                page = decode(written, path)
            except (*UNREADABLE, DocumentError):
                missing += 1
                continue
            unreadable += count_unreadable(written, page)
            tree, before = parse(page, xhtml=True), len(writer)
            # A picture before all text is the cover.
            is_cover = not before and tree.css_first("img, svg, image") is not None
            write_html(tree, writer, book=True)
            empty += len(writer) == before and not is_cover
    if missing and not len(writer):
        raise DocumentError(f"{path} is damaged: no chapter can be read. Download it again.")
    notes = [*told_unreadable(unreadable)]
    if missing:
        notes.append(f"{missing} of its chapters are missing or damaged")
    if empty:
        notes.append(f"{empty} of its {count} chapters hold no text (pictures?)")
    title = next((node.text for node in _named(package, "title") if node.text), "")
    dates = (metadata_date(node.text or "") for node in _named(package, "date"))
    date = next((date for date in dates if date), None)
    return Content(
        writer.text(),
        tidy_title(title),
        date,
        "metadata" if date else None,
        notes=tuple(notes),
    )


def _named(root: Element, name: str) -> Iterator[Element]:
    """Elements of a name in any namespace."""
    return (node for node in root.iter() if str(node.tag).rpartition("}")[2] == name)


def _chapters(package: Element, folder: str) -> Iterator[str]:
    pages = {
        node.get("id"): node.get("href", "")
        for node in _named(package, "item")
        if node.get("media-type") in _PAGES
    }
    for reference in _named(package, "itemref"):
        href = pages.get(reference.get("idref"))
        if href:
            yield posixpath.normpath(posixpath.join(folder, unquote(href)))
