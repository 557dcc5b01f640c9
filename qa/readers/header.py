"""Title and date from what a text says before it begins: front matter and header lines.

The rules know no particular collection.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections import Counter
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import yaml

from qa.readers.dates import DATE, iso_date
from qa.readers.titles import tidy_title
from qa.types import DateSource

__all__ = ["Header", "read_header"]

_TITLE_NAME = "title|headline|subject"
_DATE_NAME = (
    "date(?: published)?|dated|(?:first )?published|pub(?:lish)? ?date|publication date"
    "|release date|posted|created"
)
_LATER_DATE_NAME = "(?:last )?(?:updated|modified)|lastmod"
_FIELD = r"[ \t\n]*[*_]{0,2}(?:%s)[*_]{0,2}[ \t]*"
_TITLE_FIELD = re.compile(
    _FIELD % _TITLE_NAME + r"[:=][*_]{0,2}[ \t]*(?P<value>\S[^\n]*)", re.IGNORECASE
)
_DATE_FIELD = re.compile(
    _FIELD % f"(?P<first>{_DATE_NAME})|{_LATER_DATE_NAME}"
    + r"(?:\bon\b)?[ \t]*[:=]?[*_]{0,2}[ \t]*(?=\w)",
    re.IGNORECASE,
)
_AFTER_DATE = re.compile(
    r"[*_]{0,2}[ \t]*(?=\n|\Z)"
    r"|[ \t]+(?:[|–—·-][ \t]+)?(?=[^\sa-z,;:.)]|(?:title|headline|subject)[:=])"
)
_OTHER_FIELD = re.compile(r"\n?[ \t]*[*_]{0,2}[A-Z][A-Za-z -]{0,30}[*_]{0,2}:[ \t*_]+\S[^\n]*")
_MAX_HEADER_FIELDS = 20
_HEADING = re.compile(r"\s*(?:#{1,6}[ \t]+\S[^\n]*|\S[^\n]*\n[ \t]*(?:={3,}|-{3,})[ \t]*)\n\s*")

# Below a line that is a date alone, a salutation, or a little farther down who wrote it, tells
# that a letter or an article is of then; what else stands alone may be the day of what is
# announced, or due.
_SALUTATION = re.compile(
    r"(?i)(?:dear|sehr geehrte[rns]?|liebe[rs]?|ch[eè]re?s?|madame|monsieur|estimad[oa]s?"
    r"|querid[oa]s?|gentil[ei]|car[oaie])\b.{0,80}[,!:]"
)
_BYLINE = re.compile(
    r"(?:By|BY|Von|VON|Par|PAR|Por|POR)"
    r"(?: (?:and|und|et|y|&|[^\W\d_a-z][^\s.!?]*\.?)){1,8}(?<![.!?])"
)
_ANNOUNCED = re.compile(
    r"(?i):\Z|\b(?:due|deadline|born|birth|appointment|part(?:y|ies)|invit\w+|agenda|commenc\w+"
    r"|festival|concert|wedding|ceremony|event|meeting|fair|performance|celebrat\w+|anniversary"
    r"|fest|feier)\b"
)
_PLACE = re.compile(r"[^\W\d][\w .'’-]{1,40},[ ]")
_MINUTES = re.compile(
    r"(?i)(?:(?:draft|approved|unapproved) )?(?:minutes (?:of|from|for)\b|minutes:"
    r"|protokoll (?:der|des|zur)\b|compte[ -]rendu d|verbale d|acta d)"
)
_OTHER_MINUTES = re.compile(r"(?i)\b(?:agenda|approval|corrections?)\b")
_FIRST_LINES, _TITLE_LINES, _HEADLINES = 12, 3, 4
_MAX_LINE = 200

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<block>.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML_FRONT_MATTER = re.compile(r"\+{3}[ \t]*\n(?P<block>.*?\n)\+{3}[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_MATTER_LINE = re.compile(r"^(\w[\w -]*?):[ \t]+[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)
# What isn't YAML is front matter only if each of its lines could be: prose has others.
_LIKE_YAML = re.compile(r"\w[\w -]*:(?:[ \t]|$)|-[ \t]|#|[ \t]+\S")
_NAMED = re.compile(r"^[\"']?(?P<name>\w[\w -]*?)[\"']?[ \t]*[:=][^\n]*\n", re.MULTILINE)
_GOES_ON = re.compile(r"(?:[ \t]+\S[^\n]*\n)*")
_MAX_FRONT_MATTER = 20_000
_MAX_NESTED = 500

_Kind = Literal["title", "date", "later date"]


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the text proper.

    Parameters
    ----------
    title, date : str or None
    source : str or None
        Where the date was found: front matter or a header's line.
    body_start : int
        What stands before it gave the title or the date, and nothing else.
    end : int
        Where the text proper starts. Fields between the two, such as an author's, are to be
        found and quoted as well.
    """

    title: str | None
    date: str | None
    source: DateSource | None
    body_start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Field:
    """A field that may tell the title or the date.

    `value` is what it tells, None where that is no title or no day of the calendar; `is_all`
    is whether it says nothing else. It ends at `end`, or in front matter has a `name`.
    """

    kind: _Kind
    value: str | None
    is_all: bool
    end: int = 0
    name: str = ""


