"""Plain text, Markdown, reStructuredText and source code: the file's own characters."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from qa.documents import FORMATS, canonical_text
from qa.errors import DocumentError
from qa.readers.content import Content
from qa.readers.dates import metadata_date
from qa.readers.encoding import count_unreadable, decode, told_unreadable
from qa.readers.header import read_header
from qa.readers.titles import title_of_body

__all__ = ["read"]


def read(data: bytes, path: str) -> Content:
    """Read a file whose text is its content."""
    kind = FORMATS[Path(path).suffix.lower()]
    decoded = decode(data, path)
    text = canonical_text(decoded)
    if not text.strip():
        raise DocumentError(f"{path} holds no text. Remove it or fill it.")
    return replace(
        _content(text, path, kind), notes=told_unreadable(count_unreadable(data, decoded))
    )


def _content(text: str, path: str, kind: str) -> Content:
    if kind == "code":
        return Content(text, title=Path(path).name)
    if kind == "rst":
        return _restructured(text)
    header = read_header(text)
    return Content(
        text,
        title=header.title or title_of_body(text[header.end :], markdown=kind == "markdown"),
        date=header.date,
        date_source=header.source,
        body_start=header.body_start,
    )


# --- reStructuredText --------------------------------------------------------------

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ ]*$")
_FIELD = re.compile(r":(\w[\w -]*):[ \t]+(\S.*)")
_LEFT_OUT = re.compile(r"\.\. (?:_[^:]+:|(?:image|figure|toctree|include|raw|contents)::)")
_ROLE = re.compile(r":[\w:.+-]{1,80}:`([^`<]+?)(?:[ ]?<[^>`]*>)?`")
_LINK = re.compile(r"`([^`<]+?)[ ]<[^>`]*>`__?|`([^`]+)`__?(?!\w)")


def _restructured(text: str) -> Content:
    """Turn reStructuredText's headings and roles into Markdown's; the rest stays.

    A heading's level is the order in which its adornment first comes.
    """
    lines = text.split("\n")
    levels: dict[tuple[str, bool], int] = {}
    kept: list[str] = []
    title: str | None = None
    date: str | None = None
    number = 0
    while number < len(lines):
        line = lines[number]
        following = lines[number + 1] if number + 1 < len(lines) else ""
        overlined = (
            _is_adornment(line)
            and number + 2 < len(lines)
            and following.strip()
            and lines[number + 2].rstrip() == line.rstrip()
        )
        if overlined or (_underlines(following, line) and not _is_adornment(line)):
            words = following if overlined else line
            mark = (line if overlined else following)[0], bool(overlined)
            level = levels.setdefault(mark, len(levels) + 1)
            kept += ["", f"{'#' * min(level, 6)} {words.strip()}"]
            title = title or words.strip()
            number += 3 if overlined else 2
            continue
        if (field := _FIELD.match(line)) and date is None and field[1].lower() == "date":
            date = metadata_date(field[2])
        if not _LEFT_OUT.match(line):
            kept.append(_LINK.sub(lambda link: link[1] or link[2], _ROLE.sub(r"\1", line)))
        number += 1
    converted = canonical_text("\n".join(kept).strip("\n"))
    return Content(
        converted if converted.strip() else text,
        title=title or title_of_body(converted, markdown=False),
        date=date,
        date_source="header" if date else None,
    )


def _is_adornment(line: str) -> bool:
    return bool(_ADORNMENT.match(line))


def _underlines(adornment: str, title: str) -> bool:
    return (
        _is_adornment(adornment)
        and bool(title.strip())
        and not title[0].isspace()
        and len(adornment.rstrip()) >= len(title.rstrip())
    )
