"""Whether a passage speaks of a name, a number or a word of a question.

Words are compared without their endings, names also with what is derived from them and numbers
whole; dates by what they mean, since "3 May 2024" is also written "2024-05-03".
What a passage doesn't say itself, its neighbours, its heading or its title may say for it.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from qa.language.alignment import (
    FUNCTION_WORDS,
    Word,
    content_words,
    names_and_numbers,
    stem,
    words,
)
from qa.language.calendar_names import MONTHS
from qa.language.values import WEEKDAYS, Date, Number, matches, tokenise
from qa.types import Passage, Sentence

__all__ = [
    "REPLY",
    "around",
    "is_item",
    "is_unsaid",
    "label_of",
    "leads",
    "names_of",
    "section_date",
    "sent_on",
    "speaks_of",
    "stems",
    "subject_of",
    "with_leads",
]

# Words or names are alike if they share at least so many first letters and end as below.
SAME_LETTERS = 4
# Endings of words made from names ("Japanese", "Christianity"), and of names themselves.
_MADE = frozenset(
    """
    n i an ian vian ean nian ese nese uese ish tish iot egian ic ist ism ity ern er or r ry al ial
    ary ant ance ment ation ing ed dy
    """.split()
)
_BARE = frozenset("a e o y u en ey ay ia ium um us is ce k and land ain on".split())
# Only these for short names: "Paul" isn't "Paula", and "Mark" isn't "marked".
_MADE_OF_SHORT = frozenset("n i an ian ese ish".split())
# Least letters of a word that a compound begins with: "Versandkosten" speaks of "Versand".
_COMPOUNDED = 5
# "Build" and "built", "organise" and "organize", "licence" and "license", "belief" and "believe",
# "defend" and "defence" or "defense".
_LAST_LETTERS = frozenset(map(frozenset, ("dt", "sz", "cs", "fv", "cd", "ds")))
# "Know" and "known", "hear" and "heard"; "weigh" and "weight", but not "plan" and "plant".
_ADDED, _ADDED_TO_LONG = frozenset("nd"), frozenset("t")
_ROMAN = {
    numeral: frozenset({numeral, str(value), ordinal})
    for value, (numeral, ordinal) in enumerate(
        zip(
            "i ii iii iv v vi vii viii ix x".split(),
            "first second third fourth fifth sixth seventh eighth ninth tenth".split(),
            strict=True,
        ),
        start=1,
    )
}
# Words. Longer headings don't name a subject.
LABEL_WORDS = 6
LABEL_CHARACTERS = 60

_CALENDAR = WEEKDAYS.keys() | MONTHS.keys()
# What stands between the parts of one name.
PARTICLES = frozenset(
    ["", "-", ".", "of the", *"of da de del della di do du la le van von der den bin al".split()]
)
REPLY = re.compile(
    r"(?i)\A\s*(?:(?:re|fwd?|aw|wg|antw|sv|vs|tr|rv|rif|odp)(?:\s?\[\d+\])?\s*:\s*)+(?=\S)"
)
"""What mail programs put before the subject of a reply or of what they pass on."""
# As the heading of a message ends; any line of a message may.
_SENT = re.compile(r"\s*\([^()]*\b[12]\d{3}-\d\d-\d\d\)\Z")
_PATH_MARKS = re.compile(r"[\W_]+")
_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪●–—]|\d{1,3}[.)]|\([0-9a-z]{1,3}\))\s+(?=\S)")
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./]([12]\d{3})\b")


def names_of(question: str) -> tuple[tuple[Word, ...], ...]:
    """Names, numbers and dates of a question, each in its words."""
    groups: list[list[Word]] = []
    for word in names_and_numbers(question):
        gap = question[groups[-1][-1].end : word.start].strip() if groups else None
        if gap in PARTICLES or (gap == "," and word.is_number):
            groups[-1].append(word)
        else:
            groups.append([word])
    return tuple(map(tuple, groups))


def around(passage: Passage) -> tuple[str, ...]:
    """Texts that tell what a passage is about: it, its neighbours, heading, title, file, date."""
    sentence = passage.sentence
    told = (passage.title, subject_of(passage), passage.date or "", sentence.heading, sentence.text)
    return (*told, *passage.nearby)


def subject_of(passage: Passage) -> str:
    """What the document of a passage is about: what its file is called, and its title if short.

    People name a file by what it is about, also where its title only says "Instructions for use".
    """
    file = _PATH_MARKS.sub(" ", passage.sentence.document.rpartition(".")[0])
    return f"{passage.title if _is_short(passage.title) else ''} {file}"


def label_of(sentence: Sentence) -> str:
    """The heading above a sentence, on one line; ``""`` where it names no subject.

    A long heading, such as a newspaper's, makes a statement of its own, which distracts from the
    text below it. The label of a mail's section includes the sender, since the mail says "I": the
    one that the mail's header names, whatever a heading within the mail says.
    """
    heading = REPLY.sub("", " ".join(sentence.heading.split()))
    sent = sentence.message.sent if sentence.message else ""
    if sentence.message and heading:
        heading = f"{_SENT.sub('', heading)} ({sent})".strip() if sent else _SENT.sub("", heading)
    return heading if _is_short(heading) else sent


def _is_short(heading: str) -> bool:
    return len(heading) <= LABEL_CHARACTERS and len(heading.split()) <= LABEL_WORDS


def is_item(text: str) -> bool:
    """Whether a sentence is an item of a list, by the mark that it begins with."""
    return bool(_ITEM.match(text))


def leads(sentence: Sentence) -> bool:
    """Whether a line leads to what stands below it: "We do not cover:"."""
    return sentence.text[-1] in ":：" and not sentence.is_heading


def with_leads(chosen: Sequence[Passage], passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Passages, with the lines that lead to the items among them, in reading order."""
    found = set(chosen)
    lead: Passage | None = None
    for passage in passages:
        if not is_item(passage.sentence.text):
            lead = passage if leads(passage.sentence) else None
        elif lead is not None and passage in chosen:
            same = lead.sentence.document == passage.sentence.document
            found.update([lead] if same else [])
    return tuple(sorted(found, key=lambda passage: passage.number))