def read_header(text: str) -> Header:
    """Front matter, then lines such as ``date 2024-05-11`` or ``Title: …``."""
    matter, named = _read_front_matter(text)
    position = end = matter.end() if matter else 0
    # Lines such as an author's are text to be searched; what stands below them is read
    # for title and date, but belongs to the text as well.
    heading = _HEADING.match(text, position)
    leading = heading is None
    if heading is not None:
        position = heading.end()
    lines: list[_Field] = []
    first_lines = 0
    for _ in range(_MAX_HEADER_FIELDS):
        if field := _TITLE_FIELD.match(text, position):
            position = field.end()
            lines.append(_title_field(field["value"], position))
        elif (field := _DATE_FIELD.match(text, position)) and (
            found := DATE.match(text, field.end())
        ):
            following = _start_after_date(text, found.end())
            # "Published 4 May 2023 in Oslo, …" below a heading is a sentence.
            if heading is None or following is not None:
                kind: _Kind = "date" if field["first"] else "later date"
                lines.append(_Field(kind, iso_date(found), following is not None, following or 0))
            if following is None:
                break
            position = following
        elif field := _OTHER_FIELD.match(text, position):
            leading = False
            position = field.end()
        else:
            break
        if leading:
            end = position
            first_lines = len(lines)
    end = _after_blanks(text, end)
    title = _first("title", named) or _first("title", lines)
    date = _first_date(named) or _first_date(lines)
    iso = date.value if date else _date_at_the_top(text[end:])
    source: DateSource = "front matter" if date in named else "header"
    used = [field for field in (title, date) if field is not None and field.is_all]
    start = 0
    if matter:
        start = _after_names(matter, {field.name for field in used if field.name})
    if not matter or start == matter.end():
        for line in lines[:first_lines]:
            if line not in used:
                break
            start = line.end
    return Header(
        title=title.value if title else None,
        date=iso,
        source=source if iso else None,
        # A file that is all header is all text: nothing of it should be lost.
        body_start=_after_blanks(text, start) if end < len(text) else 0,
        end=end if end < len(text) else 0,
    )


def _after_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _first(kind: _Kind, fields: Sequence[_Field]) -> _Field | None:
    return next((field for field in fields if field.kind == kind and field.value), None)


def _first_date(fields: Sequence[_Field]) -> _Field | None:
    return _first("date", fields) or _first("later date", fields)


def _title_field(value: str, end: int = 0, name: str = "") -> _Field:
    title = tidy_title(value)
    was_cut = title is not None and title.endswith("…") and not value.rstrip().endswith("…")
    return _Field("title", title, not was_cut, end, name)


