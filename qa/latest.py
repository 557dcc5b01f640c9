"""Which questions ask for how things stand now, or stood at a date.

"The current rent" is that of the newest document. "The latest I may pay" is a limit and "the
current in the river" is water: where it isn't clear, no document is preferred.
"""

from __future__ import annotations

import calendar
import datetime
import re

from qa.alignment import FUNCTION_WORDS, words
from qa.values import Date, tokenise

__all__ = ["asked_as_of", "asks_latest", "of_any_time"]

_LATEST = re.compile(
    r"(?i)(?<!at the )\blatest\b|\b(?:most recent(?:ly)?|newest|current(?:ly)?|at present|"
    r"at the moment|nowadays|as of (?:now|today))\b"
)
# "The latest time guests can check out", "the latest I may pay", "when is the latest train?": a
# limit, or the last of a day; unlike "the latest release date", "when is the latest meeting?".
_MODAL = r"(?:can(?:not)?|could|may|might|must|shall|should|will|would|ha(?:s|ve)\ to|needs?\ to)"
_LIMIT = re.compile(
    rf"""(?ix)
    \blatest\ (?:(?!(?:per|an?|of|for|in|on|by|the|each|every|release|due|delivery|publication)\ )
        [\w'’-]+\ ){{0,2}}?(?:time|date|day|hour|moment)\b
    |\blatest\ (?:that\ )?(?:I|we|you|he|she|it|they|one|(?:any|some)(?:one|body)
        |(?-i:[A-Z])[\w'’-]+
        |(?:the|an?|my|our|your|his|her|its|their)\ (?:[\w'’-]+\ )?[\w'’-]+)\ {_MODAL}\b
    |\bwhat(?:['’]s|\ is|\ was)\ the\ latest\ (?:that\ )?[\w'’-]+s\ {_MODAL}\b
    |\b(?:when|(?:what|which)\ time)(?:['’]s|\ is|\ do|\ does)\ the\ latest\ (?:[\w'’-]+\ )?
      (?:train|bus|ferry|boat|flight|tram|check[\ -]?(?:in|out)|entry|admission)\b
    """
)
# Before and after "current" where it is a word for time: "what current does it carry?", "how
# strong is the current?".
_BEFORE_CURRENT = re.compile(
    r"(?i)(?:\A|\b(?:is|are|was|were|and|the|an?|this|that|these|those|my|our|your|his|her|its|"
    r"their|who|which|what|all|any|most|many|me|give|show)|['’]s|s['’])\s*\Z"
)
_AFTER_CURRENT = FUNCTION_WORDS - frozenset("name text document documents article".split())
_FLOWS = frozenset("flow flows move moves runs passes".split())
_DO = re.compile(r"(?i)\b(?:do|does|did)\s+(?:\S+\s+){1,2}\Z")
_AS_OF = re.compile(r"(?i)\bas of (?:the )?(?=\S)")


def asks_latest(question: str) -> bool:
    """Whether an English question asks for how things stand in the newest document."""
    if asked_as_of(question)[0] is not None:
        return True
    asked = _LIMIT.sub(" ", question)
    return any(
        found.group().lower() != "current" or _means_now(asked, found)
        for found in _LATEST.finditer(asked)
    )


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
    return " ".join(_LATEST.sub(" ", asked_as_of(question)[1]).split())


def _means_now(asked: str, found: re.Match[str]) -> bool:
    """Whether "current" stands for the time rather than for electricity or a river's."""
    before, after = asked[: found.start()], asked[found.end() :]
    following = [word.key for word in words(after)]
    if not _BEFORE_CURRENT.search(before) or not re.match(r"\s+\w", after):
        return False
    if not following or following[0] in _AFTER_CURRENT | _FLOWS:
        return False
    # "How strong does the current get?", but "what does the current lease say?".
    return not (len(following) == 1 and _DO.search(before))