def section_date(sentence: Sentence) -> str | None:
    """The one day, or month, that the heading above a sentence tells, in ISO 8601.

    So it is of minutes or a log. Of a message it is the day on which it was sent: its own
    headings tell nothing of that.
    """
    if sentence.message:
        return sentence.message.date
    heading = sentence.heading
    found = [token.value for token in tokenise(heading) if isinstance(token.value, Date)]
    if len(found) != 1 or found[0].year is None or found[0].month is None:
        return None
    day = "" if found[0].day is None else f"-{found[0].day:02}"
    return f"{found[0].year:04}-{found[0].month:02}{day}"


def sent_on(sentence: Sentence) -> str | None:
    """The day, in ISO 8601, on which the mailbox message with this sentence was sent."""
    mailbox = sentence.document.lower().endswith(".mbox")
    return sentence.message.date if mailbox and sentence.message else None


def is_unsaid(group: Sequence[Word], *passages: Passage) -> bool:
    """Whether a name, number or date is mentioned neither in passages nor around them."""
    return _is_unwritten(group, passages) and not _is_dated(group, passages)


def _is_unwritten(group: Sequence[Word], passages: Sequence[Passage]) -> bool:
    texts = [text for passage in passages for text in around(passage)]
    held = {word.key for text in texts for word in words(text)}
    if any(word.is_number for word in group):
        # A single digit tells too little, and is too often written as a word.
        telling = len(group) > 1 or len(group[0].key) > 1
        # The day of a month stands for nothing without it.
        wanted = group if _meant(group) else [word for word in group if word.is_number]
        return telling and any(word.key not in held for word in wanted)
    *before, last = group
    if before and last.key in _ROMAN and last.text.isupper():
        return held.isdisjoint(_ROMAN[last.key])
    # "Building C"; "Ada L." is Ada Lind.
    if before and len(last.key) == 1 and last.key not in held:
        return not any(_is_followed(before[-1], last.key, text) for text in texts)
    # "EU" may be written out, and "European Union" shortened.
    initials = "".join(word.key[0] for word in group)
    if any(word.text.isupper() and len(word.key) > 1 for word in group) or (
        before and initials in held
    ):
        return False
    # "President Obama" is spoken of where "Obama" is.
    said = [word for word in group if any(_is_name_of(word.key, other) for other in held)]
    return not said or (last not in said and all(_is_anothers(word, texts) for word in said))


