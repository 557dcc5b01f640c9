"""Words such as "tomorrow" to calendar dates, counted from the document's date.

"Tomorrow" in an article is the day after the article's date, whoever reads it and when. An
expression is resolved only where it can mean one date: not inside a quotation, whose day
isn't known; not beside a date that is told already; not in a guide, which means each reader's own
day, nor where "today" means nowadays; and not "next Friday" on a Wednesday, which some take for the
Friday of that week and others for the one after.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from qa.language.values import WEEKDAYS, Date, Number, tokenise

__all__ = ["dated", "in_dates", "undated"]

_DAYS = {
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "yesterday": -1,
    "last night": -1,
    "tomorrow": 1,
    "the day before yesterday": -2,
    "the day after tomorrow": 2,
}
_COUNT = r"(?:\d{1,3}|[a-z]+(?:-[a-z]+)?)"
_DAY_NAMES = "|".join(sorted(_DAYS, key=len, reverse=True)).replace(" ", r"\ ")
_RELATIVE = re.compile(
    rf"""(?ix)
    \b(?:
      (?P<day>{_DAY_NAMES})
    | (?P<which>next|last|this\ coming|this\ past|this)\ (?P<weekday>{"|".join(WEEKDAYS)})
    | (?<![\d.,])(?P<ago>{_COUNT})\ (?P<past>day|week|month|year)s?\ ago
    | in\ (?P<ahead>{_COUNT})\ (?P<future>day|week|month|year)s?(?:\ time)?
    | (?P<near>next|last|this)\ (?P<period>month|year)
    )\b(?!['’]s?\b)
    """
)
# "The last year" is twelve months, and a year that a story tells of, as are "her last year" and
# "the last night of the fair"; "until today" and "still today" mean nowadays.
_OTHER_PERIOD = re.compile(
    r"(?i)(?:\b(?:the|an?|one|this|past|over|during|for|of|every|each|since|per|"
    r"my|our|your|his|her|its|their|whose)|['’]s|s['’])\s*\Z"
)
_OF_A_WHOLE = re.compile(r"(?i)\s+of\b")
# "Five to ten years ago", "more than a year ago": no one day.
_INEXACT = re.compile(
    r"(?i)(?:\b(?:or|to|than|over|about|around|almost|nearly|least|most|some|under)|[–—-])\s*\Z"
)
_NOWADAYS = re.compile(r"(?i)\b(?:until|till|to|of|even|still|since)\s*\Z")
# "Today the mill is open", "the mill is a museum today": how things stand, hardly on one day.
_STATE = r"(?:remains?|stands?|lives?|belongs?|houses?|serves?|ha(?:s|ve) (?!\w+(?:ed|en)\b))"
_STATE_AFTER = re.compile(
    rf"(?i)\Atoday,?\s+(?:(?!\w+ed\b)[\w'’-]+\s+){{1,6}}?(?:is|are|{_STATE})\b"
)
_STATE_BEFORE = re.compile(
    rf"(?i)\b(?:(?:is|are)\s(?:an?|the|one|some|\d+|home|part|known|called|used)|{_STATE})\b"
    r"(?:\s[\w'’-]+){0,8}\s+\Z"
)
_READER = re.compile(r"(?i)\byou(?:r|rs|rself)?\b")
# "In two weeks" means a date only in an announcement ("it will open in two weeks"). Elsewhere it is
# a duration ("it was built in two weeks", "the paint dries in two weeks").
_ANNOUNCED = re.compile(
    r"""(?ix)
    (?:(?:\b(?<!\bwho\ )(?<!\bwhich\ )(?<!\bthat\ )
          (?:will|shall|going\ to|(?:is|are)\ (?:(?:set|expected|planned|scheduled|slated)\ )?to
            |plans?\ to|expects?\ to)
        |['’]ll)
       \ (?:(?:also|again|now|then|finally|officially)\ )?
       (?:(?<!s\ will\ )open|reopen|launch|premiere|debut|meet|vote|perform|take\ place|go\ on\ sale
         |be\ (?:held|launched|released|published|unveiled|inaugurated|shown|(?:re)?opened))
      |\b(?:is|are)\ (?:scheduled|slated|planned))
    (?:\ (?!(?:will|shall|must|may|can|could|should|would|to|who|which|that|and|or|but)\b)
      [\w'’-]+){0,8}
    \ \Z
    """
)
_DEPENDS = re.compile(
    r"(?i)\b(?:if|once|when|whenever|after|unless|until|upon|following|as soon as|always|usually|"
    r"each|every|any)\b"
)
_SENTENCE_ENDS = re.compile(r"[.!?]\s")
_QUOTATIONS = re.compile(r"“[^”]*”?|\"[^\"]*\"?|«[^»]*»?|„[^“”]*[“”]?")

_ONE = frozenset({"a", "an"})

_COUNTED = "counted from the document’s date"
_BRACKETED = re.compile(rf" \((?P<meant>[^()]*), {_COUNTED}\)")


def dated(text: str, context: str, date: str | None) -> str:
    """A text with the dates that its words for time mean, each in brackets behind them.

    Parameters
    ----------
    text : str
        Taken from `context`.
    context : str
        The passages that it was taken from, which tell how its words are meant.
    date : str or None
        ISO 8601 date of the document, against which they are read.

    Returns
    -------
    str
        `text` itself where there is no date or nothing that can mean one date only.
    """
    if date is None or not _RELATIVE.search(text) or _tells_date(context):
        return text
    anchor = datetime.date.fromisoformat(date)
    if _READER.search(_QUOTATIONS.sub(" ", context)):
        return text
    quoted = [found.span() for found in _QUOTATIONS.finditer(context)]
    # "In 2019 the club won as it had last year": counted from the year that is told.
    years = {token.value.year for token in tokenise(context) if isinstance(token.value, Date)}
    pieces: list[str] = []
    done = 0
    for found in _RELATIVE.finditer(text):
        # As it stands in the passage: a claim may begin behind "until" or a quotation mark.
        place = context.lower().find(found.group().lower())
        if place < 0 or any(start <= place < end for start, end in quoted):
            continue
        nowadays = found["day"] and _is_nowadays(context, place)
        before = context[:place]
        other = nowadays or _is_other_period(found, context, place)
        inexact = found["ago"] and _INEXACT.search(before)
        told = found["period"] and years - {anchor.year}
        meant = None if other or inexact or told else _meant(found, anchor, context, place)
        if meant is None:
            continue
        pieces += [text[done : found.end()], f" ({meant}, {_COUNTED})"]
        done = found.end()
    return "".join([*pieces, text[done:]])


def undated(text: str) -> str:
    """A text that `dated` gave without the dates that it put in."""
    return _BRACKETED.sub("", text)


def in_dates(text: str) -> str:
    """A text that `dated` gave with the dates that it put in for the words that mean them."""
    pieces: list[str] = []
    done = 0
    for found in _RELATIVE.finditer(text):
        if bracketed := _BRACKETED.match(text, found.end()):
            pieces += [text[done : found.start()], bracketed["meant"]]
            done = bracketed.end()
    return "".join([*pieces, text[done:]])


def _is_other_period(found: re.Match[str], context: str, place: int) -> bool:
    """Whether a phrase, at a place of its passage, means a period within a story."""
    if found["day"] and found["day"].lower() != "last night":
        return False
    if _OTHER_PERIOD.search(context[:place]):
        return True
    after = context[place + len(found.group()) :]
    return not (found["ago"] or found["ahead"]) and bool(_OF_A_WHOLE.match(after))


def _is_announced(context: str, place: int) -> bool:
    """Whether what happens "in two weeks", at a place of its passage, is counted from now."""
    before = context[:place]
    start = max((found.end() for found in _SENTENCE_ENDS.finditer(before)), default=0)
    end = _SENTENCE_ENDS.search(context, place)
    sentence = context[start : end.start() if end else len(context)]
    return bool(_ANNOUNCED.search(before[start:])) and not _DEPENDS.search(sentence)


def _is_nowadays(context: str, place: int) -> bool:
    """Whether "today", at a place of its passage, stands for the time rather than the day."""
    before, after = context[:place], context[place:]
    if _NOWADAYS.search(before):
        return True
    return after[:5].lower() == "today" and bool(
        _STATE_AFTER.match(after) or _STATE_BEFORE.search(before)
    )


def _tells_date(context: str) -> bool:
    """Whether a passage names a day or month, from which its other words may be counted."""
    values = [token.value for token in tokenise(context)]
    return any(isinstance(value, Date) and value.month is not None for value in values)


def _meant(found: re.Match[str], anchor: datetime.date, context: str, place: int) -> str | None:
    try:
        if found["day"]:
            return _shown(anchor + datetime.timedelta(_DAYS[found["day"].lower()]))
        if found["weekday"]:
            return _weekday(found["which"].lower(), WEEKDAYS[found["weekday"].lower()], anchor)
        if found["period"]:
            step = {"last": -1, "this": 0, "next": 1}[found["near"].lower()]
            return _moved(anchor, step, found["period"].lower())
        if found["ago"]:
            count = _count(found["ago"])
            return None if count is None else _moved(anchor, -count, found["past"].lower())
        # "In a day" is as often how long something takes.
        to_come = found["ahead"].lower() not in _ONE and _is_announced(context, place)
        count = _count(found["ahead"]) if to_come else None
        return None if count is None else _moved(anchor, count, found["future"].lower())
    except (OverflowError, ValueError):
        return None


def _weekday(which: str, weekday: int, anchor: datetime.date) -> str | None:
    today = anchor.weekday()
    ahead = (weekday - today - 1) % 7 + 1
    back = (today - weekday - 1) % 7 + 1
    # On a Sunday nobody can tell which week is meant: in half of the world it begins one.
    clear = today != 6
    if which == "this coming" or (which == "this" and clear and weekday > today):
        return _shown(anchor + datetime.timedelta(ahead))
    if which == "this past" or (which == "last" and clear and weekday >= today):
        return _shown(anchor - datetime.timedelta(back))
    if which == "next" and clear and weekday != 6 and weekday <= today:
        return _shown(anchor + datetime.timedelta(ahead))
    return None


def _moved(anchor: datetime.date, count: int, unit: str) -> str:
    """A date so many units away, as exactly as the unit tells it."""
    if unit in {"day", "week"}:
        return _shown(anchor + datetime.timedelta(count * (7 if unit == "week" else 1)))
    if unit == "month":
        years, month = divmod(anchor.year * 12 + anchor.month - 1 + count, 12)
        return f"{datetime.date(years, month + 1, 1):%B} {years}"
    return f"{datetime.date(anchor.year + count, 1, 1).year}"


def _count(said: str) -> int | None:
    if said.lower() in _ONE:
        return 1
    values = [token.value for token in tokenise(said)]
    if len(values) == 1 and isinstance(values[0], Number) and values[0].amount % 1 == Decimal(0):
        return int(values[0].amount)
    return None


def _shown(day: datetime.date) -> str:
    return f"{day.day} {day:%B} {day.year}"
