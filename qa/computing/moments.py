"""When something was, where an operand tells nothing but that.

An operand is a date or a time, with its weekday, and at most what happened on it: "released on
Friday, May 24, at 1 pm". Whatever else stands beside it in the operand or right before it in its
passage may move it ("two weeks after 5 May") or blur it ("about 1990"), so then there is no moment.
A year that is unsaid is read from the document's headings and date where these can mean only one.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.language.dating import in_dates
from qa.language.values import WEEKDAYS, Date, Time, Token, Value, tokenise

__all__ = ["Moment", "Operand", "is_day", "is_denied", "is_moved", "moment", "surroundings"]

# A day of another year than the document's lies so near to its date, in days: "20 December" in
# minutes of January.
_NEAR = 120
# The year that is meant is nearer than any other by so many days.
_CLEARLY = 60
# Nobody leaves out the year of what is further away, and a weekday may be a slip.
_YEAR = 366
_YEARS_AROUND = (-1, 0, 1)
_WEEKDAYS = WEEKDAYS | {name[:3]: day for name, day in WEEKDAYS.items()} | {"tues": 1, "thurs": 3}
_MARKS = r"[\s,.()\"“”‘’']*"
# What may stand between a date, its weekday and its time, and behind them.
_JOINS = re.compile(rf"(?i){_MARKS}(?:\b(?:the|an?|on|in|at|ad|ce)\b{_MARKS}){{0,2}}")
_ENDS = re.compile(rf"(?i)\s*(?:\b(?:ad|ce)\b)?{_MARKS}")
# What happens on a day and doesn't move it.
_HAPPENED = r"""
    (?:built|held|sold|born|bought|sent|paid|made|written|shot|signed|released|published|launched
    |opens?|opened|starts?|started|begins?|began|begun|ends?|ended|closed|finished|completed|founded
    |elected|delivered|damaged|repaired|issued|posted|installed|handed\sover|comes?\sout|came\sout
    |takes?\splace|took\splace|died)
