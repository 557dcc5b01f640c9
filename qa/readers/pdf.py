"""PDF: pages, lines put back into paragraphs, headings by their size.

PDFium gives characters and where they stand. Superscripts are told apart from what they stand
behind. A paragraph ends where the gap to the next line is wider than the page's usual one; what is
larger than the usual type is a heading; a line that stands at the top or bottom of most pages is
text once, and a page's number none. What was filled into a form stands behind what it lies beside
on the page.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from qa.documents import LEAST_LEADING, led_entry
from qa.errors import DocumentError
from qa.readers.content import Content, TextWriter, superscript
from qa.readers.dates import metadata_date
from qa.readers.forms import Filled, filled_in
from qa.readers.titles import metadata_title

__all__ = ["read"]

_ENCRYPTED = 4  # PDFium's FPDF_ERR_PASSWORD.
_MAX_PAGES = 20_000
_HEADING_RATIO = 1.15
_MAX_HEADING = 120
_WIDE_GAP = 1.45
_USUAL_STEP = 1.25  # From line to line, in sizes of the type.
_MIN_GAPS = 4
_RUNNING_SHARE = 0.6
_MAX_RUNNING = 200
_MARGIN = 1 / 8
_MIN_OUTERMOST = 2
_MIN_PAGES = 3
_MIN_OF_A_BOOK, _MIN_OF_A_CHAPTER = 8, 2  # Pages.
_LAP = 3.0  # Points that a field may reach over what it lies beside.
_USUAL_SIZE = 12.0
_LINE_ENDS = frozenset({0x0A, 0x0D})
_BLANKS = frozenset({0x20, 0xA0})
_BLANK = 0x20
_SMALL = 0.85  # Browsers raise what is five sixths as large as the line, most programs smaller.
_MAX_RAISED = 20
_RAISED_BY = 0.15
_OVERLAP = 0.5
_GAP = 0.15  # Narrower than any blank, in sizes of the type; a whole one parts columns.
_NOTE = re.compile(r"\d{1,3}(?:[,–-]\d{1,3})*,?")
# What a power stands behind: a number, a bracket's end, a unit or a variable.
_HAS_POWER = re.compile(r"(?:[\d)]|(?<![^\W\d_])[^\W\d_]{1,3})$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_OF_A_NUMBER = 2  # Words: "page 3 of 5".
_NUMBER = re.compile(r"(?<!\d)\d{1,6}(?!\d)")
_OF_A_YEAR = re.compile(r"\D{1,5}((?:19|20)\d\d)(?!\d)")
_CLOSED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page, or several that PDFium joined where a word was hyphenated.

    Sizes and places are in points, from the page's foot up; `foot` is the last line's, as is
    `right`.
    `down` is how far down the page as it is shown: 0 at its head, 1 at its foot.
    """

    text: str
    size: float
    left: float
    right: float
    bottom: float
    foot: float
    down: float


class _Sign(NamedTuple):
    """A character, or half of one beyond the first plane, where PDFium counts it."""

    unit: int
    place: int
    size: float
    baseline: float