def _after_names(matter: re.Match[str], names: Set[str]) -> int:
    """Where front matter goes on below leading fields of these names; its end if it doesn't."""
    text, end = matter.string, matter.end("block")
    every = Counter(_plain_name(found["name"]) for found in _NAMED.finditer(matter["block"]))
    position = matter.start("block")
    while found := _NAMED.match(text, position, end):
        name = _plain_name(found["name"])
        # Of two of a name only one was taken, and of a line no remark.
        if name not in names or every[name] > 1 or " #" in found[0]:
            break
        position = found.end()
        if text.startswith("-") and (more := _GOES_ON.match(text, position, end)):
            position = more.end()
    return position if text[position:end].strip() else matter.end()


def _plain_name(name: str) -> str:
    return name.lower().replace("_", " ")


def _date_at_the_top(text: str) -> str | None:
    """The date of a letter or an article, in a line of its own, or in the title of minutes."""
    first = [line.strip(" \t*_#") for line in text[: _FIRST_LINES * _MAX_LINE].split("\n")]
    lines = [line for line in first if line][:_FIRST_LINES]
    title = lines[:_TITLE_LINES]
    for line in title:
        dates = [*DATE.finditer(line)]
        if _MINUTES.match(line) and len(dates) == 1 and not any(map(_OTHER_MINUTES.search, title)):
            return iso_date(dates[0])
    for place, line in enumerate(lines):
        named = _PLACE.match(line)
        found = DATE.match(line) or (DATE.match(line, named.end()) if named else None)
        if found and not line[found.end() :].strip(" .*_"):
            below = lines[place + 1 : place + 1 + _HEADLINES]
            letter = any(map(_SALUTATION.fullmatch, below[:1]))
            return iso_date(found) if letter or any(map(_BYLINE.fullmatch, below)) else None
        if _ANNOUNCED.search(line):
            return None
    return None


def _read_front_matter(text: str) -> tuple[re.Match[str] | None, list[_Field]]:
    """Find front matter, and its fields that may tell title or date."""
    if matter := _FRONT_MATTER.match(text, 0, _MAX_FRONT_MATTER):
        values = _yaml(matter["block"])
    elif matter := _TOML_FRONT_MATTER.match(text, 0, _MAX_FRONT_MATTER):
        values = _toml(matter["block"])
    else:
        return None, []
    if not isinstance(values, dict) or not values:
        return None, []
    fields: list[_Field] = []
    for key, value in values.items():
        name, told = _plain_name(str(key)), str(value).strip()
        if not isinstance(value, str | datetime.date):
            continue
        if re.fullmatch(_TITLE_NAME, name):
            fields.append(_title_field(told, name=name))
        elif found := DATE.match(told):
            is_all = found.end() == len(told)
            if re.fullmatch(_DATE_NAME, name):
                fields.append(_Field("date", iso_date(found), is_all, name=name))
            elif re.fullmatch(_LATER_DATE_NAME, name):
                fields.append(_Field("later date", iso_date(found), is_all, name=name))
    return matter, fields


def _yaml(block: str) -> object:
    """Parse front matter; line by line where it isn't YAML, nothing where it can't be meant."""
    # The time that YAML takes grows with the square of the depth.
    if block.count("[") + block.count("{") <= _MAX_NESTED:
        # An escape may name a character beyond Unicode's last one.
        with suppress(yaml.YAMLError, RecursionError, ValueError, OverflowError):
            # The base loader makes only strings, lists and mappings: safer than the safe
            # one, and a title "12:30" doesn't become a number.
            return yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    # Titles with an unquoted colon are common, and no YAML.
    if all(map(_LIKE_YAML.match, block.split("\n")[:-1])):
        return dict(_FRONT_MATTER_LINE.findall(block))
    return None


def _toml(block: str) -> object:
    """Parse the front matter of Hugo and Zola, whose dates are values; nothing where it isn't."""
    if block.count("[") + block.count("{") <= _MAX_NESTED:
        with suppress(tomllib.TOMLDecodeError, RecursionError, ValueError):
            return tomllib.loads(block)
    return None


def _start_after_date(text: str, position: int) -> int | None:
    """Tell where the text goes on after a date; None where the date is in a sentence."""
    rest = _AFTER_DATE.match(text, position)
    return rest.end() if rest else None
