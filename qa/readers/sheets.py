"""Spreadsheets and tables of values: every row a line of its own, its cells named.

Formulas give the values that were stored with them; charts and pictures are left out.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import openpyxl

from qa.readers.archive import open_office
from qa.readers.content import Content, TextWriter, column_names
from qa.readers.encoding import decode

__all__ = ["read", "read_values"]

_SNIFFED = 20_000
_DELIMITERS = ",;\t|"
_MAX_FIELD = 10 * 2**20


def read(data: bytes, path: str) -> Content:
    """Read a workbook, sheet by sheet."""
    office = open_office(data, path)
    book = openpyxl.load_workbook(office.file, read_only=True, data_only=True)
    writer = TextWriter(path)
    for sheet in book.worksheets:
        # Files lie about a sheet's size, by mistake or to be read for ever.
        sheet.reset_dimensions()
        rows = _filled([_shown(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
        _write(rows, writer, heading=sheet.title)
    return Content(
        writer.text(),
        office.title or Path(path).stem,
        office.date,
        "metadata" if office.date else None,
    )


def read_values(data: bytes, path: str) -> Content:
    """Read comma-, semicolon- or tab-separated values."""
    text = decode(data, path).removeprefix("\ufeff").replace("\0", "")
    try:
        dialect: Any = csv.Sniffer().sniff(text[:_SNIFFED], _DELIMITERS)
    except csv.Error:
        dialect = csv.excel_tab if path.lower().endswith(".tsv") else csv.excel
    csv.field_size_limit(_MAX_FIELD)
    writer = TextWriter(path)
    _write(_filled(csv.reader(io.StringIO(text, newline=""), dialect)), writer)
    return Content(writer.text(), Path(path).stem)


def _write(rows: Iterator[list[str]], writer: TextWriter, heading: str = "") -> None:
    first = next(rows, None)
    if first is None:
        return
    if heading:
        writer.heading(2, heading)
    second = next(rows, None)
    columns = column_names(first, second) if second is not None else ()
    if not columns:
        writer.row(first)
    if second is not None:
        writer.row(second, columns)
    for row in rows:
        writer.row(row, columns)


def _filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if any(cell and not cell.isspace() for cell in row))


def _shown(value: object) -> str:
    """Write a cell as its owner sees it, as far as the value tells."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    return str(value)
