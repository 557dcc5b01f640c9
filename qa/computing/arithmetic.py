"""From quoted values to what follows from them: a difference, an order, a count, a weekday.

An answer that can't be computed from what is quoted, exactly, isn't given: a count of "Ada or
Rehn", an order within one day of which only one time is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.computing.amounts import number_difference
from qa.computing.computation import Computation
from qa.computing.moments import Moment, Operand, is_day, moment, surroundings
from qa.language.listing import items_of
from qa.language.values import Date, tokenise

__all__ = ["Operand", "compute"]

_CONJOINED = re.compile(r"\b(?:and|as well as)\b")
_GOES_ON = re.compile(r"(?i)\s*(?:[,;&…]|(?:and|or|as well as|etc)\b)")
_DAYS_PER = {"day": 1, "week": 7}
_MONTHS_PER = {"month": 1, "year": 12}
_MONTHS_OF_ONE_YEAR = 3
_HALF_A_DAY, _MORNING = 12 * 60, 7 * 60


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
    order = _compared(operands, one, other) if one and other else None
    if one is None or other is None or order is None:
        return None
    said, said_other = _shown(operands[0], one.date), _shown(operands[1], other.date)
    if not plan.options:
        holds = order < 0 if plan.detail == "before" else order > 0
        relation = "the same time as" if order == 0 else "before" if order < 0 else "after"
        return f"{'Yes' if holds else 'No'}. {said} is {relation} {said_other}"
    if order == 0:
        return f"Both at the same time: {said}"
    chosen = 0 if (order < 0) == (plan.detail == "first") else 1
    texts, options = (said, said_other), plan.options
    return f"{options[chosen]}: {texts[chosen]} ({options[1 - chosen]}: {texts[1 - chosen]})"


def _compared(operands: Sequence[Operand], one: Moment, other: Moment) -> int | None:
    """-1, 0 or 1 as the order of two moments; None where it can't be told."""
    if one.date and other.date:
        order = _compare_dates(operands, one.date, other.date)
        # Of one day the times decide, where they are told.
        return _compare_times(one, other) if order == 0 and one.times | other.times else order
    if one.date or other.date or one.weekday != other.weekday or not _of_one_day(operands):
        return None
    return _compare_times(one, other)


def _compare_dates(operands: Sequence[Operand], one: Date, other: Date) -> int | None:
    """-1, 0 or 1; None where two things of 2019, or of May, may be in either order.

    Near days of one document that says no year are of one, "5 November" and "10 May" may not be.
    """
    if one.year is None or other.year is None:
        is_near = abs((one.month or 0) - (other.month or 0)) <= _MONTHS_OF_ONE_YEAR
        of_one = one.year == other.year and operands[0].document == operands[1].document
        if not is_near or not of_one:
            return None
    for mine, its in ((one.year or 0, other.year or 0), (one.month, other.month)):
        if mine is None or its is None:
            return None
        if mine != its:
            return _sign(mine, its)
    return None if one.day is None or other.day is None else _sign(one.day, other.day)


def _of_one_day(operands: Sequence[Operand]) -> bool:
    """Whether times alone can be compared: "at 9:00" in two letters is hardly of one day."""
    one, other = (
        {token.value for token in tokenise(operand.passage) if is_day(token.value)}
        for operand in operands
    )
    return operands[0].date == operands[1].date and one == other and len(one) < 2


def _compare_times(one: Moment, other: Moment) -> int | None:
    """-1, 0 or 1 as the order of two things of one day; None where each doesn't tell one time.

    "7:30" may be in the evening, unless the other is told by the clock of 24 hours. Two such times
    are of one half of the day, or run from the morning to the afternoon.
    """
    times = (*one.times, *other.times)
    if len(one.times) != 1 or len(other.times) != 1 or times[0].zone != times[1].zone:
        return None
    order = _sign(*(time.minutes for time in times))
    by_day = _sign(*(time.minutes + _HALF_A_DAY * (time.minutes < _MORNING) for time in times))
    on_dials = [time.either_half for time in times]
    if all(on_dials):
        return order if order == by_day else None
    return None if any(on_dials) and not any(time.of_24_hours for time in times) else order


def _sign(one: int, other: int) -> int:
    return (one > other) - (one < other)


def _date_difference(unit: str, operands: Sequence[Operand]) -> str | None:
    one, other = map(moment, operands)
    if one is None or other is None or one.date is None or other.date is None:
        return None
    days = (one.day, other.day)
    figure = _years(one.date, other.date) if unit == "year" else None
    if days[0] and days[1]:
        early, late = sorted(filter(None, days))
        if unit in _DAYS_PER:
            figure = (late - early).days
            # Two weeks, but ten days.
            unit = unit if figure % _DAYS_PER[unit] == 0 else "day"
            figure //= _DAYS_PER[unit]
        else:
            months = 12 * (late.year - early.year) + late.month - early.month
            figure = (months - (late.day < early.day)) // _MONTHS_PER[unit]
    if figure is None:
        return None
    told = f"from {_shown(operands[0], one.date)} to {_shown(operands[1], other.date)}"
    return f"{figure} {unit}{'' if figure == 1 else 's'}: {told}"


def _years(one: Date, other: Date) -> int | None:
    """Whole years between two dates, as exactly as both are told."""
    if one.year is None or other.year is None:
        return None
    if one.month is None or other.month is None:
        return abs(other.year - one.year)
    return abs(12 * (other.year - one.year) + other.month - one.month) // 12


def _shown(operand: Operand, date: Date | None) -> str:
    """An operand as quoted, with the year that was read into it."""
    text = operand.text.strip(" .")
    said = {token.value for token in tokenise(text)}
    return text if date is None or date.year is None or date in said else f"{text} ({date.year})"
