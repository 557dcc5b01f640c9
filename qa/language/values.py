"""Numbers, ranks, dates and times, read alike however they are written.

`tokenise` cuts a text into words and values, so that "eleven" meets "11", "May 24,
2024" meets "24 May 2024", and "May 2" is never found inside "May 24".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from qa.language.calendar_names import MONTHS, WEEKDAYS
from qa.language.scripts import IDEOGRAPHS, MARKS

__all__ = [
    "ELISION",
    "MARKS",
    "SCALES",
    "SPELLED_NUMBERS",
    "WEEKDAYS",
    "Date",
    "Number",
    "Ordinal",
    "Time",
    "Token",
    "Value",
    "conflicts",
    "fold",
    "matches",
    "tokenise",
]


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity; `unit` is ``"%"``, a currency sign or ``""``; `spelled` if in words."""

    amount: Decimal
    unit: str = ""
    spelled: bool = False


@dataclass(frozen=True, slots=True)
class Ordinal:
    """A place in an order: "second", "2nd", "No. 2"."""

    place: int


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date, of which parts may be unsaid; a bare year is one."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day in minutes after midnight; `zone` is ``""`` where unsaid.

    `either_half` tells that it is written as on a dial, "7:30", and may be in the evening too;
    `half_said` that "pm" or "noon" leaves no doubt.
    """

    minutes: int
    zone: str = ""
    either_half: bool = field(default=False, compare=False)
    half_said: bool = field(default=False, compare=False)

    @property
    def of_24_hours(self) -> bool:
        """Whether it is told by the clock of 24 hours for sure: "14:10", "0:15"."""
        return not self.half_said and not 60 <= self.minutes < 13 * 60


Value = Number | Ordinal | Date | Time


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word, or a value, with its half-open span in the text."""

    value: str | Value
    start: int
    end: int


def matches(gold: str | Value, found: str | Value) -> bool:
    """Whether `found` says at least what `gold` says.

    A found date may say more (a year) but must say all that the gold says. A found time
    may leave the zone unsaid but not name another. "2000" is a year and a number.
    """
    if isinstance(gold, Number) and isinstance(found, Number):
        return (gold.amount, gold.unit) == (found.amount, found.unit)
    if isinstance(gold, Date) and isinstance(found, Date):
        pairs = ((gold.year, found.year), (gold.month, found.month), (gold.day, found.day))
        return all(wanted is None or wanted == said for wanted, said in pairs)
    if isinstance(gold, Time) and isinstance(found, Time):
        return not conflicts(gold, found)
    if isinstance(gold, Number) and isinstance(found, Date):
        return gold == Number(Decimal(found.year or 0)) and found == Date(year=found.year)
    if isinstance(gold, Date) and isinstance(found, Number):
        return matches(found, gold)
    return gold == found


def conflicts(gold: Value, found: Value) -> bool:
    """Whether `found` is another value of the same sort: both can't be the answer.

    Dates conflict where a part that both say differs: "2024" and "May 24" do not.
    """
    if isinstance(gold, Date) and isinstance(found, Date):
        pairs = ((gold.year, found.year), (gold.month, found.month), (gold.day, found.day))
        return any(a is not None and b is not None and a != b for a, b in pairs)
    if isinstance(gold, Time) and isinstance(found, Time):
        zones = {gold.zone, found.zone} - {""}
        return gold.minutes != found.minutes or len(zones) > 1
    return type(gold) is type(found) and not matches(gold, found)


ELISION = (
    r"(?<![^\W_])(?i:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|gl|dov|"
    r"(?:d|n|s|qu|a|co)[eau]ll|all)['’](?=[^\W\d_]{2})"
)
"""What French, Italian and Catalan run into the next word, "l’Italie", for a regular expression."""


