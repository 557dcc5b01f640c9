"""Which questions ask for how things stand now, or stood at a date.

"The current rent" is that of the newest document. "The latest I may pay" is a limit and "the
current in the river" is water: where it isn't clear, no document is preferred.
"""

from __future__ import annotations

import calendar
import datetime
import re

from qa.language.alignment import FUNCTION_WORDS
from qa.language.values import Date, tokenise

__all__ = ["asked_as_of", "asks_latest", "of_any_time"]

_LATEST = re.compile(
    r"(?i)(?<!at the )\blatest\b|\b(?:most recent(?:ly)?|newest|currently|at present|"
    r"at the moment|nowadays|as of (?:now|today))\b"
)
# "The latest time", "the latest I may pay", "when is the latest train?": a limit, or the last of a
# day; unlike "the latest release date", "when is the latest meeting?".
_LIMIT = re.compile(
    r"""(?ix)
    \blatest\ (?:(?!(?:per|an?|of|for|in|on|by|the|each|every|release|due|delivery|publication)\ )
      [\w'’-]+\ ){0,2}?(?:time|date|day|hour|moment)\b
    |\blatest\ (?:(?:that|the|an?|my|our|your|his|her|its|their)\ )*(?:[\w'’-]+\ ){1,2}?
      (?:can|could|may|might|must|shall|should|will|would|cannot|(?:has|have|need|needs)\ to)\b
    |\b(?:when|(?:what|which)\ time)(?:['’]s|\ is|\ do|\ does)\ the\ latest\ (?:[\w'’-]+\ )?
      (?:train|bus|ferry|boat|flight|tram|check[\ -]?(?:in|out)|entry|admission)\b
    """
)
# "The current rent" is one of time; what stands alone or flows is water's or electricity's.
_AFTER = "|".join(FUNCTION_WORDS - frozenset("name text document documents article".split()))
_CURRENT = re.compile(
    r"(?i)(?:\A|(?:\b(?:is|are|the|an?|my|our|your|his|her|its|their|all|any|most|many|me|show)|"
    rf"['’]s|s['’])\s+)current\s+(?!(?:{_AFTER}|flows?|moves?|runs|passes)\b)\w"
)
_FLOWS = re.compile(
    r"(?i)\A\W*how\s+(?!much\b|many\b)|\b(?:do|does|did)\s+(?:\S+\s+){1,2}current\s+\w+\W*\Z"
)
_AS_OF = re.compile(r"(?i)\bas of (?:the )?(?=\S)")


def asks_latest(question: str) -> bool:
    """Whether an English question asks for how things stand in the newest document."""
    if asked_as_of(question)[0] is not None:
        return True
    asked = _LIMIT.sub(" ", question)
    return bool(_LATEST.search(asked) or (_CURRENT.search(asked) and not _FLOWS.search(asked)))


def asked_as_of(question: str) -> tuple[str | None, str]:
    """Until when a question asks, and the question without that.

    Returns
    -------
    (str or None, str)
        ISO 8601 date, the last day of a month or year that is named; None where no date
        is, and the question as it is.
    """
    found = _AS_OF.search(question)
    told = next(iter(tokenise(question[found.end() :])), None) if found else None
    if found is None or told is None or not isinstance(told.value, Date) or not told.value.year:
        return None, question
    month = told.value.month or 12
    try:
        day = told.value.day or calendar.monthrange(told.value.year, month)[1]
        date = datetime.date(told.value.year, month, day).isoformat()
    except ValueError:
        return None, question
    rest = question[: found.start()].rstrip(" ,") + question[found.end() + told.end :]
    return date, rest.lstrip(" ,")


def of_any_time(question: str) -> str:
    """A question that `asks_latest` without what says so; any other as it is."""
    if not asks_latest(question):
        return question
    asked = _LATEST.sub(" ", asked_as_of(question)[1])
    return " ".join(re.sub(r"(?i)\bcurrent\b", " ", asked).split())
