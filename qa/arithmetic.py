"""From quoted values to what follows from them: a difference, an order, a count, a weekday.

An answer that can't be computed from what is quoted, exactly, isn't given: a count of "Ada or
Rehn", an order within one day of which only one time is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.alignment import FUNCTION_WORDS, NEGATIONS, words
from qa.computation import Computation
from qa.listing import items_of
from qa.moments import Moment, Operand, days_named, moment, readings, surroundings
from qa.units import MEASURES, UNCLEAR_THOUSANDS
from qa.values import Date, Number, Time, Token, tokenise

__all__ = ["Operand", "compute", "is_scaled", "number_difference", "quantities"]

_CONJOINED = re.compile(r"\b(?:and|as well as)\b")
_GOES_ON = re.compile(r"(?i)\s*(?:[,;&…]|(?:and|or|as well as|etc)\b)")
_CURRENCY_CODE = re.compile(r"\b[A-Z]{3}\s?\Z")
_DAYS_PER = {"day": 1, "week": 7}
_HALF_A_DAY, _DAY, _MORNING = 12 * 60, 24 * 60, 7 * 60
_OF_24_HOURS = re.compile(
    r"(?i)(?<![\d:.,])(?:0\d|1[3-9]|2[0-3]):[0-5]\d(?![\d:])(?!\s?[ap]\.?m\b)"
)
_FOLLOWING = re.compile(r"[\s-]*([^\W\d_]+|[€$£¥₩])(?:\s+([^\W\d_]+))?")
# All that may stand before an amount without making it another one: "Rent:", "The rent is".
_LED_IN = re.compile(
    r"""(?ix)
    [\s\"“”‘’(]*
    (?P<of>(?:[^\W\d_]+['’-]?\s?){1,10}:\s*
      |(?:[^\W\d_]+(?:['’-]|\s)){1,10}(?:is|are|was|were|costs?|amounts?\ to|comes?\ to)\s+)?
    (?:(?:exactly|precisely|only|just|(?:a\s+)?total\s+of|in\s+total)\s+)?
    (?-i:US\s?(?=\Z))?
    """
)
# "The most that it costs is", "Not everyone's is", "If you join, it is".
_HEDGED = re.compile(
    rf"(?i)\b(?:{'|'.join(sorted(NEGATIONS))}|than|most|least|up|from|about|around|over|under|above|"
    r"below|almost|nearly|roughly|approximately|approx|estimated?|expected|circa|ca|some|if|unless|"
    r"when|before|after|until|till|since|once|or|and|between|maybe|perhaps|possibly|probably|may|"
    r"might|could|would|should|can|maximum|minimum|max|min|average|limit|starting|starts|each|half|twice|plus|"
    r"minus)\b"
    r"|n['’]t\b"
)
_BOUND_BEHIND = re.compile(
    r"(?i)\A\s*[+±~…]|\b(?:or|more|less|fewer|at\s+(?:least|most)|plus|so|odd|upwards?|maximum|"
    r"minimum|roughly|approximately|as\s+(?:many|much|high|large|big|long))\b"
    r"|\band\s+(?:over|under|above|below|up)\b"
)
_BOUND_BEFORE = re.compile(
    r"(?i)(?:\b(?:than|at\s+(?:least|most)|up\s+to|or|between|about|around|over|under|above|below|"
    r"almost|nearly|roughly|approximately|approx\.?|some|ca?\.|circa|exceed\w*|hardly|barely)"
    r"|[~≈<>≤≥±]|\bbetween\s+\S+(?:\s+\S+)?\s+and|\d\s*[–—-])\s*\Z"
)
_MAGNITUDE = "hundred|thousand|million|billion|trillion"
# An answer may be cut before what it needs: "2" of "2 million", "300" of "300 or more".
_BOUND_RIGHT_BEHIND = re.compile(
    rf"(?i)\s*\+|\s*(?:[–—-]|to\b)\s*\d|[\s-]+(?:or\s+(?:more|less|fewer|so)|at\s+(?:least|most)|and\s+(?:a\s+half|over|"
    rf"above|up)|odd|{_MAGNITUDE}|dozen)\b"
)
_OTHER_MAGNITUDES = frozenset(
    f"""
    {_MAGNITUDE.replace("|", " ")} hundreds thousands millions billions dozen dozens score scores
    half halves quarter quarters thirds couple pair pairs lakh lakhs crore crores k mn bn mio mrd
    """.split()
)
_SCALE = re.compile(rf"(?i)(?:\b(?:{_MAGNITUDE})|(?<=[\d\s])(?:k|mn?|bn?))\b")
# Of less than this "million" may be left out: nobody writes "from 800,000 to 3 million" so.
_LEAST_WRITTEN_OUT = 1000
_ATTACHED = re.compile(r"[^\W_]+")
_RATE_ADVERBS = {
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annually": "year",
    "annual": "year",
    "annum": "year",
    "apiece": "each",
}
_RATE = re.compile(
    r"(?i)(?:/\s*|\b(?:per|an?|each|every)\s+)(?P<each>(?:other\s+)?[^\W\d_]+)"
    rf"|\b(?P<adverb>{'|'.join(_RATE_ADVERBS)}|each|p\.\s?a\.)(?!\w)"
)
_CLAUSE_END = re.compile(r"[.,;:!?()]")


def compute(plan: Computation, operands: Sequence[Operand]) -> str | None:
    """Compute an answer from the quoted values of its operands.

    Parameters
    ----------
    plan : Computation
    operands : sequence of Operand
        As many as the plan has questions, in their order.

    Returns
    -------
    str or None
        The answer with its operands, or None where a value can't be read or isn't
        precise enough for what was asked.
    """
    if plan.operation == "count":
        return _count(operands[0])
    if plan.operation == "weekday":
        return _weekday(plan, operands[0])
    if plan.operation == "order":
        return _order(plan, operands)
    if plan.detail == "number":
        return number_difference(operands)
    return _date_difference(plan.detail, operands)


def _count(operand: Operand) -> str | None:
    items = items_of(operand.text)
    # A list without its "and" may be cut short.
    is_whole = _CONJOINED.search(operand.text) or not any(
        _GOES_ON.match(behind) for _, behind in surroundings(operand)
    )
    return f"{len(items)}: {operand.text}" if items and is_whole else None


def _weekday(plan: Computation, operand: Operand) -> str | None:
    told = moment(operand)
    day = told.day if told else None
    if day is None:
        return None
    name, shown = f"{day:%A}", f"{day:%B} {day.day}, {day.year}"
    if not plan.detail:
        return f"{name}: {shown}"
    return f"{'Yes' if name.lower() == plan.detail else 'No'}. {shown} is a {name}"


def _order(plan: Computation, operands: Sequence[Operand]) -> str | None:
    one, other = map(moment, operands)
    if one is None or other is None:
        return None
    if one.date and other.date:
        orders = {_compare(*dates) for dates in readings(operands, one, other)}
        order = orders.pop() if len(orders) == 1 else None
        # Of one day the times decide, where they are told.
        if order == 0 and one.times | other.times:
            order = _compare_times(operands, one, other)
    elif one.date or other.date or one.weekday != other.weekday or not _of_one_day(operands):
        order = None
    else:
        order = _compare_times(operands, one, other)
    if order is None:
        return None
    said, said_other = _shown(operands[0], one.date), _shown(operands[1], other.date)
    if not plan.options:
        holds = order < 0 if plan.detail == "before" else order > 0
        relation = "the same time as" if order == 0 else "before" if order < 0 else "after"
        return f"{'Yes' if holds else 'No'}. {said} is {relation} {said_other}"
    if order == 0:
        return f"Both at the same time: {said}"
    earlier_first = order < 0
    chosen = 0 if earlier_first == (plan.detail == "first") else 1
    texts, options = (said, said_other), plan.options
    return f"{options[chosen]}: {texts[chosen]} ({options[1 - chosen]}: {texts[1 - chosen]})"


def _of_one_day(operands: Sequence[Operand]) -> bool:
    """Whether times alone can be compared: "at 9:00" in two letters is hardly of one day."""
    named = {days_named(operand.passage) for operand in operands}
    days = frozenset[object]().union(*named)
    return len({operand.date for operand in operands}) == len(named) == 1 and len(days) < 2


def _compare_times(operands: Sequence[Operand], one: Moment, other: Moment) -> int | None:
    """-1, 0 or 1 as the order of two things of one day; None where each doesn't tell one time.

    "7:30" may be in the evening, unless what is written beside it shows a clock of 24 hours. Two
    such times are of one half of the day, or run from the morning to the afternoon.
    """
    if len(one.times) != 1 or len(other.times) != 1:
        return None
    (begun,), (later,) = one.times, other.times
    if begun.zone != later.zone:
        return None
    orders = {_sign(begun.minutes, later.minutes)}
    if begun.either_half and later.either_half:
        orders.add(_sign(_by_day(begun), _by_day(later)))
    elif not any(_OF_24_HOURS.search(f"{each.text}\n{each.passage}") for each in operands):
        halves = [
            {
                time.minutes,
                (time.minutes + _HALF_A_DAY) % _DAY if time.either_half else time.minutes,
            }
            for time in (begun, later)
        ]
        orders = {_sign(mine, its) for mine in halves[0] for its in halves[1]}
    return orders.pop() if len(orders) == 1 else None


def _by_day(time: Time) -> int:
    """Minutes of a time on a dial, where a day goes from seven in the morning on."""
    return time.minutes + (_HALF_A_DAY if time.minutes < _MORNING else 0)


def _sign(one: int, other: int) -> int:
    return (one > other) - (one < other)


def _date_difference(unit: str, operands: Sequence[Operand]) -> str | None:
    one, other = map(moment, operands)
    if one is None or other is None or one.date is None or other.date is None:
        return None
    figures = {
        _between(unit, replace(one, date=first), replace(other, date=second))
        for first, second in readings(operands, one, other)
    }
    figure = figures.pop() if len(figures) == 1 else None
    shown = f"from {_shown(operands[0], one.date)} to {_shown(operands[1], other.date)}"
    return None if figure is None else f"{figure}: {shown}"


def _between(unit: str, one: Moment, other: Moment) -> str | None:
    """The time between two dates, "2 weeks"; None where they aren't told exactly enough."""
    if unit == "year":
        figure = _years(one, other)
    elif one.day is None or other.day is None:
        figure = None
    elif unit == "month":
        early, late = sorted((one.day, other.day))
        figure = 12 * (late.year - early.year) + late.month - early.month - (late.day < early.day)
    else:
        days = abs((other.day - one.day).days)
        if days % _DAYS_PER[unit]:
            unit = "day"
        figure = days // _DAYS_PER[unit]
    return None if figure is None else f"{figure} {unit}{'' if figure == 1 else 's'}"


def _years(one: Moment, other: Moment) -> int | None:
    """Whole years between two dates, as exactly as both are told."""
    if one.day and other.day:
        early, late = sorted((one.day, other.day))
        return late.year - early.year - ((late.month, late.day) < (early.month, early.day))
    first, second = one.date, other.date
    if first is None or second is None or first.year is None or second.year is None:
        return None
    if first.month is None or second.month is None:
        return abs(second.year - first.year)
    return abs(12 * (second.year - first.year) + second.month - first.month) // 12


def number_difference(operands: Sequence[Operand], *, of_one: bool = False) -> str | None:
    """Compute the difference of two operands' numbers, told with them.

    Parameters
    ----------
    operands : sequence of Operand
        Two of them.
    of_one : bool
        Whether both are told of one thing: what one says the amount is for, "a month", then
        holds for the other.

    Returns
    -------
    str or None
        None where they don't compare, or one isn't told exactly.
    """
    one, other = map(_amount, operands)
    if one is None or other is None or one.number.unit != other.number.unit:
        return None
    if not _same_things(one.things, other.things) or not _same_scale(one, other):
        return None
    if one.rates != other.rates and not (of_one and not (one.rates and other.rates)):
        return None
    figure = abs(one.number.amount - other.number.amount)
    sign, percent = ("", "%") if one.number.unit == "%" else (one.number.unit, "")
    # "£5.50" and "£3.20" differ by "£2.30", but "2.5 million" has no decimals to keep.
    if one.is_scaled or other.is_scaled:
        figure = figure.normalize()
    return f"{sign}{figure:,f}{percent}: {operands[0].text} and {operands[1].text}"


@dataclass(frozen=True, slots=True)
class _Amount:
    """The one number of an operand, what it counts, and for what each it is told."""

    number: Number
    things: tuple[str, ...]
    rates: frozenset[str]
    # "Million" is said of it.
    is_scaled: bool
    # The word behind it says what it counts: "200 people".
    is_named: bool


def _amount(operand: Operand) -> _Amount | None:
    """Read an operand that tells one number exactly; None for all others.

    "At most 100" is a bound, "1.250" more than a thousand to some, and of "a hundred and twenty
    thousand" only the end is read.
    """
    text = " ".join(operand.text.split())
    tokens = tokenise(text)
    numbers = [token for token in tokens if isinstance(token.value, Number)]
    if len(numbers) != 1 or UNCLEAR_THOUSANDS.search(text):
        return None
    (token,) = numbers
    before, behind = _CURRENCY_CODE.sub("", text[: token.start]), text[token.end :]
    led = _LED_IN.fullmatch(before)
    if led is None or _BOUND_BEFORE.search(before) or _BOUND_BEHIND.search(behind):
        return None
    of = led["of"] or ""
    # "Weight in kg: 5".
    if _HEDGED.search(of) or any(word.key in MEASURES for word in words(of)):
        return None
    # "Two and a half", "5½", "5k".
    if "\u2044" in unicodedata.normalize("NFKC", text) or any(
        each.value in _OTHER_MAGNITUDES for each in tokens
    ):
        return None
    attached = _ATTACHED.match(behind)
    if attached and attached.group().lower() not in MEASURES:
        return None
    # "The monthly rent is €500"; "a coffee costs €3" tells of no rate.
    rates = _rates(behind) | frozenset(
        _RATE_ADVERBS[word.key] for word in words(of) if word.key in _RATE_ADVERBS
    )
    for earlier, later in surroundings(operand):
        if _BOUND_BEFORE.search(earlier) or _BOUND_RIGHT_BEHIND.match(later):
            return None
        if _RATE.match(later.lstrip()):
            rates |= _rates(_CLAUSE_END.split(later, maxsplit=1)[0])
    ((number, things),) = quantities(text)
    is_named = bool(things) and _CURRENCY_CODE.search(text[: token.start]) is None
    return _Amount(number, things, rates, is_scaled(text, token), is_named)


def is_scaled(text: str, token: Token) -> bool:
    """Whether a number of a text is told in thousands, in millions, or the like."""
    return bool(_SCALE.search(text[token.start : token.end]))


def _rates(text: str) -> frozenset[str]:
    """For what each an amount is told, by the text behind it: "a month", "/day", "yearly"."""
    found = set()
    for match in _RATE.finditer(text):
        word = (match["each"] or match["adverb"]).lower()
        found.add(_RATE_ADVERBS.get(word, word.removesuffix("s")))
    return frozenset(found)


def _same_scale(one: _Amount, other: _Amount) -> bool:
    """Whether "million" can't be meant of both where it is said of one: "from 2 to 3 million"."""
    if one.is_scaled == other.is_scaled:
        return True
    bare = other if one.is_scaled else one
    return bare.is_named or abs(bare.number.amount) >= _LEAST_WRITTEN_OUT


def quantities(text: str) -> list[tuple[Number, tuple[str, ...]]]:
    """Each number with the currency before it and the words after it that say of what."""
    found = []
    for token in tokenise(text):
        if isinstance(token.value, Number):
            code = _CURRENCY_CODE.search(text[: token.start])
            following = _FOLLOWING.match(text, token.end)
            named = [code.group().strip()] if code else []
            # "1,200 of them" and "3 per week" name nothing.
            if following and following[1].lower() not in FUNCTION_WORDS | {"per"}:
                # "5 square km": what is squared counts too.
                first, second = following.groups()
                named += [first, second] if first in {"square", "cubic"} and second else [first]
            found.append((token.value, tuple(word.lower() for word in named)))
    return found


def _same_things(one: Sequence[str], other: Sequence[str]) -> bool:
    if one and other:
        return [word.removesuffix("s") for word in one] == [
            word.removesuffix("s") for word in other
        ]
    # "1,200 pupils" and "950" were both asked for as pupils; "2 hours" and "90" may be minutes.
    return not any(word in MEASURES or not word.isalpha() for word in (*one, *other))


def _shown(operand: Operand, date: Date | None) -> str:
    """An operand as quoted, with the year that was read into it."""
    text = operand.text.strip(" .")
    said = {token.value for token in tokenise(text)}
    return text if date is None or date.year is None or date in said else f"{text} ({date.year})"


def _compare(one: Date, other: Date) -> int | None:
    """-1, 0 or 1 as the dates' order; None where it can't be told.

    Without years days are compared within one. Two things of 2019, or of May, may be in
    either order.
    """
    if (one.year is None) != (other.year is None):
        return None
    for mine, its in ((one.year, other.year), (one.month, other.month), (one.day, other.day)):
        if mine is None and its is None:
            continue
        if mine is None or its is None:
            return None
        if mine != its:
            return -1 if mine < its else 1
    return None if one.day is None else 0
