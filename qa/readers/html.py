"""Web pages: the main text in blocks, without menus, scripts and what isn't shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, zip_longest

from selectolax.lexbor import LexborHTMLParser, LexborNode

from qa.readers.content import Content, TextWriter, column_names, superscript
from qa.readers.dates import metadata_date
from qa.readers.encoding import count_unreadable, decode_labelled, told_unreadable
from qa.readers.formulas import formula
from qa.readers.titles import tidy_title

__all__ = ["parse", "read", "write_html"]

_LEFT_OUT = (
    "script, style, noscript, template, svg, iframe, object, canvas, nav, footer, button,"
    " select, del, s, strike, [hidden], [aria-hidden='true'], [role='navigation'],"
    " [style*='display:none' i], [style*='display: none' i],"
    " [style*='visibility:hidden' i], [style*='visibility: hidden' i]"
)
_FOLDED = ", ".join(f"{tag} button" for tag in ("h1 h2 h3 h4 h5 h6 summary dt".split()))
_ONE_MARK = r"(?:\d{1,3}|[a-z]|[*†‡§¶]{1,3})"
_NOTE_MARK = re.compile(rf"(?i)\s*[\[(]?{_ONE_MARK}(?:\s*[,;]\s*{_ONE_MARK})*[\])]?\s*")
# What a heading has to link to itself by.
_PERMALINKS = frozenset("¶ # § 🔗 ⚓ ∞".split())
_PERMALINKED = ", ".join(
    f"{tag} a[href*='#']" for tag in "h1 h2 h3 h4 h5 h6 dt figcaption caption".split()
)
_MAIN_SHARE = 1 / 3
_MAX_SPAN = 100
_MAX_RAISED = 20
_MAX_HEADER_ROWS = 3
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption"
    " figure footer h1 h2 h3 h4 h5 h6 header hr html legend li main menu ol p pre section summary"
    " table tbody td tfoot th thead tr ul".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
_XHTML = re.compile(
    r"\A\s*<\?xml\b|<!DOCTYPE[^>]{0,200}?XHTML|<html[^>]{0,500}?1999/xhtml", re.IGNORECASE
)
_SELF_CLOSED = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<tag>[a-zA-Z][\w:.-]*+)(?P<rest>(?:[^<>\"'/]|/(?!>)|\"[^\"<]*\"|'[^'<]*')*+)/>",
    re.DOTALL,
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_DATE_META = (
    "meta[property='article:published_time'], meta[itemprop='datePublished'],"
    " meta[name='citation_publication_date'], meta[name='date' i], meta[name='dc.date' i],"
    " meta[name='dcterms.created' i], meta[name='pubdate' i], meta[property='og:published_time']"
)
_DATE_IN_SCRIPT = re.compile(r"\"datePublished\"\s*:\s*\"([^\"]{4,40})\"")


def read(data: bytes, path: str) -> Content:
    """Read a web page."""
    decoded = _decoded(data, path)
    tree = parse(decoded)
    _drop_permalinks(tree)
    date = _date(tree)
    title = _title(tree)
    writer = TextWriter(path)
    write_html(tree, writer)
    notes = told_unreadable(count_unreadable(data, decoded))
    return Content(writer.text(), title, date, "metadata" if date else None, notes=notes)


def parse(html: str, *, xhtml: bool = False) -> LexborHTMLParser:
    """Parse a page, however broken; what says that it is XHTML is read as that in any case."""
    # In XHTML "<title/>" is an element without text; for a parser of HTML it begins one
    # that swallows the rest of the page.
    if xhtml or _XHTML.search(html[:2048]):
        html = _SELF_CLOSED.sub(_opened, html)
    return LexborHTMLParser(html)


def _opened(found: re.Match[str]) -> str:
    tag = found["tag"]
    if not tag or tag.lower() in _VOID:
        return found[0]
    return f"<{tag}{found['rest']}></{tag}>"


def write_html(tree: LexborHTMLParser, writer: TextWriter, *, book: bool = False) -> None:
    """Write a page's main text; the tree loses what isn't text.

    Parameters
    ----------
    tree : LexborHTMLParser
    writer : TextWriter
    book : bool
        Whether it is of a book, where what stands aside is a note even if it only links back.
    """
    for node in tree.css(_FOLDED):
        node.unwrap()
    for node in tree.css(_LEFT_OUT):
        node.decompose()
    # A box beside an article may hold facts, or only links to other pages.
    for node in () if book else tree.css("aside"):
        if 2 * _said(node) <= _length(node):
            node.decompose()
    _drop_note_marks(tree)
    # Some sites put the whole page into a form.
    most = len(tree.body.text()) / 2 if tree.body is not None else 0
    for node in tree.css("form"):
        if node.css_first("h1, article, main") is None and len(node.text()) <= most:
            node.decompose()
    root = _main(tree)
    if root is not None:
        _Walk(writer).run(root)


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    """The main part of a page where there is one, and the page doesn't say more beside it.

    One that scripts would fill holds little or nothing. What only links, as menus do, isn't
    counted.
    """
    mains = tree.css("main, [role='main']")
    if len(mains) != 1 or not mains[0].text().strip() or tree.body is None:
        return tree.body
    return mains[0] if _said(mains[0]) >= _MAIN_SHARE * _said(tree.body) else tree.body


def _said(node: LexborNode) -> int:
    """How many characters of a part, blanks aside, are no link's."""
    return _length(node) - sum(_length(link) for link in node.css("a[href]"))


