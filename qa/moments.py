"""When something was, as a checked answer tells it, and where that must be left open.

An order or a difference is only as sure as the days that it is computed from. What an answer
says beside a day, its weekday and a time may move it ("two weeks after 5 May") or blur it
("about 1990"), so nothing else may stand there. A year that is unsaid is read from the date of
the document only where that can mean one.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.alignment import FUNCTION_WORDS, NEGATIONS, words
from qa.dating import in_dates
from qa.values import WEEKDAYS, Date, Time, Token, Value, tokenise

__all__ = ["Moment", "Operand", "days_named", "is_day", "moment", "readings", "surroundings"]

# A day of another year than the document's lies so near to its date, in days: "20 December" in
# minutes of January.
_NEAR = 120
# The year that is meant is nearer than any other by so many days.
_CLEARLY = 60
# Nobody leaves out the year of what is further away, and a weekday may be a slip.
_YEAR = 366
_YEARS_AROUND = (-1, 0, 1)
_WEEKDAYS = WEEKDAYS | {
    short: number
    for number, shorts in enumerate(
        ("mon", "tue tues", "wed", "thu thur thurs", "fri", "sat", "sun")
    )
    for short in shorts.split()
}
_BESIDE = frozenset({"on", "in", "at", "ad", "ce"})
_PUNCTUATION = re.compile(r"(?i)[\s,.()\"“”‘’']*(?:\b(?:the|an?)\b)?[\s,.()\"“”‘’']*")
_LONGEST_GAP = 40
# "Released on May 24", "the lease is set to be signed in May": what happens doesn't move its day.
_LED_IN = re.compile(
    r"""(?ix)
    [\s\"“”‘’'(]*(?P<led>(?:[^\W\d_][^\W\d_'’.-]*[\s\"“”‘’'.-]+){0,12}?)
    (?:(?:is|are|was|were|be)\s|(?P<label>[^\W\d_]+):|effective\s|dated\s)?\s*
    (?:(?:on|in|at)\s+)?(?:the\s+)?(?:(?:year|ad)\s+)?
    """
)
_LEADS = re.compile(
    r"(?i)(?:\b(?:on|in|at|the|year|ad|effective|dated|is|are|was|were|be)\s+|:\s*)\Z"
)
_HAPPENS = frozenset(
    """
    i he she it we you they is are was were be been being will has have had to set
    the a an this that its his her their our my your of by for over out up off down
    """.split()
)
_MOST_LED = 6
_ERA = re.compile(r"(?i)\A\s*(?:ad|ce)\b")
# "In Lund", "by Ada Rehn", "at the town hall": where a thing happens, and by whom.
_FOLLOWED_BY = re.compile(
    r"(?i)[\s,]+(?:in|at|by)\s+(?P<place>[^\W\d_]+(?:[\s'’-]+[^\W\d_]+){0,4})[\s.)\"“”‘’']*"
)
# What may move a day, blur it, or leave open whether anything happens on it.
_SHIFTING = (
    (FUNCTION_WORDS - _HAPPENS - _BESIDE)
    | NEGATIONS
    | frozenset(
        """
        since unless except excepting besides despite within throughout around near past beyond
        via may might per although because while whereas whenever circa c ca approx almost maybe
        perhaps prior following preceding next previous nearly possibly probably presumably
        roughly approximately supposedly reportedly allegedly hardly barely likely apparently
        seemingly shortly partly mostly originally initially usually normally typically generally
        traditionally hourly daily weekly monthly quarterly yearly annually annual often sometimes
        always unlike like instead estimated believed thought assumed rumoured supposed expected
        proposed early earlier earliest late later latest mid middle end start beginning least
        advance part spring summer autumn fall winter season eve anniversary ago hence hour hours
        day days week weeks fortnight month months year years decade decades century centuries
        weekday weekdays weekend weekends holiday holidays half partially bc bce b um nach vor
        gegen seit bis etwa rund vers apres avant depuis environ hacia
        """.split()
    )
)
_SHIFTED = re.compile(
    r"(?i)(?:\b(?:after|before|following|preceding|about|around|circa|than|ca?\.)|[~≈<>≤≥±])\s*\Z"
)
_CONTRACTED_NOT = re.compile(r"(?i)n['’]t\b")
# So much of what stands around an operand says what it is of, in characters.
_AROUND = 60
# "Programme 2024", but not the season "2023/24", nor the day "2024_05_03".
_BARE_YEAR = re.compile(r"(?<![^\W_])(?<!\d[-–/.])(?:19|20)\d\d(?![^\W_])(?!\W{0,3}\d)(?!_\d)")
_FOUNDED = re.compile(r"(?i)\b(?:since|est\.?|established|founded|from)\s*\Z")


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
        The document's name: its days are of one year more often than those of two.
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
    """A date with the year that is meant, its weekday (Monday is 0), and times of the day.

    The year stays unsaid where the document's date leaves it open; `readings` tells what two such
    days have in common.
    """

    date: Date | None
    weekday: int | None
    times: frozenset[Time]
    says_year: bool = True

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
        have.
    """
    text = " ".join(in_dates(operand.text).split())
    tokens = tokenise(text)
    told = [place for place, token in enumerate(tokens) if _tells_when(token)]
    if not told or not _is_plain(text, tokens, told):
        return None
    dates: set[Date] = set()
    times: set[Time] = set()
    weekdays: set[int] = set()
    end = tokens[told[0]].start
    for token in tokens[told[0] : told[-1] + 1]:
        if not _is_gap(text[end : token.start]):
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
    if len(dates) > 1 or not dates | times:
        return None
    if any(_SHIFTED.search(before) for before, _ in surroundings(operand)):
        return None
    date = dates.pop() if dates else None
    if date is not None:
        weekdays |= _weekdays_beside(operand.passage, date)
    if len(weekdays) > 1:
        return None
    weekday = weekdays.pop() if weekdays else None
    if date is None:
        return Moment(None, weekday, frozenset(times))
    meant = _with_year(date, weekday, operand)
    if meant is None:
        return None
    return Moment(meant, weekday, frozenset(times), says_year=date.year is not None)


def readings(operands: Sequence[Operand], one: Moment, other: Moment) -> list[tuple[Date, Date]]:
    """What the dates of two moments may mean, where their document leaves a year open.

    Days of one document without a year are mostly of one year, or both lie ahead of it or both
    behind it. What follows from all of these readings holds.

    Parameters
    ----------
    operands : sequence of Operand
        Two of them.
    one, other : Moment
        As they tell them.

    Returns
    -------
    list of tuple of Date and Date
        Empty where nothing is known of them together.
    """
    if one.date is None or other.date is None:
        return []
    dates = (one.date, other.date)
    anchor = _anchor(operands[0].date)
    is_open = [
        date.year is None and operand.date for date, operand in zip(dates, operands, strict=True)
    ]
    if not any(is_open):
        return [dates]
    sources = {(operand.date, operand.document) for operand in operands}
    if anchor is None or len(sources) > 1 or one.says_year or other.says_year:
        return []
    # A day that is of another year than the document shows that a new year lies between.
    if any(date.year not in (None, anchor.year) for date in dates):
        return []
    years = {day.year for date in dates for day in _nearest(date, anchor)[:2]}
    found = [(replace(one.date, year=y), replace(other.date, year=y)) for y in sorted(years)]
    for ahead in (True, False):
        meant = [_next_or_last(date, anchor, ahead=ahead) for date in dates]
        if None in meant:
            return []
        first, second = (each for each in meant if each is not None)
        if all(
            date.year in (None, each.year)
            for date, each in zip(dates, (first, second), strict=True)
        ):
            found.append((first, second))
    return found


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


def days_named(text: str) -> frozenset[int | Date]:
    """The dates and weekdays (Monday is 0) of which a text speaks."""
    found: set[int | Date] = set()
    for token in tokenise(text):
        if isinstance(token.value, Date):
            found.add(token.value)
        elif (weekday := _weekday(token.value)) is not None:
            found.add(weekday)
    return frozenset(found)


def is_day(value: str | Value) -> bool:
    """Whether a word or value of a text is a date or a weekday."""
    return isinstance(value, Date) or _weekday(value) is not None


def _weekday(value: str | Value) -> int | None:
    if not isinstance(value, str):
        return None
    return _WEEKDAYS.get(value.removesuffix("s"), _WEEKDAYS.get(value))


def _tells_when(token: Token) -> bool:
    if isinstance(token.value, str):
        return token.value in _WEEKDAYS
    return isinstance(token.value, (Date, Time))


def _is_plain(text: str, tokens: Sequence[Token], told: Sequence[int]) -> bool:
    """Whether what stands around a moment in its operand leaves it as it is."""
    before, behind = text[: tokens[told[0]].start], text[tokens[told[-1]].end :]
    if any(not isinstance(token.value, str) for token in tokens[: told[0]]):
        return False
    behind = _ERA.sub("", behind)
    followed = _FOLLOWED_BY.fullmatch(behind)
    if not _is_gap(behind) and (not followed or _may_shift(followed["place"])):
        return False
    if _is_gap(before):
        return True
    led = _LED_IN.fullmatch(before)
    if led is None or not _LEADS.search(before) or _may_shift(f"{led['led']} {led['label'] or ''}"):
        return False
    return len([word for word in words(led["led"]) if word.key not in _HAPPENS]) <= _MOST_LED


def _may_shift(text: str) -> bool:
    # `tokenise` makes "isnt" of "isn't".
    return bool(_CONTRACTED_NOT.search(text)) or any(
        token.value in _SHIFTING or str(token.value).removesuffix("s") in _WEEKDAYS
        for token in tokenise(text)
    )


def _is_gap(text: str) -> bool:
    """Whether nothing but punctuation and an article stands in a text."""
    return len(text) <= _LONGEST_GAP and bool(_PUNCTUATION.fullmatch(text))


def _weekdays_beside(passage: str, date: Date) -> set[int]:
    """The weekdays that stand right before or, where none does, behind a date in a passage."""
    tokens = tokenise(passage)
    found = set()
    for place, token in enumerate(tokens):
        if token.value != date:
            continue
        for beside in (*tokens[max(place - 1, 0) : place], *tokens[place + 1 : place + 2]):
            first, second = sorted((token, beside), key=lambda each: each.start)
            near = _is_gap(passage[first.end : second.start])
            if near and isinstance(beside.value, str) and beside.value in _WEEKDAYS:
                found.add(_WEEKDAYS[beside.value])
                break
    return found


def _with_year(date: Date, weekday: int | None, operand: Operand) -> Date | None:
    """A date with the year in which it has its weekday, or that its document tells.

    Minutes of January tell of the December before. A year that is left open stays unsaid, as long
    as no weekday asks for one.
    """
    if date.year is not None:
        day = _day(date)
        return date if day is None or weekday in (None, day.weekday()) else None
    if operand.date is not None and _anchor(operand.date) is None:
        return None
    anchor = _anchor(operand.date)
    headed = _year_of_headings(date, operand.headings, anchor)
    weekday_told = weekday is not None and date.day is not None
    if headed is not None:
        day = _day(replace(date, year=headed))
        if day is not None or date.day is None:
            fits = day is None or weekday in (None, day.weekday())
            return replace(date, year=headed) if fits else None
    if anchor is None:
        return date if weekday is None else None
    near = _nearest(date, anchor)
    if weekday_told:
        found = [day for day in near if abs((day - anchor).days) < _YEAR]
        found = [day for day in found if day.weekday() == weekday]
        return replace(date, year=found[0].year) if len(found) == 1 else None
    # Not every year has a 29 February.
    if len(near) < len(_YEARS_AROUND):
        return date if near else None
    nearest, further = (abs((day - anchor).days) for day in near[:2])
    is_clear = further - nearest >= _CLEARLY
    if is_clear and (near[0].year == anchor.year or nearest < _NEAR):
        return replace(date, year=near[0].year)
    return date


def _anchor(written: str | None) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(written or "")
    except ValueError:
        return None


def _nearest(date: Date, anchor: datetime.date) -> list[datetime.date]:
    """The day of a date in each year around a document's, the nearest first."""
    # Of a month its middle is as near as any day.
    found = [
        _day(replace(date, year=anchor.year + apart, day=date.day or 15)) for apart in _YEARS_AROUND
    ]
    days = [day for day in found if day is not None]
    return sorted(days, key=lambda day: abs((day - anchor).days))


def _next_or_last(date: Date, anchor: datetime.date, *, ahead: bool) -> Date | None:
    """A date in the year in which it comes next, or was last, from a document's date on."""
    days = [day for day in _nearest(date, anchor) if (day >= anchor if ahead else day <= anchor)]
    return replace(date, year=days[0].year) if days else None


def _year_of_headings(
    date: Date, headings: Sequence[str], anchor: datetime.date | None
) -> int | None:
    """The one year that titles and headings tell of a whole, or of the month of a date."""
    years: set[int] = set()
    for heading in headings:
        whole = [
            (token.start, token.end, token.value)
            for token in tokenise(heading)
            if isinstance(token.value, Date) and token.value.month
        ]
        years |= {day.year for _, _, day in whole if day.year and day == Date(day.year, date.month)}
        for found in _BARE_YEAR.finditer(heading):
            within = any(start <= found.start() < end for start, end, _ in whole)
            if not within and not _FOUNDED.search(heading[: found.start()]):
                years.add(int(found.group()))
    near = {year for year in years if anchor is None or abs(year - anchor.year) <= 1}
    return near.pop() if len(near) == 1 else None


def _day(date: Date | None) -> datetime.date | None:
    if date is None or None in (date.year, date.month, date.day):
        return None
    try:
        return datetime.date(date.year or 0, date.month or 0, date.day or 0)
    except ValueError:
        return None
