"""Spreadsheets and tables of values: every row a line of its own, its cells named.

Formulas give the values that were stored with them, and are counted where there are none;
charts and pictures are left out.
A blank row ends a block, which has names of its own: of its columns, or of its rows where it
is a list of labels and values. Lines above a table's columns, such as its title, are text of
their own, as are those between blocks.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice, takewhile
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from qa.errors import DocumentError
from qa.readers.archive import open_office
from qa.readers.content import NAMED_BY, Content, TextWriter, column_names, is_number
from qa.readers.encoding import count_unreadable, decode, told_unreadable

__all__ = ["read", "read_values"]

_SNIFFED = 20_000
_DELIMITERS = ";\t|,"
_MOST = 0.5
_MAX_ABOVE = 10
_HEAD = NAMED_BY + _MAX_ABOVE
_MAX_LABEL = 60
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"")
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c(?P<attributes>\s[^<>]*)?>\s*"
    rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_EMPTY_TEXT = re.compile(rb"\st\s*=\s*[\"']str[\"']")
# Literal parts of a number's format: in quotes, behind a backslash, or a blank of some width.
_AS_WRITTEN = re.compile(r"\"[^\"]*\"|[\\_*].|\[[^\]]*\]")
_MAX_FIELD = 10 * 2**20


def read(data: bytes, path: str) -> Content:
    """Read a workbook, sheet by sheet."""
    office = open_office(data, path)
    book = openpyxl.load_workbook(office.file, read_only=True, data_only=True)
    writer = TextWriter(path)
    uncomputed = 0
    for sheet in book.worksheets:
        # Files lie about a sheet's size, by mistake or to be read for ever.
        sheet.reset_dimensions()
        shown = ([_shown(cell.value, cell.number_format) for cell in row] for row in sheet)
        merged, formulas = _told_beside(office.file, sheet)
        uncomputed += formulas
        _write(_spread(shown, merged), writer, heading=sheet.title)
    if uncomputed and not len(writer):
        raise DocumentError(
            f"{path} holds nothing but formulas without their values. Open it in a spreadsheet "
            "program and save it again."
        )
    return Content(
        writer.text(),
        office.title or Path(path).stem,
        office.date,
        "metadata" if office.date else None,
        notes=(_told(uncomputed),) if uncomputed else (),
    )


def _told(uncomputed: int) -> str:
    return (
        f"{uncomputed} of its formulas have no stored value and weren't read: open it in a "
        "spreadsheet program and save it again"
    )


def read_values(data: bytes, path: str) -> Content:
    """Read comma-, semicolon- or tab-separated values."""
    decoded = decode(data, path)
    text = decoded.removeprefix("\ufeff").replace("\0", "")
    csv.field_size_limit(_MAX_FIELD)
    usual = "\t" if path.lower().endswith(".tsv") else ","
    mark = _delimiter(text[:_SNIFFED], usual)
    writer = TextWriter(path)
    _write(_rows(text, mark), writer)
    notes = told_unreadable(count_unreadable(data, decoded))
    return Content(writer.text(), Path(path).stem, notes=notes)


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)


def _delimiter(text: str, usual: str) -> str:
    """Take the sign that cuts most lines into as many parts; a comma may be a decimal's."""
    shares = {}
    for mark in _DELIMITERS:
        widths = Counter(len(row) for row in _rows(text, mark) if row)
        width, lines = max(widths.items(), key=lambda found: found[1], default=(1, 0))
        shares[mark] = lines / widths.total() if width > 1 else 0.0
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] > _MOST else usual


def _told_beside(file: Any, sheet: Any) -> tuple[dict[int, list[tuple[int, int]]], int]:
    """What a sheet has beside its values: merged cells, and formulas without a value.

    Returns
    -------
    dict
        Columns of merged cells that go on over several rows: by first row, with the last.
    int
        How many formulas no program has computed.
    """
    with zipfile.ZipFile(file) as archive:
        written = archive.read(sheet._worksheet_path)
    merged: dict[int, list[tuple[int, int]]] = {}
    for match in _MERGED.finditer(written):
        left, top, _, bottom = range_boundaries(match[1].decode("ascii"))
        if bottom > top:
            merged.setdefault(top, []).append((left - 1, bottom))
    return merged, sum(1 for _ in _uncomputed(written))


def _uncomputed(written: bytes) -> Iterator[re.Match[bytes]]:
    """Find the formulas of a sheet's XML without a value; an empty text is one."""
    for match in _UNCOMPUTED.finditer(written):
        if not _EMPTY_TEXT.search(match["attributes"] or b""):
            yield match


def _spread(
    rows: Iterable[list[str]], merged: dict[int, list[tuple[int, int]]]
) -> Iterator[list[str]]:
    """Repeat a cell in each row that it is merged over."""
    going: dict[int, tuple[str, int]] = {}
    for number, row in enumerate(rows, start=1):
        going = {column: (text, last) for column, (text, last) in going.items() if number <= last}
        for column, (text, _) in going.items():
            if column < len(row) and any(row) and not row[column]:
                row[column] = text
        for column, last in merged.get(number, ()):
            if column < len(row):
                going[column] = row[column], last
        yield row


