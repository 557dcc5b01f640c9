"""From quoted values to what follows from them: a difference, an order, a count, a weekday.

An answer that can't be computed from what is quoted, exactly, isn't given: a count of "Ada or
Rehn", an order within one day of which only one time is told.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qa.alignment import FUNCTION_WORDS, words
from qa.computation import WEEKDAYS, Computation
from qa.units import MEASURES
from qa.values import Date, Number, Time, tokenise
from qa.yes_no import AUXILIARIES

__all__ = ["Operand", "compute", "number_difference", "quantities"]

# A comma within a number, "46,200", parts no items.
_ITEM_BREAK = re.compile(
    r"\s*(?:;|,(?!\d)|(?<!\d),)\s*(?:and\s+|as well as\s+)?|\s+(?:and|as well as)\s+"
)
# What names alternatives, or only some, can't be counted; "Marks & Son" is one, or two.
_NO_WHOLE_LIST = re.compile(
    r"(?i)\b(?:or|etc|such as|including|for example|among others|and (?:others|more|so on))\b"
    r"|\be\.\s?g\.|…|\.\.\.|\s&\s"
)
_BEFORE_CHRIST = re.compile(
    r"(?i)\d\s*(?:b\.?\s?c\.?(?:\s?e\.?)?|v\.\s?chr\b|av(?:ant)?\.?\s?j\.?[\s-]*c\b)(?!\w)"
)
# A day that the document's date lies so near to, in days, is of that winter.
_NEAR = 120
_CURRENCY_CODE = re.compile(r"\b[A-Z]{3}\s?\Z")
_DAYS_PER = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Operand:
    """A checked answer to an operand's question.

    Parameters
    ----------
    text : str
    date : str or None
        ISO 8601 date of the document that says it, against which "May 24" is read.
    """

    text: str
    date: str | None


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
    # "46,200 inhabitants and 300 dogs" counts already: what stands there are no items.
    if _counts(operand.text) or _NO_WHOLE_LIST.search(operand.text):
        return None
    # "Most are found in Osk and Brenn" is a sentence, whatever its "and" joins.
    said = words(operand.text)
    if any(word.key in AUXILIARIES and not word.is_capitalised for word in said):
        return None
    text = operand.text.strip(" .")
    # The comma of "May 3, 2024" parts no items either.
    dates = [token for token in tokenise(text) if isinstance(token.value, Date)]
    breaks = [
        found
        for found in _ITEM_BREAK.finditer(text)
        if not any(date.start < found.start() < date.end for date in dates)
    ]
    starts = [0, *(found.end() for found in breaks)]
    ends = [*(found.start() for found in breaks), len(text)]
    items = [text[start:end] for start, end in zip(starts, ends, strict=True) if end > start]
    return f"{len(items)}: {operand.text}" if len(items) > 1 else None


def _counts(text: str) -> bool:
    """Whether a text has a number of things, told from a name ("Boeing 747") by what follows."""
    return any(
        isinstance(token.value, Number)
        and (following := words(text[token.end :])[:1])
        and following[0].text[:1].islower()
        and following[0].key not in FUNCTION_WORDS
        and not text[token.end : token.end + following[0].start].strip(" -\u00a0")
        for token in tokenise(text)
    )


def _weekday(plan: Computation, operand: Operand) -> str | None:
    day = _day(_date_of(operand))
    # "Closed since May 24" is no day on which something was.
    if day is None or (plan.detail and not _only_date(operand.text)):
        return None
    name, shown = f"{day:%A}", f"{day:%B} {day.day}, {day.year}"
    if not plan.detail:
        return f"{name}: {shown}"
    return f"{'Yes' if name.lower() == plan.detail else 'No'}. {shown} is a {name}"


def _only_date(text: str) -> bool:
    return all(
        isinstance(token.value, Date | Time) or token.value in {"on", "at", *WEEKDAYS.split("|")}
        for token in tokenise(text)
    )


def _order(plan: Computation, operands: Sequence[Operand]) -> str | None:
    one, other = (_date_of(operand) for operand in operands)
    if one and other:
        order = _compare(one, other)
        # Of one day the times decide, where they are told.
        if order == 0 and any(map(_times, operands)):
            order = _compare_times(operands)
    else:
        order = None if one or other else _compare_times(operands)
    if order is None:
        return None
    said, said_other = _shown(operands[0], one), _shown(operands[1], other)
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


def _compare_times(operands: Sequence[Operand]) -> int | None:
    """-1, 0 or 1 as the order of two things of one day; None where each doesn't tell one time."""
    told = [_times(operand) for operand in operands]
    if any(len(times) != 1 for times in told):
        return None
    one, other = (times.pop() for times in told)
    if one.zone != other.zone:
        return None
    return (one.minutes > other.minutes) - (one.minutes < other.minutes)


