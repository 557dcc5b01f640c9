"""PDF: pages, lines put back into paragraphs, headings by their size.

PDFium tells characters and where they stand. A paragraph ends where the gap to the
next line is wider than the page's usual one; what is larger than the usual type is a
heading; a line that stands at the top or bottom of most pages, but for the page's
number, is no text.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

from qa.errors import DocumentError
from qa.readers.content import Content, TextWriter, superscript
from qa.readers.dates import metadata_date
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
_MIN_PAGES = 3
_LINE_ENDS = frozenset({0x0A, 0x0D})
_BLANKS = frozenset({0x20, 0xA0})
_SIGNS = frozenset(map(ord, "+-−"))
# Of the height of the line's text: what is less high and begins so much higher is raised.
_RAISED_SIZE = 0.9
_RAISED_BY = 0.2
_NUMBER = re.compile(r"(?<!\d)\d{1,6}(?!\d)")
_OF_A_YEAR = re.compile(r"\D{1,5}((?:19|20)\d\d)(?!\d)")
_CLOSED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page, or several that PDFium joined where a word was hyphenated.

    Sizes and places are in points, from the page's foot up; `foot` is the last line's.
    """

    text: str
    size: float
    bottom: float
    foot: float


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
    count = len(document)
    if count > _MAX_PAGES:
        raise DocumentError(
            f"{path} claims to have {count:,} pages; the limit is {_MAX_PAGES:,}. Split it."
        )
    # A stamp on each page is no text of it: what is blank shows once running lines are gone.
    whole = [_lines(document, number) for number in range(count)]
    pages = _without_running_lines(whole)
    blank = [number for number, lines in enumerate(pages, start=1) if not lines]
    if len(blank) == count:
        beside = " beside lines that are the same on each" if any(whole) else ""
        raise DocumentError(
            f"{path} holds no text: its {count} pages are pictures (scanned?){beside}. Recognise "
            "their text first, for example with OCRmyPDF."
        )
    metadata = document.get_metadata_dict(skip_empty=True)
    writer = TextWriter(path)
    _write(pages, writer)
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
        return list(_lines_of(text))
    finally:
        text.close()
        page.close()


def _lines_of(page: pdfium.PdfTextPage) -> Iterator[_Line]:
    units: list[int] = []
    places: list[int] = []
    # What is raised, as code units, and where it ends.
    raised: list[int] = []
    last = 0
    for index in range(page.count_chars()):
        unit = raw.FPDFText_GetUnicode(page, index)
        if unit in _LINE_ENDS:
            # PDFium ends a line behind what is raised in it.
            if raised and _goes_on_beside(page, index, places[-1], last):
                continue
            units += _written_raised(raised, units)
            if places:
                yield _line(page, units, places)
            units, places, raised = [], [], []
        elif _is_raised(page, index, unit, units, places, last if raised else None):
            raised.append(unit)
            last = index
        elif raw.FPDFText_IsHyphen(page, index) != 1:
            units += _written_raised(raised, units)
            raised = []
            # A glyph that no character is told for must not vanish unseen.
            units.append(unit or 0xFFFD)
            if unit not in _BLANKS:
                places.append(index)
    units += _written_raised(raised, units)
    if places:
        yield _line(page, units, places)


def _is_raised(
    page: pdfium.PdfTextPage,
    index: int,
    unit: int,
    units: Sequence[int],
    places: Sequence[int],
    before: int | None,
) -> bool:
    """Whether a digit, or what follows one, stands raised and small behind its line's text."""
    begins = chr(unit).isdecimal() or unit in _SIGNS
    if unit in _BLANKS or not places or (before is None and not begins):
        return False
    if before is None and (not units or units[-1] in _BLANKS):
        return False
    _, foot, right, head = page.get_charbox(places[-1], loose=True)
    left, bottom, _, top = page.get_charbox(index, loose=True)
    if before is not None:
        right = page.get_charbox(before, loose=True)[2]
    height = head - foot
    small = top - bottom < _RAISED_SIZE * height
    return small and bottom > foot + _RAISED_BY * height and abs(left - right) < height


