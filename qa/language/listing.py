"""How many things a list names, if each of its items is one thing.

Commas don't only separate items: "Osk, Norway", "Ada Holt, the mayor, and Tom Rehn". So a list is
counted only if all its items are alike and a conjunction marks the last one, or if it is four names
or more and nothing else. "Her brothers" or "many friends" is one item that stands for an unknown
number. What only knowledge could tell apart ("London, England, and Paris") is counted as it stands:
the list is shown with its number.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from qa.language.alignment import AUXILIARIES, FUNCTION_WORDS, NEGATIONS, words
from qa.language.values import Date, Number, tokenise

__all__ = ["items_of"]

_CONJUNCTION = r"(?:and|as well as)"
# A comma within a number, "46,200", doesn't separate items.
_BREAK = re.compile(rf"\s*(?:,(?!\d)|(?<!\d),)\s*(?:{_CONJUNCTION}\s+)?|\s+{_CONJUNCTION}\s+")
_JOINED = re.compile(rf"\b{_CONJUNCTION}\s+\Z")
_COMMA_AND = re.compile(rf",\s*{_CONJUNCTION}\s")
_CONJOINED = re.compile(rf"\b{_CONJUNCTION}\b")
# Between items that have commas of their own: "Osk, Norway; Lund, Sweden".
_STRONG_BREAK = re.compile(rf"\s*;\s*(?:{_CONJUNCTION}\s+)?")
# Alternatives and partial lists can't be counted; "Marks & Son" may be one or two.
_NO_WHOLE_LIST = re.compile(
    r"(?i)\b(?:or|etc|such as|including|for example|among others|and (?:others|more|so on))\b"
    r"|\b(?:but|except|maybe|perhaps|possibly|probably|if|unless|plus|with|without|between)\b"
    r"|\be\.\s?g\.|…|\.\.\.|\s&\s"
)
_BRACKETED = re.compile(r"\([^()]*\)|“[^”]*”|\"[^\"]*\"|«[^»]*»")
_DETERMINERS = frozenset(
    "the this that these those a an my your his her its our their whose".split()
)
_QUANTIFIERS = frozenset(
    """
    all any another both certain countless each either every few many more most much no numerous
    other others several some various dozens hundreds thousands millions plenty lots half
    """.split()
)
_PLURALS = frozenset("people children men women feet teeth mice geese police cattle".split())
# "Partners of Justice", "Ludwig van Beethoven".
_WITHIN_NAMES = frozenset("of the and in on for to de la le du van von der den di da del".split())
# "Branches in Osk, Lund and Brenn"; "friends of Ada, Tom and Kim" are others.
_LEADING_IN = frozenset("in at from near on".split())
# Fewer items may be one thing and its description.
_LONG = 3
# Characters. No answer is a longer list, and splitting it would take long.
_LONGEST = 2_000
# "Lund, Skåne, Sweden" is one place; more names than that are a list without its "and", too.
_NAMES_ALONE = 4
_WORDS_OF_A_NAME = 2


def items_of(text: str) -> tuple[str, ...] | None:
    """Items of a list in English.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of str, or None
        At least two; None where it is no list, or may have more or fewer things than items.
    """
    text = " ".join(text.split()).strip(" .")
    if len(text) > _LONGEST:
        return None
    # "46,200 inhabitants and 300 dogs" has counts already; its parts aren't items.
    if _counts(text) or _NO_WHOLE_LIST.search(text):
        return None
    # "Most are found in Osk and Brenn" is a sentence, whatever its "and" joins.
    said = words(text)
    if any(word.key in AUXILIARIES and not word.is_capitalised for word in said):
        return None
    found = _parted(text)
    if found is None or any(_is_several(item) for item in found):
        return None
    if len({item.casefold() for item in found}) < len(found) or not _are_alike(found):
        return None
    return None if ";" not in text and _may_tell_of_another(found, text) else found


def _parted(text: str) -> tuple[str, ...] | None:
    """Split a list at its one kind of separator; None if it has another kind too."""
    strong = ";" in text
    # The comma of "May 3, 2024" doesn't separate items, nor does one within a title.
    whole = [(token.start, token.end) for token in tokenise(text) if isinstance(token.value, Date)]
    quoted = [found.span() for found in _BRACKETED.finditer(text)]
    breaks = [
        found
        for found in (_STRONG_BREAK if strong else _BREAK).finditer(text)
        if not any(start < found.start() < end for start, end in (*whole, *quoted))
    ]
    starts = [0, *(found.end() for found in breaks)]
    ends = [*(found.start() for found in breaks), len(text)]
    items = tuple(text[start:end] for start, end in zip(starts, ends, strict=True))
    if len(items) < 2:
        return None
    # In “Osk,” “Lund” and “Brenn” the comma separates items though it stands within one.
    if any(len(_BRACKETED.findall(item)) > 1 for item in items):
        return None
    joined = [bool(_JOINED.search(found.group())) for found in breaks]
    if any(joined[:-1]):
        return None
    if strong:
        return None if len(items) < _LONG or any(map(_CONJOINED.search, items)) else items
    if len(items) < _LONG and not (
        all(map(_is_date, items)) or (joined[-1] and all(map(_is_name, items)))
    ):
        return None
    return items if joined[-1] or all(map(_is_date, items)) or _are_names_alone(items) else None


def _are_names_alone(items: Sequence[str]) -> bool:
    """Whether a list without a conjunction is one: four names or more, each short."""
    return len(items) >= _NAMES_ALONE and all(
        _is_name(item)
        and len(item.split()) <= _WORDS_OF_A_NAME
        and all(_is_cased(word.text) for word in words(item))
        for item in items
    )


def _may_tell_of_another(items: Sequence[str], text: str) -> bool:
    """Whether an item may describe the one before it: "Ada Holt, Mayor of Osk, and Bo Rehn".

    Judged by form alone: it stands between two names that are alike, and is unlike both.
    """
    if all(_is_date(item) or _BRACKETED.fullmatch(item) for item in items):
        return False
    lengths = [len(item.split()) for item in items]
    # "Romeo and Juliet" is one play.
    if len(items) < _LONG:
        return all(length == 1 for length in lengths)
    # "Ada Lind, Osk, Bo Rehn, Lund".
    if len(items) >= _NAMES_ALONE and len(items) % 2 == 0 and lengths[0] != lengths[1]:
        return lengths == lengths[:2] * (len(items) // 2)
    # A description is enclosed in commas.
    first, *_, last = lengths
    alike = first == last > 1 and len(items) == _LONG and lengths[1] != first
    return alike and bool(_COMMA_AND.search(text))


def _is_several(item: str) -> bool:
    """Whether an item stands for an unknown number of things: "her brothers", "some friends"."""
    said = words(item)
    if not said or said[0].key in _QUANTIFIERS | NEGATIONS:
        return True
    return said[0].key in _DETERMINERS and any(_is_plural(word.key) for word in said[1:])


def _is_plural(word: str) -> bool:
    return word in _PLURALS or (len(word) > 2 and word.endswith("s") and not word.endswith("ss"))


def _are_alike(items: Sequence[str]) -> bool:
    """Whether all items are names, or all are things."""
    if all(_is_date(item) for item in items):
        return True
    kinds = [_kind(item) for item in items]
    # "In Osk, Lund and Brenn": the preposition isn't part of the first item.
    if set(kinds[1:]) == {"name"} and kinds[0] == "thing":
        said = words(items[0])
        led = list(itertools.takewhile(lambda word: not _is_cased(word.text), said))
        return len(led) < len(said) and led[-1].key in _LEADING_IN
    # "Milk, eggs and flour": a sentence begins with a capital.
    if set(kinds[1:]) == {"thing"} and _is_capitalised_thing(items):
        kinds[0] = "thing"
    if len(set(kinds)) > 1:
        return False
    # "Parents, teachers and pupils" are three groups of unknown size.
    last = [said[-1].key for item in items if (said := words(item))]
    return kinds[0] != "thing" or not all(map(_is_plural, last))


def _is_capitalised_thing(items: Sequence[str]) -> bool:
    first = words(items[0])
    if len(items) < _LONG or not first[0].text.istitle():
        return False
    return all(word.text.islower() for word in first[1:])


def _kind(item: str) -> str:
    said = words(item)
    # An "A" alone is a letter.
    if len(said) > 1 and said[0].key in _DETERMINERS:
        return "determined"
    return "name" if _is_cased(said[0].text) else "thing"


def _is_cased(word: str) -> bool:
    # "iTunes" is a name, and so is what is written in digits.
    return not word.islower()


def _is_name(item: str) -> bool:
    """Whether an item is a bare name: its words are capitalised, but for those within names."""
    said = words(item)
    if _BRACKETED.fullmatch(item):
        return not item.startswith("(")
    return (
        bool(said)
        and said[0].key not in _DETERMINERS
        and all(_is_cased(word.text) or word.key in _WITHIN_NAMES for word in said)
    )


def _is_date(item: str) -> bool:
    values = [token.value for token in tokenise(item)]
    return bool(values) and all(isinstance(value, Date) for value in values)


def _counts(text: str) -> bool:
    """Whether a text counts things; what follows a number tells it from a name, "Boeing 747"."""
    return any(
        isinstance(token.value, Number)
        and (following := words(text[token.end :])[:1])
        and following[0].text[:1].islower()
        and following[0].key not in FUNCTION_WORDS
        and not text[token.end : token.end + following[0].start].strip(" -\u00a0")
        for token in tokenise(text)
    )
