"""What a reader makes of a file, and the one form in which structure becomes text.

Formats with a structure of their own are written as Markdown: headings with ``#``,
items with ``-``, a table's rows between bars, each cell with its column's name so that
a row can be understood and cited alone. Every block is canonical when it is added, so
that offsets counted here hold for ever.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qa.documents import canonical_text
from qa.errors import DocumentError
from qa.types import DateSource, SentMessage

__all__ = [
    "MAX_CHARACTERS",
    "NAMED_BY",
    "Content",
    "TextWriter",
    "column_names",
    "is_number",
    "superscript",
]

MAX_CHARACTERS = 64 * 2**20
# Rows that are looked at to tell whether the first one names their columns.
NAMED_BY = 20
_MAX_COLUMN_NAME = 100
_MAX_PHRASE = 60
_MAX_SHAPED = 3
_LETTERS = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")
_SINGLE = re.compile(r"[-+−–]?[\w.,]+[-+−–]?")


@dataclass(frozen=True, slots=True)
class Content:
    """What a file says; `qa.readers` completes it to a Document.

    Parameters
    ----------
    text : str
        Canonical.
    title, date : str or None
        None where the format has no place for it or the file leaves it empty.
    date_source : str or None
    body_start : int
    pages : tuple of int
    notes : tuple of str
    messages : tuple of SentMessage
        See `qa.types.Document`.
    """

    text: str
    title: str | None = None
    date: str | None = None
    date_source: DateSource | None = None
    body_start: int = 0
    pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    messages: tuple[SentMessage, ...] = ()


class TextWriter:
    """Collects blocks into one canonical text.

    Parameters
    ----------
    path : str
        Of the file, for messages.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._parts: list[str] = []
        self._length = 0
        self._above = ""
        self._joins = False
        self.pages: list[int] = []

    def __len__(self) -> int:
        return self._length

    def heading(self, level: int, text: str) -> None:
        """Add a heading of level 1 to 6."""
        line = _one_line(text)
        if line:
            self._add(f"{'#' * min(max(level, 1), 6)} {line}")

    def paragraph(self, text: str) -> None:
        """Add running text; its line breaks stay."""
        self._add("\n".join(line for part in text.splitlines() if (line := _one_line(part))))

    def item(self, text: str, depth: int = 0) -> None:
        """Add a list item."""
        line = _one_line(text)
        if line:
            self._add(f"{'  ' * min(depth, 8)}- {line}", kind="item")

    def row(self, cells: Sequence[str], columns: Sequence[str] = ()) -> None:
        """Add a table's row; a cell is named by its column, and an empty one is left out.

        Without names a cell is known by its place, so an empty one keeps its place.
        """
        shown = []
        for number, cell in enumerate(cells):
            # A bar of its own would end the cell.
            value = _one_line(cell)
            name = columns[number] if number < len(columns) else ""
            if value or not columns:
                shown.append((f"{name}: {value}" if name else value).replace("|", "¦"))
        while shown and not shown[-1]:
            shown.pop()
        if shown:
            self._add(f"| {' | '.join(shown)} |", kind="row")

    def verbatim(self, text: str) -> None:
        """Add lines whose blanks count, such as code."""
        lines = canonical_text(text).strip("\n")
        if lines.strip():
            self._add(f"```\n{lines}\n```")

    def written(self, text: str) -> None:
        """Add blocks that another writer wrote."""
        self._add(text)

    @property
    def next_start(self) -> int:
        """Where the next block starts, if it is one of its own."""
        return self._length + (2 if self._parts else 0)

    def page(self, *, within: bool = False) -> None:
        """Begin a page, where the next block may go on a paragraph of the page before."""
        self._joins = within and bool(self._parts)
        self.pages.append(self.next_start - (1 if self._joins else 0))
        self._above = ""

    def text(self) -> str:
        """Everything so far.

        Raises
        ------
        DocumentError
            When there is nothing.
        """
        text = "".join(self._parts)
        if not text.strip():
            raise DocumentError(f"{self._path} holds no text. Remove it or fill it.")
        return text

    def page_starts(self) -> tuple[int, ...]:
        """Where the pages start; one without text starts where the next one does."""
        return tuple(min(start, self._length) for start in self.pages)

    def _add(self, block: str, *, kind: str = "") -> None:
        block = canonical_text(block)
        if not block.strip():
            return
        if self._parts:
            joins = self._joins or (kind and kind == self._above)
            self._append("\n" if joins else "\n\n")
        self._append(block)
        self._above = kind
        self._joins = False

    def _append(self, part: str) -> None:
        self._length += len(part)
        if self._length > MAX_CHARACTERS:
            raise DocumentError(
                f"{self._path} holds more than {MAX_CHARACTERS:,} characters. Split it into "
                "smaller files."
            )
        self._parts.append(part)