def _times(operand: Operand) -> set[Time]:
    return {token.value for token in tokenise(operand.text) if isinstance(token.value, Time)}


def _date_difference(unit: str, operands: Sequence[Operand]) -> str | None:
    one, other = (_date_of(operand) for operand in operands)
    if one is None or other is None:
        return None
    start, end = _day(one), _day(other)
    shown = f"from {_shown(operands[0], one)} to {_shown(operands[1], other)}"
    if unit == "year":
        if one.year is None or other.year is None:
            return None
        figure = abs(other.year - one.year)
        if start and end:
            early, late = sorted((start, end))
            figure = late.year - early.year - ((late.month, late.day) < (early.month, early.day))
    elif start is None or end is None:
        return None
    elif unit == "month":
        early, late = sorted((start, end))
        figure = 12 * (late.year - early.year) + late.month - early.month - (late.day < early.day)
    else:
        days = abs((end - start).days)
        if days % _DAYS_PER[unit]:
            unit = "day"
        figure = days // _DAYS_PER[unit]
    return f"{figure} {unit}{'' if figure == 1 else 's'}: {shown}"


def number_difference(operands: Sequence[Operand]) -> str | None:
    """The difference of two operands' numbers, told with them; None where they don't compare."""
    told = [quantities(operand.text) for operand in operands]
    if any(len(found) != 1 for found in told):
        return None
    ((one, of),), ((other, of_other),) = told
    if one.unit != other.unit or not _same_things(of, of_other):
        return None
    figure = abs(one.amount - other.amount)
    shown = f"{figure.normalize():,f}" if isinstance(figure, Decimal) else str(figure)
    sign, percent = ("", "%") if one.unit == "%" else (one.unit, "")
    return f"{sign}{shown}{percent}: {operands[0].text} and {operands[1].text}"


def quantities(text: str) -> list[tuple[Number, tuple[str, ...]]]:
    """Each number with the currency before it and the words after it that say of what."""
    found = []
    for token in tokenise(text):
        if isinstance(token.value, Number):
            code = _CURRENCY_CODE.search(text[: token.start])
            following = re.match(r"[\s-]*([^\W\d_]+)(?:\s+([^\W\d_]+))?", text[token.end :])
            named = [code.group().strip()] if code else []
            # "1,200 of them" names nothing.
            if following and following[1].lower() not in FUNCTION_WORDS:
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
    return not {*one, *other} & MEASURES


def _date_of(operand: Operand) -> Date | None:
    """The one date that an operand tells, its year taken from the document's where unsaid.

    Minutes of January tell of the December before: where a day of the year before or after
    lies near to the document's date, and that of its own year doesn't, that is meant.
    """
    if _BEFORE_CHRIST.search(operand.text):
        return None
    dates = {token.value for token in tokenise(operand.text) if isinstance(token.value, Date)}
    if len(dates) != 1:
        return None
    date = dates.pop()
    if date.year is None and operand.date:
        written = int(operand.date[:4])
        day = _day_of_text(operand.date)
        near = [
            (abs((then - day).days), then.year)
            for year in (written - 1, written, written + 1)
            if day and (then := _day(Date(year, date.month, date.day or 15)))
        ]
        distance, year = min(near, default=(_NEAR, written))
        return Date(year if distance < _NEAR else written, date.month, date.day)
    return date


def _day_of_text(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None


def _shown(operand: Operand, date: Date | None) -> str:
    """An operand as quoted, with the year that was read into it."""
    text = operand.text.strip(" .")
    said = {token.value for token in tokenise(text)}
    return text if date is None or date in said else f"{text} ({date.year})"


def _day(date: Date | None) -> datetime.date | None:
    if date is None or None in (date.year, date.month, date.day):
        return None
    try:
        return datetime.date(date.year or 0, date.month or 0, date.day or 0)
    except ValueError:
        return None


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