def _write(rows: Iterable[list[str]], writer: TextWriter, heading: str = "") -> None:
    blocks = (block for is_filled, block in groupby(rows, key=_is_filled) if is_filled)
    block: Iterator[list[str]] | None = next(blocks, None)
    if block is not None and heading:
        writer.heading(2, heading)
    columns: tuple[str, ...] = ()
    alone = True
    while block is not None:
        head = [*islice(block, _HEAD)]
        # What comes after a block can be looked at only once that is read to its end.
        after = next(blocks, None) if len(head) < _HEAD else None
        below = [*islice(after, _HEAD)] if after is not None else []
        if below and _names_what_follows(head, below, columns):
            block = chain(head, below, after or ())
            continue
        columns = _write_block(head, block, writer, columns, alone and not below)
        alone = False
        block = chain(below, after) if after is not None else next(blocks, None)


def _is_filled(row: list[str]) -> bool:
    return _width(row) > 0


def _names_what_follows(
    head: list[list[str]], below: list[list[str]], columns: tuple[str, ...]
) -> bool:
    """Whether a lone row is the first of the block below it, with a blank row between."""
    return (
        len(head) == 1
        and _width(head[0]) > 1
        and _last(head[0]) == _last(below[0]) != _last(columns)
        and not column_names(below, surely=True)
    )


def _write_block(
    head: list[list[str]],
    rest: Iterable[list[str]],
    writer: TextWriter,
    above: tuple[str, ...],
    alone: bool,
) -> tuple[str, ...]:
    """Write a block; `above` are the names of the last table's columns, which it may go on.

    Returns
    -------
    tuple of str
        Names of the columns that a block below may go on.
    """
    lines = [*takewhile(lambda row: _width(row) == 1, head)]
    body = head[len(lines) :]
    if not body and not alone and len(lines) <= _MAX_ABOVE:
        for line in lines:
            writer.paragraph(" ".join(line))
        return above
    if len(lines) > _MAX_ABOVE or min(map(_width, body[:2]), default=1) < 2 or len(body) < 2:
        # A single column, or nearly.
        lines, body = [], head
    for line in lines:
        writer.paragraph(" ".join(line))
    columns = column_names(body)
    rows = body[1:] if columns else body
    if not column_names(body, surely=True):
        goes_on = _last(body[0]) == _last(above)
        if goes_on and not columns:
            columns = above
        elif len(head) < _HEAD and (labelled := _labelled(body, alone)):
            for label, value in labelled:
                writer.row([value or label], [label] if value else [])
            return ()
        elif goes_on:
            # Words may be names as well as the next rows of the table above.
            columns, rows = (), body
    for row in chain(rows, rest):
        writer.row(row, columns)
    return columns


def _labelled(rows: list[list[str]], alone: bool) -> list[tuple[str, str]]:
    """Labels with their values, where a block is a list of them; else nothing.

    A block that is alone may be a table of two columns of words, unless its values differ
    in kind or each label ends in a colon.
    """
    places = sorted({place for row in rows for place, cell in enumerate(row) if cell.strip()})
    if len(places) != 2:
        return []
    padded = [[*row, *[""] * places[1]] for row in rows]
    pairs = [(row[places[0]].strip(), row[places[1]].strip()) for row in padded]
    labels = {label for label, _ in pairs}
    kinds = {is_number(value) for _, value in pairs if value}
    if (
        len(labels) < len(pairs)
        or any(not label or is_number(label) or len(label) > _MAX_LABEL for label in labels)
        or (alone and len(kinds) < 2 and not all(label.endswith(":") for label in labels))
    ):
        return []
    return [(label.rstrip(": "), value) for label, value in pairs]


def _width(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _last(row: Sequence[str]) -> int:
    """How many cells there are up to the last that is filled."""
    return max((place for place, cell in enumerate(row, start=1) if cell.strip()), default=0)


def _shown(value: object, number_format: str | None = None) -> str:
    """Write a cell as its owner sees it, as far as the value tells."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and "%" in _AS_WRITTEN.sub("", number_format or ""):
        return f"{value * 100:.10g}%"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        day = value.date().isoformat()
        return day if midnight else f"{day} {_shown(value.time())}"
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(abs(value).total_seconds()), 60)
        shown = f"{'-' if value < datetime.timedelta() else ''}{minutes // 60}:{minutes % 60:02}"
        return f"{shown}:{seconds:02}" if seconds else shown
    if isinstance(value, datetime.time):
        if value.microsecond:
            return value.isoformat("milliseconds")
        return value.isoformat("seconds" if value.second else "minutes")
    return str(value)