def read(data: bytes, path: str) -> Content:
    """Read a PDF.

    Raises
    ------
    DocumentError
        When it is damaged or encrypted, or when all its pages are pictures.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if raw.FPDF_GetLastError() == _ENCRYPTED or "assword" in str(error):
            raise DocumentError(f"{path} is encrypted. Save a copy without a password.") from error
        raise DocumentError(f"{path} isn't a whole PDF: {error} Export it again.") from error
    # Before any page is loaded: PDFium gives the values only of pages that are loaded later.
    with suppress(pdfium.PdfiumError):
        document.init_forms()
    count = len(document)
    if count > _MAX_PAGES:
        raise DocumentError(
            f"{path} claims to have {count:,} pages; the limit is {_MAX_PAGES:,}. Split it."
        )
    # A stamp on each page isn't its text: which pages are blank shows without running lines.
    whole = [_lines(document, number) for number in range(count)]
    pages, repeated = _without_running_lines(whole)
    blank = [number for number, lines in enumerate(pages, start=1) if not lines]
    if len(blank) == count:
        beside = " beside lines that are the same on each" if any(whole) else ""
        raise DocumentError(
            f"{path} holds no text: its {count} pages are pictures (scanned?){beside}. Recognise "
            "their text first, for example with OCRmyPDF."
        )
    metadata = document.get_metadata_dict(skip_empty=True)
    writer = TextWriter(path)
    _write(pages, repeated, writer)
    date = next(
        (
            found
            for name in ("CreationDate", "ModDate")
            if (found := metadata_date(metadata.get(name, "")))
        ),
        None,
    )
    return Content(
        writer.text(),
        title=metadata_title(metadata.get("Title", "")),
        date=date,
        date_source="metadata" if date else None,
        pages=writer.page_starts(),
        notes=(_told(blank, count),) if blank else (),
    )


def _told(blank: Sequence[int], count: int) -> str:
    shown = ", ".join(map(str, blank[:10])) + (" …" if len(blank) > 10 else "")
    return f"{len(blank)} of {count} pages hold no text and weren't read (scanned?): {shown}"


def _lines(document: pdfium.PdfDocument, number: int) -> list[_Line]:
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return []
    text = page.get_textpage()
    try:
        filled = filled_in(page, document.formenv.raw if document.formenv else None)
        lines = list(_lines_of(text, filled))
        for each in filled:
            _put_in(lines, each, _down(text, each.left, each.bottom))
        return lines
    finally:
        text.close()
        page.close()


def _put_in(lines: list[_Line], filled: Filled, down: float) -> None:
    """Put a value behind the line it lies beside, else below the one above it."""
    middle = (filled.bottom + filled.top) / 2
    beside = [
        (number, line)
        for number, line in enumerate(lines)
        if line.bottom - line.size / 4 <= middle <= line.bottom + line.size
        or filled.bottom <= line.bottom + line.size / 3 <= filled.top
    ]
    before = [found for found in beside if found[1].right <= filled.left + _LAP]
    after = [found for found in beside if found[1].left >= filled.right - _LAP]
    if filled.leads and after:
        number, line = min(after, key=lambda found: found[1].left)
        lines[number] = replace(line, text=f"{filled.text} {line.text}", left=filled.left)
        return
    if before:
        number, line = max(before, key=lambda found: found[1].right)
        lines[number] = replace(line, text=f"{line.text} {filled.text}", right=filled.right)
        return
    size = statistics.median_low([line.size for line in lines]) if lines else _USUAL_SIZE
    alone = _Line(filled.text, size, filled.left, filled.right, filled.bottom, filled.bottom, down)
    above = [
        (round(line.foot), -number)
        for number, line in enumerate(lines)
        if line.foot >= filled.top - _LAP and line.left < filled.right and filled.left < line.right
    ]
    lines.insert(1 - min(above)[1] if above else len(lines), alone)


# --- Lines -------------------------------------------------------------------------


def _lines_of(page: pdfium.PdfTextPage, filled: Sequence[Filled]) -> Iterator[_Line]:
    line: list[_Sign] = []
    for part, is_cut in _cut_at(page, _parts_of(page), filled):
        gap = _gap(page, line, part) if line and not is_cut else None
        if line and gap is None:
            yield _line(page, line)
            line = []
        if gap and _BLANK not in (line[-1].unit, part[0].unit):
            line.append(_blank())
        line += part
    if line:
        yield _line(page, line)


def _parts_of(page: pdfium.PdfTextPage) -> Iterator[list[_Sign]]:
    """Lines as PDFium ends them: also where one goes on higher or lower."""
    matrix = raw.FS_MATRIX()
    part: list[_Sign] = []
    for index in range(page.count_chars()):
        unit = raw.FPDFText_GetUnicode(page, index)
        if unit in _LINE_ENDS:
            if any(sign.unit != _BLANK for sign in part):
                yield part
            part = []
        elif unit in _BLANKS:
            part.append(_blank())
        elif raw.FPDFText_IsHyphen(page, index) != 1:
            raw.FPDFText_GetMatrix(page, index, matrix)
            size = abs(raw.FPDFText_GetFontSize(page, index)) * math.hypot(matrix.c, matrix.d)
            # What is turned has no baseline to be above or below.
            upright = abs(matrix.b) < 0.1 * abs(matrix.a)
            # A glyph without a known character must not vanish unseen.
            part.append(_Sign(unit or 0xFFFD, index, size, matrix.f if upright else math.nan))
    if any(sign.unit != _BLANK for sign in part):
        yield part


def _cut_at(
    page: pdfium.PdfTextPage, parts: Iterable[list[_Sign]], filled: Sequence[Filled]
) -> Iterator[tuple[list[_Sign], bool]]:
    """Cut lines where something is filled in between, and tell which of them were cut before."""
    for part in parts:
        cut = 0
        last: _Sign | None = None
        lying: list[Filled] = []
        for number, sign in enumerate(part):
            if sign.unit == _BLANK:
                continue
            if last is None and filled:
                _, bottom, _, top = page.get_charbox(sign.place, loose=True)
                lying = [each for each in filled if each.bottom < top and bottom < each.top]
            elif last is not None and lying and part[number - 1].unit == _BLANK:
                left = page.get_charbox(last.place, loose=True)[2]
                right = page.get_charbox(sign.place, loose=True)[0]
                if any(left <= (each.left + each.right) / 2 <= right for each in lying):
                    yield part[cut:number], cut > 0
                    cut = number
            last = sign
        yield part[cut:], cut > 0


def _blank() -> _Sign:
    return _Sign(_BLANK, -1, 0.0, math.nan)


def _gap(page: pdfium.PdfTextPage, line: Sequence[_Sign], part: Sequence[_Sign]) -> bool | None:
    """Whether there is a gap between a line and what goes on with it; None if that doesn't."""
    beside = max(reversed(line[-2 * _MAX_RAISED :]), key=lambda sign: sign.size)
    last = next(sign for sign in reversed(line) if sign.unit != _BLANK)
    first = next(sign for sign in part if sign.unit != _BLANK)
    below, above = sorted((beside, first), key=lambda sign: sign.baseline)
    overlap = min(below.baseline + below.size, above.baseline + above.size) - above.baseline
    if not overlap >= _OVERLAP * min(beside.size, first.size):
        return None
    left, _, right, _ = page.get_charbox(last.place, loose=True)
    start = page.get_charbox(first.place, loose=True)[0]
    if start < left or start - right > beside.size:
        return None
    return bool(start - right > _GAP * beside.size)