def _length(node: LexborNode) -> int:
    """How many characters of a part are no blanks."""
    return len("".join(node.text().split()))


def _drop_permalinks(tree: LexborHTMLParser) -> None:
    """Leave out the links from a heading to itself."""
    for link in tree.css(_PERMALINKED):
        # Its own text only: links within links would take quadratic time.
        if link.text(deep=False).strip("[]\ufe0e\ufe0f\u00a0 \t\r\n") in _PERMALINKS:
            link.decompose()


def _drop_note_marks(tree: LexborHTMLParser) -> None:
    """Leave out the marks of notes: behind a number they would change it."""
    for raised in tree.css("sup"):
        if raised.css_first("a[href*='#']") and _NOTE_MARK.fullmatch(raised.text()):
            raised.decompose()
    for link in tree.css("a"):
        kinds = f"{link.attributes.get('epub:type')} {link.attributes.get('role')}"
        within = link.css_first("sup") if "#" in (link.attributes.get("href") or "") else None
        noted = "noteref" in kinds or (
            within is not None and within.text().strip() == link.text().strip()
        )
        if noted and _NOTE_MARK.fullmatch(link.text()):
            link.decompose()


def _decoded(data: bytes, path: str) -> str:
    declared = _CHARSET.search(data[:4096])
    return decode_labelled(data, declared[1].decode("ascii") if declared else None, path)


def _title(tree: LexborHTMLParser) -> str | None:
    headings = tree.css("h1")
    shared = tree.css_first("meta[property='og:title']")
    named = tree.css_first("title")
    for text in (
        shared.attributes.get("content") if shared else None,
        _flat(headings[0]) if len(headings) == 1 else None,
        named.text() if named else None,
    ):
        if text and (title := tidy_title(text)):
            return title
    return None


def _date(tree: LexborHTMLParser) -> str | None:
    values = [node.attributes.get("content") for node in tree.css(_DATE_META)]
    for script in tree.css("script[type='application/ld+json']"):
        values += _DATE_IN_SCRIPT.findall(script.text()[:100_000])
    moment = tree.css_first("article time[datetime], main time[datetime], time[pubdate][datetime]")
    values.append(moment.attributes.get("datetime") if moment else None)
    return next((date for value in values if value and (date := metadata_date(value))), None)


