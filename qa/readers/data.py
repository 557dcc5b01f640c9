"""JSON and JSON lines: a record is a row, its long texts are paragraphs below it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qa.errors import DocumentError
from qa.readers.content import Content, TextWriter
from qa.readers.dates import metadata_date
from qa.readers.encoding import count_unreadable, decode, told_unreadable

__all__ = ["read", "read_lines"]

_LONG = 200
_LINES = re.compile(r"\s*\{[^\n]*\}[ \t\r]*\n\s*\{")
_DATES = ("date", "published", "datePublished", "published_at", "created_at", "created")
_NAMES = ("title", "name", "headline", "subject")


class _Number(str):
    """A number as it is written: 1.10 is a version, and long ones lose digits as a float."""

    __slots__ = ()


def read(data: bytes, path: str) -> Content:
    """Read a JSON file.

    Raises
    ------
    DocumentError
        When it is neither JSON nor JSON lines, or nested deeper than a reader should go.
    """
    decoded = decode(data, path)
    try:
        value = _parsed(decoded, path, "")
    except DocumentError:
        # What one program appends to, record by record, is often named like this.
        if not _LINES.match(decoded):
            raise
        return read_lines(data, path)
    writer = TextWriter(path)
    _write(value, "", 1, writer)
    record = value if isinstance(value, dict) else {}
    title = record.get("title")
    told = (record[name] for name in _DATES if _is_text(record.get(name)))
    date = next((found for text in told if (found := metadata_date(text))), None)
    return Content(
        writer.text(),
        title if _is_text(title) else Path(path).stem,
        date,
        "metadata" if date else None,
        notes=told_unreadable(count_unreadable(data, decoded)),
    )


def read_lines(data: bytes, path: str) -> Content:
    """Read a file with one JSON value on each line; see `read`."""
    writer = TextWriter(path)
    broken = []
    number = 0
    decoded = decode(data, path)
    for number, line in enumerate(decoded.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            _write(_parsed(line, path, f", line {number}"), "", 2, writer)
        except DocumentError:
            broken.append(number)
    if broken and not len(writer):
        raise DocumentError(f"{path} isn't JSON lines: line {broken[0]} can't be read.")
    shown = ", ".join(map(str, broken[:10])) + (" …" if len(broken) > 10 else "")
    notes = [*told_unreadable(count_unreadable(data, decoded))]
    if broken:
        notes.append(f"what isn't JSON wasn't read: line {shown}")
    return Content(writer.text(), Path(path).stem, notes=tuple(notes))


def _parsed(text: str, path: str, place: str) -> Any:
    try:
        return json.loads(
            text, parse_int=_Number, parse_float=_Number, object_pairs_hook=_with_repeated
        )
    except RecursionError as error:
        raise DocumentError(f"{path}{place} is nested too deeply to be read.") from error
    except ValueError as error:
        raise DocumentError(f"{path}{place} isn't JSON: {error}.") from error


def _with_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a record of pairs; the values of a name that comes again are a list, none is lost."""
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, _Number)


def _write(value: Any, name: str, level: int, writer: TextWriter) -> None:
    if isinstance(value, dict):
        _record(value, level, writer)
    elif isinstance(value, list):
        if all(not isinstance(part, dict | list) for part in value):
            writer.row([_shown(part) for part in value], [name] * len(value))
            return
        for part in value:
            _write(part, name, level, writer)
    else:
        writer.row([_shown(value)], [name])


def _record(record: dict[str, Any], level: int, writer: TextWriter) -> None:
    """Write the short values as one row, the long and the nested ones below it."""
    short: list[tuple[str, str]] = []
    long: list[str] = []
    nested: list[tuple[str, Any]] = []
    for name, value in _unwrapped(record):
        if isinstance(value, dict | list):
            nested.append((name, value))
        elif _is_text(value) and (len(value) > _LONG or "\n" in value.strip()):
            long.append(value)
        else:
            short.append((name, _shown(value)))
    if long or nested:
        heading = next((record[key] for key in _NAMES if _is_text(record.get(key))), None)
        if heading:
            writer.heading(level, heading[:_LONG])
    writer.row([value for _, value in short], [name for name, _ in short])
    for text in long:
        for paragraph in text.split("\n\n"):
            writer.paragraph(paragraph)
    for name, value in nested:
        if isinstance(value, dict) or any(isinstance(part, dict) for part in value):
            writer.heading(level + 1, name)
        _write(value, name, level + 2, writer)


def _unwrapped(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values by name; a list of short values counts as one."""
    for name, value in record.items():
        plain = isinstance(value, list) and all(not isinstance(part, dict | list) for part in value)
        joined = "; ".join(_shown(part) for part in value) if plain else ""
        yield name, joined if plain and len(joined) <= _LONG else value


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
