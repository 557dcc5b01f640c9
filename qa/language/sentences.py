"""Documents to sentences, each at its exact place.

A text is read line by line into blocks (headings, list items, table rows, code,
paragraphs) and blocks are cut into sentences by one moving cursor. Nothing is searched
for: an offset is where the cursor stood.

As in Kiss and Strunk (2006, "Unsupervised Multilingual Sentence Boundary Detection"), the word
before a full stop (abbreviation, initial, ordinal) and the beginning of the next word decide what
it means; their trained lists are fixed here, so that the same text is always cut the same way.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from qa.documents import led_entry, plain_line
from qa.types import Document, Sentence

__all__ = ["LONG_LINE", "TITLES", "split_sentences"]

LONG_LINE = 200
"""Characters. Nobody wraps lines at this width: a longer line is a paragraph."""

_MAX_SENTENCE = 1000  # Characters; what runs on longer is cut between clauses or words.
_MAX_HEADING = 100
_HEADING_LINE = 2000
_HEADING_KEPT = 200
_NARROW = 50  # Nobody wraps lines below this width: shorter ones were ended on purpose.
_WIDE_CELL = 100  # A row's cells are narrower than this on average, else it is prose.


# --- Blocks ------------------------------------------------------------------------

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_HASH_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+\S")
_FRONT_MATTER = re.compile(r"(?:---|\+{3})[ \t]*\n")
_FRONT_MATTER_END = re.compile(r"^(?:---|\.{3}|\+{3})(?=[ \t]*$)", re.MULTILINE)
_UNDERLINE = re.compile(r" {0,3}(?:={3,}|-{3,})$")
_RULE = re.compile(r"[ \t>]*(?:[-*_=~+#·•|:][ \t]*)+$")
_COMMENT = re.compile(r"[ \t]*<!--(?:(?!-->).)*-->[ \t]*$")
_BULLET = re.compile(r"[ \t>]*(?:[-*+•‣◦▪●]|[–—](?=[ \t]+[^\W\d_a-z]))[ \t]+(?=\S)")
_NUMBER = re.compile(r"[ \t>]*(?:(\d{1,3})[.)]|\([0-9a-zA-Z]{1,3}\)|[a-zA-Z]\))[ \t]+(?=\S)")
_FIELD = re.compile(r"[*_]{0,2}[A-Z][\w ./'’-]{0,30}:[*_]{0,2}[ \t]+\S")
_GOES_ON = re.compile(
    r"(?:[,;–—-]|\b(?:a|an|and|at|by|for|from|in|of|on|or|the|to|with|Mr|Mrs|Dr)\.?)$"
)
_CLOSED = re.compile(r"[.!?…:;,。！？、，：；।؟۔][\"'”’»)\]」』*_]*$")
_BYLINE = re.compile(r"By [A-Z]")
_QUOTED = re.compile(r"[\"'“‘„«「『].*[\"'”’“»」』]$", re.DOTALL)

_Span = tuple[int, int]


@dataclass(slots=True)
class _Block:
    """Lines that belong together; each a span without the blanks around it."""

    kind: str
    lines: list[_Span] = field(default_factory=list)
    text_start: int = 0

    @property
    def start(self) -> int:
        return self.lines[0][0]

    @property
    def end(self) -> int:
        return self.lines[-1][1]


def _lines(text: str, start: int) -> Iterator[_Span]:
    """Spans of all lines from `start` on; a blank line's is empty."""
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline
        yield start, start + len(text[start:end].rstrip())
        start = end + 1


def _blocks(text: str, start: int, *, fences: bool = True) -> list[_Block]:
    """Cut a text into blocks that cover all visible characters from `start` on."""
    blocks: list[_Block] = []
    fence = ""
    open_block: _Block | None = None  # The one that the next line may continue.
    for begin, end in _lines(text, start):
        line = text[begin:end]
        if fence:
            if line:
                blocks[-1].lines.append((begin, end))
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if not line:
            open_block = None
            continue
        kind, words = _kind_of_line(line, open_block)
        if kind == "code" and not fences:
            kind = "text"
        span = begin + len(line) - len(line.lstrip()), end
        if open_block and _continues(text, line, kind, open_block):
            open_block.lines.append(span)
            if kind in {"underline", "entry"}:
                open_block.kind = "heading" if kind == "underline" else kind
                open_block = None
        else:
            blocks.append(_Block(kind, [span], begin + words))
            open_block = blocks[-1] if kind in {"text", "item", "row"} else None
            if kind == "code" and (opened := _FENCE.match(line)):
                fence = opened[1]
    if fence:
        # A fence that is never closed is no fence.
        opening = blocks.pop().lines[0]
        blocks += _blocks(text, opening[0], fences=False)
    return blocks