def column_names(rows: Sequence[Sequence[str]], *, surely: bool = False) -> tuple[str, ...]:
    """Take a table's first row for its columns' names where the rows below are unlike it.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first ones that aren't empty; no more than `NAMED_BY` are looked at.
    surely : bool
        Whether only cells above numbers count as names: words below say little.

    Returns
    -------
    tuple of str
        Each once, none of them long. Empty where the first row is a row like others.
    """
    first, *rest = [[_one_line(cell) for cell in row] for row in rows[:NAMED_BY]] or [[]]
    # On each printed page the names may be repeated.
    below = [row for row in rest if row != first]
    filled = [name for name in first if name]
    if (
        not below
        or not any(map(_LETTERS.search, filled))
        or len(filled) < statistics.median_low(sum(map(bool, row)) for row in below) - 1
    ):
        return ()
    by_years = sum(bool(_YEAR.fullmatch(name)) for name in filled) > 1
    columns = [
        (name, values)
        for number, name in enumerate(first)
        if name and (values := [row[number] for row in below if number < len(row) and row[number]])
    ]
    # Words say little of words, numbers say much: the first row is judged as a whole.
    kinds = [_unlike_in_kind(name, values, by_years) for name, values in columns]
    shapes = [_unlike_in_shape(name, values) for name, values in columns]
    are_names = sum(kinds) > 0 if any(kinds) or surely else sum(shapes) >= 0
    return _distinct(first) if are_names else ()


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, a day or a time, and no word."""
    return any(map(str.isdigit, cell)) and not _LETTERS.search(cell)


def superscript(text: str, before: str) -> str:
    """Write a superscript so that it doesn't run into what it stands behind: 10^6, never 106.

    Parameters
    ----------
    text : str
        What is raised.
    before : str
        The character before it, or nothing.

    Returns
    -------
    str
        As it is where it can't be mistaken: the letters of an ordinal, signs, numbers of notes
        in brackets.
    """
    shown = text.rstrip()
    if (
        not (before.isalnum() or before == ")")
        or text[:1].isspace()
        or shown.startswith("[")
        or shown.strip(".").isalpha()
        or not any(map(str.isalnum, shown))
    ):
        return text
    return f"^{shown if _SINGLE.fullmatch(shown) else f'({shown})'}{text[len(shown) :]}"


def _unlike_in_kind(name: str, values: Sequence[str], by_years: bool) -> int:
    """Whether a cell is a name (1) of the numbers below it or a number (-1) as they are."""
    if _LETTERS.search(name):
        return int(name not in values and _are_numbers(values))
    if _YEAR.fullmatch(name):
        # A lone number like a year may be any, unless others are below it.
        named = not any(map(_YEAR.fullmatch, values)) and (by_years or len(values) > 1)
        return 1 if named else -1
    if _DAY.match(name):
        return -1 if any(map(_DAY.match, values)) else 1
    return -int(is_number(name) and _are_numbers(values))


def _unlike_in_shape(name: str, values: Sequence[str]) -> int:
    """Whether all cells below are written alike, and a cell otherwise (1) or as they are (-1)."""
    if name in values:
        return -1
    shape, *others = {_shape(value) for value in values}
    # A single word may be anything.
    if others or shape in {"x", "X"}:
        return 0
    return -1 if _shape(name) == shape else int(len(values) > 1)


def _are_numbers(values: Sequence[str]) -> bool:
    return 2 * sum(map(is_number, values)) > len(values)


def _shape(cell: str) -> str:
    """How a cell is written: "Ann Lee" as "X X", "12 km" as "9 x", sentences alike."""
    if len(cell) > _MAX_PHRASE or cell.count(" ") >= _MAX_SHAPED:
        return "prose"
    words = _LETTERS.sub(lambda word: "X" if word[0][0].isupper() else "x", cell)
    return re.sub(r"\d+", "9", words)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Shorten long names, and number those that come again."""
    found: set[str] = set()
    times: Counter[str] = Counter()
    distinct = []
    for name in names:
        short = name
        if len(name) > _MAX_COLUMN_NAME:
            cut = name[:_MAX_COLUMN_NAME]
            short = f"{cut.rpartition(' ')[0] or cut}…"
        numbered = short
        while numbered and numbered in found:
            times[short] += 1
            numbered = f"{short} ({times[short] + 1})"
        found.add(numbered)
        distinct.append(numbered)
    return tuple(distinct)


def _one_line(text: str) -> str:
    return " ".join(canonical_text(text).split())
