"""Word documents: headings, paragraphs, lists and tables in their order.

Headers, footers, comments and text boxes are left out.
"""

from __future__ import annotations

import re

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph

from qa.readers.archive import open_office
from qa.readers.content import Content, TextWriter, column_names
from qa.readers.titles import tidy_title

__all__ = ["read"]

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_MAX_NESTED_TABLES = 8


def read(data: bytes, path: str) -> Content:
    """Read a Word document."""
    office = open_office(data, path)
    document = docx.Document(office.file)
    writer = TextWriter(path)
    title = office.title
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            _table(block, writer, 0)
        else:
            title = title or _titled(block)
            _paragraph(block, writer)
    return Content(writer.text(), title, office.date, "metadata" if office.date else None)


def _titled(paragraph: Paragraph) -> str | None:
    return tidy_title(paragraph.text) if _style(paragraph) in {"title", "heading 1"} else None


def _style(paragraph: Paragraph) -> str:
    style = paragraph.style
    return (style.name or "").lower() if style is not None else ""


def _paragraph(paragraph: Paragraph, writer: TextWriter) -> None:
    style = _style(paragraph)
    if heading := _HEADING.fullmatch(style):
        writer.heading(int(heading[1]), paragraph.text)
    elif style == "title":
        writer.heading(1, paragraph.text)
    elif style.startswith("list") or _is_numbered(paragraph):
        writer.item(paragraph.text)
    else:
        writer.paragraph(paragraph.text)


def _is_numbered(paragraph: Paragraph) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and properties.numPr is not None


def _table(table: Table, writer: TextWriter, depth: int) -> None:
    """Write a table by rows; a merged cell counts once."""
    rows: list[list[str]] = []
    for row in table.rows:
        cells = list({id(cell._tc): cell for cell in row.cells}.values())
        rows.append([cell.text for cell in cells])
        if depth < _MAX_NESTED_TABLES:
            for cell in cells:
                for nested in cell.tables:
                    _table(nested, writer, depth + 1)
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    columns = column_names(rows[0], rows[1]) if len(rows) > 1 else ()
    for cells_of_row in rows[1:] if columns else rows:
        writer.row(cells_of_row, columns)
