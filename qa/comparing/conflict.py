"""Two documents' answers to one question: the same, different, or undecided.

Values decide where there are any: dates and numbers that can't both be the answer differ,
however alike the words are. An answer that the other contains is the same, only longer.
Short answers that share no word count as different, unless one is a name and the other a
description: "the mayor" may well be Ada. If two such answers do mean the same, showing both does no
harm; dropping one that differs would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from qa.checking.claims import CheckedClaim
from qa.language.alignment import AUXILIARIES, FUNCTION_WORDS, NEGATIONS, content_words, words
from qa.language.mentions import section_date
from qa.language.units import differ, measured
from qa.language.values import WEEKDAYS, Date, Number, Time, Value, conflicts, matches, tokenise
from qa.types import Passage, shown_date

__all__ = ["combine", "disagreement", "same_answer"]

# Longer answers may say the same in other words.
SHORT = 6
LAST_DAY = 31
HALF_A_DAY = 12 * 60
# Least letters of a short form, such as "Jan" for "January".
SHORT_FORM = 3
# "Two dozen" is 24: with one on one side only, amounts say nothing of each other.
_MULTIPLES = frozenset(
    "half quarter double twice dozen dozens pair pairs couple score scores".split()
)
# Words, mostly of grammar, that reverse an otherwise equal statement: each axis with its two ends.
# "In" and "out", "from" and "to" are too often a matter of phrasing.
_AXES = (
    (
        NEGATIONS | {word.replace("'", "") for word in AUXILIARIES if word.endswith("n't")},
        frozenset[str](),
    ),
    *(
        (frozenset(one.split()), frozenset(other.split()))
        for one, other in (
            ("above over", "below under"),
            ("before", "after"),
            ("more", "less fewer"),
            ("most", "least"),
            ("up", "down"),
        )
    ),
)
# "From" may be left out without changing the meaning; only against "until" does it matter.
_FROM, _UNTIL = frozenset({"from", "since"}), frozenset({"until", "till"})


def same_answer(one: str, other: str) -> bool | None:
    """Whether two answers say the same.

    Parameters
    ----------
    one, other : str
        Claims, which may differ in how much they say.

    Returns
    -------
    bool or None
        None if that isn't certain, as for "80 degrees" and "above 80 degrees".
    """
    mine, its = _said(one), _said(other)
    if not mine or not its:
        return None
    within = (_within(mine, its), _within(its, mine))
    if _multiples(one) != _multiples(other):
        return None
    if _is_other_end(one, other):
        mine, its = (
            [value for value in said if value not in _FROM | _UNTIL] for said in (mine, its)
        )
        return False if _within(mine, its) and _within(its, mine) else None
    if not any(within):
        mine, its = _said(one, measured), _said(other, measured)
        within = (_within(mine, its), _within(its, mine))
    if any(within):
        turns = list(zip(_turns(one), _turns(other), strict=True))
        if all(a == b for a, b in turns):
            return True
        # What isn't denied is affirmed; on any other axis both answers must name an end.
        opposed = turns[0][0] != turns[0][1] or any(any(a) and any(b) and a != b for a, b in turns)
        return False if opposed and all(within) else None
    values = [[each for each in said if not isinstance(each, str)] for said in (mine, its)]
    if all(values):
        clash = all(any(_clash(a, b) for b in values[1]) for a in values[0])
        return False if clash else None
    if any(values) or max(len(mine), len(its)) > SHORT:
        return None
    return False if _are_two(one, other) else None


def combine(first: CheckedClaim, others: Iterable[CheckedClaim]) -> tuple[CheckedClaim, ...]:
    """Put together what several documents answer.

    Parameters
    ----------
    first : CheckedClaim
    others : iterable of CheckedClaim
        From other documents.

    Returns
    -------
    tuple of CheckedClaim
        Different answers, the newest first. Those without a date come last, the one whose file was
        saved last before the others. An answer that several documents give has the passages of all.
        What is neither surely equal nor surely different is left out.
    """
    found = [first]
    for other in others:
        same = [same_answer(claim.text, other.text) for claim in found]
        if True in same:
            place = same.index(True)
            known = found[place]
            found[place] = replace(known, passages=(*known.passages, *other.passages))
        elif None not in same:
            found.append(other)
    return tuple(sorted(found, key=_age, reverse=True))


def disagreement(claims: Sequence[CheckedClaim]) -> str:
    """Tell a reader which document says what, in the order of `claims`."""
    newest = [max(claim.passages, key=_dates) for claim in claims]
    dates = [shown_date(_date(passage), passage.saved) or "undated" for passage in newest]
    said = [
        f"“{claim.text}” ({passage.title}, {date})"
        for claim, passage, date in zip(claims, newest, dates, strict=True)
    ]
    saved = {passage.saved for passage in newest if _date(passage) is None}
    several = len({passage.sentence.document for passage in newest}) > 1
    by_files = " Of those without a date, that whose file was saved last comes first."
    return (
        f"The document{'s give' if several else ' gives'} different answers: {'; '.join(said)}."
        f"{by_files if len(saved) > 1 else ''}"
    )


def _age(claim: CheckedClaim) -> tuple[str, str]:
    return max(map(_dates, claim.passages), default=("", ""))


def _dates(passage: Passage) -> tuple[str, str]:
    """The date that tells a passage's age, and when its file was saved if it has no date."""
    return _date(passage) or "", passage.saved or ""


