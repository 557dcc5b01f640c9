"""The reply if no answer passed the check: the documents don't say, and this comes closest.

"The documents don't say" is a claim too, and a small model makes it of documents that do say
it. So the passage behind a draft that narrowly failed the check is quoted: never as an answer, and
no claim rests on it. Passages behind drafts are shown before those that were merely found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.answering.premise import MAX_QUOTE_CHARACTERS, false_premise
from qa.checking.claims import CheckedClaim
from qa.types import Evidence, Passage

__all__ = ["NOT_FOUND_TEXT", "UNSURE_TEXT", "Abstention", "abstain"]

NOT_FOUND_TEXT = "The documents don’t say."
UNSURE_TEXT = "The documents don’t clearly say; this comes closest:"
MIN_SUPPORT = 0.2


@dataclass(frozen=True, slots=True)
class Abstention:
    """What is shown in place of an answer.

    Parameters
    ----------
    text : str
        Followed by its quote, if it has one.
    quoted : Passage or None
    closest : tuple of Passage
        What was considered, the likeliest first.
    """

    text: str
    quoted: Passage | None
    closest: tuple[Passage, ...]


def abstain(evidence: Evidence, refused: Sequence[CheckedClaim]) -> Abstention:
    """Say that a question isn't answered, and what the documents say that comes near.

    Parameters
    ----------
    evidence : Evidence
    refused : sequence of CheckedClaim
        What was drafted and isn't supported.
    """
    likeliest = sorted(refused, key=lambda claim: -claim.support)
    rested_on = [passage for claim in likeliest for passage in claim.passages]
    passages = {passage.sentence: passage for passage in (*rested_on, *evidence.best())}
    closest = tuple(passages.values())
    premise = false_premise(evidence)
    if premise is not None:
        instead = f"They don’t speak of “{premise.name}” here; what they say:"
        return Abstention(f"{NOT_FOUND_TEXT} {instead}", premise.passage, closest)
    for claim in likeliest:
        if claim.support >= MIN_SUPPORT and claim.passages:
            near = max(claim.passages, key=lambda passage: passage.score)
            if len(near.sentence.text) <= MAX_QUOTE_CHARACTERS:
                return Abstention(UNSURE_TEXT, near, closest)
    return Abstention(NOT_FOUND_TEXT, None, closest)