"""
# "On", "the lease was signed on", "dated": whatever leads in to a day and leaves it as it is.
_LED_IN = re.compile(
    rf"""(?ix)
    {_MARKS}
    (?P<led>(?:(?:the\sdate|it)\s(?:is|was)\s
      |(?:(?:it|he|she|they|the\s(?!half|part|eve|anniversary)\w+)\s)?
       (?:(?:is|are|was|were|(?:is\s)?set\sto\sbe|will\sbe)\s)?{_HAPPENED}\s
      |(?:effective|dated)\s)?
      (?:(?:on|in|at)\s)?)
    (?:the\s)?(?:(?:year|ad)\s)?
    """
)
# What may stand in the passage right before a date that nothing leads in to.
_BESIDE = re.compile(
    rf"""(?ix)
    (?:\A|[,:(\"“]|\b(?:on|in|at|the|year|of|from|to|by|since|until|till|and|is|was|are|were|dated?
      |effective|{_HAPPENED}|(?:{"|".join(_WEEKDAYS)})\.?))
    \s*\Z
    """
)
_UNITS = r"(?:minute|hour|day|week|month|year|decade)s?"
# "Earlier than in 1990" is led in to, too; so are "late in 1990", "two days from 5 May", "the eve
# of 5 May", "a quarter to 9:00", "built by 1990" and "5 and 6 May".
_MOVED = re.compile(
    rf"""(?ix)
    (?:\b(?:than|not|after|before|following|preceding|about|around|circa|ca?\.|early|earlier|late
      |later|mid|some\s?time|probably|perhaps|possibly|maybe|presumably|supposedly|nearly|almost)
      |[~≈<>≤≥±]
      |\b(?:eve|end|beginning|begin|start|close|turn|half|quarter|part|middle|rest|most|spring
        |summer|autumn|fall|winter|{_UNITS}|anniversary|wake|ahead)\sof(?:\sthe\syear)?
      |\b{_UNITS}\s(?:counted\s)?(?:from|since)
      |\b(?:prior|up|close|closer|near|nearer|next|leading|half|quarter|past|{_UNITS}|five|ten
        |twenty|twenty[\s-]five|(?<![:.\d])\d{{1,2}})\sto
      |(?<![\d:.])\d{{1,2}}(?:st|nd|rd|th)?(?:,|,?\sand)
      |(?:postponed|moved|rescheduled|changed|shifted|delayed|brought\sforward)\sfrom
      |{_HAPPENED}\sby)
    (?:\s(?:in|on|at))?\s*\Z
    """
)
# An answer may be cut before what makes it another date or none for sure: "1900" of "1900 BC", of
# "1900 or 1901" and of "1900/01".
_BLURRED = re.compile(
    r"""(?ix)
    \s?[–—/-]\s?\d|\s?\?
    |,?\s(?:or\b|thereabouts\b|at\s(?:the\s)?(?:very\s)?(?:earliest|latest|soonest)\b)
    |,?\s\(?(?:estimated|approx|probably|presumably|tentativ|unconfirmed|tbc)
    |\s(?:b\.?\s?c\b|bce\b|v\.\s?(?:chr|u)\b|av\.\s?j)
    """
)
_DENIED_WITHIN = 200
# What is denied, or only supposed, is no fact: "it did not fall from 12 to 11", "it might open on".
# A "not" reaches as far as a comma that isn't one of two: "not on Sunday, Monday is its day".
_DENIED_BEFORE = re.compile(
    r"""(?ix)
    (?:\b(?:not|no(?!\.?\s?\d)|never|neither|nor|none|nobody|nothing|without|cannot|hardly|barely
      |scarcely|seldom|rarely|unlikely|except(?:ing)?|excluding|instead\sof|rather\sthan|fail(?:s|ed)?
      |(?-i:may|might|could|would))\b
      |n['’]t\b)
    (?:[^.;!?,]|,[^.;!?,]*,)*\Z
    """
)
_DENIED_BEHIND = re.compile(
    r"""(?ix)
    [^.;!?\n]{0,60}?\b(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could)
    (?:n['’]t|\s(?:not|never|no\slonger))\b
    """
)
# So much of what stands around an operand says what it is of, in characters.
_AROUND = 60
# "Events of 2024", "events-2024.txt": of one year is all that stands below.
_YEAR_OF_ALL = re.compile(
    r"(?i)(?:\b(?:of|for|programme?|events|calendar|dates|schedule)\s|[^\W\d_][-_])"
    r"(?P<year>(?:19|20)\d\d)(?:\.\w+)?\Z"
)


@dataclass(frozen=True, slots=True)
class Operand:
    """A checked answer to an operand's question.

    Parameters
    ----------
    text : str
    date : str or None
        ISO 8601 date of the document that says it, against which "May 24" is read.
    passage : str
        What it was taken from: an answer may leave out "Monday" or "more than" beside it.
    document : str
        The document's name.
    headings : tuple of str
        Its title, its file's name and the heading above, which may tell the year.
    """

    text: str
    date: str | None
    passage: str = ""
    document: str = ""
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, its weekday (Monday is 0), and times of the day.

    The date has its year, unless its document has no date either.
    """

    date: Date | None
    weekday: int | None
    times: frozenset[Time]

    @property
    def day(self) -> datetime.date | None:
        """The day, where it is told and exists."""
        return _day(self.date)


def moment(operand: Operand) -> Moment | None:
    """Read the one moment that an operand tells.

    Parameters
    ----------
    operand : Operand

    Returns
    -------
    Moment or None
        None where it tells anything else, several dates, a weekday that its date doesn't have, or
        a day whose year may be another.
    """
    text = " ".join(in_dates(operand.text).split())
    tokens = [token for token in tokenise(text) if _tells_when(token)]
    led = _LED_IN.fullmatch(text, 0, tokens[0].start) if tokens else None
    if led is None or not _ENDS.fullmatch(text, tokens[-1].end):
        return None
    if not all(
        _JOINS.fullmatch(text, one.end, other.start) for one, other in itertools.pairwise(tokens)
    ):
        return None
    values = {token.value for token in tokens}
    dates = {value for value in values if isinstance(value, Date)}
    times = frozenset(value for value in values if isinstance(value, Time))
    weekdays = {_WEEKDAYS[value] for value in values if isinstance(value, str)}
    if len(dates) > 1 or not dates | times:
        return None
    for before, behind in surroundings(operand):
        is_beside = led["led"] or _BESIDE.search(before)
        if not is_beside or is_moved(before) or _BLURRED.match(behind):
            return None
        if is_denied(before, behind):
            return None
    date = dates.pop() if dates else None
    if date is not None:
        weekdays |= _weekdays_beside(operand.passage, date)
    if len(weekdays) > 1:
        return None
    weekday = weekdays.pop() if weekdays else None
    if date is None:
        return Moment(None, weekday, times)
    meant = _with_year(date, weekday, operand)
    return Moment(meant, weekday, times) if meant else None


def surroundings(operand: Operand) -> Iterator[tuple[str, str]]:
    """What stands right before and behind an operand, wherever its passage has it."""
    text = " ".join(operand.text.split()).strip(" .")
    if text and operand.passage:
        passage = " ".join(operand.passage.split())
        for found in re.finditer(rf"(?i)(?<!\w){re.escape(text)}(?!\w)", passage):
            yield (
                passage[max(found.start() - _AROUND, 0) : found.start()],
                passage[found.end() : found.end() + _AROUND],
            )


def is_denied(before: str, behind: str) -> bool:
    """Whether a text denies, or only supposes, what stands between two parts of it."""
    return bool(_DENIED_BEFORE.search(before[-_DENIED_WITHIN:]) or _DENIED_BEHIND.match(behind))


def is_moved(before: str) -> bool:
    """Whether a text that ends right before a date or a time moves or blurs it: "two days from"."""
    return bool(_MOVED.search(before[-_AROUND:]))


def is_day(value: str | Value) -> bool:
    """Whether a word or value of a text is a date or a weekday."""
    if isinstance(value, str):
        return value in _WEEKDAYS or value.removesuffix("s") in _WEEKDAYS
    return isinstance(value, Date)


def _tells_when(token: Token) -> bool:
    return isinstance(token.value, (Date, Time)) or token.value in _WEEKDAYS


def _weekdays_beside(passage: str, date: Date) -> set[int]:
    """The weekdays that stand right before or behind a date in a passage."""
    return {
        _WEEKDAYS[weekday.value]
        for one, other in itertools.pairwise(tokenise(passage))
        if _JOINS.fullmatch(passage, one.end, other.start)
        for told, weekday in ((one, other), (other, one))
        if told.value == date and isinstance(weekday.value, str) and weekday.value in _WEEKDAYS
    }


def _with_year(date: Date, weekday: int | None, operand: Operand) -> Date | None:
    """A date with its year; None where that may be another, or hasn't its weekday.

    Of a document without a date nothing else is known than the day.
    """
    meant = date if date.year else replace(date, year=_year(date, weekday, operand))
    if meant.year is None:
        return date if operand.date is None and weekday is None else None
    day = _day(meant)
    return meant if day is None or weekday in (None, day.weekday()) else None


def _year(date: Date, weekday: int | None, operand: Operand) -> int | None:
    """The year that a date is of, by the headings of its document or by the document's date.

    Minutes of January tell of the December before.
    """
    anchor = _anchor(operand.date)
    if anchor is None and operand.date is not None:
        return None
    headed = _headed(date, operand.headings, anchor)
    if headed is not None and (date.day is None or _day(replace(date, year=headed))):
        return headed
    if anchor is None:
        return None
    # Of a month its middle is as near as any day.
    around = [
        _day(replace(date, year=anchor.year + apart, day=date.day or 15)) for apart in _YEARS_AROUND
    ]
    near = sorted(filter(None, around), key=lambda day: abs((day - anchor).days))
    if weekday is not None and date.day is not None:
        found = [
            day for day in near if day.weekday() == weekday and abs((day - anchor).days) < _YEAR
        ]
        return found[0].year if len(found) == 1 else None
    # Not every year has a 29 February.
    if len(near) < len(_YEARS_AROUND):
        return None
    nearest, further = (abs((day - anchor).days) for day in near[:2])
    is_clear = further - nearest >= _CLEARLY and (near[0].year == anchor.year or nearest < _NEAR)
    return near[0].year if is_clear else None


def _anchor(written: str | None) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(written or "")
    except ValueError:
        return None


def _headed(date: Date, headings: Sequence[str], anchor: datetime.date | None) -> int | None:
    """The one year that titles and headings tell of a whole, or of the month of a date."""
    years: set[int] = set()
    for heading in headings:
        if found := _YEAR_OF_ALL.search(heading):
            years.add(int(found["year"]))
        told = [token.value for token in tokenise(heading) if isinstance(token.value, Date)]
        years |= {each.year for each in told if each.year and each == Date(each.year, date.month)}
    near = {year for year in years if anchor is None or abs(year - anchor.year) <= 1}
    return near.pop() if len(near) == 1 else None


def _day(date: Date | None) -> datetime.date | None:
    if date is None or date.year is None or date.month is None or date.day is None:
        return None
    try:
        return datetime.date(date.year, date.month, date.day)
    except ValueError:
        return None
