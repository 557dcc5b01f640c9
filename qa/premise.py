"""A question that can't be answered, and what the documents say instead of what it supposes.

"When did Scamozzi build the stone bridge?" has no answer where Antonio da Ponte built it;
it helps to be told so. What is looked for is a passage that speaks of all that the question
does except for one name, number or date. Only words are compared, so what is found is a
quote to look at, never an answer; and where it isn't plain, nothing is found.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import Stemmer

from qa.alignment import Word, content_words, names_and_numbers, words
from qa.types import Evidence, Passage
from qa.verification import NAME_LETTERS, NEIGHBOURS

__all__ = ["FalsePremise", "false_premise"]

# How many of the most relevant passages are looked at, and the least share of the rest of
# the question, weighted by rarity, that one must speak of.
CLOSEST = 3
MIN_SHARE = 0.6
# A subject alone is no statement about it.
MIN_WORDS = 2
MAX_QUOTE_CHARACTERS = 400
# What kind of answer is wanted; a passage that gives one doesn't say the word.
ANSWER_KINDS = frozenset(
    """
    year date day month week time place name number kind type sort person people man woman long
    """.split()
)
# What stands between the parts of one name.
PARTICLES = frozenset(
    ["", "-", ".", "of the", *"of da de del della di do du la le van von der den bin al".split()]
)


@dataclass(frozen=True, slots=True)
class FalsePremise:
    """What a question supposes and the documents don't say.

    Parameters
    ----------
    name : str
        The name, number or date, as the question writes it.
    passage : Passage
        Speaks of the rest of the question, and not of `name`.
    """

    name: str
    passage: Passage


def false_premise(evidence: Evidence) -> FalsePremise | None:
    """Find what the documents say instead of one name, number or date of the question.

    Parameters
    ----------
    evidence : Evidence
        Of a question that it doesn't answer.

    Returns
    -------
    FalsePremise or None
        None where no passage is plainly about the question, or it is about all of it.
    """
    groups = _names(evidence.question)
    found = [
        (share, premise)
        for passage in evidence.best()[:CLOSEST]
        if len(passage.sentence.text) <= MAX_QUOTE_CHARACTERS
        for share, premise in _supposed(groups, passage, evidence)
        if share >= MIN_SHARE
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _supposed(
    groups: list[list[Word]], passage: Passage, evidence: Evidence
) -> Iterable[tuple[float, FalsePremise]]:
    """The one name that a passage doesn't speak of, with how much of the rest it does."""
    swapped = [group for group in groups if _unsaid(group, passage, evidence)]
    if len(swapped) != 1:
        return
    start, end = swapped[0][0].start, swapped[0][-1].end
    rest = {
        word.key: word
        for word in content_words(evidence.question)
        if not start <= word.start < end and word.key not in ANSWER_KINDS
    }
    text = passage.sentence.text
    said = _stems(text) | _stems(passage.sentence.heading) | _stems(passage.title)
    held = {key for key in rest if _speaks_of(_stem(key), said)}
    named = {word.key for group in groups for word in group}
    told = {key for key in held if _speaks_of(_stem(key), _stems(text))}
    # Of whom the question speaks isn't yet what it asks about him.
    if len(told) < MIN_WORDS or not told - named:
        return
    weight = _rarity(rest, evidence)
    share = sum(weight[key] for key in sorted(held)) / sum(weight.values())
    yield share, FalsePremise(evidence.question[start:end], passage)


def _names(question: str) -> list[list[Word]]:
    """Names, numbers and dates of a question, each in its words."""
    groups: list[list[Word]] = []
    for word in names_and_numbers(question):
        gap = question[groups[-1][-1].end : word.start].strip() if groups else None
        if gap in PARTICLES or (gap == "," and word.is_number):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _unsaid(group: list[Word], passage: Passage, evidence: Evidence) -> bool:
    """Whether neither a passage nor what stands around it speaks of a name."""
    sentence = passage.sentence
    around = [passage.title, passage.date or "", sentence.heading]
    around += [
        text
        for other in evidence.passages
        if other.sentence.document == sentence.document
        and abs(other.sentence.number - sentence.number) <= NEIGHBOURS
        for text in (other.sentence.text, other.sentence.heading)
    ]
    held = {word.key for text in around for word in words(text)}
    letters = {key[:NAME_LETTERS] for key in held if len(key) >= NAME_LETTERS}
    numbers = [word for word in group if word.is_number]
    if numbers:
        # A single digit stands for too much, and is too often written otherwise.
        telling = len(group) > 1 or len(numbers[0].key) > 1
        return telling and any(word.key not in held for word in numbers)
    # "President Obama" is spoken of where "Obama" is.
    return not any(
        word.key in held or (len(word.key) > NAME_LETTERS and word.key[:NAME_LETTERS] in letters)
        for word in group
    )


def _rarity(keys: Iterable[str], evidence: Evidence) -> dict[str, float]:
    """How telling each word is: a word that most passages have tells little."""
    passages = [_stems(passage.sentence.text) for passage in evidence.passages]
    return {
        key: math.log1p(
            len(passages) / (1 + sum(_speaks_of(_stem(key), said) for said in passages))
        )
        for key in sorted(keys)
    }


def _speaks_of(stem: str, stems: frozenset[str]) -> bool:
    """Whether a word is among others, up to its ending and its last letter ("build", "built")."""
    return stem in stems or any(_alike(stem, other) for other in stems)


def _alike(one: str, other: str) -> bool:
    shared = max(NAME_LETTERS, len(one) - 1, len(other) - 1)
    return min(len(one), len(other)) >= shared and one[:shared] == other[:shared]


@functools.lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word.key) for word in content_words(text))


def _stem(word: str) -> str:
    # A stemmer keeps a buffer, so that threads can't share one.
    stem: str = Stemmer.Stemmer("english").stemWord(word)
    return stem