def _goes_on_beside(page: pdfium.PdfTextPage, index: int, place: int, last: int) -> bool:
    """Whether what follows a line's end stands in the same line, right of what was raised."""
    beyond = range(index + 1, page.count_chars())
    units = ((other, raw.FPDFText_GetUnicode(page, other)) for other in beyond)
    following = next((other for other, unit in units if unit not in _LINE_ENDS), None)
    if following is None:
        return False
    _, foot, _, head = page.get_charbox(place, loose=True)
    left, bottom, _, _ = page.get_charbox(following, loose=True)
    height = head - foot
    beside = -height < left - page.get_charbox(last, loose=True)[2] < height
    return beside and abs(bottom - foot) < _RAISED_BY * height


def _written_raised(raised: Sequence[int], before: Sequence[int]) -> list[int]:
    """What is raised, so that it changes no number before it: a power, or a note's mark."""
    if not raised:
        return []
    text, last = "".join(map(chr, raised)), chr(before[-1])
    return [*map(ord, superscript(text, last) if last.isalnum() else f"[{text}]")]


def _line(page: pdfium.PdfTextPage, units: Sequence[int], places: Sequence[int]) -> _Line:
    # Characters beyond the first plane come in two halves.
    text = "".join(map(chr, units)).encode("utf-16-le", "surrogatepass")
    return _Line(
        " ".join(text.decode("utf-16-le", "replace").split()),
        raw.FPDFText_GetFontSize(page, places[0]),
        page.get_charbox(places[0], loose=True)[1],
        page.get_charbox(places[-1], loose=True)[1],
    )


def _without_running_lines(pages: Sequence[list[_Line]]) -> list[list[_Line]]:
    """Leave out what stands at the top or foot of most pages: titles and numbers of pages."""
    running = _running_lines(pages)
    kept = []
    for page, lines in enumerate(pages):
        rest = list(lines)
        for end in (0, -1):
            for _ in range(2):
                if rest and (page, rest[end].text) in running:
                    rest.pop(end)
        kept.append(rest)
    return kept


def _running_lines(pages: Sequence[list[_Line]]) -> set[tuple[int, str]]:
    """Pages with those of their lines that are the same on most, but for the page's number.

    Other numbers that differ are facts: a balance, a month. The page's number is told by
    its rising by one from page to page; it may begin anew, as in files put together.
    """
    filled = sum(map(bool, pages))
    if filled < _MIN_PAGES:
        return set()
    same: dict[str, set[tuple[int, str]]] = {}
    # By what stands around a number, then by how far it is from counting the file's pages.
    counted: dict[tuple[str, str], dict[int, set[tuple[int, str]]]] = {}
    for page, lines in enumerate(pages):
        ends = {line.text for line in (*lines[:2], *lines[-2:])}
        for text in (end for end in ends if len(end) <= _MAX_RUNNING):
            same.setdefault(text, set()).add((page, text))
            for number in _NUMBER.finditer(text):
                # "3 of 2024" is a month, unless there are as many pages.
                year = _OF_A_YEAR.match(text, number.end())
                if year is None or int(year[1]) == len(pages):
                    around = text[: number.start()], text[number.end() :]
                    offset = int(number[0]) - page
                    counted.setdefault(around, {}).setdefault(offset, set()).add((page, text))
    groups = list(same.values())
    for numbered in counted.values():
        rising = [lines for lines in numbered.values() if len(lines) >= _MIN_PAGES]
        groups.append(set().union(*rising))
    return {
        line
        for lines in groups
        if len({page for page, _ in lines}) >= _RUNNING_SHARE * filled
        for line in lines
    }


def _goes_on(last: _Line | None, first: _Line, usual: float) -> bool:
    """Whether a page, or a column, begins in the middle of a sentence of the one before."""
    return (
        last is not None
        and max(last.size, first.size) < _HEADING_RATIO * usual
        and not _CLOSED.search(last.text)
        and first.text[:1].islower()
    )


def _write(pages: Sequence[list[_Line]], writer: TextWriter) -> None:
    lines = [line for page in pages for line in page]
    usual = statistics.median(
        [line.size for line in lines for _ in range(1 + len(line.text) // 20)]
    )
    above_page: _Line | None = None
    for page in pages:
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
                paragraph.append(line)
        writer.paragraph("\n".join(part.text for part in paragraph))