def _line(page: pdfium.PdfTextPage, signs: Sequence[_Sign]) -> _Line:
    text = ""
    pieces = [
        (raised, _text(sign for sign, _ in group))
        for raised, group in itertools.groupby(
            zip(signs, _are_raised(signs), strict=True), key=lambda pair: pair[1]
        )
    ]
    for number, (raised, piece) in enumerate(pieces):
        after = pieces[number + 1][1] if number + 1 < len(pieces) else ""
        text += _told_apart(piece, text, after) if raised else piece
    size = statistics.median_low(sign.size for sign in signs if sign.unit != _BLANK)
    usual = [sign for sign in signs if sign.size == size]
    left, bottom, _, _ = page.get_charbox(usual[0].place, loose=True)
    _, foot, right, _ = page.get_charbox(usual[-1].place, loose=True)
    down = _down(page, left, bottom)
    return _Line(" ".join(text.split()), size, left, right, bottom, foot, down)


def _down(page: pdfium.PdfTextPage, left: float, bottom: float) -> float:
    # Pages are shown turned, and cut; PDFium counts in whole units.
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page.page, 0, 0, 10_000, 10_000, 0, left, bottom, across, down)
    return down.value / 10_000


def _text(signs: Iterable[_Sign]) -> str:
    # Characters beyond the first plane come in two halves.
    text = "".join(chr(sign.unit) for sign in signs).encode("utf-16-le", "surrogatepass")
    return text.decode("utf-16-le", "replace")


