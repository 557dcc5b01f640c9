"""Spreadsheets and tables of values: every row a line of its own, its cells named.

Formulas give the values that were stored with them, and are counted where there are none;
charts and pictures are left out.
Lines above a table's columns, such as its title, are text of their own.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from qa.errors import DocumentError
from qa.readers.archive import open_office
from qa.readers.content import NAMED_BY, Content, TextWriter, column_names
from qa.readers.encoding import count_unreadable, decode, told_unreadable

__all__ = ["read", "read_values"]

_SNIFFED = 20_000
_DELIMITERS = ";\t|,"
_MOST = 0.5
_MAX_ABOVE = 10
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"")
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c(?P<attributes>\s[^<>]*)?>\s*"
    rb"<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_EMPTY_TEXT = re.compile(rb"\st\s*=\s*[\"']str[\"']")
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
        _write(_filled(_spread(shown, merged)), writer, heading=sheet.title)
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
    _write(_filled(_rows(text, mark)), writer)
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
    """What a sheet tells beside its values: merged cells, and formulas without a value.

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


def _write(rows: Iterator[list[str]], writer: TextWriter, heading: str = "") -> None:
    above: list[list[str]] = []
    for row in rows:
        above.append(row)
        if _width(row) > 1 or len(above) > _MAX_ABOVE:
            break
    if not above:
        return
    if heading:
        writer.heading(2, heading)
    first, second = above[-1], next(rows, None)
    if len(above) > 1 and second is not None and min(_width(first), _width(second)) > 1:
        for row in above[:-1]:
            writer.paragraph(" ".join(row))
    elif len(above) > 1:
        # A single column, or nearly.
        rows = chain(above[2:], [second] if second else [], rows)
        first, second = above[0], above[1]
    head = [*islice(rows, NAMED_BY)]
    columns = column_names([first, second, *head]) if second is not None else ()
    if not columns:
        writer.row(first)
    if second is not None:
        writer.row(second, columns)
    for row in chain(head, rows):
        writer.row(row, columns)


def _width(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if any(cell and not cell.isspace() for cell in row))


def _shown(value: object, number_format: str | None = None) -> str:
    """Write a cell as its owner sees it, as far as the value tells."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and (number_format or "").endswith("%"):
        return f"{value * 100:.10g}%"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        day = value.date().isoformat()
        return day if midnight else f"{day} {_shown(value.time())}"
    if isinstance(value, datetime.time):
        if value.microsecond:
            return value.isoformat("milliseconds")
        return value.isoformat("seconds" if value.second else "minutes")
    return str(value)
