"""A date of an answer with its day, and with the first day of its range.

A small model answers "May 2024" where the text has "on 1 May 2024" or "3-5 May 2024". What stands
before the date must be one of few words, or other days may be meant, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.computing.moments import is_denied, is_moved
from qa.language.values import WEEKDAYS, Date, Token, tokenise

__all__ = ["with_day"]

_WHEN = re.compile(r"(?i)\b(?:when|(?:what|which) (?:day|date)|wann)\b")
# "3-5 May 2024", "30 April – 2 May", "the 3rd to the 5th of May". "Hall 3 – 5 May" is none.
_RANGE = re.compile(
    r"(?i)(?<![\w.,:/–—-])(?P<first>\d{1,2})(?:st|nd|rd|th)?(?:[–—-]|\sto\s(?:the\s)?)\Z"
)
# "Room 12 to 15 May", "page 2-5 May": the number belongs to something else.
_NUMBERED = re.compile(
    r"(?i)(?:\d|\b(?:room|hall|page|section|chapter|floor|table|line|track|gate|platform|version"
    r"|nr\.?|no\.?|number))\s*\Z"
)
_TO = re.compile(r"(?i)(?:\s?[–—-]\s?|\s(?:to|until|till|through)\s)")
_LED_IN = re.compile(
    r"(?i)(?:\A|\b(?:on|is|was|are|were|of|from|since|by|dated)\s)"
    rf"(?:(?:{'|'.join(WEEKDAYS)}),?\s)?(?:the\s)?\Z"
)
_GOES_ON = re.compile(r"(?i)\s*(?:[–—&/+-]|,\s*\d|(?:to|until|till|through|and|or)\b)")


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
    start = _start(context, tokens, date)
    if start is None or _GOES_ON.match(context, date.end):
        return text
    if is_moved(context[:start]) or is_denied(context[:start], context[date.end :]):
        return text
    return f"{context[start:place]}{text}"


def _start(text: str, tokens: Sequence[Token], last: Token) -> int | None:
    """Where the days begin that end with a date; None where other days may be meant, too."""
    before = text[: last.start]
    for token in tokens:
        is_day = isinstance(token.value, Date) and token.value.day
        if is_day and token.end < last.start and _TO.fullmatch(text, token.end, last.start):
            return token.start
    found = _RANGE.search(before)
    if found and isinstance(last.value, Date) and 0 < int(found["first"]) < (last.value.day or 0):
        return None if _NUMBERED.search(before[: found.start()]) else found.start()
    return last.start if _LED_IN.search(before) else None