def _are_raised(signs: Sequence[_Sign]) -> list[bool]:
    """Tell which characters are smaller than those beside them, and stand higher.

    A longer run of them is text of its own, as behind a large initial.
    """
    # A note begins with its own raised number.
    beside = max(signs[: _MAX_RAISED + 1], key=lambda sign: sign.size)
    found = []
    for sign in signs:
        is_small = sign.size <= _SMALL * beside.size
        rise = sign.baseline - beside.baseline
        found.append(is_small and _RAISED_BY * beside.size < rise < beside.size)
        if not is_small:
            beside = sign
    runs = ((raised, len([*run])) for raised, run in itertools.groupby(found))
    return [raised and length <= _MAX_RAISED for raised, length in runs for _ in range(length)]


def _told_apart(raised: str, before: str, after: str) -> str:
    """Write what is raised so that it changes no number, and a note's mark in brackets."""
    if after.startswith(("/", "⁄")):
        return f" {raised}"
    if not before or before[-1].isspace():
        joins = raised[-1:].isdigit() and after[:1].isdigit()
        return f"{raised} " if joins else raised
    if _NOTE.fullmatch(raised) and not _HAS_POWER.search(before[-4:]):
        return f"[{raised}]"
    written = superscript(raised, before[-1])
    return f"{written} " if written[-1:].isdigit() and after[:1].isdigit() else written


def _without_running_lines(
    pages: Sequence[list[_Line]],
) -> tuple[list[list[_Line]], dict[int, list[_Line]]]:
    """Leave out what stands at the top or foot of most pages: titles and numbers of pages.

    Returns
    -------
    list of list of _Line
        The pages without them.
    dict
        By page, the last of each that says more than a page's number, where there is text
        beside it: it may be a contract's parties. Were it the first, the sentence that goes
        on over the next page would be cut, and a title made of it.
    """
    titles, numbers = _running_lines(pages)
    running: dict[int, set[_Line]] = {page: set() for page in range(len(pages))}
    for page, line in titles | numbers:
        running[page].add(line)
    kept = []
    last: dict[str, tuple[int, _Line]] = {}
    for page, lines in enumerate(pages):
        left_out = {
            line
            for edge in _edges(lines)
            for line in itertools.takewhile(running[page].__contains__, edge)
        }
        kept.append([line for line in lines if line not in left_out])
        for line in sorted(left_out, key=lambda line: (line.down, line.left)) if kept[-1] else ():
            if (page, line) in titles:
                last[line.text] = page, line
            elif len(_WORD.findall(line.text)) > _OF_A_NUMBER:
                last[_NUMBER.sub("#", line.text)] = page, line
    repeated: dict[int, list[_Line]] = {}
    for page, line in last.values():
        repeated.setdefault(page, []).append(line)
    return kept, repeated


