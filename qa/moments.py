"""When something was, as a checked answer tells it, and where that must be left open.

An order or a difference is only as sure as the days that it is computed from. What an answer
says beside a day, its weekday and a time may move it ("two weeks after 5 May") or blur it
("about 1990"), so nothing else may stand there. A year that is unsaid is read from the date of
the document only where that can mean one.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qa.alignment import FUNCTION_WORDS, NEGATIONS, words
from qa.dating import in_dates
from qa.values import Date, Time, tokenise

__all__ = ["Moment", "Operand", "days_named", "moment", "surroundings"]

# A day that the document's date lies so near to, in days, is of that winter.
_NEAR = 120
# Nobody leaves out the year of what is further away, and a weekday may be a slip.
_YEAR = 366
_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)} | {
    short: number
    for number, shorts in enumerate(
        ("mon", "tue tues", "wed", "thu thur thurs", "fri", "sat", "sun")
    )
    for short in shorts.split()
}
_BESIDE = frozenset({"on", "in", "at", "ad", "ce"})
_PUNCTUATION = re.compile(r"(?i)[\s,.()\"“”‘’']*(?:\b(?:the|an?)\b)?[\s,.()\"“”‘’']*")
# "Released on May 24", "is set to be released in May": what happens doesn't move its day.
_LED_IN = re.compile(r"(?i)\A\W*(?P<led>(?:[^\W\d_]+\s+){0,6}?)(?=(?:on|in|at)\s)")
_HAPPENS = frozenset("it he she they is are was were be been being will has have had to".split())
_MOST_LED = 2
# Prepositions, conjunctions and adverbs that `FUNCTION_WORDS` leaves out.
_OTHER_WORDS = NEGATIONS | frozenset(
    """
    since unless except excepting besides despite within throughout around near past beyond via per
    although because while whereas whenever circa almost maybe perhaps prior following preceding
    """.split()
)
_SHIFTED = re.compile(
    r"(?i)(?:\b(?:after|before|following|preceding|about|around|circa|than|ca?\.)|[~≈<>≤≥±])\s*\Z"
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
    """

    text: str
    date: str | None
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date with the year that is meant, its weekday (Monday is 0), and times of the day."""

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
        None where it tells anything else, several dates, or a weekday that its date doesn't
        have; and where a year is unsaid that the document's date leaves open.
    """
    text = _without_lead(in_dates(operand.text))
    dates: set[Date] = set()
    times: set[Time] = set()
    weekdays: set[int] = set()
    end = 0
    for token in tokenise(text):
        if not _PUNCTUATION.fullmatch(text[end : token.start]):
            return None
        end = token.end
        if isinstance(token.value, Date):
            dates.add(token.value)
        elif isinstance(token.value, Time):
            times.add(token.value)
        elif isinstance(token.value, str) and token.value in _WEEKDAYS:
            weekdays.add(_WEEKDAYS[token.value])
        elif token.value not in _BESIDE:
            return None
    if not _PUNCTUATION.fullmatch(text[end:]) or len(dates) > 1 or not dates | times:
        return None
    if any(_SHIFTED.search(before) for before, _ in surroundings(operand)):
        return None
    date = dates.pop() if dates else None
    if date is not None:
        weekdays |= _weekdays_beside(operand.passage, date)
    if len(weekdays) > 1:
        return None
    weekday = weekdays.pop() if weekdays else None
    if date is not None:
        date = _with_year(date, weekday, operand.date)
        if date is None:
            return None
    return Moment(date, weekday, frozenset(times))


def surroundings(operand: Operand) -> Iterator[tuple[str, str]]:
    """What stands before and behind an operand, wherever its passage has it."""
    text = operand.text.strip(" .")
    if text and operand.passage:
        for found in re.finditer(rf"(?i)(?<!\w){re.escape(text)}(?!\w)", operand.passage):
            yield operand.passage[: found.start()], operand.passage[found.end() :]


def days_named(text: str) -> frozenset[int | Date]:
    """The dates and weekdays (Monday is 0) of which a text speaks."""
    found: set[int | Date] = set()
    for token in tokenise(text):
        if isinstance(token.value, Date):
            found.add(token.value)
        elif isinstance(token.value, str):
            weekday = _WEEKDAYS.get(token.value.removesuffix("s"), _WEEKDAYS.get(token.value))
            found |= set() if weekday is None else {weekday}
    return frozenset(found)


def _without_lead(text: str) -> str:
    found = _LED_IN.match(text)
    if found is None:
        return text
    happening = [word for word in words(found["led"]) if word.key not in _HAPPENS]
    plain = len(happening) <= _MOST_LED and all(
        isinstance(token.value, str) for token in tokenise(found["led"])
    )
    for word in happening:
        # "Nearly in 1990", "possibly on 5 May".
        vague = word.key.endswith("ly") or word.key in FUNCTION_WORDS | _OTHER_WORDS
        if vague or word.key in _WEEKDAYS:
            plain = False
    return text[found.end() :] if plain else text


def _weekdays_beside(passage: str, date: Date) -> set[int]:
    """The weekdays that stand right before or, where none does, behind a date in a passage."""
    tokens = tokenise(passage)
    found = set()
    for place, token in enumerate(tokens):
        if token.value != date:
            continue
        for beside in (*tokens[max(place - 1, 0) : place], *tokens[place + 1 : place + 2]):
            first, second = sorted((token, beside), key=lambda each: each.start)
            near = _PUNCTUATION.fullmatch(passage[first.end : second.start])
            if near and isinstance(beside.value, str) and beside.value in _WEEKDAYS:
                found.add(_WEEKDAYS[beside.value])
                break
    return found


def _with_year(date: Date, weekday: int | None, written: str | None) -> Date | None:
    """A date with the year in which it has its weekday, or else lies near to the document's.

    Minutes of January tell of the December before. A date whose document has none keeps its
    year unsaid, as long as no weekday asks for one.
    """
    if date.year is not None:
        day = _day(date)
        return date if day is None or weekday in (None, day.weekday()) else None
    if written is None:
        return date if weekday is None else None
    try:
        anchor = datetime.date.fromisoformat(written)
    except ValueError:
        return None
    found = []
    for year in (anchor.year - 1, anchor.year, anchor.year + 1):
        meant = replace(date, year=year)
        # Of a month its middle is as near as any day.
        day = _day(replace(meant, day=date.day or 15))
        if day is None:
            continue
        weekday_told = weekday is not None and date.day is not None
        if abs((day - anchor).days) < (_YEAR if weekday_told else _NEAR) and (
            not weekday_told or day.weekday() == weekday
        ):
            found.append(meant)
    return found[0] if len(found) == 1 else None


def _day(date: Date | None) -> datetime.date | None:
    if date is None or None in (date.year, date.month, date.day):
        return None
    try:
        return datetime.date(date.year or 0, date.month or 0, date.day or 0)
    except ValueError:
        return None