class _Walk:
    """One pass over a tree, without recursion: trees can be deeper than a stack."""

    def __init__(self, writer: TextWriter) -> None:
        self._writer = writer
        self._inline: list[str] = []
        self._terms: list[str] = []
        self._lists = 0

    def run(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, closing = stack.pop()
            tag = node.tag or ""
            if closing:
                self._close(tag)
            elif node.is_text_node:
                self._inline.append(node.text(deep=False) or "")
            elif node.is_element_node and not self._whole(node, tag):
                if tag in _BLOCKS:
                    self._flush()
                if tag in {"ul", "ol"}:
                    self._lists += 1
                stack.append((node, True))
                stack += [(child, False) for child in reversed(list(_children(node)))]
        self._flush()
        self._leave_terms()

    def _whole(self, node: LexborNode, tag: str) -> bool:
        """Write an element that is taken as one; returns whether it was."""
        if tag == "br":
            self._inline.append("\n")
        elif tag == "sup" and (raised := _raised(node, self._inline)):
            self._inline.append(raised)
        elif tag == "math":
            self._inline.append(formula(node))
        elif tag == "img":
            self._inline.append(node.attributes.get("alt") or "")
        elif tag == "pre":
            self._flush()
            self._writer.verbatim(_lines(node))
        elif tag in _HEADINGS:
            self._flush()
            self._writer.heading(_HEADINGS[tag], _flat(node))
        elif tag == "table" and _is_data(node):
            self._flush()
            self._table(node)
        else:
            return False
        return True

    def _close(self, tag: str) -> None:
        if tag in {"ul", "ol"}:
            self._flush()
            self._lists -= 1
        elif tag == "dt":
            # A term is nothing without what it means.
            self._terms += [text] if (text := self._taken()) else []
        elif tag in _BLOCKS:
            self._flush(item=tag == "li")
            if tag == "dl":
                self._leave_terms()

    def _leave_terms(self) -> None:
        """Write terms that nothing explained."""
        if self._terms:
            self._writer.paragraph(", ".join(self._terms))
        self._terms.clear()

    def _taken(self) -> str:
        # Blanks of the source mean nothing; a break was put in as a lone newline.
        text = "\n".join(
            " ".join(line.split()) for line in _joined(self._inline).split("\n")
        ).strip()
        self._inline.clear()
        return text

    def _flush(self, *, item: bool = False) -> None:
        text = self._taken()
        if text and self._terms:
            terms = ", ".join(self._terms)
            self._terms.clear()
            text = f"{terms}{' ' if terms[-1] in '.?!:' else ': '}{text}"
        if item or (text and self._lists and "\n" not in text):
            self._writer.item(text, self._lists - 1)
        elif text:
            self._writer.paragraph(text)

    def _table(self, table: LexborNode) -> None:
        caption = table.css_first("caption")
        if caption is not None:
            self._writer.paragraph(_flat(caption))
        rows, headers = _grid(table)
        columns: tuple[str, ...] = ()
        if headers < len(rows):
            columns = tuple(
                " ".join(dict.fromkeys(name for name in names if name))
                for names in zip_longest(*rows[:headers], fillvalue="")
            )
        if not columns:
            columns = column_names(rows)
            headers = 1
        for row in rows[headers:] if columns else rows:
            self._writer.row(row, columns)


def _grid(table: LexborNode) -> tuple[list[list[str]], int]:
    """Rows of a table, its cells below their columns, and how many are its header.

    A cell over several rows stands in each; one over several columns stands once, but as
    a header over each.
    """
    rows: list[list[str]] = []
    headers = 0
    going: dict[int, tuple[str, int]] = {}
    for line in table.css("tr"):
        cells = line.css("td, th")
        is_header = (
            headers == len(rows) < _MAX_HEADER_ROWS
            and bool(cells)
            and (
                all(cell.tag == "th" for cell in cells)
                or getattr(line.parent, "tag", "") == "thead"
            )
        )
        row: list[str] = []
        begun: dict[int, tuple[str, int]] = {}
        for cell in cells:
            while len(row) in going:
                row.append(going[len(row)][0])
            text, width = _flat(cell), _span(cell, "colspan")
            for number in range(width):
                shown = text if is_header or number == 0 else ""
                begun[len(row)] = shown, _span(cell, "rowspan")
                row.append(shown)
        while len(row) in going:
            row.append(going[len(row)][0])
        going = {
            column: (text, left - 1) for column, (text, left) in (going | begun).items() if left > 1
        }
        if any(row):
            rows.append(row)
            headers += is_header
    return rows, headers


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "").strip()
    return min(max(int(value), 1), _MAX_SPAN) if value.isdecimal() and len(value) < 9 else 1


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _is_data(table: LexborNode) -> bool:
    """Whether a table holds rows of data; many pages are laid out with tables."""
    return table.css_first("table table, td p + p, td ul, td h1, td h2, td h3") is None


def _flat(node: LexborNode) -> str:
    """Text in one line, with a blank where one is seen: "1<b>2</b>5" is a single number."""
    parts: list[str] = []
    stack: list[LexborNode | str] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            parts.append(part)
        elif part.is_text_node:
            parts.append(part.text(deep=False) or "")
        elif part.is_element_node:
            if part.tag == "sup" and (raised := _raised(part, parts)):
                parts.append(raised)
                continue
            if part.tag == "math":
                parts.append(formula(part))
                continue
            if part.tag in _BLOCKS or part.tag == "br":
                parts.append(" ")
                stack.append(" ")
            stack += reversed(list(_children(part)))
    return " ".join("".join(parts).split())


def _lines(node: LexborNode) -> str:
    """Text as it stands, each break a line's end."""
    parts: list[str] = []
    stack = [node]
    while stack:
        part = stack.pop()
        if part.is_text_node:
            parts.append(part.text(deep=False) or "")
        elif part.tag == "br":
            parts.append("\n")
        else:
            stack += reversed(list(_children(part)))
    return "".join(parts)


def _raised(node: LexborNode, before: list[str]) -> str:
    """Write a superscript where it changes the number or name it stands behind; else nothing.

    What only links, from within or from around it, is the number of a note.
    """
    last = next((part for part in reversed(before) if part), "")[-1:]
    if not last.isalnum() or (node.prev is None and getattr(node.parent, "tag", "") == "a"):
        return ""
    # Looked at no further than a power goes: elements within elements are many.
    parts: list[str] = []
    pending = [*islice(_children(node), _MAX_RAISED + 1)]
    for _ in range(_MAX_RAISED):
        if not pending:
            break
        inner = pending.pop(0)
        if inner.is_text_node:
            parts.append(inner.text(deep=False) or "")
        elif inner.tag == "a":
            return ""
        pending[:0] = islice(_children(inner), _MAX_RAISED + 1)
    text = "".join(parts)
    written = superscript(text, last)
    return written if written != text and not pending else ""


def _joined(parts: list[str]) -> str:
    return "".join(part if part == "\n" else re.sub(r"\s+", " ", part) for part in parts)
