"""False premises: what a question supposes, and what the documents say instead.

"When did Scamozzi build the stone bridge?" has no answer if Antonio da Ponte built it, which the
reader would like to know. So a passage is looked for that mentions all that the question does
except for one name, number or date. Only words are compared, so the result is a quote to look at,
never an answer; in doubt there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.language.alignment import Word, content_words
from qa.language.mentions import is_unsaid, names_of, speaks_of, stems
from qa.types import Evidence, Passage

__all__ = ["MAX_QUOTE_CHARACTERS", "FalsePremise", "false_premise"]

# How many of the most relevant passages are looked at, and the least share of the rest of
# the question, weighted by rarity, that one must speak of.
CLOSEST = 3
MIN_SHARE = 0.6
# A subject alone isn't a statement about it.
MIN_WORDS = 2
# More can't be read at a glance.
MAX_QUOTE_CHARACTERS = 400
# What kind of answer is wanted; a passage that gives one doesn't say the word.
ANSWER_KINDS = frozenset(
    """
    year date day month week time place name number kind type sort person people man woman long
    """.split()
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
    groups = names_of(evidence.question)
    found = [
        (share, premise)
        for passage in evidence.best()[:CLOSEST]
        if len(passage.sentence.text) <= MAX_QUOTE_CHARACTERS
        for share, premise in _supposed(groups, passage, evidence)
        if share >= MIN_SHARE
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _supposed(
    groups: Sequence[Sequence[Word]], passage: Passage, evidence: Evidence
) -> Iterable[tuple[float, FalsePremise]]:
    """The one name that a passage doesn't speak of, with how much of the rest it does."""
    swapped = [group for group in groups if is_unsaid(group, passage)]
    # Where another passage speaks of it, that is what was meant, and this one isn't.
    if len(swapped) != 1 or not all(is_unsaid(swapped[0], other) for other in evidence.best()):
        return
    start, end = swapped[0][0].start, swapped[0][-1].end
    rest = {
        word.key: word
        for word in content_words(evidence.question)
        if not start <= word.start < end and word.key not in ANSWER_KINDS
    }
    text = passage.sentence.text
    said = stems(text) | stems(passage.sentence.heading) | stems(passage.title)
    held = {key for key in rest if speaks_of(key, said)}
    named = {word.key for group in groups for word in group}
    told = {key for key in held if speaks_of(key, stems(text))}
    # Sharing only the question's names is not enough: it must also share what is asked about them.
    if len(told) < MIN_WORDS or not told - named:
        return
    weight = _rarity(rest, evidence)
    share = sum(weight[key] for key in sorted(held)) / sum(weight.values())
    name = evidence.question[start:end].removesuffix("'s").removesuffix("’s")
    yield share, FalsePremise(name, passage)


def _rarity(keys: Iterable[str], evidence: Evidence) -> dict[str, float]:
    """How telling each word is: a word that most passages have tells little."""
    passages = [stems(passage.sentence.text) for passage in evidence.passages]
    return {
        key: math.log1p(len(passages) / (1 + sum(speaks_of(key, said) for said in passages)))
        for key in sorted(keys)
    }