def fold(word: str) -> str:
    """Drop case, compatibility forms and the accents of Latin letters."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", bare)


def _lower(text: str) -> str:
    """As the keys of the tables below: patterns that ignore case take "İ" and "ı" for "i"."""
    return text.casefold().replace("i\u0307", "i").replace("ı", "i")


def _numbered(words: str, start: int, step: int = 1) -> dict[str, int]:
    return {word: start + step * k for k, word in enumerate(words.split())}


_MONTHS = MONTHS | {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}
_UNITS = _numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
    start=0,
)
_TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", start=20, step=10)
SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
"""Words that multiply the number before them."""
SPELLED_NUMBERS = _UNITS | _TENS | {"hundred": 100}
"""Numbers that are one word."""
_SHORT_SCALES = {"k": 1_000, "m": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9}
_PLACES = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
    start=1,
)
_ZONES = {
    "kst": "KST",
    "jst": "JST",
    "utc": "UTC",
    "gmt": "UTC",
    **dict.fromkeys(("et", "est", "edt"), "ET"),
    **dict.fromkeys(("ct", "cst", "cdt"), "CT"),
    **dict.fromkeys(("pt", "pst", "pdt"), "PT"),
    **dict.fromkeys(("cet", "cest"), "CET"),
}


def _any(words: dict[str, int] | dict[str, str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_MONTH = rf"(?P<month>{_any(_MONTHS)})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_ZONE = rf"(?:\s*\b(?P<zone>{_any(_ZONES)})\b)?"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SPELLED = rf"(?:(?:{_any(_TENS)})(?:[\s-]+(?:{'|'.join(list(_UNITS)[1:10])})\b)?|{_any(_UNITS)})"
_SPELLED_RUN = rf"{_SPELLED}(?:[\s-]+(?:{_any(SCALES)})\b(?:(?:\s+and)?[\s-]+{_SPELLED}\b)?)*"
# Hiragana to CJK ideographs, and their compatibility block: written without spaces.
_IDEOGRAPH = f"[{IDEOGRAPHS}]"

_RUN = rf"(?!{_IDEOGRAPH})\w(?:(?!{_IDEOGRAPH})[\w{MARKS}])*"

_ELIDED = re.compile(rf"\A{ELISION}")


def _date(match: re.Match[str]) -> Date | None:
    parts = match.groupdict()
    month = parts.get("month") or ""
    number = _MONTHS.get(_lower(month)) or (int(month) if month.isdigit() else None)
    day = int(parts["day"]) if parts.get("day") else None
    if (day is not None and not 1 <= day <= 31) or (number is not None and not 1 <= number <= 12):
        return None
    return Date(int(parts["year"]) if parts.get("year") else None, number, day)


def _numeric_date(match: re.Match[str]) -> Date | None:
    first, second, year = (int(match[name]) for name in ("first", "second", "year"))
    if first > 12 >= second >= 1 and first <= 31:
        return Date(year, second, first)
    if second > 12 >= first >= 1 and second <= 31:
        return Date(year, first, second)
    # Day and month can't be told apart: no reading is better than a guessed one.
    return Date(year, first, second) if first == second <= 12 else None


def _time(match: re.Match[str]) -> Time | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = _lower(match["half"] or "").replace(".", "")
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    dial = not half and 1 <= hour <= 12 and not match["hour"].startswith("0")
    return Time(60 * hour + minute, _ZONES.get(_lower(match["zone"] or ""), ""), dial, bool(half))


def _named_time(match: re.Match[str]) -> Time:
    minutes = 720 if _lower(match["named"]) == "noon" else 0
    return Time(minutes, _ZONES.get(_lower(match["zone"] or ""), ""), half_said=True)


def _number(match: re.Match[str]) -> Number:
    amount = Decimal(match["digits"].replace(",", ""))
    if scale := match["scale"] or match["short"]:
        amount *= (SCALES | _SHORT_SCALES)[_lower(scale)]
    if match["minus"]:
        amount = -amount
    return Number(amount, match["sign"] or ("%" if match["percent"] else ""))


def _spelled_number(match: re.Match[str]) -> Number:
    total = current = 0
    for word in re.findall(r"[a-z]+", _lower(match[0])):
        if word in _UNITS or word in _TENS:
            current += _UNITS.get(word, 0) + _TENS.get(word, 0)
        elif word == "hundred":
            current *= 100
        elif word in SCALES:
            total, current = total + current * SCALES[word], 0
    return Number(Decimal(total + current), spelled=True)


def _rank(match: re.Match[str]) -> Ordinal:
    place = match["place"]
    return Ordinal(int(place) if place.isdigit() else _UNITS[_lower(place)])


def _place(match: re.Match[str]) -> Ordinal:
    if match["digits"]:
        return Ordinal(int(match["digits"]))
    return Ordinal(_TENS.get(_lower(match["tens"] or ""), 0) + _PLACES[_lower(match["unit"])])


def _word(match: re.Match[str]) -> str:
    word = _ELIDED.sub("", match[0])
    word = re.sub("['’]s$|['’]", "", word, flags=re.IGNORECASE)
    return fold(word)


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | Value | None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        # "2024-05-03T10:00:00Z": the letter belongs to neither the date nor the time.
        (rf"{_YEAR}-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?:\b|(?=T\d{{2}}:\d{{2}}))", _date),
        (
            r"(?<=-\d\d)T(?P<hour>\d{2}):(?P<minute>\d{2})(?::\d{2}(?:[.,]\d+)?)?"
            r"(?P<half>)(?P<zone>)(?:Z|[+-]\d{2}:?\d{2})?\b",
            _time,
        ),
        (rf"(?P<first>\d{{1,2}})[/.](?P<second>\d{{1,2}})[/.]{_YEAR}\b", _numeric_date),
        (rf"{_MONTH}\s+{_DAY}\b(?:\s*,?\s*{_YEAR}\b)?", _date),
        (rf"{_DAY}\s+(?:of\s+)?{_MONTH}\b(?:\s*,?\s*{_YEAR}\b)?", _date),
        (rf"{_MONTH}\s*,?\s+{_YEAR}\b", _date),
        (
            rf"(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d{{2}}))?\s*(?P<half>[ap]\.?m)\b\.?{_ZONE}",
            _time,
        ),
        (rf"(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})\b(?P<half>){_ZONE}", _time),
        (rf"(?P<named>midnight|noon)\b{_ZONE}", _named_time),
        # Not "no one": a spelled place only after the whole word.
        (r"(?:no\.\s*|(?:no|nr\.?|number)\s+|#)(?P<place>\d{1,4})\b(?![.,]\d)", _rank),
        (rf"number\s+(?P<place>{_any(_UNITS)})\b", _rank),
        (rf"(?:(?P<tens>{_any(_TENS)})[\s-])?(?P<unit>{_any(_PLACES)})\b(?P<digits>)", _place),
        (r"(?P<digits>\d{1,4})(?:st|nd|rd|th)\b(?P<tens>)(?P<unit>)", _place),
        (rf"{_YEAR}\b(?!\s*%|[.,]\d|\s+(?:{_any(SCALES)}|per\s?cent)\b)", _date),
        (
            # Not the dash of a range, of a list or of a compound.
            rf"(?P<minus>(?<![\w.,)\]])(?<!\d\s)[-−])?(?P<sign>[$€£¥₩])?(?P<digits>{_DIGITS})"
            # "300m" is a length: m, k and b stand for millions only of money, M and B always.
            rf"(?:\s*(?P<scale>{_any(SCALES)})\b"
            rf"|(?P<short>(?-i:[MB])|mn|bn|(?(sign)(?:{_any(_SHORT_SCALES)})|(?!)))\b)?"
            r"(?P<percent>\s*(?:%|per\s?cent\b))?",
            _number,
        ),
        (rf"{_SPELLED_RUN}\b", _spelled_number),
        (_IDEOGRAPH, _word),
        (rf"(?:{ELISION})?{_RUN}(?:['’]{_RUN})*", _word),
    )
)
_ARTICLES = frozenset({"a", "an", "the"})


def tokenise(text: str) -> tuple[Token, ...]:
    """Words and values of a text in order, without articles and punctuation.

    Words are case-folded, stripped of accents, possessive endings and apostrophes, and
    cut at hyphens; ideographs are words of one character each.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        if not (text[position].isalnum() or text[position] in "#$€£¥₩_-−"):
            position += 1
            continue
        for pattern, read in _RULES:
            match = pattern.match(text, position)
            value = read(match) if match else None
            if match and value is not None and match.end() > position:
                if value not in _ARTICLES and value != "":
                    tokens.append(Token(value, position, match.end()))
                position = match.end()
                break
        else:
            position += 1
    return tuple(tokens)