def _date(passage: Passage) -> str | None:
    """The day of its section, in minutes or a log, else that of its document."""
    return section_date(passage.sentence) or passage.date


def _plain(text: str) -> list[str | Value]:
    return [token.value for token in tokenise(text)]


def _said(text: str, read: Callable[[str], list[str | Value]] = _plain) -> list[str | Value]:
    said = [value for value in read(text) if value not in FUNCTION_WORDS]
    turning = frozenset[str]().union(*(one | other for one, other in _AXES))
    # "Nothing" is all that some answers say.
    return _as_days([value for value in said if value not in turning] or said)


def _as_days(said: list[str | Value]) -> list[str | Value]:
    """Numbers beside a weekday as days: a reply with "Sunday 22" needn't repeat the month."""
    words = [value for value in said if isinstance(value, str)]
    if not words or not all(word in WEEKDAYS for word in words):
        return said
    return [
        Date(day=int(value.amount))
        if isinstance(value, Number) and not value.unit and 0 < value.amount <= LAST_DAY
        else value
        for value in said
    ]


def _turns(text: str) -> list[tuple[bool, bool]]:
    """Whether a text has a word for one end, and for the other, of each axis."""
    said = {token.value for token in tokenise(text)}
    return [(not said.isdisjoint(one), not said.isdisjoint(other)) for one, other in _AXES]


def _multiples(text: str) -> set[str | Value]:
    return {token.value for token in tokenise(text)} & _MULTIPLES


def _is_other_end(one: str, other: str) -> bool:
    """Whether a time is the beginning of one answer and the end of the other."""
    said = [{token.value for token in tokenise(text)} for text in (one, other)]
    if not all(any(isinstance(each, Date | Time) for each in values) for values in said):
        return False
    ends = [(not _FROM.isdisjoint(each), not _UNTIL.isdisjoint(each)) for each in said]
    return ends in ([(True, False), (False, True)], [(False, True), (True, False)])


def _are_two(one: str, other: str) -> bool:
    """Whether short answers that share no word name two things."""
    mine, its = ([word.key for word in content_words(text)] for text in (one, other))
    # "No charge" turns around what it says.
    if not mine or not its or _turns(one) != _turns(other):
        return False
    return (
        _is_name(one) == _is_name(other)
        and not any(_alike(a, b) for a in mine for b in its)
        and not _stands_for(one, other)
        and not _stands_for(other, one)
    )


def _is_name(text: str) -> bool:
    """Whether a text contains a name; a capital letter at its beginning alone doesn't make one."""
    told = words(text)
    named = any(word.is_capitalised for word in content_words(text) if word.start > told[0].start)
    return named or all(word.is_capitalised for word in told)


def _alike(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= SHORT_FORM and long.startswith(short))


def _stands_for(short: str, long: str) -> bool:
    """Whether a name has the first letters of another: "the U.K.", of "United Kingdom"."""
    letters = "".join(word.text for word in content_words(short))
    told = content_words(long)
    return letters.isupper() and letters.casefold() == "".join(word.key[:1] for word in told)


def _clash(one: Value, other: Value) -> bool:
    if isinstance(one, Number) and isinstance(other, Number):
        return differ(one, other) is True
    if isinstance(one, Time) and isinstance(other, Time) and (one.either_half or other.either_half):
        # "7:30" may be in the evening.
        one, other = (replace(each, minutes=each.minutes % HALF_A_DAY) for each in (one, other))
    return conflicts(one, other)


def _within(short: Sequence[str | Value], long: Sequence[str | Value]) -> bool:
    return all(any(matches(wanted, found) for found in long) for wanted in short)
