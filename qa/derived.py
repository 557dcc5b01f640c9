"""What follows from one quoted passage alone, and is told with it.

By how much something changes that goes "from €96 to €108", by how many votes it passes with "31
to 24", how long it lasts "from 11 am to 3 pm", and which of the buses "at 14:10 and 18:40" is the
last.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from qa.arithmetic import Operand, is_scaled, number_difference, quantities
from qa.moments import is_day
from qa.units import MEASURES
from qa.values import Number, Time, Token, tokenise

__all__ = ["change_told", "derived"]

_BY_HOW_MUCH = re.compile(r"(?i)\bby how (?:many|much)\b")
_MARGIN = re.compile(
    r"(?i)\bby how many (?:votes?|goals?|runs|seats|sets|tries|frames)\b"
    # Prices rise by points, too, and then by "5 to 10".
    r"|\bby how many (?:points|games)\b.*\b(?:win|won|lose|lost|beat|beaten|lead|led|defeat\w*)\b"
    r"|\bby (?:what|which|how (?:big|large|small|narrow|wide) a) (?:\w+ )?margin\b"
)
# Between the two numbers of "31 votes to 24", "31 in favour and 24 against" and "3-1".
_SCORE = re.compile(
    r"(?i)(?:\s+[^\W\d_]+)?(?:\s*[–—:-]\s*|\s+(?:to|against|versus|vs\.?|over)\s+)"
    r"|(?:\s+[^\W\d_]+)?\s+(?:for|in favou?r)(?P<against>\s*,\s*(?:and |with )?|\s+(?:and|with)\s+)"
)
_BY = re.compile(r"(?i)\bby\s+\Z")
_AGAINST = re.compile(r"(?i)(?:\s+[^\W\d_]+)?\s+against\b")
_EXTREME = re.compile(
    r"(?i)\A\W*(?:when|(?:at |until |till )?(?:what|which) time)\b.*?"
    r"\b(?:(?P<last>last|latest)|first|earliest)\b"
)
_BOUNDED = re.compile(r"(?i)\b(?:before|after|between|since|until|till) (?=\S)")
# "How long have you been open?" and "how long in advance?" ask for no time by the clock.
_HOW_LONG = re.compile(
    r"(?i)\bhow (?:long|many (?:hours|minutes)(?: (?:a|per|each|every) day)?)"
    r" (?:is|are|was|were|does|do|did|will|would)\b(?P<rest>.*)"
)
_NO_LENGTH = re.compile(
    r"(?i)\b(?:before|beforehand|after|since|until|till|ago|in advance|ahead|late|early|been)\b"
)
# "Moved from 2 pm to 4 pm" tells of two beginnings.
_MOVED = re.compile(
    r"(?i)\b(?:moved?|moves|moving|shift(?:ed|s)?|postpone[ds]?|change[ds]?|changing|reschedul\w+|"
    r"delay(?:ed|s)?|put (?:back|off)|pushed|brought forward|bring forward|extended|instead)\b"
)
# Trains that run from morning to evening don't take so long.
_ONE_WAY = re.compile(r"(?i)\b(?:takes?|took|journey|trip|ride|flight|crossing|drive|travel)\b")
_SERVED = re.compile(
    r"(?i)\b(?:runs?|ran|running|leav(?:e|es|ing)|left|depart\w*|operat\w*|opens?|opened|"
    r"available|every|hourly)\b"
)
_BEFORE_A_TIME = re.compile(r"(?i)[\s,]*(?:(?:from|at|between)\s*)?")
_BEHIND_A_TIME = re.compile(r"(?i)\s*\(?(?:(?:on|every|each)\s+)?(?:the\s+)?")
_SOME_DAYS = frozenset("weekdays weekday weekends weekend holidays holiday".split())
_LAST_BY_AND = re.compile(r"(?i)(?:&|\band\b|\bor\b)")
# What joins two numbers or times is shorter, in characters.
_MOST_BETWEEN = 60
_UNTIL = re.compile(r"(?i)\s*(?:to|until|till|[–—-])\s*")
_AND = re.compile(r"(?i)\s*and\s*")
_BETWEEN = re.compile(r"(?i)\bbetween\s*\Z")
_LISTED = re.compile(r"(?i)(?:\s|,|;|/|&|and\b|or\b|at\b|again\b)+")
_HOUR, _DAWN, _NOON, _DAY = 60, 4 * 60, 12 * 60, 24 * 60
_HALF_MARKED = re.compile(r"(?i)[ap]\.?m\b|noon|midnight")
_CLAUSE_END = re.compile(r"[.,;:!?()\n]")
# Words of a unit between the numbers: "from 40 to 60", "from 96 euros a year to 108".
_UNIT_WORDS = 3


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
        between = [token.value for token in tokens[one + 1 : other]]
        begun = one > 0 and tokens[one - 1].value == "from"
        if not begun or between[-1:] != ["to"] or len(between) > _UNIT_WORDS + 1:
            continue
        told = text[tokens[one - 1].start : tokens[other].end]
        spans = (
            (tokens[one].start, tokens[other - 1].start),
            (tokens[other].start, _end_of_amount(text, tokens[other:])),
        )
        operands = [Operand(text[start:end], None) for start, end in spans]
        difference = number_difference(operands, of_one=True)
        # From 4 to 6 percent is more by half, or by two points.
        if difference is not None and not _is_share(tokens[one]) and not _is_share(tokens[other]):
            figure = difference.partition(":")[0]
            units = [of[0] for said in operands for _, of in quantities(said.text) if of]
            unit = next((f" {unit}" for unit in units if unit in MEASURES), "")
            return told, f"{figure}{unit}: {told}"
    return None


def _end_of_amount(text: str, tokens: Sequence[Token]) -> int:
    """Where what is said of a number ends: it stands first, "850 euros a month from January"."""
    end = tokens[0].end
    for token in tokens[1 : _UNIT_WORDS + 1]:
        if isinstance(token.value, Number) or _CLAUSE_END.search(text[end : token.start]):
            break
        end = token.end
    return end


def _margin_told(question: str, answer: str, passage: str) -> tuple[str, str] | None:
    """By how many votes or points something is decided whose answer only tells the count."""
    if not _MARGIN.search(question):
        return None
    said = {token.value for token in tokenise(answer)}
    scores = []
    numbers = [(t, t.value) for t in tokenise(passage) if isinstance(t.value, Number)]
    for (one, won), (other, lost) in itertools.pairwise(numbers):
        if other.start - one.end > _MOST_BETWEEN:
            continue
        between = _SCORE.fullmatch(passage[one.end : other.start])
        against = _AGAINST.match(passage, other.end, other.end + _MOST_BETWEEN)
        # "Passed by 12 votes" tells the margin itself, and the numbers behind it something else.
        if not between and _BY.search(passage[max(one.start - _MOST_BETWEEN, 0) : one.start]):
            return None
        # "3 to 2 million votes": nobody knows of what the first one is told.
        if won.unit or lost.unit or is_scaled(passage, one) != is_scaled(passage, other):
            continue
        if between and (against or not between["against"]) and {won, lost} & said:
            told = passage[one.start : against.end() if against else other.end]
            scores.append((told, f"{abs(won.amount - lost.amount)}: {told}"))
    # Of two that share a number the answer doesn't tell which it means.
    return scores[0] if len(scores) == 1 else None


def _duration_told(question: str, answer: str, passage: str) -> str | None:
    """How long something takes of which an answer tells from when to when, by the clock.

    Parameters
    ----------
    question : str
        In English: "How long does the fair last?".
    answer : str
        "from 11 am to 3 pm".
    passage : str
        What it was taken from.

    Returns
    -------
    str or None
        "4 hours: from 11 am to 3 pm"; None where something else is asked or answered, or the
        hours may be of either half of the day.
    """
    asked = _HOW_LONG.search(question)
    times = [token for token in tokenise(answer) if isinstance(token.value, Time)]
    if asked is None or _NO_LENGTH.search(asked["rest"]) or len(times) != 2:
        return None
    # An answer may be cut before "pm".
    told = {token.value for token in tokenise(passage)}
    if not {token.value for token in times} <= told or not _in_one_zone(times):
        return None
    if _MOVED.search(passage) or (_ONE_WAY.search(asked["rest"]) and _SERVED.search(passage)):
        return None
    begun, ended = times
    if _spans_days(passage, begun, ended) or _spans_days(answer, begun, ended):
        return None
    joined = answer[begun.end : ended.start]
    # Boats that leave "at 10:00 and 14:00" aren't under way from one to the other.
    spans = _UNTIL.fullmatch(joined) or (
        _AND.fullmatch(joined) and _BETWEEN.search(answer[: begun.start])
    )
    length = _length(answer, begun, ended) if spans else None
    if not length:
        return None
    hours, minutes = divmod(length, _HOUR)
    said = [
        f"{count} {unit}{'' if count == 1 else 's'}"
        for count, unit in ((hours, "hour"), (minutes, "minute"))
        if count
    ]
    return f"{' '.join(said)}: {answer.strip(' .')}"


def _spans_days(text: str, begun: Token, ended: Token) -> bool:
    """Whether a text names the day of one of two times: "from Monday 5 pm to 3 am on Wednesday".

    A day on one side of both, "on Saturday from 11 am to 3 pm", is that of both.
    """
    tokens = tokenise(text)
    places = [place for place, token in enumerate(tokens) if isinstance(token.value, Time)]
    for first, last in itertools.pairwise(places):
        if (tokens[first].value, tokens[last].value) != (begun.value, ended.value):
            continue
        if any(is_day(token.value) for token in tokens[first + 1 : last]):
            return True
        before = _day_before(text, tokens, first)
        behind = _day_behind(text, tokens, last)
        if before and behind and before.value != behind.value:
            return True
    return False


def _day_before(text: str, tokens: Sequence[Token], place: int) -> Token | None:
    """The day that stands right before a time: "on Monday at 9:00"."""
    time = tokens[place]
    for token in reversed(tokens[max(place - 2, 0) : place]):
        near = len(text[token.end : time.start]) <= _MOST_BETWEEN
        if is_day(token.value) and near and _BEFORE_A_TIME.fullmatch(text[token.end : time.start]):
            return token
    return None


def _day_behind(text: str, tokens: Sequence[Token], place: int) -> Token | None:
    """The day, or kind of days, that stands right behind a time: "9:00 on Fridays"."""
    time = tokens[place]
    for token in tokens[place + 1 : place + 3]:
        near = len(text[time.end : token.start]) <= _MOST_BETWEEN
        is_some = is_day(token.value) or token.value in _SOME_DAYS
        if is_some and near and _BEHIND_A_TIME.fullmatch(text[time.end : token.start]):
            return token
    return None


def _length(text: str, begun: Token, ended: Token) -> int | None:
    """Minutes between two times; None where a half of the day is unsaid that changes them.

    "From 1:00 to 4:00 pm" begins in the afternoon, too; "from 9:00 to 4:00" may be a day or
    most of a night.
    """
    start, end = _minutes(begun), _minutes(ended)
    said = [bool(_HALF_MARKED.search(text[token.start : token.end])) for token in (begun, ended)]
    clear = [_is_of_24_hours(text, token) for token in (begun, ended)]
    # What ends before it began goes on after midnight; beside "22:00" what is written "2:00" is
    # of the night, but "from 13:00 to 4:00" somebody may mean the afternoon.
    if all(said) or all(clear) or (any(clear) and (end - start) % _DAY <= max(end - start, _NOON)):
        return (end - start) % _DAY
    half = start // _NOON if said[0] else end // _NOON
    shared = [minutes % _NOON + half * _NOON for minutes in (start, end)]
    if any(said) and shared[0] < shared[1]:
        return shared[1] - shared[0]
    return end - start if start < end else None


def _is_of_24_hours(text: str, token: Token) -> bool:
    """Whether a time is told by the clock of 24 hours: "14:10", "0:15"."""
    marked = _HALF_MARKED.search(text[token.start : token.end])
    return not marked and not _HOUR <= _minutes(token) < _NOON + _HOUR


def _extreme_told(question: str, answer: str, text: str) -> str | None:
    """The last of several times that a text lists, or the first, where another was answered.

    Parameters
    ----------
    question : str
        In English: "When does the last bus leave?".
    answer : str
    text : str
        The passage that it was taken from: "Buses leave at 14:10 and 18:40".

    Returns
    -------
    str or None
        As it stands in the text; None where `answer` is right, or no time of a list.
    """
    wanted = _EXTREME.search(question)
    said = [token.value for token in tokenise(answer)]
    if wanted is None or len(said) != 1 or not isinstance(said[0], Time):
        return None
    # "The last bus before noon" is another one.
    if _BOUNDED.search(question):
        return None
    runs: list[list[Token]] = []
    end = -1
    tokens = tokenise(text)
    for token in tokens:
        if not isinstance(token.value, Time):
            continue
        near = token.start - end <= _MOST_BETWEEN
        if runs and near and _LISTED.fullmatch(text[end : token.start]):
            runs[-1].append(token)
        else:
            runs.append([token])
        end = token.end
    for run in runs:
        if said[0] in [token.value for token in run] and _in_one_zone(run):
            if not _are_clear(text, run) or _is_of_other_days(text, tokens, run):
                return None
            late = any(_minutes(token) > _NOON for token in run)
            # After midnight is later than the evening before.
            order = [
                _minutes(token) + (_DAY if late and _minutes(token) < _DAWN else 0) for token in run
            ]
            chosen = max(order) if wanted["last"] else min(order)
            found = run[order.index(chosen)]
            # The full stop of "at 2 pm." is the sentence's.
            shown = re.sub(r"(?i)(?<=[ap]m)\.\Z", "", text[found.start : found.end])
            return None if found.value == said[0] else shown
    return None


def _is_of_other_days(text: str, tokens: Sequence[Token], run: Sequence[Token]) -> bool:
    """Whether a listed time may be of certain days only: "until 17:00, 18:00 on Fridays"."""
    behind = _day_behind(text, tokens, tokens.index(run[-1]))
    if behind is None:
        return False
    # "At 6:10, 14:10 and 18:40 on weekdays" is of one kind of days, as are all of them.
    joined = text[run[-2].end : run[-1].start] if len(run) > 1 else ""
    return behind.value not in _SOME_DAYS or not _LAST_BY_AND.search(joined)


def _are_clear(text: str, run: Sequence[Token]) -> bool:
    """Whether listed times tell their halves of the day: "7:00, 12:00 and 6:00" may not."""
    said = [bool(_HALF_MARKED.search(text[token.start : token.end])) for token in run]
    if all(said) or any(_is_of_24_hours(text, token) for token in run):
        return True
    # "8:00, 10:00 am and 2:00 pm" are in their order as they stand.
    return any(said) and all(_minutes(a) < _minutes(b) for a, b in itertools.pairwise(run))


def _minutes(token: Token) -> int:
    assert isinstance(token.value, Time)
    return token.value.minutes


def _in_one_zone(tokens: Sequence[Token]) -> bool:
    return len({token.value.zone for token in tokens if isinstance(token.value, Time)}) == 1


def _is_share(token: Token) -> bool:
    return isinstance(token.value, Number) and token.value.unit == "%"
