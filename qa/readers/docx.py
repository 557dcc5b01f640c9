"""Word documents: headings, paragraphs, lists and tables in their order.

Tracked insertions are text, tracked deletions aren't. Headers, footers, comments and text boxes are
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from docx.opc.part import PartFactory
from docx.package import Package
from docx.parts.document import DocumentPart
from docx.text.paragraph import Paragraph

from qa.errors import DocumentError
from qa.readers.archive import open_office
from qa.readers.content import Content, TextWriter, column_names, superscript
from qa.readers.titles import tidy_title

__all__ = ["read"]

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_MAX_NESTED = 8
_AROUND = ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")
_SHOWN = "[not(ancestor::w:del or ancestor::w:moveFrom or ancestor::w:txbxContent)]"
_RUNS = f".//w:r{_SHOWN} | .//m:oMath{_SHOWN}"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MATH_MARKS = {"num": "", "den": "/", "sup": "^", "sub": "_", "deg": ""}

# With macros a document is written like any other; they are never run.
PartFactory.part_type_for["application/vnd.ms-word.document.macroEnabled.main+xml"] = DocumentPart


def read(data: bytes, path: str) -> Content:
    """Read a Word document."""
    office = open_office(data, path)
    part = Package.open(office.file).main_document_part
    if not isinstance(part, DocumentPart):
        raise DocumentError(
            f"{path} is no Word document but {part.content_type}. Rename it to what it is."
        )
    document = part.document
    writer = TextWriter(path)
    title = office.title
    body: Any = document.element.body
    for element in _inside(body, "p", "tbl"):
        if _is(element, "tbl"):
            _table(element, writer, 0)
        else:
            paragraph = Paragraph(element, document)
            title = title or _titled(paragraph)
            _paragraph(paragraph, writer)
    return Content(writer.text(), title, office.date, "metadata" if office.date else None)


def _is(element: Any, *names: str) -> bool:
    return str(element.tag).rpartition("}")[2] in names


def _inside(parent: Any, *names: str, depth: int = 0) -> Iterator[Any]:
    """Children of these names, also those in content controls."""
    for child in parent:
        if _is(child, *names):
            yield child
        elif depth < 4 * _MAX_NESTED and _is(child, *_AROUND):
            yield from _inside(child, *names, depth=depth + 1)


def _text(paragraph: Any) -> str:
    parts: list[str] = []
    # A power may be several runs, its sign one of its own.
    for raised, runs in groupby(paragraph.xpath(_RUNS), _is_raised):
        text = "".join(_equation(run) if _is(run, "oMath") else run.text for run in runs)
        before = next((part for part in reversed(parts) if part), "")
        parts.append(superscript(text, before[-1:]) if raised else text)
    return "".join(parts)


def _is_raised(run: Any) -> bool:
    """Whether a run is a superscript; one that links is the number of a note."""
    place = run.find(f"{_WORD}rPr/{_WORD}vertAlign")
    return (
        place is not None
        and place.get(f"{_WORD}val") == "superscript"
        and not _is(run.getparent(), "hyperlink")
    )


def _equation(element: Any) -> str:
    """Write an equation in a line: half is 1/2, never 12."""
    name = str(element.tag).removeprefix(_MATH)
    if name == "t":
        return element.text or ""
    inside = "".join(map(_equation, element)) if not _is(element, "del", "moveFrom") else ""
    if name in _MATH_MARKS:
        grouped = inside if inside.isalnum() or not inside else f"({inside})"
        return _MATH_MARKS[name] + grouped if inside else ""
    if name == "rad":
        return f"√({inside})"
    if name == "d":
        return _given(element, "d", "begChr", "(") + inside + _given(element, "d", "endChr", ")")
    if name == "nary":
        return _given(element, "nary", "chr", "∫") + inside
    return inside


def _given(element: Any, name: str, character: str, usual: str) -> str:
    found = element.find(f"{_MATH}{name}Pr/{_MATH}{character}")
    return usual if found is None else found.get(f"{_MATH}val", "")


def _titled(paragraph: Paragraph) -> str | None:
    if _style(paragraph) not in {"title", "heading 1"}:
        return None
    return tidy_title(_text(paragraph._p))


def _style(paragraph: Paragraph) -> str:
    style = paragraph.style
    return (style.name or "").lower() if style is not None else ""


def _paragraph(paragraph: Paragraph, writer: TextWriter) -> None:
    style, text = _style(paragraph), _text(paragraph._p)
    if heading := _HEADING.fullmatch(style):
        writer.heading(int(heading[1]), text)
    elif style == "title":
        writer.heading(1, text)
    elif style.startswith("list") or _is_numbered(paragraph):
        writer.item(text)
    else:
        writer.paragraph(text)


def _is_numbered(paragraph: Paragraph) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and properties.numPr is not None


def _table(table: Any, writer: TextWriter, depth: int) -> None:
    """Write a table by rows, its cells below their columns.

    A cell merged with those beside it stands once, one merged with those below it in each
    of its rows.
    """
    rows: list[list[str]] = []
    for row in _inside(table, "tr"):
        if row.xpath("./w:trPr/w:del"):
            continue
        cells = [""] * _number(row, "./w:trPr/w:gridBefore/@w:val", 0)
        for cell in _inside(row, "tc"):
            text = "\n".join(_text(paragraph) for paragraph in _inside(cell, "p"))
            merged = cell.xpath("./w:tcPr/w:vMerge")
            if merged and not cell.xpath("./w:tcPr/w:vMerge[@w:val='restart']"):
                above = rows[-1] if rows else []
                text = above[len(cells)] if len(cells) < len(above) else ""
            cells += [text] + [""] * (_number(cell, "./w:tcPr/w:gridSpan/@w:val", 1) - 1)
            if depth < _MAX_NESTED:
                for nested in _inside(cell, "tbl"):
                    _table(nested, writer, depth + 1)
        rows.append(cells)
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    columns = column_names(rows)
    for cells in rows[1:] if columns else rows:
        writer.row(cells, columns)


def _number(element: Any, path: str, usual: int) -> int:
    found = element.xpath(path)
    return min(int(found[0]), 63) if found and str(found[0]).isdecimal() else usual