def _is_name_of(one: str, other: str) -> bool:
    """Whether two words are the same name, or made from the same: "Italy", "Italian"."""
    one, other = (f"{w.removesuffix('ies')}y" if w.endswith("ies") else w for w in (one, other))
    one, other = one.removesuffix("s"), other.removesuffix("s")
    if one == other or (len(one) >= _COMPOUNDED and other.startswith(one)):
        return True
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    shared = len(list(alike))
    if shared < SAME_LETTERS:
        return False
    endings = {word[shared:] for word in (one, other)}
    if shared == SAME_LETTERS and "" in endings:
        return endings <= _MADE_OF_SHORT | {""}
    return endings <= _MADE | _BARE | {""} and not endings.isdisjoint(_MADE)


def _is_anothers(name: Word, texts: Iterable[str]) -> bool:
    """Whether texts say a word of a name only as part of another: "Anna" in "Anna Weber"."""
    found = False
    for text in texts:
        said = words(text)
        # In a title, capitals don't mark names; in a table's row, the next word is another cell.
        if text.startswith("|") or all(word.is_capitalised for word in said):
            continue
        for one, behind in itertools.zip_longest(said, said[1:]):
            if one.key != name.key:
                continue
            if (
                behind is None
                or not behind.is_capitalised
                or behind.key in FUNCTION_WORDS | _CALENDAR
                or text[one.end : behind.start] != " "
            ):
                return False
            found = True
    return found


def _is_followed(name: Word, initial: str, text: str) -> bool:
    """Whether a word that begins with a letter comes behind a name."""
    said = words(text)
    return any(
        one.key == name.key and behind.is_capitalised and behind.key.startswith(initial)
        for one, behind in itertools.pairwise(said)
    )


def _is_dated(group: Sequence[Word], passages: Sequence[Passage]) -> bool:
    """Whether a name is a date, and passages tell it in whatever form."""
    meant = _meant(group)
    return bool(meant) and any(
        matches(date, told)
        for passage in passages
        for text in around(passage)
        for told in _dates(text)
        for date in meant
    )


def _meant(group: Sequence[Word]) -> tuple[Date, ...]:
    """Dates that a group's numbers, or its name of a month, can stand for."""
    numbers = [word for word in group if word.is_number]
    if not numbers:
        months = _dates(f"{group[0].text} 1") if len(group) == 1 else ()
        return tuple(replace(month, day=None) for month in months)
    if len(group) == 1 and (either := _numeric_dates(group[0].text)):
        return either
    # Apart by a single sign are also the parts of "2024-05-03".
    sign = "-" if len(numbers) == len(group) else " "
    values = [token.value for token in tokenise(sign.join(word.text for word in group))]
    dates = [value for value in values if isinstance(value, Date)]
    days = [value.amount for value in values if isinstance(value, Number)]
    # "3 … 2024", where the month was looked for by itself.
    if len(dates) == len(days) == 1 and len(numbers) == 2 and dates[0].month is None:
        return (replace(dates[0], day=int(days[0])),)
    return tuple(dates) if len(dates) == 1 and not days else ()


def _numeric_dates(text: str) -> tuple[Date, ...]:
    """Dates in numbers, with the day first and with the month first."""
    parts = [tuple(map(int, found.groups())) for found in _NUMERIC_DATE.finditer(text)]
    return tuple(
        Date(year, month, day)
        for one, other, year in parts
        for day, month in ((one, other), (other, one))
        if month <= 12
    )


@functools.lru_cache(maxsize=4096)
def _dates(text: str) -> tuple[Date, ...]:
    read = (token.value for token in tokenise(text))
    return (*(value for value in read if isinstance(value, Date)), *_numeric_dates(text))


def speaks_of(word: str, stems: frozenset[str]) -> bool:
    """Whether a word is among others, up to its ending and its last letter ("build", "built")."""
    bare = stem(word)
    return bare in stems or any(_alike(bare, other) for other in stems)


def _alike(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < SAME_LETTERS or one[:-1] != other[: len(one) - 1]:
        return False
    if len(shorter) == len(longer):
        # "Food" is no form of "foot".
        short = len(one) == SAME_LETTERS and one[-2] not in "naei"
        return frozenset((one[-1], other[-1])) in _LAST_LETTERS and not short
    # A consonant may be doubled: "program", "programme".
    added = longer[len(shorter) :]
    past = _ADDED | _ADDED_TO_LONG if len(shorter) > SAME_LETTERS else _ADDED
    return longer.startswith(shorter) and (added in past or added == shorter[-1])


@functools.lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """Content words of a text without their endings."""
    return frozenset(stem(word.key) for word in content_words(text))
