"""What follows from one quoted passage alone, and is told with it.

By how much something changes that goes "from €96 to €108", by how many votes it passes with "31
to 24", how long it lasts "from 11 am to 3 pm", and which of the buses "at 14:10 and 18:40" is the
last. A passage is read by its shape, in which a sign stands for each number, time and day; what
has another shape than these is left as it was answered.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from qa.computing.amounts import amount_at, difference, is_scaled
from qa.computing.moments import is_day, is_denied
from qa.language.units import MEASURES
from qa.language.values import Number, Time, Token, tokenise

__all__ = ["change_told", "derived"]

# Characters that no document has: they are for private use.
_SIGNS = _N, _T, _D = "\ue000", "\ue001", "\ue002"
_NO_SIGNS = str.maketrans(dict.fromkeys(_SIGNS, " "))
_BY_HOW_MUCH = re.compile(r"(?i)\bby how (?:many|much)\b")
_CLOSED = r"(?=\s*(?:\Z|[.,;:!?)\n]))"
# What may follow the second amount of a change: the day from which it holds, and no third amount.
_CHANGED = re.compile(
    rf"(?!,\s(?:\d|(?:and\s)?(?:then|later|finally)\b)){_CLOSED}"
    r"|\s(?:from|in|on|as of|since)\s(?:[A-Z]|\d)"
)
_MARGIN = re.compile(
    r"(?i)\bby how many (?:votes?|goals?|runs|seats|sets|tries|frames)\b"
    # Prices rise by points, too, and then by "5 to 10".
    r"|\bby how many (?:points|games)\b.*\b(?:win|won|lose|lost|beat|beaten|lead|led|defeat\w*)\b"
    r"|\bby (?:what|which|how (?:big|large|small|narrow|wide) a) (?:\w+ )?margin\b"
)
# "31 votes to 24", "31 in favour and 24 against", "3-1".
_WORD = r"(?:\s[^\W\d_]+)?"
_SCORE = re.compile(
    rf"(?i){_N}{_WORD}(?:(?:\s?[–—:-]\s?|\s(?:to|against|versus|vs\.?|over)\s){_N}"
    rf"(?:{_WORD}\sagainst\b)?|\s(?:for|in favou?r)(?:,|,?\s(?:and|with))\s{_N}{_WORD}\sagainst\b)"
    rf"(?P<closed>{_CLOSED}|(?=\s(?:votes|goals|with)\b))?"
)
# "Passed by 12 votes" tells the margin itself.
_BY = re.compile(rf"(?i)\bby\s(?={_N})")
_EXTREME = re.compile(
    r"""(?ix)
    \W*(?:when|(?:at\s)?(?:what|which)\stime)\s(?:is|are|was|were|do|does|did)\s
    (?:(?:the|our|my)\s)?(?:(?P<last>last|latest)|first|earliest)\s[\w-]+
    (?:\s(?:leave|depart|start|begin|sail|go|arrive))?(?:\s(?:to|from|of)\s[\w'’-]+)?
    (?:\son\s(?P<on>\w+))?\W*
    """
)
# A list of times, and times that stand together in whatever way.
_LIST = re.compile(rf"(?i){_T}(?:,\s(?:at\s)?{_T})*,?\sand\s(?:at\s)?{_T}")
_TOGETHER = re.compile(rf"(?i){_T}(?:(?:[^\w.{_N}{_T}{_D}]|\b(?:and|or|at|again)\b)+{_T})+")
# "Between 14:10 and 18:40" lists none.
_SPANS = re.compile(r"(?i)\bbetween\s+\Z")
_OF_DAYS = rf"""
    \s\(?(?:on\s|(?P<each>every\s|each\s|(?=daily)))?(?:the\s)?
    (?P<days>{_D}|(?:weekday|weekend|holiday)s?\b|day\b|daily\b)
"""
_BEHIND_A_LIST = re.compile(rf"(?ix){_OF_DAYS}")
_A_THING = r"(?:the|an?|my|our|your|his|her|their|each|every)"
# "How long have you been open?" and "how long in advance?" ask for no time by the clock.
_HOW_LONG = re.compile(
    rf"""(?ix)
    \W*(?:for\s)?how\s(?:long|many\s(?:hours|minutes)(?:\s(?:a|per|each|every)\sday)?)\s
    (?:is|are|was|were|does|do|did|will|would)\s
    (?:(?:it|this|they|{_A_THING}\s[\w'’-]+)
      |(?:{_A_THING}\s(?:[\w'’-]+\s)?)?[\w'’-]+\s
       (?:(?P<open>(?:stay\s|be\s)?open)|last|take))
    (?:\son\s\w+)?\W*
    """
)
# "Moved from 2 pm to 4 pm" tells of two beginnings, and "leaves" or "open from 9 am to 5 pm" not
# how long a ride takes.
_SPAN = re.compile(
    rf"""(?ix)
    (?:\A|(?P<day>{_D})\.?,?\s|(?<!ed):\s?
      |\b(?:is|are|was|were|lasts?|lasted|held|place|(?P<opens>opens?|daily))\s)
    (?:from\s)?(?:{_T}\s?(?:to|until|till|[–—-])\s?{_T}|between\s{_T}\sand\s{_T})
    (?:{_OF_DAYS}|(?:\sin\s(?:the\s\w+|(?-i:[A-Z])\w+))?{_CLOSED})
    """
)
_HOUR, _DAWN, _NOON, _DAY = 60, 4 * 60, 12 * 60, 24 * 60


@dataclass(frozen=True, slots=True)
class _Shape:
    """A text in which signs stand for its numbers, times and days, and the tokens of these."""

    text: str
    tokens: tuple[Token, ...]

    def within(self, found: re.Match[str]) -> tuple[Token, ...]:
        """The tokens whose signs a match has."""
        first, last = (sum(map(self.text[:end].count, _SIGNS)) for end in found.span())
        return self.tokens[first:last]


def _shape(text: str) -> _Shape:
    text = text.translate(_NO_SIGNS)
    pieces, tokens, done = [], [], 0
    for token in tokenise(text):
        kind = (
            _N if isinstance(token.value, Number) else _T if isinstance(token.value, Time) else _D
        )
        if kind != _D or is_day(token.value):
            pieces += [text[done : token.start], kind]
            tokens.append(token)
            done = token.end
    return _Shape("".join([*pieces, text[done:]]), tuple(tokens))


def derived(question: str, answer: str, passage: str) -> tuple[str, str] | None:
    """What a question asks for, where an answer only tells what it follows from.

    Parameters
    ----------
    question : str
        In English.
    answer : str
    passage : str
        What it was taken from.

    Returns
    -------
    tuple of str and str, or None
        The words that tell it, and the answer that follows; None where nothing does.
    """
    if change := change_told(question, answer):
        return change
    if margin := _margin_told(question, answer, passage):
        return margin
    if duration := _duration_told(question, answer, passage):
        return answer, duration
    if time := _extreme_told(question, answer, passage):
        return passage, time
    return None


def change_told(question: str, text: str) -> tuple[str, str] | None:
    """By how much something changes of which a text says from what and to what.

    Parameters
    ----------
    question : str
        In English.
    text : str

    Returns
    -------
    tuple of str and str, or None
        The words that tell it, "from €96 to €108", and the answer that is computed from them;
        None where the question asks for something else, or nothing is told so.
    """
    if not _BY_HOW_MUCH.search(question):
        return None
    tokens = tokenise(text)
    numbers = [place for place, token in enumerate(tokens) if isinstance(token.value, Number)]
    for one, other in itertools.pairwise(numbers):
        from_, to = tokens[one - 1], tokens[other - 1]
        before, after = amount_at(text, tokens[one]), amount_at(text, tokens[other])
        if not one or (from_.value, to.value) != ("from", "to") or not before or not after:
            continue
        if text[before.end : to.start].strip() or not _CHANGED.match(text, after.end):
            continue
        if is_denied(text[: from_.start], text[after.end :]):
            continue
        # From 4 to 6 percent is more by half, or by two points.
        figure = difference(before, after, of_one=True)
        if figure is None or "%" in {before.number.unit, after.number.unit}:
            continue
        told = text[from_.start : tokens[other].end]
        unit = before.currency or before.thing or after.thing
        # "50 euros", but members needn't be told again.
        shown = before.currency or not MEASURES.isdisjoint(unit.split())
        return told, f"{figure} {unit}: {told}" if shown else f"{figure}: {told}"
    return None


def _margin_told(question: str, answer: str, passage: str) -> tuple[str, str] | None:
    """By how many votes or points something is decided whose answer only tells the count."""
    if not _MARGIN.search(question):
        return None
    said = {token.value for token in tokenise(answer)}
    shape = _shape(passage)
    scores = list(_SCORE.finditer(shape.text))
    if {by.end() for by in _BY.finditer(shape.text)} - {score.start() for score in scores}:
        return None
    told = []
    for score in scores:
        one, other = shape.within(score)
        won, lost = one.value, other.value
        assert isinstance(won, Number)
        assert isinstance(lost, Number)
        if not {won, lost} & said:
            continue
        # "3 to 2 million votes": nobody knows of what the first one is told.
        is_more = won.unit or lost.unit or is_scaled(passage, one) or is_scaled(passage, other)
        # What stands behind the second number is as long as in the shape.
        end = other.end + len(score.group().rpartition(_N)[2])
        if is_more or score["closed"] is None or is_denied(passage[: one.start], passage[end:]):
            return None
        words = passage[one.start : end]
        told.append((words, f"{abs(won.amount - lost.amount)}: {words}"))
    # Of two that share a number the answer doesn't tell which it means.
    return told[0] if len(told) == 1 else None


def _duration_told(question: str, answer: str, passage: str) -> str | None:
    """How long something takes of which an answer tells from when to when, by the clock.

    "4 hours: from 11 am to 3 pm" for "How long does the fair last?"; None also where the hours may
    be of either half of the day.
    """
    asked = _HOW_LONG.fullmatch(question)
    if asked is None:
        return None
    said = [token.value for token in tokenise(answer) if isinstance(token.value, Time)]
    shape = _shape(passage)
    spans = [(found, _times(shape.within(found))) for found in _SPAN.finditer(shape.text)]
    # An answer may be cut before "pm".
    spans = [(found, times) for found, times in spans if times == said]
    if len(spans) != 1:
        return None
    ((found, (begun, ended)),) = spans
    # Also what leads in to it may deny it: "Not: 9:00 to 17:00".
    if is_denied(shape.text[: found.start()] + found.group(), shape.text[found.end() :]):
        return None
    # Of two days each end has its own.
    if (found["day"] and found["days"]) or begun.zone != ended.zone:
        return None
    if not asked["open"] and (found["opens"] or found["each"]):
        return None
    length = _length(begun, ended)
    if length is None:
        return None
    hours, minutes = divmod(length, _HOUR)
    told = [
        f"{count} {unit}{'' if count == 1 else 's'}"
        for count, unit in ((hours, "hour"), (minutes, "minute"))
        if count
    ]
    return f"{' '.join(told)}: {answer.strip(' .')}"


def _length(begun: Time, ended: Time) -> int | None:
    """Minutes between two times; None where a half of the day is unsaid that changes them.

    "From 1:00 to 4:00 pm" begins in the afternoon, too; "from 9:00 to 4:00" may be a day or
    most of a night.
    """
    start, end = begun.minutes, ended.minutes
    if (begun.half_said and ended.either_half) or (begun.either_half and ended.half_said):
        half = _NOON * ((start if begun.half_said else end) // _NOON)
        shared = (half + start % _NOON, half + end % _NOON)
        start, end = shared if shared[0] < shared[1] else (start, end)
    if start < end:
        return end - start
    # What begins in the evening goes on after midnight: "22:00 until 2:00".
    length = end + _DAY - start
    return length if start >= _NOON and length <= _NOON else None


def _extreme_told(question: str, answer: str, text: str) -> str | None:
    """The last of several times that a text lists, or the first, where another was answered.

    Of "Buses leave at 14:10 and 18:40" it is "18:40"; None where `answer` is right, or no time of a
    list.
    """
    wanted = _EXTREME.fullmatch(question)
    said = [token.value for token in tokenise(answer)]
    if wanted is None or len(said) != 1:
        return None
    shape = _shape(text)
    found = next(
        (each for each in _TOGETHER.finditer(shape.text) if said[0] in _times(shape.within(each))),
        None,
    )
    # Without "and" the list may go on, or the last may be that of certain days.
    if found is None or not _LIST.fullmatch(found.group()):
        return None
    if is_denied(shape.text[: found.start()], shape.text[found.end() :]):
        return None
    if _SPANS.search(shape.text, 0, found.start()):
        return None
    times = _times(shape.within(found))
    # "7:00, 12:00 and 6:00" may be of either half of the day.
    is_clear = all(time.half_said for time in times) or any(time.of_24_hours for time in times)
    if not is_clear or len({time.zone for time in times}) > 1:
        return None
    behind = _BEHIND_A_LIST.match(shape.text, found.end())
    days = behind["days"].lower() if behind else ""
    # "Until 17:00 and 18:00 on Fridays".
    if days == _D or (wanted["on"] and days != wanted["on"].lower()):
        return None
    late = any(time.minutes > _NOON for time in times)
    # After midnight is later than the evening before.
    order = [time.minutes + _DAY * (late and time.minutes < _DAWN) for time in times]
    token = shape.within(found)[order.index(max(order) if wanted["last"] else min(order))]
    # The full stop of "at 2 pm." is the sentence's.
    shown = re.sub(r"(?i)(?<=[ap]m)\.\Z", "", text[token.start : token.end])
    return None if token.value == said[0] else shown


def _times(tokens: Iterable[Token]) -> list[Time]:
    return [token.value for token in tokens if isinstance(token.value, Time)]
