"""Presentations: slide by slide, with the speaker's notes; a slide is a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pptx

from qa.errors import DocumentError
from qa.readers.archive import open_office
from qa.readers.content import Content, TextWriter, column_names
from qa.readers.titles import tidy_title

__all__ = ["read"]

_MAX_NESTED_GROUPS = 16


def read(data: bytes, path: str) -> Content:
    """Read a presentation."""
    office = open_office(data, path)
    presentation = pptx.Presentation(office.file)
    writer = TextWriter(path)
    title = office.title
    blank: list[int] = []
    count = 0
    for count, slide in enumerate(presentation.slides, start=1):
        before = len(writer)
        writer.page()
        heading = slide.shapes.title
        if heading is not None:
            writer.heading(2, heading.text_frame.text)
            title = title or tidy_title(heading.text_frame.text)
        # Shapes are equal when they are the same element; copies may have the same number.
        _shapes((shape for shape in slide.shapes if shape != heading), writer, 0)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            writer.paragraph(slide.notes_slide.notes_text_frame.text)
        if len(writer) == before:
            blank.append(count)
    if count and len(blank) == count:
        raise DocumentError(
            f"{path} holds no text: its {count} slides are pictures or empty. Write on them what "
            "they show, or recognise their text first."
        )
    return Content(
        writer.text(),
        title,
        office.date,
        "metadata" if office.date else None,
        pages=writer.page_starts(),
        notes=(_told(blank, count),) if blank else (),
    )


def _told(blank: Sequence[int], count: int) -> str:
    shown = ", ".join(map(str, blank[:10])) + (" …" if len(blank) > 10 else "")
    return f"{len(blank)} of {count} slides hold no text (pictures?): {shown}"


def _shapes(shapes: Iterable[Any], writer: TextWriter, depth: int) -> None:
    for shape in shapes:
        if getattr(shape, "shapes", None) is not None and depth < _MAX_NESTED_GROUPS:
            _shapes(shape.shapes, writer, depth + 1)
        elif shape.has_table:
            rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
            columns = column_names(rows)
            for row in rows[1:] if columns else rows:
                writer.row(row, columns)
        elif shape.has_text_frame:
            paragraphs = [part for part in shape.text_frame.paragraphs if part.text.strip()]
            for paragraph in paragraphs:
                if len(paragraphs) > 1:
                    writer.item(paragraph.text, paragraph.level)
                else:
                    writer.paragraph(paragraph.text)
