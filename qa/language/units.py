"""Amounts with their units, read alike however they are written.

"€50" is "50 euros", a year is twelve months, and "1 hour 30 minutes" is 90 minutes. Only what
is exact is converted: how many days a month has isn't, nor is a mile a number of kilometres
that anyone would write.
"""

from __future__ import annotations

import re
from decimal import Decimal

from qa.language.values import Date, Number, Token, Value, tokenise

__all__ = ["MEASURES", "UNCLEAR_THOUSANDS", "differ", "measured"]

UNCLEAR_THOUSANDS = re.compile(r"\d{1,3}\.\d{3}\b")
"""What "1.250" has: to some it is more than a thousand, to others little more than one."""

_CLOCK, _CALENDAR = "second", "month"
# Seconds of a month, at least and at most.
_SECONDS_OF_A_MONTH = (Decimal(28 * 86_400), Decimal(31 * 86_400))
_HOUR, _MINUTES_OF_AN_HOUR = Decimal(3600), 60
_CURRENCIES = "€$£¥₩"
_UNITS: dict[str, tuple[str, Decimal]] = {
    word: (base, Decimal(factor))
    for base, factor, words in (
        (_CLOCK, "1", "second seconds s sec secs"),
        (_CLOCK, "60", "minute minutes min mins"),
        (_CLOCK, "3600", "hour hours h hr hrs"),
        (_CLOCK, "86400", "day days"),
        (_CLOCK, "604800", "week weeks"),
        (_CALENDAR, "1", "month months"),
        (_CALENDAR, "12", "year years"),
        (_CALENDAR, "120", "decade decades"),
        ("metre", "0.001", "mm millimetre millimetres millimeter millimeters"),
        ("metre", "0.01", "cm centimetre centimetres centimeter centimeters"),
        ("metre", "1", "m metre metres meter meters"),
        ("metre", "1000", "km kilometre kilometres kilometer kilometers"),
        ("gram", "0.001", "mg milligram milligrams"),
        ("gram", "1", "g gram grams"),
        ("gram", "1000", "kg kilogram kilograms kilo kilos"),
        ("gram", "1000000", "tonne tonnes"),
        ("litre", "0.001", "ml millilitre millilitres milliliter milliliters"),
        ("litre", "0.01", "cl"),
        ("litre", "1", "l litre litres liter liters"),
        ("foot", "1", "foot feet ft"),
        ("mile", "1", "mile miles"),
        ("inch", "1", "inch inches"),
        ("%", "1", "percent"),
        ("€", "1", "eur euro euros"),
        ("$", "1", "usd dollar dollars"),
        # Of money or of weight: nobody means both. What is of weight for sure has its own.
        ("£", "1", "gbp pound pounds"),
        ("lb", "1", "lb lbs"),
        ("¥", "1", "jpy yen"),
        ("₩", "1", "krw won"),
    )
    for word in words.split()
}

MEASURES = frozenset(_UNITS) | frozenset(
    """
    yard yards t ton tons ounce ounces oz gallon gallons degree degrees c f w kw mw kwh v hz khz mhz
    ghz kb mb gb tb acre acres hectare hectares ha crown crowns franc francs cent cents square cubic
    """.split()
)
"""Words and symbols of units: with one on one side only, numbers may measure different things."""


def measured(text: str) -> list[str | Value]:
    """Words and values of a text, where an amount with its unit is one number.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str or Value
        As of `tokenise`, in order; what has a unit that is known is a `Number` of its base
        unit, and what follows it in smaller units is added to it.
    """
    tokens = tokenise(text)
    found: list[str | Value] = []
    # The factor of what was found last, where something smaller may follow.
    last = Decimal(0)
    place = 0
    while place < len(tokens):
        token = tokens[place]
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        amount = _amount(token)
        unit, taken = _unit(text, token, after)
        if unit is None and last == _HOUR and _is_minutes(text, token, tokens[place - 1]):
            unit = _UNITS["minutes"]
        place += 1 + taken
        if amount is None or unit is None:
            found.append(token.value)
            last = last if token.value == "and" else Decimal(0)
            continue
        if found and found[-1] == _code(text, token):
            found.pop()
        base, factor = unit
        value = Number(amount * factor, base)
        before = next((each for each in reversed(found) if each != "and"), None)
        if factor < last and isinstance(before, Number) and before.unit == base:
            while found.pop() != before:
                pass
            value = Number(before.amount + value.amount, base)
        found.append(value)
        last = factor
    return found


def differ(one: Number, other: Number) -> bool | None:
    """Whether two amounts, as `measured` gives them, can't both be the answer.

    Returns
    -------
    bool or None
        None if that isn't certain, as for 30 days and a month, or kilometres and miles.
    """
    if one.unit == other.unit:
        return one.amount != other.amount
    if {one.unit, other.unit} == {_CLOCK, _CALENDAR}:
        seconds, months = sorted((one, other), key=lambda each: each.unit == _CALENDAR)
        least, most = sorted(months.amount * each for each in _SECONDS_OF_A_MONTH)
        return None if least <= seconds.amount <= most else True
    # "50" may be of the same, and then another amount than "€60".
    return True if "" in (one.unit, other.unit) and one.amount != other.amount else None


def _is_minutes(text: str, token: Token, before: Token) -> bool:
    """Whether a number behind hours is of minutes: "1 hour 30", but no "1 hour 30 people"."""
    return (
        isinstance(token.value, Number)
        and not token.value.unit
        and token.value.amount % 1 == 0
        and 0 < token.value.amount < _MINUTES_OF_AN_HOUR
        and text[before.end : token.start].isspace()
        and not text[token.end :].lstrip()[:1].isalnum()
    )


def _amount(token: Token) -> Decimal | None:
    if isinstance(token.value, Number):
        return token.value.amount
    # "2000 euros" looks like a year.
    if isinstance(token.value, Date) and token.value == Date(year=token.value.year):
        return Decimal(token.value.year or 0)
    return None


def _unit(text: str, token: Token, after: Token | None) -> tuple[tuple[str, Decimal] | None, int]:
    """The unit of an amount, and how many of the tokens behind it belong to it."""
    if isinstance(token.value, Number) and token.value.unit:
        return (token.value.unit, Decimal(1)), 0
    behind = text[token.end : token.end + 2].lstrip()[:1]
    if behind and behind in _CURRENCIES:
        return (behind, Decimal(1)), 0
    if code := _code(text, token):
        return _UNITS[code], 0
    unit = _UNITS.get(after.value) if after and isinstance(after.value, str) else None
    # "By 2019 won …", "in 1987 seconds …": a year has no unit but money.
    if unit is None or (isinstance(token.value, Date) and unit[0] not in _CURRENCIES):
        return None, 0
    return unit, 1


def _code(text: str, token: Token) -> str:
    """The currency before an amount, "EUR 50", as a key of `_UNITS`; "" where there is none."""
    code = text[: token.start].rstrip()[-3:]
    return code.casefold() if code.isupper() and code.casefold() in _UNITS else ""