def _front_blocks(text: str, start: int) -> tuple[list[_Block], int]:
    """Cut the front matter that a body begins within, and tell where it ends.

    The line that ends it would make a heading of the field above.
    """
    opened = _FRONT_MATTER.match(text, 0, start)
    closed = _FRONT_MATTER_END.search(text, opened.end()) if opened else None
    if closed is None or closed.start() < start:
        return [], start
    fields = _blocks(text[: closed.start()], start)
    return [*fields, _Block("rule", [closed.span()], closed.start())], closed.end()


def _kind_of_line(line: str, open_block: _Block | None) -> tuple[str, int]:
    """Tell what a line is, and where in it the words begin."""
    in_text = open_block is not None and open_block.kind == "text"
    # In the middle of a paragraph "12." is where a wrapped line happened to begin.
    number = _NUMBER.match(line)
    item = _BULLET.match(line) or (number if number and (not in_text or number[1] == "1") else None)
    if _FENCE.match(line):
        return "code", 0
    if _HASH_HEADING.match(line):
        return "heading", 0
    if open_block and in_text and len(open_block.lines) == 1 and _UNDERLINE.match(line):
        return "underline", 0
    if _RULE.match(line):
        return "rule", 0
    if _COMMENT.match(line):
        return "comment", 0
    if led_entry(line):
        return "entry", 0
    if item:
        return "item", item.end()
    cells = max(line.count(" | "), line.strip().count("\t"))
    if line.lstrip(" \t>").startswith("|") or cells > max(1, len(line) // _WIDE_CELL):
        return "row", 0
    return "text", 0


def _continues(text: str, line: str, kind: str, open_block: _Block) -> bool:
    """Whether a line belongs to the block above it."""
    above = text[slice(*open_block.lines[-1])]
    if kind == "underline":
        return len(above) <= _MAX_HEADING and not _CLOSED.search(above)
    if kind == "rule":
        return open_block.kind == "row" and "|" in line
    if kind == "entry":  # Of which the line above is the first.
        one_line = open_block.kind in {"text", "item"} and len(open_block.lines) == 1
        return one_line and line.lstrip()[0].islower()
    in_flow = kind == "text" and open_block.kind in {"text", "item"}
    return in_flow and max(len(above), len(line)) <= LONG_LINE


def _mark_plain_headings(text: str, blocks: list[_Block]) -> None:
    """Find headings without marks: short lines of their own that a text follows."""
    candidates = [
        _may_be_heading(text, block, blocks[number - 1] if number else None)
        and not _is_among_entries(text, blocks, number)
        for number, block in enumerate(blocks)
    ]
    for number, block in enumerate(blocks[:-1]):
        # Of short lines in a row only the document's first, its title, is one.
        if candidates[number] and (number == 0 or not candidates[number + 1]):
            block.kind = "heading"


def _is_among_entries(text: str, blocks: list[_Block], number: int) -> bool:
    """Whether an entry stands above or below a line without a blank one between."""
    return any(
        "entry" in {above.kind, below.kind} and text.count("\n", above.end, below.start) == 1
        for above, below in itertools.pairwise(blocks[max(0, number - 1) : number + 2])
    )


def _may_be_heading(text: str, block: _Block, before: _Block | None) -> bool:
    if block.kind != "text" or len(block.lines) > 1 or block.end - block.start > _MAX_HEADING:
        return False
    line = text[block.start : block.end]
    if before and before.kind == "text" and text[before.end - 1] in ",:，：":
        return False  # What an open sentence leads to.
    return (
        any(character.isalpha() for character in line)
        and not line[0].islower()
        and not _CLOSED.search(line)
        and not _QUOTED.match(line)
        and not _BYLINE.match(line)
    )


_DEFINITION = re.compile(
    r"(?!(?:import|from|using|package|include|if|for|while|else|try|with|switch|return)\b)"
    r"[\w@<*&][^#;\"']*[({:=]"
)


def _code_blocks(text: str) -> Iterator[_Block]:
    """Cut source code where a blank line precedes one that isn't indented.

    A block that begins with a definition gives what follows, up to the next one that
    isn't indented, its heading: the lines of a long function don't repeat its name.
    """
    block: _Block | None = None
    blank = True
    for begin, end in _lines(text, 0):
        if begin == end:
            blank = True
            continue
        flush = not text[begin].isspace()
        length = end - block.start if block else 0
        if block is None or (blank and (flush or length > _MAX_SENTENCE // 2)):
            if block:
                yield block
            kind = "definition" if flush and _DEFINITION.match(text, begin, end) else "code"
            block = _Block(kind, [])
        block.lines.append((begin, end))
        blank = False
    if block:
        yield block


# --- Sentences ---------------------------------------------------------------------

_SENTENCE_END = re.compile(
    r"""
    (?P<full>[。！？｡]+)(?P<full_closers>["'”’」』）】》〉)\]]*)
    |
    (?<![.!?…])(?P<marks>\.(?:[ \u00a0]\.){2,3}|[.!?…।॥؟۔።።፧։]++)
    (?P<closers>(?:["'”’“‘»«›‹)\]}*_`]|[ \u00a0\u202f]»)*+)
    (?:\[[^\[\]\n]{1,40}\]|[¹²³⁰⁴-⁹†‡]){0,20}+  # Notes: "[12]", "[citation needed]".
(?=\s)
    """,
    re.VERBOSE,
)
_NEXT = re.compile(r"[\s>]*[\"'“‘„«»‹›(\[{¿¡*_`–—-]*\s?(?P<word>[^\W\d_]{0,30})")
_QUOTATION_GOES_ON = re.compile(r"[\u3041-\u309f、，,；;：:]|\w{1,4}?[问說说道喊答][。，]")
# Who said what was quoted, where no small letter tells that the sentence goes on.
_SAID = re.compile(
    r"\s(?:I\s(?:said|asked|cried|thought|replied|shouted|whispered|answered)\b"
    r"|(?:قال|سأل|أجاب|صاح|همس)"
    r"|(?:\S+\s){0,2}(?:पूछा|कहा|बोला|बोली|बोले)(?!\w))"
)
_TOKEN = re.compile(r"[^\s\"'“”‘’„«»()\[\]{}<>*_`–—/,;:!?…-]+$")
_DOTTED = re.compile(r"[^\W\d_]{1,3}(?:\.[^\W\d_]{1,2})+")
# "1." at a sentence's beginning or after a colon counts what follows, and so does "a.".
_ENUMERATOR = re.compile(
    r"(?:^[\W_]{0,6}[a-zA-Z]|(?:^|[:;]\s)[\W_]{0,6}(?:\d{1,3}|[ivxIVX]{1,5}))$"
)
_LETTERED = re.compile(r"\b(?:War|[Pp]hase|[Pp]art|[Tt]ype|[Cc]lass|[Pp]lan|[Vv]itamin) [A-Z]$")
_ENUMERATOR_REACH = 16  # More than it can match, so that "^" is the sentence's beginning.
_CHAIN = re.compile(r"\b[^\W\d_]{1,2}\.\s[^\W\d_]{1,2}$")
_COUNTED = re.compile(r"[\dIVXLC]\s?\w$")
_ORDINAL = re.compile(
    r"\b(?:[Dd](?:er|ie|as|em|en|es)|[Ii]m|(?<!I\s)[Aa]m|[Vv]om|[Zz]u[mr]|[Bb]eim|[Ii]hr|[Ss]ein)e?[mnrs]?"
    r"\s\d{1,2}$"
)


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


# A capitalised title is never a sentence's last word.
TITLES = _words(
    "mr mrs ms mx dr prof gen sen rep gov lt col capt cpt sgt cpl pvt maj adm cmdr rev hon pres"
    " supt insp messrs mme mlle mgr sra dra herr hr fr frl"
)
_NEVER_LAST = _words(
    "e.g i.e eg ie cf vs viz v vgl z.b d.h u.a s.a p.ex dott sig avv т.е им ул проф акад"
    " डॉ प्रो पं ए बी सी डी एच जे एल एम एन पी आर एस टी यू वी"
)
# Those of which the halves are often written apart.
_APART = _words("z.b d.h u.a o.ä i.d s.a p.ex n.chr u.co av.j ee.uu a.m p.m т.е т.д т.п")
_CLOSING = _words("a.C d.C т.д т.п")  # A capital after them begins a sentence.
_BEFORE_NUMBER = _words(
    "no nos nr núm num n° p pp pág pag vol vols fig figs ch chap cap kap abschn sec eq ca c approx"
    " ext tel ph art arts para paras ref apt rm ste bldg max abs ziff"
    " rs pt bd abb стр рис кв корп гл табл"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
)
_SELDOM_LAST = _words(
    "Inc Corp Co Ltd Bros Jr Sr St Dr Mt Ft Ave Blvd Rd Dept Univ Assn Art Jan Feb Mar Apr Jun"
    " Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thurs Fri Sat al ed eds est bzw ggf evtl"
    " inkl exkl ing Ing"
)
_DAY_HALVES = _words("a.m p.m")
_AFTER_DAY_HALF = _words(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May"
    " June July August September October November December Eastern Central Mountain Pacific"
    " Greenwich"
)
# Words that, capitalised, nearly always begin a sentence: after an abbreviation they
# tell that it was the sentence's last word.
_STARTERS = _words(
    "The This That These Those It Its He She They We You His Her Their Our In On At As And But Or"
    " However If When While After Before Although Though There Here Since For From By With A An"
    " Some Many Most Both Such During According Because So Then Thus Also Additionally Moreover"
    " Furthermore Meanwhile Under Until What Where Which Who Why How Other Another Today"
    " Of Again Once All"
    " Der Die Das Er Es Wir Sie Dann Danach Doch Aber Seit Nach"
    " Il Elle Ils Elles Ce Cette Puis Mais Dans Après Nous Vous Ella Ellos Pero Luego Después Poi"
    " Он Она Они Оно Это Его Но На По Как После"
)
_GERMAN_AFTER_ORDINAL = _words(
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
    " Jahrhundert Jahrhunderts"
)


def split_sentences(document: Document) -> tuple[Sentence, ...]:
    """Cut a document into sentences, headings, list items and table rows.

    Every visible character from `Document.body_start` on belongs to exactly one of
    them; a sentence longer than 1,000 characters is cut between clauses or words. The
    time taken grows linearly with the text.

    Parameters
    ----------
    document : Document

    Returns
    -------
    tuple of Sentence
        In reading order, without overlap. A heading's own `Sentence.heading` is ``""``.
    """
    text = document.text
    sentences: list[Sentence] = []
    heading = ""
    if document.format == "code":
        blocks = list(_code_blocks(text))
    else:
        front, start = _front_blocks(text, document.body_start)
        blocks = _blocks(text, start)
        _mark_plain_headings(text, blocks)
        blocks[:0] = front
    for number, block in enumerate(blocks):
        is_heading = block.kind == "heading"
        if document.format == "mail" and (not number or blocks[number - 1].kind == "heading"):
            _keep_together(text, block)
        if is_heading:
            # Each sentence below it keeps it.
            heading = plain_line(text[slice(*block.lines[0])][:_HEADING_LINE])[:_HEADING_KEPT]
        elif block.kind == "definition":
            heading = text[slice(*block.lines[0])][:_MAX_HEADING]
        for start, end in _block_sentences(text, block):
            sentences += [
                Sentence(
                    document=document.path,
                    number=len(sentences) + offset,
                    start=piece_start,
                    end=piece_end,
                    text=text[piece_start:piece_end],
                    heading="" if is_heading else heading,
                    is_heading=is_heading,
                    page=document.page_at(piece_start),
                    message=document.message_at(piece_start),
                )
                for offset, (piece_start, piece_end) in enumerate(_pieces(text, start, end))
            ]
    return tuple(sentences)


def _keep_together(text: str, block: _Block) -> None:
    """Make one sentence of the fields that a message begins with.

    Each alone, below the subject, sounds like an answer to whatever names the subject: its date
    to "When do we meet?"
    """
    if block.kind == "text" and all(_FIELD.match(text, *line) for line in block.lines):
        block.kind = "fields"


def _block_sentences(text: str, block: _Block) -> Iterator[_Span]:
    if block.kind not in {"text", "item"}:
        yield block.start, block.end
        return
    start = block.start
    width = max(end - begin for begin, end in block.lines)
    for line, following in zip(block.lines, block.lines[1:], strict=False):
        if block.kind == "text" and _ends_on_purpose(text, line, following, width):
            yield from _flow_sentences(text, start, line[1], start)
            start = following[0]
    yield from _flow_sentences(text, start, block.end, max(start, block.text_start))


def _ends_on_purpose(text: str, line: _Span, following: _Span, width: int) -> bool:
    """Whether a line was ended by its author, not wrapped because it was full."""
    start, end = line
    if text[following[0]].islower() or _GOES_ON.search(text, max(start, end - 8), end):
        return False
    if _FIELD.match(text, start, end) and _FIELD.match(text, *following):
        return True
    first_word = text[slice(*following)].split(maxsplit=1)[0]
    return width < _NARROW or end - start + 1 + len(first_word) < 0.75 * width


def _flow_sentences(text: str, start: int, end: int, words_start: int) -> Iterator[_Span]:
    """Cut running text; what stands before `words_start` is a list item's mark."""
    cased = any(character.isupper() for character in text[words_start:end])
    for match in _SENTENCE_END.finditer(text, words_start, end):
        if _is_sentence_end(text, start, end, match, cased):
            yield start, match.end()
            start = match.end()
            while start < end and text[start].isspace():
                start += 1
    if start < end:
        yield start, end


def _is_sentence_end(text: str, start: int, end: int, match: re.Match[str], cased: bool) -> bool:
    following = _NEXT.match(text, match.end(), end)
    assert following is not None
    place = following.start("word")
    if place == end:
        return False
    first = text[place]
    if match["full"]:
        closed = bool(match["full_closers"])
        return not (closed and _QUOTATION_GOES_ON.match(text, match.end(), end))
    word = following["word"]
    if (first.islower() and cased) or first in ",;:":
        return False
    if match["closers"] and _SAID.match(text, match.end(), end):
        return False
    stop = match.start()
    if match["marks"] in {"…", "..."} and (_caseless(first) or text[stop - 1 : stop] in {"[", "("}):
        return False
    if len(match["marks"].split()) == 3:
        return False  # As printers set them: ". . ." within a sentence, a fourth at its end.
    so_far = text[max(start, stop - _ENUMERATOR_REACH) : stop]
    if match["closers"] == ")" and _ENUMERATOR.search(so_far):
        return False
    if match["marks"] != "." or match["closers"].strip("*_`"):
        return True
    found = _TOKEN.search(text, max(start, stop - 40), stop)
    if found is None:
        return True
    if text[following.end() : following.end() + 1] == "." and _apart(found.group(), word):
        return False
    return _ends_with(found.group(), word, first, so_far)


def _caseless(letter: str) -> bool:
    return letter.isalpha() and letter.lower() == letter.upper()


def _apart(first: str, second: str) -> bool:
    return f"{first}.{second}".casefold() in _APART


def _ends_with(token: str, word: str, first: str, so_far: str) -> bool:
    """Whether a full stop after `token`, the last of `so_far`, ends the sentence."""
    if (chain := _CHAIN.search(so_far)) and _apart(*chain.group().split(". ")):
        token = chain.group().replace(" ", "")
    name = token.casefold()
    if name in _NEVER_LAST or (first.isdigit() and name in _BEFORE_NUMBER):
        return False
    if _ENUMERATOR.search(so_far):
        return False
    if name in _DAY_HALVES:
        return word not in _AFTER_DAY_HALF and not (len(word) > 1 and word.isupper())
    if token in _CLOSING:
        return True
    if token in _SELDOM_LAST or _DOTTED.fullmatch(token):
        return word in _STARTERS
    if name in TITLES:
        return not token[0].isupper()
    if len(token) == 1 and token.isalpha():
        if token.isupper():
            return word in _STARTERS or bool(_LETTERED.search(so_far))
        if _caseless(token) or "а" <= token <= "я":
            return bool(_COUNTED.search(so_far))  # A year or a century, else an initial or a town.
        return not first.isdigit()
    if token.isdigit() and len(token) <= 2:
        ordinal = bool(_ORDINAL.search(so_far)) and word not in _STARTERS
        return not (ordinal or word in _GERMAN_AFTER_ORDINAL)
    return True


def _pieces(text: str, start: int, end: int) -> Iterator[_Span]:
    """Cut what is too long: best at a line's end, then a clause's, then between words."""
    while end - start > _MAX_SENTENCE:
        low, high = start + _MAX_SENTENCE // 2, start + _MAX_SENTENCE
        cut = next(
            (
                place + 1
                for marks in ("\n", ";:；：—", ",，、", " \t\u00a0\u3000")
                if (place := max(text.rfind(mark, low, high) for mark in marks)) >= 0
            ),
            high,
        )
        while cut > low and (
            unicodedata.category(text[cut])[0] == "M" or text[cut - 1] == "\u200d"
        ):
            cut -= 1
        yield start, start + len(text[start:cut].rstrip())
        start = cut
        while text[start].isspace():
            start += 1
    yield start, end
