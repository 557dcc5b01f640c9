"""A date of an answer with its day, and with the other days of its range.

A small model answers "May 2024" where the text has "3-5 May 2024". The day that stands right
before is only the last of them.
"""

from __future__ import annotations

import calendar
import re

from qa.values import Date, Token, tokenise

__all__ = ["with_day"]

_WHEN = re.compile(r"(?i)\b(?:when|(?:what|which) (?:day|date)|wann)\b")
_MONTHS = "|".join(f"{name}|{name[:3]}\\.?" for name in calendar.month_name[1:]) + r"|Sept\.?"
_WEEKDAY = "(?:" + "|".join(calendar.day_name) + ")"
_DAY_OF_WEEK = "(?:" + "|".join(f"{name}|{name[:3]}\\.?" for name in calendar.day_name) + ")"
# "3-5 May 2024", "Friday 3 to Sunday 5 May", "30 April – 2 May". "Hall 3 – 5 May" is none.
_RANGE = re.compile(
    rf"""(?ix)
    (?<![\w.,:/–—-])
    (?:(?P<named>{_WEEKDAY}|{_DAY_OF_WEEK},?\ \d{{1,2}}(?:st|nd|rd|th)?(?:\ (?:of\ )?(?:{_MONTHS}))?
        |\d{{1,2}}(?:st|nd|rd|th)?\ (?:of\ )?(?:{_MONTHS})|(?:{_MONTHS})\ \d{{1,2}})
       (?:,?\ [12]\d{{3}})?(?:\ ?[–—-]\ ?|\ (?:to|until|till|through)\ )
      |(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:[–—-]|\ to\ ))
    (?:{_DAY_OF_WEEK},?\ )?(?:the\ )?\Z
    """
)
# One of several days, in whatever way.
_JOINED = re.compile(
    rf"""(?ix)
    (?:\d(?:st|nd|rd|th)?\s*,|(?:\d(?:st|nd|rd|th)?|\b(?:{_MONTHS}|{_DAY_OF_WEEK})),?\s*
      (?:[–—&/+-]|\b(?:to|until|till|through|and|or)\b))\s*
    (?:and\s+|or\s+)?(?:{_DAY_OF_WEEK},?\s+)?(?:the\s+)?\Z
    """
)
_RANGE_GOES_ON = re.compile(
    rf"""(?ix)
    \s*(?:[–—-]|\b(?:to|until|till|through|and|or)\b)\s*(?:{_DAY_OF_WEEK},?\s+)?(?:the\s+)?
    (?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTHS})|(?:{_MONTHS})\s+\d{{1,2}})\b
    """
)


def with_day(text: str, context: str, question: str) -> str:
    """A date with its day, where a question for when got "April 2026" out of "1 April 2026".

    Parameters
    ----------
    text : str
        An answer.
    context : str
        The passages that it was taken from.
    question : str

    Returns
    -------
    str
        `text` itself where it isn't a month's part of the one date that has it, or where the
        question asks for something else, a month or a year.
    """
    if not _WHEN.search(question) or not re.match(r"[^\W\d_]", text):
        return text
    cut = [token.end for token in tokenise(text)[:1] if isinstance(token.value, Date)]
    tokens = tokenise(context) if cut else ()
    whole = {
        token: found.start()
        for found in re.finditer(re.escape(text), context)
        for token in tokens
        if isinstance(token.value, Date)
        and token.value.day
        and token.start < found.start() < token.end
    }
    if len(whole) != 1:
        return text
    ((date, place),) = whole.items()
    first = _start_of_range(context[: date.start], date)
    if first is None or _RANGE_GOES_ON.match(context, date.end):
        return text
    return f"{context[first:place]}{text}"


def _start_of_range(before: str, last: Token) -> int | None:
    """Where the range of days begins that ends with a date, in what stands before it.

    Returns
    -------
    int or None
        The date's own start where it is a day by itself; None where it may be one of several
        otherwise.
    """
    found = _RANGE.search(before)
    day = last.value.day if isinstance(last.value, Date) else None
    if found and (found["named"] or int(found["day"]) < (day or 0)):
        return found.start()
    return None if _JOINED.search(before) else last.start
