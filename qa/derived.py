"""What follows from one quoted passage alone, and is told with it.

By how much something changes that goes "from €96 to €108", by how many votes it passes with "31
to 24", how long it lasts "from 11 am to 3 pm", and which of the buses "at 14:10 and 18:40" is the
last. Questions and passages of other forms are left as they were answered.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from qa.amounts import amount_at, difference, is_scaled
from qa.moments import is_day
from qa.units import MEASURES
from qa.values import Number, Time, Token, tokenise

__all__ = ["change_told", "derived"]

_BY_HOW_MUCH = re.compile(r"(?i)\bby how (?:many|much)\b")
# What may follow the second amount of a change: the day from which it holds.
_CHANGED = re.compile(r"\s*(?:\Z|[.,;:!?)\n])|\s(?:from|in|on|as of|since)\s(?:[A-Z]|\d)")
_MARGIN = re.compile(
    r"(?i)\bby how many (?:votes?|goals?|runs|seats|sets|tries|frames)\b"
    # Prices rise by points, too, and then by "5 to 10".
    r"|\bby how many (?:points|games)\b.*\b(?:win|won|lose|lost|beat|beaten|lead|led|defeat\w*)\b"
    r"|\bby (?:what|which|how (?:big|large|small|narrow|wide) a) (?:\w+ )?margin\b"
)
# Between the two numbers of "31 votes to 24", "31 in favour and 24 against" and "3-1".
_SCORE = re.compile(
    r"(?i)(?:\s[^\W\d_]+)?(?:\s?[–—:-]\s?|\s(?:to|against|versus|vs\.?|over)\s)"
    r"|(?:\s[^\W\d_]+)?\s(?:for|in favou?r)(?P<against>,\s(?:and |with )?|\s(?:and|with)\s)"
)
_AGAINST = re.compile(r"(?i)(?:\s[^\W\d_]+)?\sagainst\b")
_BY = re.compile(r"(?i)\bby\s\Z")
_CLOSED = re.compile(r"(?i)\s*(?:\Z|[.,;:!?)\n]|votes\b)")
_EXTREME = re.compile(
    r"""(?ix)
    \W*(?:when|(?:at\s)?(?:what|which)\stime)\s(?:is|are|was|were|do|does|did)\s
    (?:(?:the|our|my)\s)?(?:(?P<last>last|latest)|first|earliest)\s[\w-]+
    (?:\s(?:leave|depart|start|begin|sail|go|arrive))?(?:\s(?:to|from|of)\s[\w'’-]+)?
    (?:\son\s(?P<on>\w+))?\W*
    """
)
_A_THING = r"(?:the|an?|my|our|your|his|her|their|each|every)"
# "How long have you been open?" and "how long in advance?" ask for no time by the clock.
_HOW_LONG = re.compile(
    rf"""(?ix)
    \W*(?:for\s)?how\s(?:long|many\s(?:hours|minutes)(?:\s(?:a|per|each|every)\sday)?)\s
    (?:is|are|was|were|does|do|did|will|would)\s
    (?:(?:it|this|they|{_A_THING}\s[\w'’-]+)
      |(?:it|this|they|{_A_THING}\s(?:[\w'’-]+\s)?[\w'’-]+)\s
       (?:(?P<open>(?:stay\s|be\s)?open)|last|take))
    (?:\son\s\w+)?\W*
    """
)
# What a passage may say right before a span. "Moved from 2 pm to 4 pm" tells of two beginnings, and
# "leaves from 9 am to 5 pm" or "open from 9 am to 5 pm" not how long a ride takes.
_IS = frozenset("is are was were".split())
_LASTS = _IS | frozenset("last lasts lasted held place".split())
_OPEN = _IS | frozenset("open opens daily".split())
_EVERY = re.compile(r"(?i)\s(?:every|each|daily)\b")
_BEFORE_A_SPAN = re.compile(r"(?i)[\s,:(]*(?:(?:from|between)\s)?")
_UNTIL = re.compile(r"(?i)\s?(?:to|until|till|[–—-])\s?")
_BETWEEN = re.compile(r"(?i)\bbetween\s\Z")
_BEHIND_A_TIME = re.compile(r"(?i)\s\(?(?:(?:on|every|each)\s)?(?:the\s)?")
_SOME_DAYS = frozenset("weekdays weekday weekends weekend holidays holiday day daily".split())
_NEAR = re.compile(r"(?i)(?:[^\w.]|\b(?:and|or|at|again)\b)+")
_LISTED = re.compile(r"(?i)(?:,|,?\sand)\s(?:at\s)?")
_HOUR, _DAWN, _NOON, _DAY = 60, 4 * 60, 12 * 60, 24 * 60


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
        # From 4 to 6 percent is more by half, or by two points.
        figure = difference(before, after, of_one=True)
        if figure is None or "%" in {before.number.unit, after.number.unit}:
            continue
        told = text[from_.start : tokens[other].end]
        thing = before.currency or before.thing or after.thing
        unit = f" {thing}" if before.currency or thing in MEASURES else ""
        return told, f"{figure}{unit}: {told}"
    return None


def _margin_told(question: str, answer: str, passage: str) -> tuple[str, str] | None:
    """By how many votes or points something is decided whose answer only tells the count."""
    if not _MARGIN.search(question):
        return None
    said = {token.value for token in tokenise(answer)}
    scores = []
    numbers = [token for token in tokenise(passage) if isinstance(token.value, Number)]
    for one, other in itertools.pairwise(numbers):
        won, lost = one.value, other.value
        assert isinstance(won, Number)
        assert isinstance(lost, Number)
        between = _SCORE.fullmatch(passage, one.end, other.start)
        against = _AGAINST.match(passage, other.end)
        if not between or (between["against"] and not against):
            # "Passed by 12 votes" tells the margin itself.
            if _BY.search(passage[: one.start]):
                return None
            continue
        # "3 to 2 million votes": nobody knows of what the first one is told.
        if won.unit or lost.unit or is_scaled(passage, one) or is_scaled(passage, other):
            continue
        end = against.end() if against else other.end
        if {won, lost} & said:
            if not _CLOSED.match(passage, end):
                return None
            told = passage[one.start : end]
            scores.append((told, f"{abs(won.amount - lost.amount)}: {told}"))
    # Of two that share a number the answer doesn't tell which it means.
    return scores[0] if len(scores) == 1 else None


def _duration_told(question: str, answer: str, passage: str) -> str | None:
    """How long something takes of which an answer tells from when to when, by the clock.

    "4 hours: from 11 am to 3 pm" for "How long does the fair last?"; None also where the hours may
    be of either half of the day.
    """
    asked = _HOW_LONG.fullmatch(question)
    times = _times(tokenise(answer))
    if asked is None or len(times) != 2:
        return None
    tokens = tokenise(passage)
    # An answer may be cut before "pm".
    spans = [
        (begun, ended)
        for begun, ended in itertools.pairwise(_times(tokens))
        if [begun.value, ended.value] == [time.value for time in times]
    ]
    if len(spans) != 1 or not _in_one_zone(times):
        return None
    is_span = _is_span(passage, tokens, *spans[0], opens=bool(asked["open"]))
    length = _length(*spans[0]) if is_span else None
    if length is None:
        return None
    hours, minutes = divmod(length, _HOUR)
    said = [
        f"{count} {unit}{'' if count == 1 else 's'}"
        for count, unit in ((hours, "hour"), (minutes, "minute"))
        if count
    ]
    return f"{' '.join(said)}: {answer.strip(' .')}"


def _is_span(
    text: str, tokens: Sequence[Token], begun: Token, ended: Token, *, opens: bool
) -> bool:
    """Whether something lasts, or opens, from one time to the other, and both are of one day.

    A day on one side, "on Saturday from 11 am to 3 pm", is that of both; on each it is its own.
    """
    before = text[: begun.start]
    is_joined = _UNTIL.fullmatch(text, begun.end, ended.start) or (
        text[begun.end : ended.start] == " and " and _BETWEEN.search(before)
    )
    led = [
        token for token in tokens[: tokens.index(begun)] if token.value not in {"from", "between"}
    ][-1:]
    if not is_joined or not _BEFORE_A_SPAN.fullmatch(text, led[0].end if led else 0, begun.start):
        return False
    said = led[0].value if led else "is"
    is_label = ":" in text[led[0].end : begun.start] if led else False
    # "Moved: 2 pm to 4 pm".
    is_held = said in (_OPEN if opens else _LASTS) or (is_label and not str(said).endswith("ed"))
    behind = _day_behind(text, tokens, ended)
    if behind is None:
        return (is_held or is_day(said)) and bool(_CLOSED.match(text, ended.end))
    # What is so every day are trains rather than a ride.
    return is_held and (opens or not _EVERY.match(text, ended.end))


def _day_behind(text: str, tokens: Sequence[Token], time: Token) -> Token | None:
    """The day, or kind of days, that stands right behind a time: "9:00 on Fridays"."""
    place = tokens.index(time)
    for token in tokens[place + 1 : place + 3]:
        is_some = is_day(token.value) or token.value in _SOME_DAYS
        if is_some and _BEHIND_A_TIME.fullmatch(text, time.end, token.start):
            return token
    return None


def _length(begun: Token, ended: Token) -> int | None:
    """Minutes between two times; None where a half of the day is unsaid that changes them.

    "From 1:00 to 4:00 pm" begins in the afternoon, too; "from 9:00 to 4:00" may be a day or
    most of a night.
    """
    one, other = begun.value, ended.value
    assert isinstance(one, Time)
    assert isinstance(other, Time)
    start, end = one.minutes, other.minutes
    if (one.half_said and other.either_half) or (one.either_half and other.half_said):
        half = _NOON * ((start if one.half_said else end) // _NOON)
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
    if wanted is None or len(said) != 1 or not isinstance(said[0], Time):
        return None
    tokens = tokenise(text)
    runs: list[list[Token]] = [[]]
    for time in _times(tokens):
        if runs[-1] and not _NEAR.fullmatch(text, runs[-1][-1].end, time.start):
            runs.append([])
        runs[-1].append(time)
    run = next((run for run in runs if said[0] in [time.value for time in run]), [])
    joins = [text[one.end : other.start] for one, other in itertools.pairwise(run)]
    # Without "and" the list may go on, or the last may be that of certain days.
    if not joins or "and" not in joins[-1] or not all(map(_LISTED.fullmatch, joins)):
        return None
    values = [time.value for time in run if isinstance(time.value, Time)]
    # "7:00, 12:00 and 6:00" may be of either half of the day.
    is_clear = all(time.half_said for time in values) or any(time.of_24_hours for time in values)
    if not is_clear or not _in_one_zone(run):
        return None
    behind = _day_behind(text, tokens, run[-1])
    kind = behind.value if behind else ""
    # "Until 17:00 and 18:00 on Fridays".
    if is_day(kind) or (wanted["on"] and kind != wanted["on"].lower()):
        return None
    late = any(time.minutes > _NOON for time in values)
    # After midnight is later than the evening before.
    order = [time.minutes + _DAY * (late and time.minutes < _DAWN) for time in values]
    found = run[order.index(max(order) if wanted["last"] else min(order))]
    # The full stop of "at 2 pm." is the sentence's.
    shown = re.sub(r"(?i)(?<=[ap]m)\.\Z", "", text[found.start : found.end])
    return None if found.value == said[0] else shown


def _times(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if isinstance(token.value, Time)]


def _in_one_zone(tokens: Sequence[Token]) -> bool:
    return len({token.value.zone for token in tokens if isinstance(token.value, Time)}) == 1