def _edges(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Lines at the head of a page and at its foot, from outside in, in whatever order written."""
    downwards = sorted(lines, key=lambda line: line.down)
    for end, edge in ((0, downwards), (1, downwards[::-1])):
        in_margin = sum(abs(line.down - end) < _MARGIN for line in edge)
        # Around a small type area they stand further in.
        yield edge[: max(in_margin, _MIN_OUTERMOST)]


_Placed = set[tuple[int, _Line]]


def _running_lines(pages: Sequence[list[_Line]]) -> tuple[_Placed, _Placed]:
    """Pages with those of their lines that are the same on most, and with those that number them.

    Other numbers that differ are facts: a balance, a month. The page's number is told by
    its rising by one from page to page; it may begin anew, as in files put together.
    """
    filled = sum(map(bool, pages))
    if filled < _MIN_PAGES:
        return set(), set()
    same: dict[str, _Placed] = {}
    # By what stands around a number, then by how far it is from counting the file's pages.
    counted: dict[tuple[str, str], dict[int, _Placed]] = {}
    for page, lines in enumerate(pages):
        ends = {line for edge in _edges(lines) for line in edge if len(line.text) <= _MAX_RUNNING}
        for line in ends:
            same.setdefault(line.text, set()).add((page, line))
            for number in _NUMBER.finditer(line.text):
                # "3 of 2024" is a month, unless there are as many pages.
                year = _OF_A_YEAR.match(line.text, number.end())
                if year is None or int(year[1]) == len(pages):
                    around = line.text[: number.start()], line.text[number.end() :]
                    offset = int(number[0]) - page
                    counted.setdefault(around, {}).setdefault(offset, set()).add((page, line))
    rising = [
        set().union(*(lines for lines in numbered.values() if len(lines) >= _MIN_PAGES))
        for numbered in counted.values()
    ]
    # Books tell the chapter beside the page's number. By the offset, and whether it is at the head.
    usual = statistics.median_low([line.size for lines in pages for line in lines])
    beside: dict[tuple[int, bool], _Placed] = {}
    for around, numbered in counted.items() if filled >= _MIN_OF_A_BOOK else ():
        for offset, placed in numbered.items():
            if "" in around and len({page for page, _ in placed}) >= _MIN_OF_A_CHAPTER:
                for page, line in placed:
                    if line.size < _HEADING_RATIO * usual:
                        beside.setdefault((offset, line.down < 0.5), set()).add((page, line))
    titles = _on_most(same.values(), filled)
    return titles, _numbers(_on_most([*rising, *beside.values()], filled) - titles)


def _on_most(groups: Iterable[_Placed], filled: int) -> _Placed:
    return {
        line
        for lines in groups
        if len({page for page, _ in lines}) >= _RUNNING_SHARE * filled
        for line in lines
    }


def _numbers(counted: _Placed) -> _Placed:
    """Choose the pages' numbers; what counts along in larger type is a heading: "Chapter 3"."""
    size: dict[int, float] = {}
    for page, line in sorted(counted, key=lambda found: abs(0.5 - found[1].down)):
        size[page] = line.size
    return {(page, line) for page, line in counted if line.size <= size[page]}


def _goes_on(last: _Line | None, first: _Line, usual: float) -> bool:
    """Whether a page, or a column, begins in the middle of a sentence of the one before."""
    return (
        last is not None
        and max(last.size, first.size) < _HEADING_RATIO * usual
        and not _CLOSED.search(last.text)
        and first.text[:1].islower()
    )


def _shortened(line: _Line) -> _Line:
    """A line of a list of contents without most of its dots, which are as wide as the page."""
    led = led_entry(line.text)
    return line if led is None else replace(line, text=f"{led[0]} {'.' * LEAST_LEADING} {led[1]}")


def _write(
    pages: Sequence[list[_Line]], repeated: Mapping[int, list[_Line]], writer: TextWriter
) -> None:
    lines = [line for page in pages for line in page]
    usual = statistics.median(
        [line.size for line in lines for _ in range(1 + len(line.text) // 20)]
    )
    above_page: _Line | None = None
    for number, page in enumerate(pages):
        writer.page(within=bool(page) and _goes_on(above_page, page[0], usual))
        above_page = page[-1] if page else None
        gaps = [
            above.foot - below.bottom
            for above, below in itertools.pairwise(page)
            if above.foot > below.bottom
        ]
        step = statistics.median(gaps) if len(gaps) >= _MIN_GAPS else _USUAL_STEP * usual
        paragraph: list[_Line] = []
        for line in page:
            is_heading = (
                line.size >= _HEADING_RATIO * usual
                and len(line.text) <= _MAX_HEADING
                and any(character.isalpha() for character in line.text)
                and not led_entry(line.text)
            )
            gap = paragraph[-1].foot - line.bottom if paragraph else 0.0
            above = bool(paragraph) and paragraph[-1].size >= _HEADING_RATIO * usual
            apart = not 0 <= gap <= _WIDE_GAP * step
            if apart and gap < 0 and _goes_on(paragraph[-1], line, usual):
                apart = False
            if paragraph and (apart or is_heading or (above and not is_heading)):
                writer.paragraph("\n".join(part.text for part in paragraph))
                paragraph = []
            if is_heading:
                writer.heading(1 if line.size >= 1.5 * usual else 2, line.text)
            else:
                paragraph.append(_shortened(line))
        writer.paragraph("\n".join(part.text for part in paragraph))
        if number in repeated:
            writer.paragraph("\n".join(line.text for line in repeated[number]))
            above_page = None
