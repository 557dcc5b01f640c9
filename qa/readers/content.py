"""What a reader makes of a file, and the one form in which structure becomes text.

Formats with a structure of their own are written as Markdown: headings with ``#``,
items with ``-``, a table's rows between bars, each cell with its column's name so that
a row can be understood and cited alone. Every block is canonical when it is added, so
that offsets counted here hold for ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.documents import canonical_text
from qa.errors import DocumentError
from qa.types import DateSource

__all__ = ["MAX_CHARACTERS", "Content", "TextWriter", "column_names", "superscript"]

MAX_CHARACTERS = 64 * 2**20
_MAX_COLUMN_NAME = 60
_YEAR = re.compile(r"(?:19|20)\d\d")
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
        See `qa.types.Document`.
    """

    text: str
    title: str | None = None
    date: str | None = None
    date_source: DateSource | None = None
    body_start: int = 0
    pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


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
        """Add a table's row; a cell is named by its column, an empty one is left out."""
        named = []
        for number, cell in enumerate(cells):
            if value := _one_line(cell):
                name = columns[number] if number < len(columns) else ""
                # A bar of its own would end the cell.
                value = value.replace("|", "¦")
                named.append(f"{name}: {value}" if name else value)
        if named:
            self._add(f"| {' | '.join(named)} |", kind="row")

    def verbatim(self, text: str) -> None:
        """Add lines whose blanks count, such as code."""
        lines = canonical_text(text).strip("\n")
        if lines.strip():
            self._add(f"```\n{lines}\n```")

    def page(self, *, within: bool = False) -> None:
        """Begin a page, where the next block may go on a paragraph of the page before."""
        self._joins = within and bool(self._parts)
        self.pages.append(self._length + (0 if not self._parts else 1 if self._joins else 2))
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


def column_names(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Take a table's first row for its columns' names where it looks like that.

    Parameters
    ----------
    first, second : sequence of str
        The first two rows that aren't empty.

    Returns
    -------
    tuple of str
        Empty where the first row is a row like others.
    """
    names = tuple(_one_line(cell) for cell in first)
    filled = [name for name in names if name]
    years = [number for number, name in enumerate(names) if _YEAR.fullmatch(name)]
    # Years side by side are names, unless there are years below them too.
    below = [second[number].strip() for number in years if number < len(second)]
    named_by_years = len(years) > 1 and not any(map(_YEAR.fullmatch, below))
    if (
        len(filled) < max(1, sum(bool(cell.strip()) for cell in second) - 1)
        or len(set(filled)) < len(filled)
        or not any(map(_is_wordy, filled))
        or any(
            len(name) > _MAX_COLUMN_NAME
            or not (_is_wordy(name) or (named_by_years and _YEAR.fullmatch(name)))
            for name in filled
        )
    ):
        return ()
    return names


def superscript(text: str, before: str) -> str:
    """Write what is raised so that it doesn't run into what it stands behind: 10^6, never 106.

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


def _is_wordy(name: str) -> bool:
    return any(character.isalpha() for character in name) and not name[0].isdigit()


def _one_line(text: str) -> str:
    return " ".join(canonical_text(text).split())
